/* SPDX-License-Identifier: MIT */
#include "seek.h"

#include "announce.h"

#include "hot.h"

#define LOOK_MOST_MS 1000 /* so long one took beside 40 busy workers */
#define LOOK_KILL_MS 100
#define LOOK_FRESH_MS 250 /* an older one that blames nobody says nothing */
#define LOOK_AGAIN_MS 25  /* a look takes as long with 2,000 processes */

struct scan seek_scan(struct guard *guard, int64_t gap_kib)
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
		.culprit = &guard->culprit,
		.is_calm = guard->decision.urgency == URGENCY_NONE,
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
			.is_memory = guard->decision.reason == REASON_MEMORY,
			.is_written = strike_left_files(&guard->strikes,
							&guard->decision),
			.available_kib = guard->decision.available_kib,
			.kill_kib = levels->kill_kib,
			.settled_ms = guard->strikes.settled_ms,
			.fill_kib_s = guard->decision.fill_kib_s,
			.spend_kib_s = trend_spend_kib_s(&guard->trend),
			.swap_help_kib = watch_swap_help_kib(&guard->watch,
							     &guard->decision),
			.now_ms = guard->decision.at_ms,
			.culprit = &guard->culprit,
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
	struct scan scan = seek_scan(guard, gap_kib);

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

/*
 * Half of the time that is left to the kill level; there a quarter of what is
 * left at all, and not long.
 */
static int64_t patience_ms(const struct decision *decision)
{
	int64_t spare_kib = decision->available_kib - decision->levels.kill_kib;
	bool is_near = spare_kib <= 0 || decision->urgency == URGENCY_KILL;
	int64_t most_ms = is_near ? LOOK_KILL_MS : LOOK_MOST_MS;
	int64_t wait_kib =
		is_near ? decision->available_kib / 4 : spare_kib / 2;

	if (decision->fill_kib_s <= 0 ||
	    wait_kib * 1000 / decision->fill_kib_s > most_ms)
		return most_ms;
	return wait_kib * 1000 / decision->fill_kib_s;
}

bool seek_must_look(struct guard *guard, int64_t gap_kib, int64_t now_ms)
{
	const struct culprit *culprit = &guard->culprit;
	struct scan scan = seek_scan(guard, gap_kib);
	bool is_new = culprit->looked_ms > guard->strikes.settled_ms;
	bool is_fresh = now_ms - culprit->looked_ms < LOOK_FRESH_MS;
	int64_t until_ms = now_ms + patience_ms(&guard->decision);

	if ((is_new &&
	     (culprit->is_found || (is_fresh && culprit->has_history))) ||
	    !victim_is_open(&scan.quest, guard->candidates,
			    guard->candidates_count, guard->chosen))
		return false;
	if (guard->look_until_ms == 0 || until_ms < guard->look_until_ms)
		guard->look_until_ms = until_ms;
	if (now_ms >= guard->look_until_ms)
		return false;
	clerk_look(&guard->clerk);
	strike_none(&guard->strikes, now_ms,
		    guard->look_until_ms - now_ms < LOOK_AGAIN_MS
			    ? guard->look_until_ms - now_ms
			    : LOOK_AGAIN_MS);
	return true;
}

int seek_last_resort(struct guard *guard, int64_t gap_kib)
{
	struct scan scan = seek_scan(guard, gap_kib);
	int chosen;

	if (guard->settings.last_resort == LAST_RESORT_NONE ||
	    !scan.quest.is_kill || strikes_any(&guard->strikes))
		return -1;
	scan.quest.is_last_resort = true;
	if (guard->settings.last_resort == LAST_RESORT_LARGEST)
		scan.quest.culprit = NULL;
	look(guard, &scan);
	chosen = guard->chosen;
	/* For once: the next one is looked for among all the others. */
	guard->chosen = -1;
	if (chosen < 0)
		return -1;
	guard->candidates[chosen].choice = CHOICE_LAST_RESORT;
	announce_last_resort(guard);
	return chosen;
}
