/* SPDX-License-Identifier: MIT */
#include "keep.h"

#include "announce.h"
#include "report.h"
#include "seek.h"

#include "hot.h"

#define CENSUS_CALM_MS 300000
#define CENSUS_WARN_MS 60000 /* a brief look each second finds newcomers */
#define CENSUS_URGENT_MS 2000
#define ASKED_MS 10000 /* between two looks that are asked for in calm */
#define CLERK_MS 50    /* for his look before one; it takes less */
#define BRIEF_MS 1000  /* from warn on: who grows? */
#define SHMEM_PART 50  /* from 2 % on it is looked where it is */
#define STALE_MS 100
#define READY_MOST_MS 2000
#define REALTIME_MOST_MS 5000 /* after the start */

/* Held back by free swap only, it may become urgent from one tick to the next.
 */
static int64_t census_period_ms(const struct decision *decision)
{
	if (decision->urgency >= URGENCY_TERM)
		return CENSUS_URGENT_MS;
	return decision->urgency == URGENCY_WARN || decision->swap_is_held
		       ? CENSUS_WARN_MS
		       : CENSUS_CALM_MS;
}

static void keep_census(struct guard *guard, int64_t now_ms)
{
	int64_t period_ms = census_period_ms(&guard->decision);

	if (guard->census_ms > now_ms + period_ms)
		guard->census_ms = now_ms;
	if (now_ms < guard->census_ms)
		return;
	guard->census_ms = now_ms + period_ms;
	if (clerk_is_late(&guard->clerk, now_ms))
		announce_clerk(guard);
	clerk_request(&guard->clerk, now_ms);
}

/* For a moment: rules miss who is new while his unit is not known. */
static bool awaits_clerk(struct guard *guard, int64_t now_ms)
{
	if (guard->look_ms == 0) {
		clerk_look(&guard->clerk);
		guard->look_ms = now_ms + CLERK_MS;
	}
	return now_ms < guard->look_ms;
}

/* In calm nobody looks who would be struck, or tells much, unasked. */
static void keep_look(struct guard *guard, int64_t now_ms)
{
	bool looks =
		guard->decision.urgency == URGENCY_NONE &&
		(guard->looked_ms < 0 || now_ms - guard->looked_ms >= ASKED_MS);

	if (guard->look_cookie == 0 || (looks && awaits_clerk(guard, now_ms)))
		return;
	if (looks)
		(void)seek_victim(guard, 0);
	guard_publish(guard, now_ms, true);
	link_answer(&guard->link, guard->look_cookie, 0, "");
	guard->look_cookie = 0;
	guard->look_ms = 0;
}

/* One that was struck repeatedly may come again: it is looked for earlier. */
static bool is_awaited(const struct guard *guard)
{
	const struct decision *decision = &guard->decision;

	return decision->urgency == URGENCY_NONE &&
	       decision->available_kib < decision->levels.warn_kib * 2 &&
	       repeats_any(&guard->repeats, decision->at_ms);
}

/* Memory is short, whether free swap makes up for it or not. */
static bool is_watched(const struct guard *guard)
{
	return guard->decision.urgency > URGENCY_NONE ||
	       guard->decision.swap_is_held || is_awaited(guard);
}

static void keep_repeats(struct guard *guard, int64_t now_ms)
{
	int chosen = seek_victim(guard, 0);
	const struct candidate *candidate;
	uint32_t count;

	if (chosen < 0 || !guard->candidates[chosen].is_culprit)
		return;
	candidate = &guard->candidates[chosen];
	count = repeats_count(&guard->repeats, report_name(candidate), now_ms);
	if (count > 1)
		announce_again(guard, candidate, count);
}

static void keep_growth(struct guard *guard, int64_t now_ms)
{
	const struct decision *decision = &guard->decision;
	const struct job job = { .pidfd = -1, .looks_at_mounts = true };

	if (decision->urgency < URGENCY_TERM)
		guard->look_until_ms = 0;
	if (!is_watched(guard) || guard->brief_ms > now_ms + BRIEF_MS)
		guard->brief_ms = now_ms;
	if (!is_watched(guard) || now_ms < guard->brief_ms)
		return;
	if (is_awaited(guard))
		keep_repeats(guard, now_ms);
	guard->brief_ms = now_ms + BRIEF_MS;
	clerk_look(&guard->clerk);
	if (guard->sample.memory.shmem_kib * SHMEM_PART >=
	    decision->levels.base_kib)
		(void)reapers_do(guard->reapers, &job, 0);
}

static void keep_scores(struct guard *guard, int64_t now_ms)
{
	if (guard->decision.urgency >= URGENCY_TERM)
		guard->scores_ms = now_ms + SCORES_KEPT_MS;
	else if (now_ms >= guard->scores_ms)
		scores_close(&guard->scores);
	if (guard->decision.urgency > URGENCY_NONE)
		return;
	guard->told.nobody = false;
	guard->told.last_resort = false;
	if (guard->decision.available_kib >=
	    guard->decision.levels.warn_kib * 2)
		guard->told.again = false;
	guard->told.observed_pid = 0;
	guard->told.refused = 0;
	guard->asked_about = 0;
	guard->asked_at_kill = false;
}

void keep_pause(struct guard *guard, int64_t now_ms)
{
	if (guard->paused_until_ms == 0 || now_ms < guard->paused_until_ms)
		return;
	guard->paused_until_ms = 0;
	strike_none(&guard->strikes, now_ms, 0);
	announce_words(guard, RECORD_RESUMED, "resumed: the pause is over");
}

/* A service manager grants it once the guard is ready: its unit forbids that
 * it is taken. */
static void keep_realtime(struct guard *guard, int64_t now_ms)
{
	int64_t patience_ms = guard->notify.socket < 0 ? 0 : REALTIME_MOST_MS;

	if (guard->told.realtime || now_ms - guard->started_ms < patience_ms)
		return;
	guard->told.realtime = true;
	guard->privileges.is_realtime = privilege_is_realtime();
	if (!guard->privileges.is_realtime)
		announce_words(guard, RECORD_DEGRADED,
			       "degraded: no SCHED_RR: busy CPUs may delay the "
			       "guard");
}

/* A teller is started only while nothing is more urgent. */
static void keep_teller(struct guard *guard, int64_t now_ms)
{
	if (guard->decision.urgency < URGENCY_TERM)
		link_start(&guard->link, now_ms);
	if (!guard->is_ready && now_ms - guard->started_ms >= READY_MOST_MS)
		guard_ready(guard);
}

static int64_t sooner(int64_t a_ms, int64_t b_ms)
{
	return a_ms < b_ms ? a_ms : b_ms;
}

/* What is to be done at a certain time, whatever memory does. */
static int64_t next_date_ms(const struct guard *guard)
{
	int64_t until_ms = sooner(guard->wake_ms, guard->census_ms);

	if (guard->look_ms > 0)
		until_ms = sooner(until_ms, guard->look_ms);
	if (is_watched(guard))
		until_ms = sooner(until_ms, guard->brief_ms);
	if (!guard->is_ready)
		until_ms = sooner(until_ms, guard->started_ms + READY_MOST_MS);
	if (!guard->told.realtime)
		until_ms =
			sooner(until_ms, guard->started_ms + REALTIME_MOST_MS);
	if (guard->paused_until_ms > 0)
		until_ms = sooner(until_ms, guard->paused_until_ms);
	if (guard->notify.watchdog_ms > 0)
		until_ms = sooner(until_ms, guard->notify.alive_ms +
						    guard->notify.watchdog_ms);
	return until_ms;
}

int64_t guard_sleep_ms(const struct guard *guard, int64_t now_ms)
{
	int64_t sleep_ms =
		decide_sleep_ms(&guard->decision, &guard->trend, guard->cpus);
	int64_t until_ms = next_date_ms(guard);

	if (until_ms - now_ms < sleep_ms)
		sleep_ms = until_ms - now_ms;
	if (guard->is_stale && sleep_ms < STALE_MS)
		sleep_ms = STALE_MS;
	/* A deadline that has passed is met by a fresh sample, not by a spin.
	 */
	return sleep_ms > 1 ? sleep_ms : 1;
}

void keep_all(struct guard *guard, int64_t now_ms)
{
	keep_census(guard, now_ms);
	keep_look(guard, now_ms);
	keep_growth(guard, now_ms);
	keep_scores(guard, now_ms);
	keep_teller(guard, now_ms);
	keep_realtime(guard, now_ms);
	guard_keep_reload(guard, now_ms);
}
