/* SPDX-License-Identifier: MIT */
#include "meminfo.h"

#include <errno.h>

#include "field.h"

#include "hot.h"

#define REQUIRED 4 /* the first rows */

static const struct {
	const char *name;
	size_t offset;
} rows[] = {
	{ "MemTotal:", offsetof(struct meminfo, total_kib) },
	{ "MemAvailable:", offsetof(struct meminfo, available_kib) },
	{ "SwapTotal:", offsetof(struct meminfo, swap_total_kib) },
	{ "SwapFree:", offsetof(struct meminfo, swap_free_kib) },
	{ "MemFree:", offsetof(struct meminfo, free_kib) },
	{ "Cached:", offsetof(struct meminfo, cached_kib) },
	{ "Shmem:", offsetof(struct meminfo, shmem_kib) },
	{ "SUnreclaim:", offsetof(struct meminfo, slab_kib) },
	{ "Hugetlb:", offsetof(struct meminfo, hugetlb_kib) },
	{ "Unevictable:", offsetof(struct meminfo, unevictable_kib) },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* Fills the member of the line. Returns the bit of its row, or 0. */
static unsigned int take_line(struct field line, struct meminfo *out)
{
	for (size_t i = 0; i < ROWS; i++) {
		char *member = (char *)out + rows[i].offset;

		if (!field_skip(&line, rows[i].name))
			continue;
		if (!field_kib(&line, (int64_t *)(void *)member))
			return 0;
		return 1U << i;
	}
	return 0;
}

static bool is_plausible(const struct meminfo *info)
{
	return info->total_kib > 0 && info->free_kib <= info->total_kib &&
	       info->available_kib <= info->total_kib;
}

int meminfo_parse(const char *bytes, size_t length, struct meminfo *out)
{
	const unsigned int required = (1U << REQUIRED) - 1;
	struct field text = { bytes, bytes + length };
	struct meminfo info = { 0 };
	unsigned int seen = 0;
	struct field line;

	while (field_line(&text, &line))
		seen |= take_line(line, &info);
	if ((seen & required) != required || !is_plausible(&info))
		return -EBADMSG;
	/* Seen while swap is taken away, and behind lxcfs. */
	if (info.swap_free_kib > info.swap_total_kib)
		info.swap_free_kib = info.swap_total_kib;
	*out = info;
	return 0;
}
