/* SPDX-License-Identifier: MIT */
#include "announce.h"

#include <errno.h>
#include <string.h>

#include "holders.h"
#include "peers.h"
#include "report.h"

#include "hot.h"

#define LOWER_MS 5000

/* The record in hand, with its sentence begun. */
static struct text *begin(struct guard *guard, enum record_kind kind,
			  const char *words)
{
	struct record *record = &guard->record;

	memset(record, 0, sizeof(*record));
	record->kind = kind;
	record->realtime_us = clock_realtime_us();
	record->monotonic_ms = guard->decision.at_ms;
	record->decision = guard->decision;
	text_init(&guard->text, record->text, sizeof(record->text));
	text_put(&guard->text, words);
	return &guard->text;
}

/* To the teller, or to stderr where there is none. */
static void end(struct guard *guard)
{
	if (!link_tell(&guard->link, &guard->record))
		tell_line(&guard->tell, &guard->text);
}

void announce_words(struct guard *guard, enum record_kind kind,
		    const char *words)
{
	begin(guard, kind, words);
	end(guard);
}

/* Who, why, and what it is expected to bring. */
static void put_choice(struct text *text, const struct guard *guard,
		       const struct candidate *candidate)
{
	report_victim(text, candidate);
	text_put(text, ": ");
	report_decision(text, &guard->decision);
	text_put(text, "; ");
	report_choice(text, candidate);
	text_put(text, ", ");
	report_badness(text, candidate);
}

/* The minutes before: what the census knew when the choice was made. */
static void add_circumstances(struct guard *guard,
			      const struct candidate *victim)
{
	struct record *record = &guard->record;
	const struct person *person;

	record->has_victim = true;
	record->victim = *victim;
	clerk_lock(&guard->clerk);
	person = census_find(&guard->census, victim->pid);
	if (person) {
		struct text cgroup;
		text_init(&cgroup, record->cgroup, sizeof(record->cgroup));
		text_put(&cgroup, guard->census.names + person->cgroup);
	}
	peers_rank(&guard->census, record->biggest, record->growing);
	clerk_unlock(&guard->clerk);
	if (guard->runner_up < 0)
		return;
	record->has_runner_up = true;
	record->runner_up = guard->candidates[guard->runner_up];
}

static void put_holders(struct text *text, struct guard *guard)
{
	struct holders holders;

	holders_find(guard, &holders);
	report_holders(text, &guard->sample, &holders);
}

static void put_repeats(struct text *text, int64_t count)
{
	if (count <= 1)
		return;
	text_put(text, "; struck again: ");
	text_put_int(text, count);
	text_put(text, " times, each within an hour");
}

void announce_again(struct guard *guard, const struct candidate *candidate,
		    uint32_t count)
{
	if (guard->told.again)
		return;
	guard->told.again = true;
	struct text *text = begin(guard, RECORD_STATE, "state warn: ");

	guard->record.decision.urgency = URGENCY_WARN;
	report_process(text, candidate);
	text_put(text, " grows again, ");
	report_choice(text, candidate);
	put_repeats(text, count);
	text_put(text, "; ");
	report_decision(text, &guard->decision);
	add_circumstances(guard, candidate);
	end(guard);
}

void announce_strike(struct guard *guard, uint32_t slot, int signal,
		     const char *name)
{
	const struct strike *strike = &guard->strikes.slots[slot];
	const struct candidate *victim = &guard->victims[slot].candidate;
	struct text *text = begin(guard, RECORD_STRIKE, "strike ");

	text_put_int(text, strike->number);
	text_put(text, ": ");
	text_put(text, name);
	text_put(text, " to ");
	put_choice(text, guard, victim);
	guard->record.count = guard->victims[slot].repeats;
	put_repeats(text, guard->record.count);
	if (victim->choice == CHOICE_WRITER) {
		text_put(text, "; ");
		put_holders(text, guard);
	}
	guard->record.signal = signal;
	guard->record.is_marked = guard->victims[slot].mark == MARK_SET;
	guard->record.strike = *strike;
	add_circumstances(guard, victim);
	end(guard);
}

void announce_refused(struct guard *guard, const struct candidate *candidate,
		      int error)
{
	if (guard->told.refused == error)
		return;
	guard->told.refused = error;
	struct text *text =
		begin(guard, RECORD_DEGRADED, "degraded: the kernel refused: ");
	report_process(text, candidate);
	text_put(text, ": ");
	text_put(text, error == -EMFILE ? "too few descriptors (RLIMIT_NOFILE)"
		       : error == -EPERM
			       ? "no right to signal it (CAP_KILL, a sandbox "
				 "or a security module)"
			       : "no pidfd (Linux before 5.3, or a sandbox)");
	end(guard);
}

/* The record of an end, with its sentence begun. */
static struct text *begin_end(struct guard *guard, uint32_t slot,
			      enum outcome outcome)
{
	struct text *text = begin(guard, RECORD_OUTCOME, "strike ");
	struct record *record = &guard->record;

	text_put_int(text, guard->strikes.slots[slot].number);
	text_put(text, " ");
	record->strike = guard->strikes.slots[slot];
	record->outcome = outcome;
	record->available_kib = guard->decision.available_kib;
	record->has_victim = true;
	record->victim = guard->victims[slot].candidate;
	record->is_marked = guard->victims[slot].mark == MARK_SET;
	record->count = guard->victims[slot].repeats;
	return text;
}

void announce_outcome(struct guard *guard, const struct order *order,
		      int64_t now_ms)
{
	struct text *text = begin_end(guard, order->slot, order->outcome);

	report_outcome(text, &guard->record.strike, order->outcome,
		       guard->decision.available_kib, now_ms);
	if (order->outcome == OUTCOME_FUTILE) {
		text_put(text, "; ");
		put_holders(text, guard);
	}
	guard->record.monotonic_ms = now_ms;
	end(guard);
}

void announce_forgotten(struct guard *guard, uint32_t slot)
{
	text_put(begin_end(guard, slot, OUTCOME_RECOVERED),
		 "ended: by the new settings it would not be struck");
	end(guard);
}

void announce_trouble(struct guard *guard, unsigned int trouble)
{
	guard->bad_reads += trouble != 0;
	if (trouble == guard->told.trouble)
		return;
	guard->told.trouble = trouble;
	struct text *text =
		begin(guard, trouble ? RECORD_DEGRADED : RECORD_MENDED,
		      trouble ? "degraded: cannot read" : "reading again");
	text_put(text, trouble & PROCFS_MEMINFO ? " meminfo" : "");
	text_put(text, trouble & PROCFS_PRESSURE ? " pressure" : "");
	text_put(text, trouble & PROCFS_VMSTAT ? " vmstat" : "");
	text_put(text, trouble ? ": its last good values stay" : "");
	end(guard);
}

bool announce_is_due(struct guard *guard, int64_t now_ms)
{
	struct told *told = &guard->told;
	enum urgency urgency = guard->decision.urgency;

	if (urgency < told->urgency && told->lower_since_ms < 0)
		told->lower_since_ms = now_ms;
	if (urgency >= told->urgency)
		told->lower_since_ms = -1;
	if (urgency == told->urgency ||
	    (told->lower_since_ms >= 0 &&
	     now_ms - told->lower_since_ms < LOWER_MS))
		return false;
	told->urgency = urgency;
	told->lower_since_ms = -1;
	return true;
}

void announce_state(struct guard *guard, const struct candidate *suspect)
{
	struct text *text = begin(guard, RECORD_STATE, "state ");

	text_put(text, urgency_name(guard->decision.urgency));
	text_put(text, ": ");
	report_decision(text, &guard->decision);
	if (suspect) {
		text_put(text, "; would strike ");
		report_victim(text, suspect);
		text_put(text, ", ");
		report_choice(text, suspect);
		add_circumstances(guard, suspect);
	} else if (guard->decision.urgency == URGENCY_WARN &&
		   guard->culprit.is_unowned) {
		text_put(text, "; ");
		put_holders(text, guard);
	}
	end(guard);
}

void announce_clerk(struct guard *guard)
{
	unsigned int round = guard->clerk.asked_round;

	if (guard->told.late_round == round)
		return;
	guard->told.late_round = round;
	announce_words(guard, RECORD_DEGRADED,
		       "degraded: the census takes longer than 30 s: units "
		       "and executables of new processes are not known");
}

static void put_protected(struct text *text, const struct guard *guard)
{
	const struct warden_news *news = &guard->told.warden;

	if (news->count == 0)
		return;
	text_put(text, "; ");
	text_put_int(text, news->count);
	text_put(text, " protected processes hold ");
	text_put_kib(text, news->memory_kib);
	if (guard->settings.last_resort == LAST_RESORT_NONE)
		text_put(text, " and are spared (last-resort = none)");
}

/* Who it was, if he is spared: no other relief would last. */
static void put_spared(struct text *text, const struct guard *guard)
{
	int spared = victim_spared(guard->candidates, guard->candidates_count);

	if (spared < 0)
		return;
	text_put(text, "the culprit is spared (");
	text_put(text, exemption_name(guard->candidates[spared].exemption));
	text_put(text, "), and what others bring would not last 30 s: ");
	report_process(text, &guard->candidates[spared]);
	text_put(text, "; ");
}

void announce_nobody(struct guard *guard)
{
	if (guard->told.nobody)
		return;
	guard->told.nobody = true;
	struct text *text =
		begin(guard, RECORD_NOBODY,
		      "nobody to strike: no process that may be ended brings "
		      "back enough; ");
	put_spared(text, guard);
	put_holders(text, guard);
	put_protected(text, guard);
	end(guard);
}

void announce_observed(struct guard *guard, const struct candidate *candidate)
{
	if (guard->told.observed_pid == candidate->pid)
		return;
	guard->told.observed_pid = candidate->pid;
	struct text *text =
		begin(guard, RECORD_OBSERVED, "observe: would strike ");
	put_choice(text, guard, candidate);
	add_circumstances(guard, candidate);
	end(guard);
}

void announce_fuse(struct guard *guard, bool is_blown)
{
	if (is_blown && !guard->told.fuse)
		announce_words(guard, RECORD_HELD,
			       "holding back: strikes did not help or were "
			       "too many; only the kill level strikes now");
	/* While a strike is under way nothing is held back: no news either. */
	if (is_blown || guard->told.urgency < URGENCY_TERM)
		guard->told.fuse = is_blown;
}

static void announce_count(struct guard *guard, enum record_kind kind,
			   int64_t count, const char *what)
{
	struct text *text = begin(guard, kind, "");

	text_put_int(text, count);
	text_put(text, count == 1 ? " process" : " processes");
	text_put(text, what);
	guard->record.count = count;
	end(guard);
}

/* The clerk must have looked at the cgroups after they happened. */
static bool kills_are_known(struct guard *guard)
{
	struct told *told = &guard->told;
	unsigned int rounds = atomic_load(&guard->clerk.rounds);

	if (!told->kills_asked) {
		told->kills_asked = true;
		told->kills_round = rounds;
		clerk_request(&guard->clerk, guard->decision.at_ms);
		return false;
	}
	if (rounds == told->kills_round)
		return false;
	told->kills_asked = false;
	return true;
}

/* Each is a defeat, unless a cgroup met its own limit. */
static void announce_kills(struct guard *guard, int64_t kills)
{
	struct limit_ooms limits;
	int64_t at_limits;

	clerk_lock(&guard->clerk);
	limits = guard->clerk.limits;
	clerk_unlock(&guard->clerk);
	at_limits = limit_kills(kills, &guard->limits, &limits);
	guard->limits = limits;
	guard->limit_kills += at_limits;
	if (kills > at_limits)
		announce_count(
			guard, RECORD_KERNEL, kills - at_limits,
			limits.is_known
				? " ended by the kernel's OOM killer: it was "
				  "faster"
				: " ended by the kernel's OOM killer, of the "
				  "machine or of a cgroup at its limit");
	if (at_limits > 0)
		announce_count(guard, RECORD_LIMIT, at_limits,
			       " ended by the kernel's OOM killer in a cgroup "
			       "at its own limit");
}

void announce_counts(struct guard *guard)
{
	struct told *told = &guard->told;
	int64_t kills = guard->sample.vmstat.oom_kills;
	uint32_t left_out = guard->left_out;

	if (told->oom_kills < 0 || kills < told->oom_kills) {
		guard->first_oom_kills += kills - told->oom_kills;
		told->oom_kills = kills;
	} else if (kills > told->oom_kills && kills_are_known(guard)) {
		announce_kills(guard, kills - told->oom_kills);
		told->oom_kills = kills;
	}
	if (left_out > told->left_out)
		announce_count(
			guard, RECORD_DEGRADED, left_out,
			", the smallest, do not fit into the "
			"census: selectors see only their name and user");
	told->left_out = left_out > told->left_out ? left_out : told->left_out;
}
