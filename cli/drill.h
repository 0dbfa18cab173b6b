/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_DRILL_H
#define OOMGUARD_DRILL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "actor.h"
#include "decide.h"
#include "guard_child.h"
#include "stage.h"
#include "terminal.h"

enum drill_cast {
	DRILL_PROTECTED,
	DRILL_INNOCENT_1,
	DRILL_INNOCENT_2,
	DRILL_INNOCENT_3,
	DRILL_HOG, /* the first of them */
};

#define DRILL_SWARM 10 /* hogs of a swarm */
#define DRILL_CAST_MOST (DRILL_HOG + DRILL_SWARM)

/* What is played, by whom, for whom. */
struct drill_plan {
	int64_t budget_kib;
	const char *hog; /* as the option calls it */
	bool json;
	char guard[GUARD_CHILD_PATH_SIZE];
	struct levels levels; /* for a leak as fast as this hog's */
	int hogs;             /* how many */
	struct actor cast[DRILL_CAST_MOST];
};

static inline int drill_cast_count(const struct drill_plan *plan)
{
	return DRILL_HOG + plan->hogs;
}

enum drill_phase {
	DRILL_FILLING,  /* the actors take their first memory */
	DRILL_WAKING,   /* the guard starts */
	DRILL_LEAKING,  /* the hog grows */
	DRILL_SETTLING, /* the hog is gone: does anybody else follow? */
	DRILL_ENDING,   /* the guard was told to end */
	DRILL_OVER,
};

/* Moments by actor_now_ns(); 0: it has not come. */
struct drill_times {
	int64_t began_ns;
	int64_t phase_ns;
	int64_t crossed_ns; /* a number below the term level was written */
	int64_t exited_ns;
	int64_t back_ns; /* a number above it was, after the exit */
	int64_t shown_ns;
};

struct drill {
	struct drill_plan plan;
	struct stage stage;
	struct script *script;
	struct guard_child guard;
	struct terminal terminal;
	enum drill_phase phase;
	struct drill_times times;
	pid_t pids[DRILL_CAST_MOST];
	bool is_gone[DRILL_CAST_MOST];
	bool hog_has_stopped;
	int hog_signal;     /* that ended it; 0: none did */
	int64_t struck_kib; /* available when the signal came; -1 */
	bool guard_says_sigkill;
	bool guard_ended_well;
	int interrupted_by; /* a signal to the drill itself */
	char failure[256];  /* the first one; empty: none */
};

/* What came out, from the facts above. Times are from the crossing. */
struct drill_verdict {
	bool passed;
	bool hog_ended_by_guard;
	bool in_time;
	bool others_alive;
	bool guard_ended_well;
	int64_t signal_ms; /* -1: never */
	int64_t exit_ms;
	int64_t back_ms;
};

/* Notes why the drill fails, unless it has failed already; it then ends. */
__attribute__((format(printf, 2, 3))) void drill_fail(struct drill *drill,
						      const char *format, ...);

/*
 * Plays the plan, from the first actor to the removal of the stage. Returns
 * false, with a failure noted, where that could not even begin.
 */
bool drill_run(struct drill *drill);

/*
 * One look at everything: what the guard wrote, who exited, how much memory is
 * left; then what follows from that.
 */
void drill_watch(struct drill *drill);

/* Judges, and notes the failure in words where there is none yet. */
struct drill_verdict drill_judge(struct drill *drill);

/* What people see; nothing of it where JSON is wanted. */
void drill_show_cast(struct drill *drill);
void drill_show_progress(struct drill *drill);
void drill_show_line(struct drill *drill, const char *line);
void drill_show_verdict(struct drill *drill,
			const struct drill_verdict *verdict);
void drill_show_json(const struct drill *drill,
		     const struct drill_verdict *verdict);

#endif
