/* SPDX-License-Identifier: MIT */
#include "nominate.h"

#include <unistd.h>

#include "door.h"
#include "grip.h"
#include "seek.h"
#include "thread.h"

#include "hot.h"

#define NEAR_MS 10000
#define LOOK_MS 1000
#define ROUNDS_MOST 8 /* as long as copies are born */

/* At this rate nothing is left within ten seconds. */
static bool is_near(const struct decision *decision)
{
	return decision->urgency >= URGENCY_WARN && decision->fill_kib_s > 0 &&
	       decision->available_kib <
		       decision->fill_kib_s * (NEAR_MS / 1000);
}

static bool may_nominate(const struct guard *guard)
{
	return guard->settings.mode == MODE_GUARD &&
	       guard->paused_until_ms == 0 &&
	       (guard->decision.urgency >= URGENCY_TERM ||
		is_near(&guard->decision));
}

static bool is_fit(const struct candidate *candidate)
{
	return candidate->is_culprit && candidate->start_ticks > 0 &&
	       (candidate->exemption == EXEMPT_NOT ||
		candidate->exemption == EXEMPT_STRUCK);
}

/* Who is being struck as the culprit, or would be. */
static const struct candidate *find(const struct guard *guard, int64_t now_ms)
{
	for (uint32_t slot = 0; slot < STRIKES_MAX; slot++)
		if (guard->strikes.slots[slot].stage != STAGE_NONE &&
		    is_fit(&guard->victims[slot].candidate))
			return &guard->victims[slot].candidate;
	if (guard->chosen >= 0 && now_ms - guard->looked_ms <= LOOK_MS &&
	    is_fit(&guard->candidates[guard->chosen]))
		return &guard->candidates[guard->chosen];
	return NULL;
}

void nominate_follow(struct guard *guard, int64_t now_ms)
{
	struct nominee *nominee = &guard->warden.nominee;
	const struct candidate *found = NULL;
	struct nominee wanted = { 0 };

	if (may_nominate(guard)) {
		if (guard->decision.urgency == URGENCY_WARN &&
		    now_ms - guard->looked_ms >= LOOK_MS)
			(void)seek_victim(guard, 0);
		found = find(guard, now_ms);
		wanted = *nominee;
	}
	if (found)
		wanted = (struct nominee){ found->start_ticks, found->pid };
	if (!guard->warden.runs || wanted.pid == nominee->pid)
		return;
	clerk_lock(&guard->clerk);
	*nominee = wanted;
	clerk_unlock(&guard->clerk);
	(void)thread_wake(guard->warden.wake);
}

/* Who has the value, without having had it before: it has it by fork. */
static int put_back_copies(struct keeper *keeper)
{
	_Alignas(8) char bytes[4096];
	struct door_walk walk = { .directory = keeper->procfs->root,
				  .size = sizeof(bytes),
				  .bytes = bytes };
	int64_t present;
	int count = 0;
	int32_t pid;

	(void)lseek(walk.directory, 0, SEEK_SET);
	while ((pid = door_walk_next(&walk)) > 0) {
		if (procfs_read_score_adj(keeper->procfs, pid, &present) != 0 ||
		    present != WARDS_NOMINATED)
			continue;
		keeper->has_written = false;
		keeper_consider_anywhere(keeper, pid, false);
		count += keeper->has_written;
	}
	return count;
}

static void put_back(struct keeper *keeper)
{
	if (keeper->nominee == 0)
		return;
	keeper->nominee = 0;
	for (int i = 0; i < ROUNDS_MOST && put_back_copies(keeper) > 0; i++)
		;
}

void nominate_tend(struct warden *warden)
{
	struct keeper *keeper = &warden->keeper;
	struct nominee nominee;

	clerk_lock(keeper->clerk);
	nominee = warden->nominee;
	clerk_unlock(keeper->clerk);
	if (nominee.pid == keeper->nominee)
		return;
	keeper->now_ticks = keeper_now_ticks();
	put_back(keeper);
	if (nominee.pid > 0 &&
	    keeper_nominate(keeper, nominee.pid, nominee.start_ticks))
		keeper->nominee = nominee.pid;
	/* It is gone, or not to be had: not again. */
	clerk_lock(keeper->clerk);
	if (warden->nominee.pid == nominee.pid)
		warden->nominee.pid = keeper->nominee;
	clerk_unlock(keeper->clerk);
}
