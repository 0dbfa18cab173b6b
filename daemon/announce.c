/* SPDX-License-Identifier: MIT */
#include "announce.h"

#include <errno.h>

#include "report.h"

#include "hot.h"

#define LOWER_MS 5000

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

/* Who, why, and what it is expected to bring. */
static void put_choice(struct text *text, const struct guard *guard,
		       const struct candidate *candidate)
{
	report_process(text, candidate);
	text_put(text, ": ");
	report_decision(text, &guard->decision);
	text_put(text, "; ");
	report_badness(text, candidate);
}

void announce_strike(struct guard *guard, uint32_t slot, const char *signal)
{
	struct line line;
	struct text *text = line_begin(&line, "strike ");

	text_put_int(text, guard->strikes.slots[slot].number);
	text_put(text, ": ");
	text_put(text, signal);
	text_put(text, " to ");
	put_choice(text, guard, &guard->victims[slot].candidate);
	tell_line(&guard->tell, text);
}

void announce_refused(struct guard *guard, const struct candidate *candidate,
		      int error)
{
	struct line line;

	if (guard->told.refused == error)
		return;
	guard->told.refused = error;
	struct text *text = line_begin(&line, "degraded: the kernel refused: ");
	report_process(text, candidate);
	text_put(text, ": ");
	text_put(text, error == -EMFILE ? "too few descriptors (RLIMIT_NOFILE)"
		       : error == -EPERM
			       ? "no right to signal it (CAP_KILL, a sandbox "
				 "or a security module)"
			       : "no pidfd (Linux before 5.3, or a sandbox)");
	tell_line(&guard->tell, text);
}

void announce_outcome(struct guard *guard, const struct order *order,
		      int64_t now_ms)
{
	const struct strike *strike = &guard->strikes.slots[order->slot];
	struct line line;
	struct text *text = line_begin(&line, "strike ");

	text_put_int(text, strike->number);
	text_put(text, " ");
	report_outcome(text, strike, order->outcome,
		       guard->decision.available_kib, now_ms);
	tell_line(&guard->tell, text);
}

void announce_forgotten(struct guard *guard, uint32_t slot)
{
	struct line line;
	struct text *text = line_begin(&line, "strike ");

	text_put_int(text, guard->strikes.slots[slot].number);
	text_put(text, " ended: by the new settings it would not be struck");
	tell_line(&guard->tell, text);
}

void announce_trouble(struct guard *guard, unsigned int trouble)
{
	struct line line;

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
	struct line line;
	struct text *text = line_begin(&line, "state ");

	text_put(text, urgency_name(guard->decision.urgency));
	text_put(text, ": ");
	report_decision(text, &guard->decision);
	if (suspect) {
		text_put(text, "; would strike ");
		report_process(text, suspect);
	}
	tell_line(&guard->tell, text);
}

void announce_clerk(struct guard *guard)
{
	unsigned int round = guard->clerk.asked_round;

	if (guard->told.late_round == round)
		return;
	guard->told.late_round = round;
	tell_words(&guard->tell,
		   "degraded: the census takes longer than 30 s: units and "
		   "executables of new processes are not known");
}

void announce_nobody(struct guard *guard)
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

void announce_observed(struct guard *guard, const struct candidate *candidate)
{
	struct line line;

	if (guard->told.observed_pid == candidate->pid)
		return;
	guard->told.observed_pid = candidate->pid;
	struct text *text = line_begin(&line, "observe: would strike ");
	put_choice(text, guard, candidate);
	tell_line(&guard->tell, text);
}

void announce_fuse(struct guard *guard, bool is_blown)
{
	if (is_blown && !guard->told.fuse)
		tell_words(&guard->tell,
			   "holding back: strikes did not help or were too "
			   "many; only the kill level strikes now");
	/* While a strike is under way nothing is held back: no news either. */
	if (is_blown || guard->decision.urgency < URGENCY_TERM)
		guard->told.fuse = is_blown;
}

static void tell_count(struct guard *guard, int64_t count, const char *what)
{
	struct line line;
	struct text *text = line_begin(&line, "");

	text_put_int(text, count);
	text_put(text, what);
	tell_line(&guard->tell, text);
}

void announce_counts(struct guard *guard)
{
	struct told *told = &guard->told;
	int64_t kills = guard->sample.vmstat.oom_kills;
	uint32_t left_out = guard->left_out;

	/* Each is a defeat, unless a cgroup met its own limit. */
	if (told->oom_kills >= 0 && kills > told->oom_kills)
		tell_count(guard, kills - told->oom_kills,
			   " processes were ended by the kernel's OOM killer, "
			   "of the machine or of a cgroup at its limit");
	if (left_out > told->left_out)
		tell_count(guard, left_out,
			   " processes, the smallest, do not fit into the "
			   "census: selectors see only their name and user");
	told->oom_kills = kills;
	told->left_out = left_out > told->left_out ? left_out : told->left_out;
}
