/* SPDX-License-Identifier: MIT */
#include "guard.h"

#include <signal.h>

#include "announce.h"
#include "hold.h"
#include "keep.h"
#include "nominate.h"
#include "seek.h"

#include "hot.h"

#define PAUSED_MS 1000
#define CLERK_MOST_MS 100
#define HELD_MS 250
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
	sample->swapless_kib = guard->census.swapless_kib;
	sample->swappable_kib = guard->census.swappable_kib;
	sample->swappable_ms = guard->census.swappable_ms;
	clerk_unlock(&guard->clerk);
	unsigned int trouble = procfs_read_sample(&guard->procfs, sample);
	atomic_store(&guard->clerk.has_swap,
		     sample->memory.swap_total_kib >
			     sample->memory.swap_free_kib);
	atomic_store(&guard->clerk.may_swap, sample->memory.swap_total_kib > 0);
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
	atomic_store(&guard->clerk.unowned_kib, sample_unowned_kib(sample));
	trend_update(&guard->trend, sample);
}

static void judge(struct guard *guard, int64_t now_ms)
{
	read_sample(guard, now_ms);
	guard->decision = decide(&guard->settings, &guard->sample,
				 &guard->trend, &guard->watch);
	atomic_store(&guard->clerk.is_calm,
		     guard->decision.urgency == URGENCY_NONE);
}

/*
 * Whether the choice must wait for the clerk: it is younger than the census,
 * and its unit, which a rule may name, is not known. Once for each; at the kill
 * level once in all, for what pid 1 has started and nothing is known of.
 */
static bool must_ask_clerk(struct guard *guard,
			   const struct candidate *candidate, int64_t now_ms)
{
	bool is_kill = guard->decision.urgency == URGENCY_KILL;

	if (!candidate->is_vague || guard->asked_about == candidate->pid ||
	    (is_kill && (guard->asked_at_kill || candidate->parent != 1 ||
			 candidate->unit[0])))
		return false;
	guard->asked_at_kill |= is_kill;
	guard->asked_about = candidate->pid;
	clerk_request(&guard->clerk, now_ms);
	strike_none(&guard->strikes, now_ms, CLERK_MOST_MS);
	return true;
}

/* Somebody fills tmpfs: who it is takes two looks. */
static int64_t retry_ms(struct guard *guard)
{
	int64_t ms = hold_retry_ms(guard);

	if (!guard->culprit.is_unowned || guard->decision.fill_kib_s == 0)
		return ms;
	clerk_look(&guard->clerk);
	return ms < HELD_MS ? ms : HELD_MS;
}

/*
 * Finds a victim, looks whether memory has recovered meanwhile, strikes. The
 * order that led here is asked for again by whatever stays: what was one more
 * victim at the kill level is none above it.
 */
static void find_victim(struct guard *guard, int64_t gap_kib, int64_t now_ms)
{
	enum urgency urgency = guard->decision.urgency;

	if (guard->paused_until_ms > 0) {
		strike_none(&guard->strikes, now_ms, PAUSED_MS);
		return;
	}
	int chosen = seek_victim(guard, gap_kib);
	if (chosen >= 0 && seek_must_look(guard, gap_kib, now_ms))
		return;
	if (chosen < 0)
		chosen = seek_last_resort(guard, gap_kib);
	if (chosen < 0) {
		announce_nobody(guard);
		strike_none(&guard->strikes, now_ms, retry_ms(guard));
		return;
	}
	const struct candidate *candidate = &guard->candidates[chosen];
	judge(guard, now_ms);
	if (guard->decision.urgency < urgency || guard->is_stale ||
	    must_ask_clerk(guard, candidate, now_ms))
		return;
	if (guard->settings.mode == MODE_OBSERVE) {
		announce_observed(guard, candidate);
		strike_none(&guard->strikes, now_ms, OBSERVE_MS);
		return;
	}
	hold_seize(guard, candidate, now_ms);
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
			hold_signal(guard, order.slot, SIGKILL);
			break;
		case ORDER_END:
			hold_end(guard, &order, now_ms);
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
		suspect = seek_victim(guard, 0);
	announce_state(guard, suspect < 0 ? NULL : &guard->candidates[suspect]);
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
	pack_follow(guard);
	carry_out(guard, now_ms);
	announce(guard, now_ms);
	nominate_follow(guard, now_ms);
	announce_counts(guard);
	announce_protection(guard, now_ms);
	keep_all(guard, now_ms);
	notify_alive(&guard->notify, now_ms);
	guard_publish(guard, now_ms, records_written(guard) != written);
}
