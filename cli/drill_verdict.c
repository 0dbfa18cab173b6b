/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdio.h>

#include "drill.h"

#define DRILL_IN_TIME_MS 1000 /* from the crossing to the signal */

static int64_t drill_after_ms(int64_t at_ns, int64_t since_ns)
{
	if (!at_ns || !since_ns)
		return -1;
	return at_ns < since_ns ? 0 : (at_ns - since_ns) / 1000000;
}

/* When the hog got its first signal; 0: never. */
static int64_t drill_signal_ns(const struct drill *drill)
{
	int64_t asked_ns = atomic_load(&drill->script->asked_ns);

	return asked_ns ? asked_ns : drill->times.exited_ns;
}

/*
 * The kernel tells who sent SIGTERM. Nobody tells who sent SIGKILL: without a
 * SIGTERM of the guard before it, the guard's own word is needed.
 */
static bool drill_was_the_guard(const struct drill *drill)
{
	if (atomic_load(&drill->script->asked_ns))
		return atomic_load(&drill->script->asked_by) ==
		       drill->guard.was;
	return drill->hog_signal == SIGKILL && drill->guard_says_sigkill;
}

static void drill_judge_hog(struct drill *drill, struct drill_verdict *verdict)
{
	int32_t asked_by = atomic_load(&drill->script->asked_by);

	if (!drill->times.exited_ns)
		drill_fail(drill, "the hog lives");
	else if (asked_by && asked_by != drill->guard.was)
		drill_fail(drill,
			   "the hog's SIGTERM came from pid %d, "
			   "not from the guard",
			   (int)asked_by);
	else if (drill->hog_signal != SIGTERM && drill->hog_signal != SIGKILL)
		drill_fail(drill, "the hog ended without SIGTERM or SIGKILL");
	else if (!drill_was_the_guard(drill))
		drill_fail(drill, "the hog was killed, but not by the guard");
	else
		verdict->hog_ended_by_guard = true;
}

static void drill_judge_time(struct drill *drill, struct drill_verdict *verdict)
{
	const struct levels *levels = &drill->plan.levels;

	if (!verdict->hog_ended_by_guard)
		return;
	if (drill->struck_kib >= levels->warn_kib)
		drill_fail(drill, "the signal came too early: available was "
				  "still above the warn level");
	else if (verdict->signal_ms > DRILL_IN_TIME_MS)
		drill_fail(drill,
			   "the signal came too late: %d ms after the "
			   "crossing, more than %d ms",
			   (int)verdict->signal_ms, DRILL_IN_TIME_MS);
	else if (verdict->back_ms < 0)
		drill_fail(drill, "memory did not come back above the level");
	else
		verdict->in_time = true;
}

struct drill_verdict drill_judge(struct drill *drill)
{
	const struct drill_times *times = &drill->times;
	struct drill_verdict verdict = {
		.others_alive = true,
		.guard_ended_well = drill->guard_ended_well,
	};
	int64_t signal_ns = drill_signal_ns(drill);
	int64_t since_ns = times->crossed_ns;

	/* A guard that saw the leak grow fast may be ahead of the level. */
	if (!since_ns || (signal_ns && signal_ns < since_ns))
		since_ns = signal_ns;
	verdict.signal_ms = drill_after_ms(signal_ns, since_ns);
	verdict.exit_ms = drill_after_ms(times->exited_ns, since_ns);
	verdict.back_ms = drill_after_ms(times->back_ns, since_ns);
	for (int i = 0; i < DRILL_HOG; i++) {
		if (drill->is_gone[i])
			verdict.others_alive = false;
	}
	drill_judge_hog(drill, &verdict);
	drill_judge_time(drill, &verdict);
	verdict.passed = !drill->failure[0] && verdict.hog_ended_by_guard &&
			 verdict.in_time && verdict.others_alive &&
			 verdict.guard_ended_well;
	return verdict;
}
