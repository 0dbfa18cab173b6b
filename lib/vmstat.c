/* SPDX-License-Identifier: MIT */
#include "vmstat.h"

#include <errno.h>

#include "field.h"

#include "hot.h"

#define REQUIRED 0x03U /* the first two rows */
#define ROW(name, member)                                                      \
	{                                                                      \
		name, add_count, offsetof(struct vmstat, member)               \
	}

static bool add_count(struct field rest, void *member)
{
	int64_t *sum = member;
	int64_t count;

	if (!field_count(&rest, &count) || rest.at != rest.end)
		return false;
	*sum += count;
	return true;
}

static const struct field_row rows[] = {
	ROW("pgscan_direct ", scanned_pages),
	ROW("oom_kill ", oom_kills),
	/* kswapd may do all the work while tasks wait (measured: MGLRU). */
	ROW("pgscan_kswapd ", scanned_pages),
	ROW("pgsteal_kswapd ", stolen_pages),
	ROW("pgsteal_direct ", stolen_pages),
	ROW("workingset_refault ", refaulted_pages),
	ROW("workingset_refault_anon ", refaulted_pages),
	ROW("workingset_refault_file ", refaulted_pages),
	ROW("pswpout ", swapped_out_pages),
};

int vmstat_parse(const char *bytes, size_t length, struct vmstat *out)
{
	struct vmstat sums = { 0 };
	unsigned int found =
		field_rows((struct field){ bytes, bytes + length }, rows,
			   sizeof(rows) / sizeof(rows[0]), &sums);

	if ((found & REQUIRED) != REQUIRED)
		return -EBADMSG;
	*out = sums;
	return 0;
}
