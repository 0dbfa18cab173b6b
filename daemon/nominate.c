/* SPDX-License-Identifier: MIT */
#include "nominate.h"

#include "seek.h"
#include "thread.h"

#include "hot.h"

#define NEAR_MS 10000
#define LOOK_MS 1000

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

static void put_back(struct keeper *keeper)
{
	if (keeper->nominee == 0)
		return;
	keeper->nominee = 0;
	keeper_put_back_copies(keeper);
}

void nominate_sweep(struct warden *warden)
{
	if (warden->keeper.nominee == 0 &&
	    wards_nominated(&warden->wards, UINT64_MAX))
		keeper_put_back_copies(&warden->keeper);
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
