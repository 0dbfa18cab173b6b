/* SPDX-License-Identifier: MIT */
#include "procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "door.h"
#include "field.h"
#include "text.h"

#include "hot.h"

#define MEMINFO_SIZE 4096
#define PRESSURE_SIZE 512
#define SWAPS_SIZE 4096
#define VMSTAT_SIZE 16384 /* arcstats, too */

/* Swap on zram that holds less than this has not shown what it saves. */
#define ZRAM_TELLING_KIB (64 * 1024)
#define ZRAM_ASSUMED_PERMYRIAD 5000

static int read_meminfo(int fd, struct meminfo *out)
{
	char bytes[MEMINFO_SIZE];
	ssize_t length = door_read_once(fd, bytes, sizeof(bytes), 0);

	if (length < 0)
		return (int)length;
	return meminfo_parse(bytes, (size_t)length, out);
}

static int read_pressure(int fd, struct pressure *out)
{
	char bytes[PRESSURE_SIZE];
	ssize_t length = door_read_once(fd, bytes, sizeof(bytes), 0);

	if (length < 0)
		return (int)length;
	return pressure_parse(bytes, (size_t)length, out);
}

static int read_vmstat(int fd, struct vmstat *out)
{
	char bytes[VMSTAT_SIZE];
	ssize_t length = door_read(fd, bytes, sizeof(bytes), 0);

	if (length < 0)
		return (int)length;
	return vmstat_parse(bytes, (size_t)length, out);
}

/* A line of arcstats: name, type, value in bytes. */
static bool take_arc(struct field line, const char *name, int64_t *bytes)
{
	struct field type;

	return field_skip(&line, name) && field_word(&line, &type) &&
	       field_count(&line, bytes);
}

/* The cache shrinks when memory is wanted, but not below c_min. */
static void read_arc(int fd, int64_t *arc_kib)
{
	char bytes[VMSTAT_SIZE];
	ssize_t length = door_read(fd, bytes, sizeof(bytes), 0);
	struct field text = { bytes, bytes + (length > 0 ? length : 0) };
	int64_t size = -1;
	int64_t least = -1;
	struct field line;

	while (field_line(&text, &line))
		if (!take_arc(line, "size ", &size))
			(void)take_arc(line, "c_min ", &least);
	if (size >= 0 && least >= 0)
		*arc_kib = size > least ? (size - least) / 1024 : 0;
}

/* PSI may be there and switched off: then reading it fails. */
static int open_pressure(int root)
{
	struct pressure pressure;
	int fd = door_open(root, "pressure/memory");

	if (fd < 0 || read_pressure(fd, &pressure) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

int procfs_open(struct procfs *procfs, const char *root)
{
	struct statfs system;
	int error;

	procfs->root = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (procfs->root < 0)
		return -errno;
	procfs->meminfo = door_open(procfs->root, "meminfo");
	if (procfs->meminfo < 0) {
		error = procfs->meminfo;
		(void)close(procfs->root);
		return error;
	}
	procfs->vmstat = door_open(procfs->root, "vmstat");
	procfs->pressure = open_pressure(procfs->root);
	procfs->arcstats = door_open(procfs->root, "spl/kstat/zfs/arcstats");
	procfs->swaps = door_open(procfs->root, "swaps");
	procfs->is_kernel = fstatfs(procfs->root, &system) == 0 &&
			    system.f_type == PROC_SUPER_MAGIC;
	return 0;
}

void procfs_close(struct procfs *procfs)
{
	int *const fds[] = { &procfs->root,     &procfs->meminfo,
			     &procfs->vmstat,   &procfs->pressure,
			     &procfs->arcstats, &procfs->swaps };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (*fds[i] >= 0)
			(void)close(*fds[i]);
		*fds[i] = -1;
	}
}

unsigned int procfs_read_sample(const struct procfs *procfs,
				struct sample *sample)
{
	unsigned int trouble = 0;

	if (read_meminfo(procfs->meminfo, &sample->memory) < 0)
		trouble |= PROCFS_MEMINFO;
	sample->has_pressure = procfs->pressure >= 0;
	if (sample->has_pressure &&
	    read_pressure(procfs->pressure, &sample->pressure) < 0)
		trouble |= PROCFS_PRESSURE;
	if (procfs->arcstats >= 0)
		read_arc(procfs->arcstats, &sample->arc_kib);
	return trouble;
}

unsigned int procfs_read_vmstat(const struct procfs *procfs,
				struct sample *sample)
{
	sample->has_vmstat = procfs->vmstat >= 0;
	if (sample->has_vmstat &&
	    read_vmstat(procfs->vmstat, &sample->vmstat) < 0)
		return PROCFS_VMSTAT;
	return 0;
}

/* Adds the KiB that were stored in a device and the memory that they take. */
static void add_zram(int sys, int device, int64_t *stored, int64_t *taken)
{
	char bytes[256];
	char path[64];
	struct text name;
	struct field text;
	int64_t original, compressed, used;
	ssize_t length;

	text_init(&name, path, sizeof(path));
	text_put(&name, "block/zram");
	text_put_int(&name, device);
	text_put(&name, "/mm_stat");
	length = door_read_at(sys, path, bytes, sizeof(bytes));
	if (length <= 0)
		return;
	text = (struct field){ bytes, bytes + length };
	if (!field_count(&text, &original) ||
	    !field_count(&text, &compressed) || !field_count(&text, &used))
		return;
	*stored += original / 1024;
	*taken += used / 1024;
}

static int32_t zram_saves(int sys, uint32_t devices)
{
	int64_t stored = 0;
	int64_t taken = 0;

	for (int i = 0; i < 32; i++)
		if (devices >> i & 1)
			add_zram(sys, i, &stored, &taken);
	if (stored < ZRAM_TELLING_KIB)
		return ZRAM_ASSUMED_PERMYRIAD;
	if (taken >= stored)
		return 0;
	return (int32_t)((stored - taken) * 10000 / stored);
}

void procfs_read_swaps(const struct procfs *procfs, int sys,
		       struct sample *sample)
{
	char bytes[SWAPS_SIZE];
	ssize_t length;

	if (procfs->swaps < 0)
		return;
	length = door_read(procfs->swaps, bytes, sizeof(bytes), 0);
	if (length < 0 ||
	    swaps_parse(bytes, (size_t)length, &sample->swaps) < 0)
		return;
	sample->zram_saves_permyriad =
		zram_saves(sys, sample->swaps.zram_devices);
}

static int open_trigger(int root, const char *words, size_t size)
{
	int fd = openat(root, "pressure/memory",
			O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int error;

	if (fd < 0)
		return -errno;
	if (write(fd, words, size) >= 0)
		return fd;
	error = -errno;
	(void)close(fd);
	return error;
}

int procfs_open_trigger(const struct procfs *procfs, int64_t *window_ms)
{
	/* The kernel overwrites the last byte: it must be the NUL. */
	static const char soon[] = "some 100000 1000000";
	static const char later[] = "some 200000 2000000";
	int fd;

	if (!procfs->is_kernel)
		return -ENOTSUP;
	*window_ms = PROCFS_TRIGGER_MS;
	fd = open_trigger(procfs->root, soon, sizeof(soon));
	/* Without CAP_SYS_RESOURCE, only multiples of two seconds. */
	if (fd != -EINVAL)
		return fd;
	*window_ms = 2000;
	return open_trigger(procfs->root, later, sizeof(later));
}
