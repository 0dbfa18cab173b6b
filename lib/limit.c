/* SPDX-License-Identifier: MIT */
#include "limit.h"

#include "field.h"

#include "hot.h"

bool limit_add(const char *bytes, size_t length, struct limit_ooms *sum)
{
	struct field text = { bytes, bytes + length }, line;
	int64_t ooms = -1, groups = 0;

	while (field_line(&text, &line))
		if (field_skip(&line, "oom ")) {
			if (!field_count(&line, &ooms))
				return false;
		} else if (field_skip(&line, "oom_group_kill ")) {
			if (!field_count(&line, &groups))
				return false;
		}
	if (ooms < 0)
		return false;
	sum->is_known = true;
	sum->ooms += ooms;
	sum->groups += groups;
	return true;
}

int64_t limit_kills(int64_t kills, const struct limit_ooms *before,
		    const struct limit_ooms *now)
{
	int64_t ooms = now->ooms - before->ooms;

	/* Less: a cgroup was removed with what it had counted. */
	if (!before->is_known || !now->is_known || ooms <= 0)
		return 0;
	return ooms < kills && now->groups <= before->groups ? ooms : kills;
}
