/* SPDX-License-Identifier: MIT */
#include "vmstat.h"

#include <errno.h>

#include "field.h"

#include "hot.h"

#define REQUIRED 2 /* the first rows */

static const struct {
	const char *name;
	size_t offset;
} rows[] = {
	{ "pgscan_direct ", offsetof(struct vmstat, scanned_pages) },
	{ "oom_kill ", offsetof(struct vmstat, oom_kills) },
	/* kswapd may do all the work while tasks wait (measured: MGLRU). */
	{ "pgscan_kswapd ", offsetof(struct vmstat, scanned_pages) },
	{ "pgsteal_kswapd ", offsetof(struct vmstat, stolen_pages) },
	{ "pgsteal_direct ", offsetof(struct vmstat, stolen_pages) },
	{ "workingset_refault ", offsetof(struct vmstat, refaulted_pages) },
	{ "workingset_refault_anon ",
	  offsetof(struct vmstat, refaulted_pages) },
	{ "workingset_refault_file ",
	  offsetof(struct vmstat, refaulted_pages) },
	{ "pswpout ", offsetof(struct vmstat, swapped_out_pages) },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* Adds the line to its member. Returns the bit of its row, or 0. */
static unsigned int take_line(struct field line, struct vmstat *out)
{
	for (size_t i = 0; i < ROWS; i++) {
		char *member = (char *)out + rows[i].offset;
		int64_t count;

		if (!field_skip(&line, rows[i].name))
			continue;
		if (!field_count(&line, &count) || line.at != line.end)
			return 0;
		*(int64_t *)(void *)member += count;
		return 1U << i;
	}
	return 0;
}

int vmstat_parse(const char *bytes, size_t length, struct vmstat *out)
{
	const unsigned int required = (1U << REQUIRED) - 1;
	struct field text = { bytes, bytes + length };
	struct vmstat found = { 0 };
	unsigned int seen = 0;
	struct field line;

	while (field_line(&text, &line))
		seen |= take_line(line, &found);
	if ((seen & required) != required)
		return -EBADMSG;
	*out = found;
	return 0;
}
