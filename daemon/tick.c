/* SPDX-License-Identifier: MIT */
#include "guard.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "kill.h"
#include "report.h"

#include "hot.h"

#define CENSUS_CALM_MS 300000
#define CENSUS_WARN_MS 10000
#define CENSUS_URGENT_MS 2000
#define SCORES_KEPT_MS 60000
#define LOWER_MS 5000
#define RETRY_MS 1000
#define OBSERVE_MS 10000
#define ORDERS_MOST 64 /* in one tick; more wait for the next */

struct line {
	char bytes[TELL_LINE_SIZE];
	struct text text;
};

static struct text *line_begin(struct line *line, const char *words)
{
	text_init(&line->text, line->bytes, sizeof(line->bytes));
	text_put(&line->text, words);
	return &line->text;
}

static void tell_strike(struct guard *guard, uint32_t slot, const char *what)
{
	const struct strike *strike = &guard->strikes.slots[slot];
	struct line line;
	struct text *text = line_begin(&line, "strike ");

	text_put_int(text, strike->number);
	text_put(text, ": ");
	text_put(text, what);
	text_put(text, " to ");
	report_process(text, &guard->victims[slot].candidate);
	text_put(text, ": ");
	report_decision(text, &guard->decision);
	text_put(text, "; ");
	report_badness(text, &guard->victims[slot].candidate);
	tell_line(&guard->tell, text);
}

static void tell_trouble(struct guard *guard, unsigned int trouble)
{
	struct line line;

	guard->counts.bad_reads += trouble != 0;
	if (trouble == guard->told.trouble)
		return;
	guard->told.trouble = trouble;
	struct text *text = line_begin(&line, trouble ? "degraded: cannot read"
						      : "reading again");
	text_put(text, trouble & PROCFS_MEMINFO ? " meminfo" : "");
	text_put(text, trouble & PROCFS_PRESSURE ? " pressure" : "");
	text_put(text, trouble & PROCFS_VMSTAT ? " vmstat" : "");
	text_put(text, trouble ? ": its last good values stay" : "");
	tell_line(&guard->tell, text);
}

static void read_sample(struct guard *guard, int64_t now_ms)
{
	struct sample *sample = &guard->sample;

	clerk_lock(&guard->clerk);
	sample->swaps = guard->clerk.swaps.swaps;
	sample->zram_saves_permyriad = guard->clerk.swaps.zram_saves_permyriad;
	clerk_unlock(&guard->clerk);
	unsigned int trouble = procfs_read_sample(&guard->procfs, sample);
	tell_trouble(guard, trouble);
	/* An old sample must never look like a new one: no strike on it. */
	if (trouble & PROCFS_MEMINFO)
		return;
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
		.scores = &guard->scores,
		.walk = &guard->walk,
		.cgroup_is_fast = guard->cgroup_is_fast,
		.quest = {
			.self = guard->self,
			.only_own = !guard->privileges.may_kill,
			.uid = guard->uid,
			.base_kib = levels->base_kib,
			.gap_kib = gap_kib,
			.margin_kib = (levels->warn_kib - levels->term_kib) / 2,
		},
	};
}

/* The index of the victim among the candidates, or -1. */
static int choose(struct guard *guard, int64_t gap_kib)
{
	struct scan scan = scan_of(guard, gap_kib);

	guard->counts.scans++;
	clerk_lock(&guard->clerk);
	int chosen =
		scan_choose(&scan, guard->candidates, &guard->candidates_count);
	clerk_unlock(&guard->clerk);
	return chosen;
}

/* With rising urgency the state is told at once, with falling after a while. */
static bool urgency_is_news(struct guard *guard, int64_t now_ms)
{
	struct told *told = &guard->told;

	if (guard->decision.urgency >= told->urgency) {
		told->lower_since_ms = -1;
		return guard->decision.urgency > told->urgency;
	}
	if (told->lower_since_ms < 0)
		told->lower_since_ms = now_ms;
	return now_ms - told->lower_since_ms >= LOWER_MS;
}

static void announce(struct guard *guard, int64_t now_ms)
{
	struct line line;
	int suspect = -1;

	if (!urgency_is_news(guard, now_ms))
		return;
	guard->told.urgency = guard->decision.urgency;
	guard->told.lower_since_ms = -1;
	/* This look also opens the descriptors that a strike will need. */
	if (guard->decision.urgency == URGENCY_WARN)
		suspect = choose(guard, 0);
	struct text *text = line_begin(&line, "state ");
	text_put(text, urgency_name(guard->decision.urgency));
	text_put(text, ": ");
	report_decision(text, &guard->decision);
	if (suspect >= 0) {
		text_put(text, "; would strike ");
		report_process(text, &guard->candidates[suspect]);
	}
	tell_line(&guard->tell, text);
}

static void tell_nobody(struct guard *guard)
{
	struct line line;

	if (guard->told.nobody)
		return;
	guard->told.nobody = true;
	struct text *text = line_begin(
		&line, "nobody to strike: no process that may be ended brings "
		       "back enough; ");
	report_holders(text, &guard->sample);
	tell_line(&guard->tell, text);
}

static void tell_observed(struct guard *guard,
			  const struct candidate *candidate)
{
	struct line line;

	if (guard->told.observed_pid == candidate->pid)
		return;
	guard->told.observed_pid = candidate->pid;
	struct text *text = line_begin(&line, "observe: would strike ");
	report_process(text, candidate);
	text_put(text, ": ");
	report_decision(text, &guard->decision);
	text_put(text, "; ");
	report_badness(text, candidate);
	tell_line(&guard->tell, text);
}

/* A reaper is woken first, so that it is there when the process dies. */
static void signal_victim(struct guard *guard, uint32_t slot, int signal)
{
	int pidfd = guard->victims[slot].pidfd;

	reapers_release(guard->reapers, pidfd);
	int error = kill_signal(pidfd, signal);
	tell_strike(guard, slot, signal == SIGTERM ? "SIGTERM" : "SIGKILL");
	/* ESRCH: it exits by itself, and its pidfd tells. */
	if (error == 0 || error == -ESRCH)
		return;
	tell_words(&guard->tell, "strike refused by the kernel: missing right "
				 "(CAP_KILL) or a sandbox");
	strike_refused(&guard->strikes, slot);
	(void)close(pidfd);
	guard->victims[slot].pidfd = -1;
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

	if (victim->pidfd >= 0)
		(void)close(victim->pidfd); /* It was spared long ago. */
	victim->pidfd = pidfd;
	victim->candidate = *candidate;
	guard->counts.strikes++;
	guard->told.nobody = false;
	bool asked = guard->strikes.slots[slot].stage == STAGE_ASKED;
	signal_victim(guard, slot, asked ? SIGTERM : SIGKILL);
	trend_restart(&guard->trend, now_ms);
}

/*
 * Finds a victim, looks whether memory has recovered meanwhile, takes hold,
 * strikes. The order that led here is asked for again by whatever stays.
 */
static void find_victim(struct guard *guard, int64_t gap_kib, int64_t now_ms)
{
	int chosen = choose(guard, gap_kib);

	if (chosen < 0) {
		tell_nobody(guard);
		strike_none(&guard->strikes, now_ms, RETRY_MS);
		return;
	}
	const struct candidate *candidate = &guard->candidates[chosen];
	judge(guard, now_ms);
	if (guard->decision.urgency < URGENCY_TERM)
		return;
	if (guard->sample.at_ms < now_ms) {
		/* Unreadable just now: an old sample ends nobody. */
		strike_none(&guard->strikes, now_ms, 1);
		return;
	}
	if (guard->settings.mode == MODE_OBSERVE) {
		tell_observed(guard, candidate);
		strike_none(&guard->strikes, now_ms, OBSERVE_MS);
		return;
	}
	int fd = scores_hold(&guard->scores, &guard->procfs, candidate->pid);
	int pidfd = fd < 0 ? fd : kill_open(candidate->pid, fd);
	if (pidfd >= 0)
		strike(guard, candidate, pidfd, now_ms);
	else /* It vanished: the next sample decides anew. */
		strike_none(&guard->strikes, now_ms, 1);
}

static void end_strike(struct guard *guard, const struct order *order,
		       int64_t now_ms)
{
	struct victim *victim = &guard->victims[order->slot];
	struct line line;
	struct text *text = line_begin(&line, "strike ");

	text_put_int(text, guard->strikes.slots[order->slot].number);
	text_put(text, " ");
	report_outcome(text, &guard->strikes.slots[order->slot], order->outcome,
		       guard->decision.available_kib, now_ms);
	tell_line(&guard->tell, text);
	trend_restart(&guard->trend, now_ms);
	if (order->outcome == OUTCOME_RECOVERED || victim->pidfd < 0)
		return;
	(void)close(victim->pidfd);
	victim->pidfd = -1;
}

static void tell_fuse(struct guard *guard, bool is_blown)
{
	if (is_blown && !guard->told.fuse)
		tell_words(&guard->tell,
			   "holding back: strikes did not help or were too "
			   "many; only the kill level strikes now");
	guard->told.fuse = is_blown;
}

static void carry_out(struct guard *guard, int64_t now_ms)
{
	for (int i = 0; i < ORDERS_MOST; i++) {
		struct order order =
			strike_next(&guard->settings, &guard->decision,
				    &guard->strikes, now_ms);
		switch (order.kind) {
		case ORDER_WAIT:
			tell_fuse(guard, order.fuse_is_blown);
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

static void keep_census(struct guard *guard, int64_t now_ms)
{
	enum urgency urgency = guard->decision.urgency;
	int64_t period_ms = urgency >= URGENCY_TERM   ? CENSUS_URGENT_MS
			    : urgency == URGENCY_WARN ? CENSUS_WARN_MS
						      : CENSUS_CALM_MS;

	if (guard->census_ms > now_ms + period_ms)
		guard->census_ms = now_ms;
	if (now_ms < guard->census_ms)
		return;
	clerk_request(&guard->clerk);
	guard->census_ms = now_ms + period_ms;
}

static void keep_scores(struct guard *guard, int64_t now_ms)
{
	if (guard->decision.urgency > URGENCY_NONE)
		guard->scores_ms = now_ms + SCORES_KEPT_MS;
	else if (now_ms >= guard->scores_ms)
		scores_close(&guard->scores);
	if (guard->decision.urgency == URGENCY_NONE) {
		guard->told.nobody = false;
		guard->told.observed_pid = 0;
	}
}

void guard_tick(struct guard *guard, int64_t now_ms)
{
	guard->counts.ticks++;
	judge(guard, now_ms);
	carry_out(guard, now_ms);
	announce(guard, now_ms);
	keep_census(guard, now_ms);
	keep_scores(guard, now_ms);
}

int64_t guard_sleep_ms(const struct guard *guard, int64_t now_ms)
{
	int64_t sleep_ms =
		decide_sleep_ms(&guard->decision, &guard->trend, guard->cpus);
	int64_t until_ms = guard->wake_ms;

	if (guard->census_ms < until_ms)
		until_ms = guard->census_ms;
	if (until_ms - now_ms < sleep_ms)
		sleep_ms = until_ms - now_ms;
	/* A deadline that has passed is met by a fresh sample, not by a spin.
	 */
	return sleep_ms > 1 ? sleep_ms : 1;
}

void guard_victim_exited(struct guard *guard, uint32_t slot, int64_t now_ms)
{
	struct victim *victim = &guard->victims[slot];

	strike_exited(&guard->strikes, slot, now_ms);
	(void)close(victim->pidfd);
	victim->pidfd = -1;
}
