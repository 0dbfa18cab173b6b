/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup.h"
#include "charge.h"
#include "container.h"
#include "limit.h"
#include "meminfo.h"
#include "mounts.h"
#include "place.h"
#include "pressure.h"
#include "process.h"
#include "procfs.h"
#include "protect.h"
#include "self.h"
#include "settings_table.h"
#include "swaps.h"
#include "vmstat.h"

/*
 * Every file of the kernel that is read: the first byte of the input chooses
 * which, the rest is what is in it. What a parser accepts is within the bounds
 * that its header names; what it refuses leaves the result untouched.
 */

#define MOST_KIB (INT64_C(1) << 43)
#define UNTOUCHED 0x5a

#define is_amount(kib) ((kib) >= 0 && (kib) <= MOST_KIB)

static void expect_untouched(const void *out, size_t size)
{
	const unsigned char *bytes = out;

	for (size_t i = 0; i < size; i++)
		assert(bytes[i] == UNTOUCHED);
}

/* Parses, and looks at the result where there is one. */
#define parse_or_return(parse, bytes, length, out)                             \
	do {                                                                   \
		memset(out, UNTOUCHED, sizeof(*(out)));                        \
		if (parse(bytes, length, out) != 0) {                          \
			expect_untouched(out, sizeof(*(out)));                 \
			return;                                                \
		}                                                              \
	} while (0)

static void try_meminfo(const char *bytes, size_t length)
{
	struct meminfo memory;

	parse_or_return(meminfo_parse, bytes, length, &memory);
	assert(memory.total_kib > 0 && is_amount(memory.total_kib));
	assert(memory.available_kib >= 0 &&
	       memory.available_kib <= memory.total_kib);
	assert(memory.free_kib >= 0 && memory.free_kib <= memory.total_kib);
	assert(memory.swap_free_kib >= 0 &&
	       memory.swap_free_kib <= memory.swap_total_kib);
	assert(is_amount(memory.cached_kib) && is_amount(memory.shmem_kib));
	assert(is_amount(memory.slab_kib) && is_amount(memory.hugetlb_kib));
	assert(is_amount(memory.unevictable_kib));
}

static void try_pressure(const char *bytes, size_t length)
{
	struct pressure pressure;

	parse_or_return(pressure_parse, bytes, length, &pressure);
	assert(pressure.some_us >= 0 && pressure.full_us >= 0);
}

static void try_vmstat(const char *bytes, size_t length)
{
	struct vmstat vmstat;

	parse_or_return(vmstat_parse, bytes, length, &vmstat);
	assert(vmstat.scanned_pages >= 0 && vmstat.stolen_pages >= 0);
	assert(vmstat.refaulted_pages >= 0 && vmstat.oom_kills >= 0);
	assert(vmstat.swapped_out_pages >= 0);
}

static void try_swaps(const char *bytes, size_t length)
{
	struct swaps swaps;

	parse_or_return(swaps_parse, bytes, length, &swaps);
	assert(swaps.zram_size_kib >= 0 && swaps.zram_used_kib >= 0);
}

static void try_stat(const char *bytes, size_t length)
{
	struct process_stat stat;

	parse_or_return(process_parse_stat, bytes, length, &stat);
	assert(memchr(stat.comm, '\0', sizeof(stat.comm)));
	assert(stat.parent >= 0);
}

static void try_number(const char *bytes, size_t length)
{
	int64_t number;

	parse_or_return(process_parse_score, bytes, length, &number);
	parse_or_return(process_parse_adj, bytes, length, &number);
}

static void check_status(const struct process_status *status)
{
	assert(memchr(status->comm, '\0', sizeof(status->comm)));
	assert(status->parent >= 0);
	assert(is_amount(status->anon_kib) && is_amount(status->file_kib));
	assert(is_amount(status->shmem_kib) && is_amount(status->swap_kib));
	assert(is_amount(status->tables_kib));
}

static void try_status(const char *bytes, size_t length)
{
	struct process_status status;

	parse_or_return(process_parse_status, bytes, length, &status);
	check_status(&status);
}

static char directory[64];

static void remove_directory(void)
{
	static const char *const names[] = { "/7/status", "/7", "/meminfo",
					     "" };
	char path[80];

	for (int i = 0; i < 4; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", directory, names[i]);
		(void)remove(path);
	}
}

static void open_directory(struct procfs *procfs)
{
	char path[80];

	place_make(directory);
	(void)atexit(remove_directory);
	(void)snprintf(path, sizeof(path), "%s/7", directory);
	if (mkdir(path, 0700) != 0)
		abort();
	(void)snprintf(path, sizeof(path), "%s/meminfo", directory);
	place_write(path, "", 0);
	if (procfs_open(procfs, directory) != 0)
		abort();
}

/* As a file: one with a long line of groups is read in pieces. */
static void try_status_file(const char *bytes, size_t length)
{
	static struct procfs procfs;
	struct process_status status;
	char path[80];

	if (!directory[0])
		open_directory(&procfs);
	(void)snprintf(path, sizeof(path), "%s/7/status", directory);
	place_write(path, bytes, length);
	if (procfs_read_status(&procfs, 7, &status) == 0)
		check_status(&status);
}

static void check_path(const char *path)
{
	static struct settings settings;
	char unit[CGROUP_UNIT_SIZE], name[CGROUP_UNIT_SIZE], id[80];
	char why[256];
	struct text text;

	if (!settings.rules_count) {
		text_init(&text, why, sizeof(why));
		settings_init(&settings);
		if (settings_set(&settings, "protect", "units",
				 "sshd.service a*.slice *@*.service", &text))
			abort();
	}
	cgroup_unit(path, unit);
	assert(memchr(unit, '\0', sizeof(unit)) && !strchr(unit, '/'));
	(void)protect_path(&settings, path, name);
	assert(memchr(name, '\0', sizeof(name)) && !strchr(name, '/'));
	container_of_cgroup(path, id, sizeof(id));
	assert(strlen(id) == 0 || strlen(id) == 64);
}

static void try_cgroup(const char *bytes, size_t length)
{
	char path[CGROUP_PATH_SIZE];

	if (cgroup_parse(bytes, length, path) != 0)
		return;
	assert(memchr(path, '\0', sizeof(path)));
	check_path(path);
}

static void try_limit(const char *bytes, size_t length)
{
	struct limit_ooms sum = { .is_known = true, .ooms = 1, .groups = 1 };

	if (!limit_add(bytes, length, &sum))
		assert(sum.ooms == 1 && sum.groups == 1);
	assert(sum.ooms >= 1 && sum.groups >= 1);
}

static void try_mounts(const char *bytes, size_t length)
{
	FILE *file = length ? fmemopen((char *)bytes, length, "r") : NULL;

	if (!file)
		return;
	(void)self_hides_others(file);
	(void)fclose(file);
}

static void try_charge(const char *bytes, size_t length)
{
	static int (*const parsers[])(const char *bytes, size_t length,
				      int64_t *kib) = { charge_parse_bytes,
							charge_parse_idle,
							charge_parse_shmem };

	for (size_t i = 0; i < sizeof(parsers) / sizeof(*parsers); i++) {
		int64_t kib = -1;
		if (parsers[i](bytes, length, &kib) != 0)
			assert(kib == -1);
		else
			assert(is_amount(kib) || kib == INT64_MAX);
	}
}

static void try_tmpfs(const char *bytes, size_t length)
{
	struct field text = { bytes, bytes + length }, line;
	struct mount mount;

	while (field_line(&text, &line))
		if (mounts_parse(line, &mount))
			assert(memchr(mount.path, '\0', sizeof(mount.path)) &&
			       mount.path[0] == '/' && mount.used_kib == 0);
}

static void (*const tries[])(const char *bytes, size_t length) = {
	try_meminfo, try_pressure, try_vmstat,      try_swaps,  try_stat,
	try_number,  try_status,   try_status_file, try_cgroup, try_limit,
	try_mounts,  try_charge,   try_tmpfs,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t kinds = sizeof(tries) / sizeof(*tries);
	char *bytes;

	if (size == 0)
		return 0;
	/* A copy of just this size, so that a byte beyond it is seen. */
	bytes = malloc(size > 1 ? size - 1 : 1);
	if (!bytes)
		abort();
	memcpy(bytes, data + 1, size - 1);
	if (data[0] >= 'a' && data[0] < 'a' + kinds)
		tries[data[0] - 'a'](bytes, size - 1);
	free(bytes);
	return 0;
}
