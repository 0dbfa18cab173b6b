/* SPDX-License-Identifier: MIT */
#include "meminfo.h"

#include <errno.h>

#include "field.h"

#include "hot.h"

#define REQUIRED 0x0fU /* the first four rows */
#define ROW(name, member)                                                      \
	{                                                                      \
		name, take_kib, offsetof(struct meminfo, member)               \
	}

static bool take_kib(struct field rest, void *member)
{
	return field_kib(&rest, member);
}

static const struct field_row rows[] = {
	ROW("MemTotal:", total_kib),
	ROW("MemAvailable:", available_kib),
	ROW("SwapTotal:", swap_total_kib),
	ROW("SwapFree:", swap_free_kib),
	ROW("MemFree:", free_kib),
	ROW("Cached:", cached_kib),
	ROW("Shmem:", shmem_kib),
	ROW("SUnreclaim:", slab_kib),
	ROW("Hugetlb:", hugetlb_kib),
	ROW("Unevictable:", unevictable_kib),
	ROW("PageTables:", tables_kib),
	ROW("KernelStack:", stacks_kib),
	ROW("Active(anon):", active_anon_kib),
	ROW("Inactive(anon):", inactive_anon_kib),
};

int meminfo_parse(const char *bytes, size_t length, struct meminfo *out)
{
	struct meminfo info = { 0 };
	unsigned int found =
		field_rows((struct field){ bytes, bytes + length }, rows,
			   sizeof(rows) / sizeof(rows[0]), &info);

	if ((found & REQUIRED) != REQUIRED || info.total_kib <= 0 ||
	    info.free_kib > info.total_kib ||
	    info.available_kib > info.total_kib)
		return -EBADMSG;
	/* Seen while swap is taken away, and behind lxcfs. */
	if (info.swap_free_kib > info.swap_total_kib)
		info.swap_free_kib = info.swap_total_kib;
	*out = info;
	return 0;
}
