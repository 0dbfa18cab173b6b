/* SPDX-License-Identifier: MIT */
#include "keeper.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "door.h"

#include "hot.h"

#define ROUNDS_MOST 8 /* of putting back, as long as children are born */
/*
 * So many in a row must find nobody. One misses a child with a smaller pid than
 * the walk has reached, whose parent ends before it is its turn.
 */
#define ROUNDS_CLEAN 2

uint64_t keeper_now_ticks(void)
{
	uint64_t hertz = (uint64_t)sysconf(_SC_CLK_TCK);
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now); /* Cannot fail. */
	return (uint64_t)now.tv_sec * hertz +
	       (uint64_t)now.tv_nsec * hertz / 1000000000;
}

static bool is_dead(const struct keeper *keeper, const struct ward *ward)
{
	struct process_stat stat;
	int error = procfs_read_stat(keeper->procfs, ward->pid, &stat);

	return procfs_is_gone(error) ||
	       (!error && stat.start_ticks != ward->start_ticks);
}

void keeper_forget_dead(struct keeper *keeper, const char *unit)
{
	for (int i = 0; i < WARDS_MOST; i++) {
		struct ward *ward = &keeper->wards->wards[i];

		if (!ward->pid ||
		    (unit &&
		     (ward->unit < 0 ||
		      strcmp(keeper->wards->units[ward->unit], unit) != 0)))
			continue;
		if (is_dead(keeper, ward))
			keeper_forget(keeper, ward);
	}
}

bool keeper_gave(struct keeper *keeper, int32_t pid)
{
	int64_t present;

	return procfs_read_score_adj(keeper->procfs, pid, &present) == 0 &&
	       wards_gave(keeper->wards, (int32_t)present);
}

/* Who ends between the list and the look may have left a child behind. */
static int put_back_round(struct keeper *keeper, bool only_nominated)
{
	_Alignas(8) char bytes[4096];
	struct door_walk walk = { .directory = keeper->procfs->root,
				  .size = sizeof(bytes),
				  .bytes = bytes };
	bool must_return = keeper->must_return;
	int count = 0;
	int64_t present;
	int32_t pid;

	keeper->has_missed = false;
	keeper->must_return = false;
	keeper->has_failed = false;
	(void)lseek(walk.directory, 0, SEEK_SET);
	while ((pid = door_walk_next(&walk)) > 0) {
		int error =
			procfs_read_score_adj(keeper->procfs, pid, &present);
		if (error) {
			keeper->has_missed = true;
			keeper->has_failed |= !procfs_is_gone(error);
			continue;
		}
		if (only_nominated
			    ? present != WARDS_NOMINATED
			    : !wards_gave(keeper->wards, (int32_t)present))
			continue;
		keeper->has_written = false;
		keeper->is_back = only_nominated;
		keeper_consider_anywhere(keeper, pid, false);
		keeper->is_back = false;
		count += keeper->has_written;
	}
	/* Who is starting is looked at when it has started. */
	keeper->has_missed |= pid < 0 || keeper->must_return;
	keeper->must_return |= must_return;
	return count;
}

/*
 * False where somebody may be left. Of copies nobody waits for those who could
 * not be looked at: they come with the next look.
 */
static bool put_back_all(struct keeper *keeper, bool only_nominated, int *total)
{
	int clean = 0;

	for (int i = 0; i < ROUNDS_MOST && clean < ROUNDS_CLEAN; i++) {
		int count = put_back_round(keeper, only_nominated);

		*total += count;
		if (only_nominated && count == 0 && keeper->has_missed)
			return false;
		clean = count > 0 || keeper->has_missed ? 0 : clean + 1;
	}
	return clean == ROUNDS_CLEAN;
}

void keeper_put_back_copies(struct keeper *keeper)
{
	int total = 0;

	if (!put_back_all(keeper, true, &total))
		return;
	for (int i = 0; i < WARDS_MOST; i++) {
		struct ward *ward = &keeper->wards->wards[i];

		if (ward->pid && ward->ours == WARDS_NOMINATED)
			keeper_drop(keeper, ward);
	}
}

int keeper_put_back(struct keeper *keeper)
{
	int total = 0;

	keeper->is_ending = true;
	keeper->now_ticks = keeper_now_ticks();
	/* Who is left is seen in each value: keeper_has_all_back(). */
	(void)put_back_all(keeper, false, &total);
	return total;
}

bool keeper_has_all_back(struct keeper *keeper)
{
	/* A copy of a value of ours, of one who is dead, may be there still. */
	if (keeper->has_failed)
		return false;
	for (int i = 0; i < WARDS_MOST; i++) {
		const struct ward *ward = &keeper->wards->wards[i];
		int64_t present;

		if (!ward->pid || is_dead(keeper, ward))
			continue;
		int error = procfs_read_score_adj(keeper->procfs, ward->pid,
						  &present);
		/* What cannot be read may still be ours. */
		if (error ? !procfs_is_gone(error) : present == ward->ours)
			return false;
	}
	return true;
}
