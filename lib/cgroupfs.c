/* SPDX-License-Identifier: MIT */
#include "cgroupfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cgroup.h"
#include "door.h"
#include "field.h"
#include "text.h"

#include "hot.h"

#define ROOT "/sys/fs/cgroup"
#define NUMBER_SIZE 24
#define EVENTS_SIZE 512
#define NAME_SIZE 288
#define STAT_SIZE 2048 /* inactive_file is in the first kilobyte */

int cgroupfs_open(struct cgroupfs *cgroupfs, const char *root)
{
	struct statfs about;

	cgroupfs->root =
		open(root ? root : ROOT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cgroupfs->root < 0)
		return -errno;
	if (root || (fstatfs(cgroupfs->root, &about) == 0 &&
		     about.f_type == CGROUP2_SUPER_MAGIC))
		return 0;
	cgroupfs_close(cgroupfs);
	return -ENOTSUP;
}

void cgroupfs_close(struct cgroupfs *cgroupfs)
{
	if (cgroupfs->root >= 0)
		(void)close(cgroupfs->root);
	cgroupfs->root = -1;
}

/* Seen from a cgroup namespace, what is outside begins with "/..". */
static bool is_inside(const char *path)
{
	return path[0] == '/' && path[1] != '\0' && path[1] != '/' &&
	       strncmp(path, "/..", 3) != 0;
}

/* What is not there, or is no number, counts as 0: so does systemd. */
static int64_t read_number(int directory, const char *name)
{
	char bytes[NUMBER_SIZE];
	ssize_t length = fgetxattr(directory, name, bytes, sizeof(bytes));
	int64_t number = 0;
	struct field field = { bytes, bytes + (length > 0 ? length : 0) };

	return field_count(&field, &number) && field.at == field.end ? number
								     : 0;
}

static int add(int directory, const char *name, int more)
{
	int64_t number = read_number(directory, name);
	char bytes[NUMBER_SIZE];
	struct text text;

	if (more < 0 && number == 0)
		return 0;
	text_init(&text, bytes, sizeof(bytes));
	text_put_int(&text, number + more);
	if (fsetxattr(directory, name, bytes, text.length, 0) < 0)
		return -errno;
	return 0;
}

int cgroupfs_mark(const struct cgroupfs *cgroupfs, const char *path, int more)
{
	int directory;
	int error;

	if (!is_inside(path))
		return -EINVAL;
	directory = openat(cgroupfs->root, path + 1,
			   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (directory < 0)
		return -errno;
	error = add(directory, "user.oomd_kill", more);
	/* The one that makes systemd look comes last. */
	if (!error)
		error = add(directory, "user.oomd_ooms", more);
	(void)close(directory);
	return error;
}

static ssize_t read_file(const struct cgroupfs *cgroupfs, const char *path,
			 const char *file, char *bytes, size_t size)
{
	char name[CGROUP_PATH_SIZE + sizeof("/memory.swap.current")];
	struct text text;

	if (cgroupfs->root < 0 || !is_inside(path))
		return -EINVAL;
	text_init(&text, name, sizeof(name));
	text_put(&text, path + 1);
	text_put(&text, file);
	return door_read_at(cgroupfs->root, name, bytes, size);
}

/* What is not there counts as 0. */
static int read_bytes(const struct cgroupfs *cgroupfs, const char *path,
		      const char *file, int64_t *kib)
{
	char bytes[NUMBER_SIZE];
	ssize_t length = read_file(cgroupfs, path, file, bytes, sizeof(bytes));

	*kib = 0;
	if (length < 0)
		return (int)length;
	return charge_parse_bytes(bytes, (size_t)length, kib);
}

int cgroupfs_read_current(const struct cgroupfs *cgroupfs, const char *path,
			  bool has_swap, struct charge *out)
{
	out->swap_kib = 0;
	if (has_swap)
		(void)read_bytes(cgroupfs, path, "/memory.swap.current",
				 &out->swap_kib);
	return read_bytes(cgroupfs, path, "/memory.current", &out->current_kib);
}

void cgroupfs_read_rest(const struct cgroupfs *cgroupfs, const char *path,
			struct charge *out)
{
	char bytes[STAT_SIZE];
	int64_t least_kib;
	ssize_t length =
		read_file(cgroupfs, path, "/memory.stat", bytes, sizeof(bytes));

	out->shmem_kib = 0;
	if (length < 0 ||
	    charge_parse_idle(bytes, (size_t)length, &out->idle_kib) != 0)
		out->idle_kib = 0;
	if (length >= 0)
		(void)charge_parse_shmem(bytes, (size_t)length,
					 &out->shmem_kib);
	(void)read_bytes(cgroupfs, path, "/memory.low", &out->low_kib);
	(void)read_bytes(cgroupfs, path, "/memory.min", &least_kib);
	if (least_kib > out->low_kib)
		out->low_kib = least_kib;
	length = read_file(cgroupfs, path, "/memory.oom.group", bytes,
			   sizeof(bytes));
	out->is_group = length > 0 && bytes[0] == '1';
}

bool cgroupfs_is_swapless(const struct cgroupfs *cgroupfs, const char *path,
			  int64_t swap_kib)
{
	char above[CGROUP_PATH_SIZE];
	struct text text;
	int64_t most_kib;
	char *end;

	text_init(&text, above, sizeof(above));
	text_put(&text, path);
	do {
		if (read_bytes(cgroupfs, above, "/memory.swap.max",
			       &most_kib) == 0 &&
		    most_kib <= swap_kib)
			return true;
		end = strrchr(above, '/');
		if (end)
			*end = '\0';
	} while (end && end != above);
	return false;
}

/* Only the directories have one. */
static void add_limits(int root, const char *name, struct limit_ooms *sum)
{
	char path[NAME_SIZE], bytes[EVENTS_SIZE];
	struct text text;
	ssize_t length;

	if (name[0] == '.')
		return;
	text_init(&text, path, sizeof(path));
	text_put(&text, name);
	text_put(&text, "/memory.events");
	length = door_read_at(root, path, bytes, sizeof(bytes));
	if (length > 0)
		(void)limit_add(bytes, (size_t)length, sum);
}

void cgroupfs_read_limits(const struct cgroupfs *cgroupfs,
			  struct limit_ooms *out)
{
	_Alignas(8) char bytes[4096];
	struct door_walk walk = { .directory = cgroupfs->root,
				  .size = sizeof(bytes),
				  .bytes = bytes };
	const char *name;

	*out = (struct limit_ooms){ .is_known = false };
	if (cgroupfs->root < 0 || lseek(cgroupfs->root, 0, SEEK_SET) < 0)
		return;
	while ((name = door_walk_name(&walk)))
		add_limits(cgroupfs->root, name, out);
}
