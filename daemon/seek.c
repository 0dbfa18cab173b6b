/* SPDX-License-Identifier: MIT */
#include "seek.h"

#include "announce.h"

#include "hot.h"

static struct scan scan_of(struct guard *guard, int64_t gap_kib)
{
	const struct levels *levels = &guard->decision.levels;

	return (struct scan){
		.procfs = &guard->procfs,
		.settings = &guard->settings,
		.strikes = &guard->strikes,
		.census = &guard->census,
		.wards = &guard->warden.wards,
		.scores = &guard->scores,
		.walk = &guard->walk,
		.cgroup_is_fast = guard->cgroup_is_fast,
		.quest = {
			.self = guard->self,
			.teller = guard->link.pid,
			.only_own = !guard->privileges.may_kill,
			.uid = guard->uid,
			.base_kib = levels->base_kib,
			.total_kib = guard->sample.memory.total_kib +
				     guard->sample.memory.swap_total_kib,
			.gap_kib = gap_kib,
			.margin_kib = (levels->warn_kib - levels->term_kib) / 2,
			.is_kill = guard->decision.urgency == URGENCY_KILL,
		},
	};
}

static void look(struct guard *guard, const struct scan *scan)
{
	guard->scans++;
	guard->scores_ms = guard->decision.at_ms + SCORES_KEPT_MS;
	guard->looked_ms = guard->decision.at_ms;
	clerk_lock(&guard->clerk);
	guard->chosen =
		scan_choose(scan, guard->candidates, &guard->candidates_count);
	clerk_unlock(&guard->clerk);
}

int seek_victim(struct guard *guard, int64_t gap_kib)
{
	struct scan scan = scan_of(guard, gap_kib);

	if (scan.quest.is_kill && guard->chosen >= 0 &&
	    guard->looked_ms == guard->decision.at_ms)
		guard->chosen = scan_choose_again(&scan, guard->candidates,
						  guard->candidates_count);
	else
		look(guard, &scan);
	guard->runner_up = victim_runner_up(
		guard->candidates, guard->candidates_count, guard->chosen);
	return guard->chosen;
}

static bool strikes_nobody(const struct guard *guard)
{
	for (uint32_t slot = 0; slot < STRIKES_MAX; slot++)
		if (guard->strikes.slots[slot].stage != STAGE_NONE)
			return false;
	return true;
}

int seek_last_resort(struct guard *guard, int64_t gap_kib)
{
	struct scan scan = scan_of(guard, gap_kib);
	int chosen;

	if (guard->settings.last_resort == LAST_RESORT_NONE ||
	    !scan.quest.is_kill || !strikes_nobody(guard))
		return -1;
	scan.quest.is_last_resort = true;
	look(guard, &scan);
	chosen = guard->chosen;
	/* For once: the next one is looked for among all the others. */
	guard->chosen = -1;
	if (chosen >= 0)
		announce_last_resort(guard);
	return chosen;
}
