/* SPDX-License-Identifier: MIT */
#include "keeper_plan.h"

#include <string.h>
#include <unistd.h>

#include "hot.h"

#define ANCESTORS_MOST 8
#define STARTING_MOST_S 4

bool keeper_is_newborn(const struct keeper *keeper, const struct grip *grip)
{
	uint64_t most = STARTING_MOST_S * (uint64_t)sysconf(_SC_CLK_TCK);

	return grip->stat.parent == 1 &&
	       keeper->now_ticks < grip->stat.start_ticks + most;
}

/*
 * Between fork and exec systemd's child has its parent's name, a number (of the
 * descriptor of its executor), then "(name)"; it sets its oom_score_adj in that
 * time, and what is read before is not yet its own. (The manager of a user
 * keeps the first name.)
 */
bool keeper_is_starting(const struct keeper *keeper, const struct grip *grip)
{
	const char *comm = grip->stat.comm;

	return keeper_is_newborn(keeper, grip) &&
	       (comm[0] == '(' || !comm[strspn(comm, "0123456789")] ||
		strcmp(comm, "systemd") == 0 ||
		strcmp(comm, "systemd-executo") == 0);
}

/* An ancestor whose value is the same as that of this process, and ours. */
static const struct ward *ward_above(struct keeper *keeper,
				     const struct grip *grip)
{
	struct process_stat stat = grip->stat;

	for (int i = 0; i < ANCESTORS_MOST && stat.parent > 1; i++) {
		int32_t pid = stat.parent;
		const struct ward *ward = wards_peek(keeper->wards, pid);

		if (procfs_read_stat(keeper->procfs, pid, &stat) != 0)
			return NULL;
		if (ward && ward->start_ticks == stat.start_ticks &&
		    ward->ours == grip->present)
			return ward;
	}
	return NULL;
}

/* Whose value it has by fork, or NULL. */
static const struct ward *find_origin(struct keeper *keeper,
				      const struct grip *grip,
				      const struct claim *claim)
{
	const struct ward *ward;

	if (!wards_gave(keeper->wards, (int32_t)grip->present))
		return NULL;
	/* Its parent may be gone; another one of its unit knows as well. */
	ward = ward_above(keeper, grip);
	if (ward)
		return ward;
	/* Wherever it is: nobody else gives this value to who is younger. */
	if (grip->present == WARDS_NOMINATED)
		return wards_nominated(keeper->wards, grip->stat.start_ticks);
	return wards_of_unit(keeper->wards, claim->unit,
			     (int32_t)grip->present);
}

/* By fork it had the value of its parent: a higher one it gave itself. */
static bool is_raised(struct keeper *keeper, const struct grip *grip,
		      const struct claim *claim)
{
	int32_t parent = grip->stat.parent;
	const struct ward *ward = wards_peek(keeper->wards, parent);
	char path[CGROUP_PATH_SIZE], unit[CGROUP_UNIT_SIZE];
	int64_t value;

	if (parent <= 1 ||
	    procfs_read_score_adj(keeper->procfs, parent, &value) != 0 ||
	    grip->present <= value)
		return false;
	if (ward && ward->ours == value)
		return grip->stat.start_ticks >
		       ward->start_ticks + ward->since_ticks + 1;
	if (value > keeper->wanted ||
	    procfs_read_cgroup(keeper->procfs, parent, path) != 0)
		return false;
	keeper_lock(keeper);
	(void)protect_path(keeper->settings, path, unit);
	keeper_unlock(keeper);
	return strcmp(unit, claim->unit) == 0;
}

struct protect_plan keeper_plan(struct keeper *keeper, const struct grip *grip,
				const struct claim *claim,
				const struct ward *own)
{
	const struct ward *ward = own ? own : find_origin(keeper, grip, claim);
	struct protect_case given = {
		.is_covered = claim->is_covered,
		.present = (int32_t)grip->present,
		.is_known = own != NULL,
		.inherits = ward && !own,
		.former = ward ? ward->former : 0,
		.ours = ward ? ward->ours : 0,
		.is_over = ward && ward->state == WARD_OVER,
	};
	struct protect_plan plan;

	given.is_raised =
		claim->is_covered && !ward && is_raised(keeper, grip, claim);
	keeper_lock(keeper);
	plan = protect_plan(keeper->settings, &given);
	keeper_unlock(keeper);
	return plan;
}
