/* SPDX-License-Identifier: MIT */
#include "announce.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "kill.h"

#include "hot.h"

#define CENSUS_CALM_MS 300000
#define CENSUS_WARN_MS 10000
#define CENSUS_URGENT_MS 2000
#define SCORES_KEPT_MS 60000
#define RETRY_MS 1000
#define STALE_MS 100
#define READY_MOST_MS 2000
#define REALTIME_MOST_MS 5000 /* after the start */
#define CLERK_MOST_MS 100
#define RETRY_KILL_MS 100 /* at 1 GiB/s the kill level is empty after 1 s */
#define MARK_MOST_MS 10   /* on the way to a signal */
#define AGAIN_MS 10       /* as often as urgent ticks are anyway */
#define OBSERVE_MS 10000
#define LONGEST_WINDOW_MS 10000 /* of the settings */
#define ORDERS_MOST 64          /* in one tick; more wait for the next */

/*
 * Nobody has waited for memory for as long as windows reach, and there is
 * enough of it: vmstat can tell nothing.
 */
static bool is_quiet(const struct guard *guard, int64_t stalled_us)
{
	const struct sample *sample = &guard->sample;

	return sample->has_pressure && sample->pressure.some_us == stalled_us &&
	       trend_stall_permyriad(&guard->trend, STALL_SOME,
				     LONGEST_WINDOW_MS) == 0 &&
	       sample_available_kib(sample) >= guard->decision.levels.warn_kib;
}

static void read_sample(struct guard *guard, int64_t now_ms)
{
	struct sample *sample = &guard->sample;
	int64_t stalled_us = sample->pressure.some_us;

	clerk_lock(&guard->clerk);
	sample->swaps = guard->clerk.swaps.swaps;
	sample->zram_saves_permyriad = guard->clerk.swaps.zram_saves_permyriad;
	guard->left_out = guard->census.left_out;
	guard->census_count = guard->census.count;
	clerk_unlock(&guard->clerk);
	unsigned int trouble = procfs_read_sample(&guard->procfs, sample);
	bool quiet = is_quiet(guard, stalled_us);
	if (!quiet)
		trouble |= procfs_read_vmstat(&guard->procfs, sample);
	announce_trouble(guard, trouble);
	guard->is_stale = trouble & PROCFS_MEMINFO;
	if (guard->is_stale)
		return;
	/* What was reclaimed in quiet hours is no part of a stall now. */
	if (guard->was_quiet && !quiet)
		trend_restart_pressure(&guard->trend, now_ms);
	guard->was_quiet = quiet;
	sample->at_ms = now_ms;
	trend_update(&guard->trend, sample);
}

static void judge(struct guard *guard, int64_t now_ms)
{
	read_sample(guard, now_ms);
	guard->decision = decide(&guard->settings, &guard->sample,
				 &guard->trend, &guard->watch);
}

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

/*
 * The index of the victim among the candidates, or -1. At the kill level one
 * look serves all victims of a tick.
 */
static int choose(struct guard *guard, int64_t gap_kib)
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

/*
 * Nobody else brings enough, and the kernel would be next: one of the
 * protected, one at a time, if the operator wants that.
 */
static int choose_last(struct guard *guard, int64_t gap_kib)
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

static void close_victim(struct guard *guard, uint32_t slot)
{
	if (guard->victims[slot].pidfd >= 0)
		(void)close(guard->victims[slot].pidfd);
	guard->victims[slot].pidfd = -1;
}

/* Who is too small now may be the hog by then. */
static int64_t retry_ms(const struct guard *guard)
{
	return guard->decision.urgency == URGENCY_KILL ? RETRY_KILL_MS
						       : RETRY_MS;
}

/*
 * A reaper is woken first, so that it is there when the process dies. Only
 * SIGTERM needs a mark: SIGKILL is a failure to systemd by itself.
 */
static void prepare(struct guard *guard, uint32_t slot, int signal)
{
	struct victim *victim = &guard->victims[slot];
	bool marks = signal == SIGTERM && guard->settings.oom_mark &&
		     guard->reaper_world.cgroupfs.root >= 0 &&
		     victim->candidate.unit[0];
	const struct job job = {
		.mark_pid = marks ? victim->candidate.pid : 0,
		.mark = 1,
		.pidfd = victim->pidfd,
	};

	enum mark_state mark = reapers_do(guard->reapers, &job, MARK_MOST_MS);

	if (signal == SIGTERM)
		victim->mark = mark;
}

/* It lives on: when it ends some day, that is no want of memory. */
static void unmark(struct guard *guard, uint32_t slot)
{
	const struct job job = {
		.mark_pid = guard->victims[slot].candidate.pid,
		.mark = -1,
		.pidfd = -1,
	};

	if (guard->victims[slot].mark != MARK_NONE)
		(void)reapers_do(guard->reapers, &job, 0);
}

static void signal_victim(struct guard *guard, uint32_t slot, int signal)
{
	prepare(guard, slot, signal);
	int error = kill_signal(guard->victims[slot].pidfd, signal);
	/* ESRCH: it exits by itself, and its pidfd tells. */
	if (error == 0 || error == -ESRCH) {
		announce_strike(guard, slot, signal,
				signal == SIGTERM ? "SIGTERM" : "SIGKILL");
		return;
	}
	announce_refused(guard, &guard->victims[slot].candidate, error);
	unmark(guard, slot);
	strike_refused(&guard->strikes, slot);
	strike_none(&guard->strikes, guard->decision.at_ms, retry_ms(guard));
	close_victim(guard, slot);
}

static void strike(struct guard *guard, const struct candidate *candidate,
		   int pidfd, int64_t now_ms)
{
	const struct target target = {
		.pid = candidate->pid,
		.start_ticks = candidate->start_ticks,
		.relief_kib = candidate->relief_kib,
		.term_only = candidate->ruling.term_only,
		.sigterm_is_futile = candidate->sigterm_is_futile,
		.grace_ms = candidate->ruling.grace_ms,
	};
	uint32_t slot = strike_begin(&guard->settings, &guard->decision,
				     &guard->strikes, &target, now_ms);
	struct victim *victim = &guard->victims[slot];

	victim->pidfd = pidfd;
	victim->mark = MARK_NONE;
	victim->candidate = *candidate;
	guard->told.nobody = false;
	guard->struck++;
	bool asked = guard->strikes.slots[slot].stage == STAGE_ASKED;
	signal_victim(guard, slot, asked ? SIGTERM : SIGKILL);
	trend_restart(&guard->trend, now_ms);
}

/*
 * Whether the choice must wait for the clerk: it is younger than the census,
 * and its unit, which a rule may name, is not known. Once for each.
 */
static bool must_ask_clerk(struct guard *guard,
			   const struct candidate *candidate, int64_t now_ms)
{
	if (!candidate->is_vague || guard->asked_about == candidate->pid ||
	    guard->decision.urgency == URGENCY_KILL)
		return false;
	guard->asked_about = candidate->pid;
	clerk_request(&guard->clerk, now_ms);
	strike_none(&guard->strikes, now_ms, CLERK_MOST_MS);
	return true;
}

/* Takes hold of it, and strikes. */
static void seize(struct guard *guard, const struct candidate *candidate,
		  int64_t now_ms)
{
	int fd = scores_hold(&guard->scores, &guard->procfs, candidate->pid);
	int pidfd = fd < 0 ? fd : kill_open(candidate->pid, fd);

	if (pidfd >= 0) {
		strike(guard, candidate, pidfd, now_ms);
		return;
	}
	/* It vanished: the next sample decides anew. */
	if (pidfd == -ESRCH || pidfd == -ENOENT) {
		strike_none(&guard->strikes, now_ms, AGAIN_MS);
		return;
	}
	announce_refused(guard, candidate, pidfd);
	strike_none(&guard->strikes, now_ms, retry_ms(guard));
}

/*
 * Finds a victim, looks whether memory has recovered meanwhile, strikes. The
 * order that led here is asked for again by whatever stays.
 */
static void find_victim(struct guard *guard, int64_t gap_kib, int64_t now_ms)
{
	if (guard->paused_until_ms > 0) {
		strike_none(&guard->strikes, now_ms, RETRY_MS);
		return;
	}
	int chosen = choose(guard, gap_kib);
	if (chosen < 0)
		chosen = choose_last(guard, gap_kib);
	if (chosen < 0) {
		announce_nobody(guard);
		strike_none(&guard->strikes, now_ms, retry_ms(guard));
		return;
	}
	const struct candidate *candidate = &guard->candidates[chosen];
	judge(guard, now_ms);
	if (guard->decision.urgency < URGENCY_TERM || guard->is_stale ||
	    must_ask_clerk(guard, candidate, now_ms))
		return;
	if (guard->settings.mode == MODE_OBSERVE) {
		announce_observed(guard, candidate);
		strike_none(&guard->strikes, now_ms, OBSERVE_MS);
		return;
	}
	seize(guard, candidate, now_ms);
}

static void end_strike(struct guard *guard, const struct order *order,
		       int64_t now_ms)
{
	announce_outcome(guard, order, now_ms);
	close_victim(guard, order->slot);
	if (order->outcome == OUTCOME_RECOVERED)
		unmark(guard, order->slot);
	else
		trend_restart(&guard->trend, now_ms);
}

/* An old sample ends nobody, and is no reason to pursue anybody. */
static struct order next_order(struct guard *guard, int64_t now_ms)
{
	struct decision decision = guard->decision;

	if (guard->is_stale)
		decision.urgency = URGENCY_NONE;
	return strike_next(&decision, &guard->strikes, now_ms);
}

static void carry_out(struct guard *guard, int64_t now_ms)
{
	for (int i = 0; i < ORDERS_MOST; i++) {
		struct order order = next_order(guard, now_ms);
		switch (order.kind) {
		case ORDER_WAIT:
			announce_fuse(guard, order.fuse_is_blown);
			guard->wake_ms = order.until_ms;
			return;
		case ORDER_CHOOSE:
			find_victim(guard, order.gap_kib, now_ms);
			break;
		case ORDER_KILL:
			strike_killed(&guard->strikes, order.slot, now_ms);
			signal_victim(guard, order.slot, SIGKILL);
			break;
		case ORDER_END:
			end_strike(guard, &order, now_ms);
			break;
		}
	}
	guard->wake_ms = now_ms;
}

/* At warn also who would be struck: with the descriptors a strike will need. */
static void announce(struct guard *guard, int64_t now_ms)
{
	int suspect = -1;

	if (!announce_is_due(guard, now_ms))
		return;
	if (guard->decision.urgency == URGENCY_WARN)
		suspect = choose(guard, 0);
	announce_state(guard, suspect < 0 ? NULL : &guard->candidates[suspect]);
}

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
	/* So that status can tell in calm, too, who would be struck. */
	if (guard->decision.urgency == URGENCY_NONE && link_is_up(&guard->link))
		(void)choose(guard, 0);
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
	guard->told.observed_pid = 0;
	guard->told.refused = 0;
	guard->asked_about = 0;
}

static void keep_pause(struct guard *guard, int64_t now_ms)
{
	if (guard->paused_until_ms == 0 || now_ms < guard->paused_until_ms)
		return;
	guard->paused_until_ms = 0;
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

static uint64_t records_written(const struct guard *guard)
{
	return guard->link.board ? guard->link.board->records_written : 0;
}

void guard_tick(struct guard *guard, int64_t now_ms)
{
	uint64_t written = records_written(guard);

	guard->ticks++;
	keep_pause(guard, now_ms);
	judge(guard, now_ms);
	carry_out(guard, now_ms);
	announce(guard, now_ms);
	announce_counts(guard);
	announce_protection(guard);
	keep_census(guard, now_ms);
	keep_scores(guard, now_ms);
	keep_teller(guard, now_ms);
	keep_realtime(guard, now_ms);
	guard_keep_reload(guard, now_ms);
	notify_alive(&guard->notify, now_ms);
	guard_publish(guard, now_ms, records_written(guard) != written);
}

static int64_t sooner(int64_t a_ms, int64_t b_ms)
{
	return a_ms < b_ms ? a_ms : b_ms;
}

/* What is to be done at a certain time, whatever memory does. */
static int64_t next_date_ms(const struct guard *guard)
{
	int64_t until_ms = sooner(guard->wake_ms, guard->census_ms);

	if (!guard->is_ready)
		until_ms = sooner(until_ms, guard->started_ms + READY_MOST_MS);
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

void guard_victim_exited(struct guard *guard, uint32_t slot, int64_t now_ms)
{
	strike_exited(&guard->strikes, slot, now_ms);
	close_victim(guard, slot);
}

/* By the rules in force now, whatever they were when it was chosen. */
static bool is_exempt_now(struct guard *guard, const struct candidate *victim)
{
	const struct person *person = census_find(&guard->census, victim->pid);
	struct identity identity = { .comm = victim->status.comm,
				     .exe = "",
				     .unit = victim->unit,
				     .cgroup = "",
				     .uid = victim->uid };
	char unit[CGROUP_UNIT_SIZE];
	struct ruling ruling;

	if (person)
		census_identity(&guard->census, person, unit, &identity);
	settings_judge(&guard->settings, &identity, &ruling);
	return ruling.never >= 0 || ruling.protect >= 0;
}

void guard_settings_changed(struct guard *guard)
{
	for (uint32_t slot = 0; slot < STRIKES_MAX; slot++) {
		const struct candidate *victim =
			&guard->victims[slot].candidate;
		if (guard->strikes.slots[slot].stage != STAGE_ASKED ||
		    (guard->settings.mode == MODE_GUARD &&
		     !is_exempt_now(guard, victim)))
			continue;
		announce_forgotten(guard, slot);
		unmark(guard, slot);
		strike_forget(&guard->strikes, slot);
		close_victim(guard, slot);
	}
	strike_none(&guard->strikes, 0, 0);
}
