/* SPDX-License-Identifier: MIT */
#include "words.h"

#include <string.h>

#include "procfs.h"
#include "report.h"

static bool is_paused(const struct snapshot *snapshot, int64_t now_ms)
{
	return snapshot->paused_until_ms > now_ms;
}

static bool is_degraded(const struct snapshot *snapshot)
{
	return snapshot->mistakes > 0 || snapshot->trouble != 0 ||
	       !snapshot->privileges.may_kill;
}

const char *words_state(const struct snapshot *snapshot, int64_t now_ms)
{
	if (is_paused(snapshot, now_ms))
		return "paused";
	if (snapshot->mode == MODE_OBSERVE)
		return "observing";
	return is_degraded(snapshot) ? "degraded" : "guarding";
}

static const struct candidate *chosen(const struct snapshot *snapshot)
{
	if (snapshot->chosen < 0 || snapshot->chosen >= BOARD_CANDIDATES)
		return NULL;
	return &snapshot->candidates[snapshot->chosen];
}

/* The slot of the first strike under way, or -1. */
static int strike_under_way(const struct snapshot *snapshot)
{
	for (int slot = 0; slot < STRIKES_MAX; slot++)
		if (snapshot->strikes[slot].stage != STAGE_NONE)
			return slot;
	return -1;
}

static void put_strike(struct text *out, const struct snapshot *snapshot,
		       int slot, int64_t now_ms)
{
	const struct strike *strike = &snapshot->strikes[slot];
	bool is_killed = strike->stage == STAGE_KILLED;

	report_process(out, &snapshot->victims[slot]);
	if (strike->stage == STAGE_EXITED) {
		text_put(out, " has exited, its memory is coming back");
		return;
	}
	text_put(out, is_killed ? " got SIGKILL " : " got SIGTERM ");
	text_put_ms(out, now_ms - (is_killed ? strike->killed_ms
					     : strike->asked_ms));
	text_put(out, " ago");
	if (is_killed || strike->term_only)
		return;
	text_put(out, ", SIGKILL after ");
	text_put_ms(out, strike->grace_ms);
	text_put(out, " or at the kill level");
}

static void put_suspect(struct text *out, const struct snapshot *snapshot)
{
	if (!chosen(snapshot))
		return;
	text_put(out, "; would strike ");
	report_process(out, chosen(snapshot));
}

static void put_calm(struct text *out, const struct snapshot *snapshot)
{
	text_put(out, "memory is not short: ");
	report_decision(out, &snapshot->decision);
	text_put(out, "; a warning comes below ");
	text_put_kib(out, snapshot->decision.levels.warn_kib);
}

static void put_short(struct text *out, const struct snapshot *snapshot,
		      int64_t now_ms)
{
	int slot = strike_under_way(snapshot);

	text_put(out, "memory is short: ");
	report_decision(out, &snapshot->decision);
	text_put(out, "; ");
	if (slot >= 0)
		put_strike(out, snapshot, slot, now_ms);
	else if (is_paused(snapshot, now_ms))
		text_put(out, "paused: nobody is struck");
	else if (snapshot->fuse_is_blown)
		text_put(out, "strikes are held back up to the kill level, "
			      "too many brought too little");
	else if (!chosen(snapshot))
		text_put(out, "nobody can be struck");
	else {
		text_put(out, snapshot->mode == MODE_OBSERVE ? "would strike "
							     : "strikes ");
		report_process(out, chosen(snapshot));
	}
}

void words_sentence(struct text *out, const struct snapshot *snapshot,
		    int64_t now_ms)
{
	int slot = strike_under_way(snapshot);

	switch (snapshot->decision.urgency) {
	case URGENCY_NONE:
		put_calm(out, snapshot);
		break;
	case URGENCY_WARN:
		text_put(out, "memory is getting short: ");
		report_decision(out, &snapshot->decision);
		if (slot < 0)
			put_suspect(out, snapshot);
		break;
	case URGENCY_TERM:
	case URGENCY_KILL:
		put_short(out, snapshot, now_ms);
		return;
	}
	if (slot >= 0) {
		text_put(out, "; ");
		put_strike(out, snapshot, slot, now_ms);
	}
}

static bool warn_if(struct text *out, unsigned int *nth, bool condition,
		    const char *words)
{
	if (!condition || (*nth)-- != 0)
		return false;
	text_put(out, words);
	return true;
}

static bool warn_number(struct text *out, unsigned int *nth, const char *before,
			int64_t number, const char *behind)
{
	if (!warn_if(out, nth, number > 0, before))
		return false;
	text_put_int(out, number);
	text_put(out, behind);
	return true;
}

static bool warn_rights(struct text *out, const struct privilege_set *rights,
			unsigned int *nth)
{
	return warn_if(out, nth, !rights->may_kill,
		       "no CAP_KILL: only processes of its own user can be "
		       "ended") ||
	       warn_if(out, nth, !rights->may_adjust,
		       "no CAP_DAC_OVERRIDE: oom_score_adj of other users "
		       "cannot be changed") ||
	       warn_if(out, nth, !rights->may_resource,
		       "no CAP_SYS_RESOURCE: oom_score_adj cannot be lowered, "
		       "and the pressure trigger is a slow one") ||
	       warn_if(out, nth, !rights->may_inspect,
		       "no CAP_SYS_PTRACE: executables of other users are not "
		       "known to the rules") ||
	       warn_if(out, nth, !rights->is_locked,
		       "the guard's memory is not locked: it can be slow when "
		       "memory is short") ||
	       warn_if(out, nth, !rights->is_realtime,
		       "no real-time priority: it can be late on a busy "
		       "machine");
}

static bool warn_half(struct text *out, const struct snapshot *snapshot,
		      unsigned int *nth)
{
	int64_t kib = snapshot->protection.memory_kib;

	if (!warn_if(out, nth, kib > snapshot->decision.levels.base_kib / 2,
		     "the protected hold more than half of memory: "))
		return false;
	text_put_kib(out, kib);
	return true;
}

static bool warn_refused(struct text *out, const struct protection *protection,
			 unsigned int *nth)
{
	if (!warn_if(out, nth, protection->refused_error != 0,
		     "not all can be protected: the oom_score_adj of "))
		return false;
	text_put_int(out, protection->refused_pid);
	text_put(out, " ");
	text_put_quoted(out, protection->refused_comm);
	text_put(out, ": ");
	text_put(out, strerror(protection->refused_error));
	return true;
}

static bool warn_protection(struct text *out, const struct snapshot *snapshot,
			    unsigned int *nth)
{
	const struct protection *protection = &snapshot->protection;

	if (warn_half(out, snapshot, nth) || warn_refused(out, protection, nth))
		return true;
	if (warn_number(out, nth, "entries of protect that match nothing: ",
			protection->unmatched, ", such as ")) {
		text_put_quoted(out, protection->unmatched_rule);
		return true;
	}
	return warn_number(out, nth,
			   "processes that are not protected from the kernel: ",
			   protection->left_out, ", the table is full") ||
	       warn_if(out, nth, protection->has_overflown,
		       "too many cgroups to watch: what starts in them is "
		       "protected after 5 s");
}

bool words_warning(struct text *out, const struct snapshot *snapshot,
		   unsigned int nth)
{
	unsigned int trouble = snapshot->trouble;

	return warn_number(out, &nth, "mistakes in the configuration: ",
			   snapshot->mistakes,
			   ", with defaults instead (see oomguard check)") ||
	       warn_if(out, &nth, trouble & PROCFS_MEMINFO,
		       "/proc/meminfo cannot be read: the numbers are old") ||
	       warn_if(out, &nth, trouble & PROCFS_PRESSURE,
		       "/proc/pressure/memory cannot be read") ||
	       warn_if(out, &nth, trouble & PROCFS_VMSTAT,
		       "/proc/vmstat cannot be read") ||
	       warn_if(out, &nth, !snapshot->sample.has_pressure,
		       "no pressure information (PSI): the levels alone "
		       "count") ||
	       warn_if(out, &nth,
		       snapshot->sample.has_pressure && !snapshot->has_trigger,
		       "no pressure trigger: pressure is noticed later") ||
	       warn_if(out, &nth,
		       snapshot->has_trigger &&
			       snapshot->trigger_window_ms > PROCFS_TRIGGER_MS,
		       "the pressure trigger wakes after 2 s, not 1 s") ||
	       warn_rights(out, &snapshot->privileges, &nth) ||
	       warn_protection(out, snapshot, &nth) ||
	       warn_number(out, &nth, "processes that the census left out: ",
			   snapshot->census_left_out, ", the smallest");
}
