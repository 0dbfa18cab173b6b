/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "drill.h"

/* How long a phase may last, and the whole. */
#define DRILL_FILLING_MS 10000
#define DRILL_WAKING_MS 10000
#define DRILL_DYING_MS 6000 /* below the term level; the grace is 3 s */
#define DRILL_SETTLING_MS 1500
#define DRILL_ENDING_MS 3000
#define DRILL_WHOLE_MS 26000

static const char drill_config[] = "[victim]\n"
				   "never = comm:drill-protected\n"
				   "[strike]\n"
				   "grace = 3s\n";

static int64_t drill_since_ms(int64_t since_ns)
{
	return (actor_now_ns() - since_ns) / 1000000;
}

static void drill_enter(struct drill *drill, enum drill_phase phase)
{
	drill->phase = phase;
	drill->times.phase_ns = actor_now_ns();
}

static void drill_end(struct drill *drill)
{
	if (drill->phase >= DRILL_ENDING)
		return;
	if (drill->guard.pid)
		kill(drill->guard.pid, SIGTERM);
	drill_enter(drill, drill->guard.pid ? DRILL_ENDING : DRILL_OVER);
}

static void drill_start_guard(struct drill *drill)
{
	char config[STAGE_PATH_SIZE + 16];
	int rc = stage_put(&drill->stage, "oomguard.conf", drill_config);

	snprintf(config, sizeof(config), "%s/oomguard.conf", drill->stage.path);
	drill_enter(drill, DRILL_WAKING);
	if (rc == 0)
		rc = guard_child_start(&drill->guard, drill->plan.guard,
				       drill->stage.path, config);
	if (rc < 0)
		drill_fail(drill, "cannot start the guard %s: %s",
			   drill->plan.guard, strerror(-rc));
}

static void drill_hear(struct drill *drill)
{
	const char *line;
	char killed[64];

	snprintf(killed, sizeof(killed), ": SIGKILL to %d ",
		 (int)drill->pids[DRILL_HOG]);
	while ((line = guard_child_line(&drill->guard))) {
		drill_show_line(drill, line);
		if (strncmp(line, "strike ", 7) == 0 && strstr(line, killed))
			drill->guard_says_sigkill = true;
		if (drill->phase != DRILL_WAKING ||
		    strncmp(line, "guarding", 8) != 0)
			continue;
		drill_enter(drill, DRILL_LEAKING);
		atomic_store(&drill->script->is_on, true);
	}
}

static void drill_guard_exited(struct drill *drill, const siginfo_t *info)
{
	bool is_code = info->si_code == CLD_EXITED;

	drill->guard.pid = 0;
	drill_hear(drill);
	if (drill->phase == DRILL_ENDING) {
		drill->guard_ended_well = is_code && info->si_status == 0;
		if (!drill->guard_ended_well)
			drill_fail(drill, "the guard did not end well: %s %d",
				   is_code ? "exit code" : "signal",
				   info->si_status);
	} else {
		drill_fail(drill, "the guard ended %s: %s %d",
			   drill->phase == DRILL_WAKING
				   ? "before it said that it guards"
				   : "in the middle of the drill",
			   is_code ? "exit code" : "signal", info->si_status);
	}
	drill_enter(drill, DRILL_OVER);
}

static bool drill_hogs_are_gone(const struct drill *drill)
{
	for (int i = DRILL_HOG; i < drill_cast_count(&drill->plan); i++)
		if (!drill->is_gone[i])
			return false;
	return true;
}

static void drill_actor_exited(struct drill *drill, int which,
			       const siginfo_t *info)
{
	bool is_killed = info->si_code != CLD_EXITED;

	drill->is_gone[which] = true;
	if (which >= DRILL_HOG && drill->phase == DRILL_LEAKING) {
		if (!drill_hogs_are_gone(drill))
			return;
		drill->times.exited_ns = actor_now_ns();
		drill->hog_signal = is_killed ? info->si_status : 0;
		if (drill->struck_kib < 0)
			drill->struck_kib = drill->stage.available_kib;
		drill_enter(drill, DRILL_SETTLING);
		return;
	}
	drill_fail(drill, "%s died, which nobody should have touched: %s %d",
		   drill->plan.cast[which].comm,
		   is_killed ? "signal" : "exit code", info->si_status);
}

static void drill_reap(struct drill *drill)
{
	siginfo_t info;

	while (stage_reap(&drill->stage, &info)) {
		if (info.si_pid == drill->guard.pid)
			drill_guard_exited(drill, &info);
		for (int i = 0; i < drill_cast_count(&drill->plan); i++) {
			if (info.si_pid == drill->pids[i])
				drill_actor_exited(drill, i, &info);
		}
	}
}

/*
 * The last gulp of a hog that stops itself shows only when it has stopped, as
 * if it had been taken at once: otherwise it would be struck before.
 */
static bool drill_is_between(struct drill *drill)
{
	siginfo_t info = { 0 };

	if (drill->hog_has_stopped || drill->phase != DRILL_LEAKING ||
	    !atomic_load(&drill->script->is_gulping))
		return false;
	if (waitid(P_PID, (id_t)drill->pids[DRILL_HOG], &info,
		   WSTOPPED | WNOHANG | WNOWAIT) == 0)
		drill->hog_has_stopped = info.si_pid != 0;
	return !drill->hog_has_stopped;
}

/* The stage is written first: the guard cannot act on what it does not see. */
static void drill_update(struct drill *drill)
{
	struct drill_times *times = &drill->times;
	bool is_below;
	int rc;

	if (drill_is_between(drill))
		return;
	if (drill->struck_kib < 0 && atomic_load(&drill->script->asked_ns))
		drill->struck_kib = drill->stage.available_kib;
	rc = stage_update(&drill->stage);
	if (rc < 0)
		drill_fail(drill, "cannot write in %s: %s", drill->stage.path,
			   strerror(-rc));
	atomic_store(&drill->script->available_kib, drill->stage.available_kib);
	is_below = drill->stage.available_kib < drill->plan.levels.term_kib;
	if (is_below && !times->crossed_ns && drill->phase == DRILL_LEAKING)
		times->crossed_ns = actor_now_ns();
	if (!is_below && !times->back_ns && times->exited_ns)
		times->back_ns = actor_now_ns();
}

static bool drill_is_late(const struct drill *drill, int64_t limit_ms)
{
	return drill_since_ms(drill->times.phase_ns) > limit_ms;
}

static void drill_check_leaking(struct drill *drill)
{
	const struct drill_times *times = &drill->times;
	bool is_asked = atomic_load(&drill->script->asked_ns) != 0;

	if (!times->crossed_ns ||
	    drill_since_ms(times->crossed_ns) < DRILL_DYING_MS)
		return;
	if (is_asked)
		drill_fail(drill, "the hog got SIGTERM and still lives");
	else
		drill_fail(drill, "the guard did nothing%s",
			   atomic_load(&drill->script->is_full)
				   ? " until all memory was taken"
				   : " below the level");
}

static void drill_check_phase(struct drill *drill)
{
	switch (drill->phase) {
	case DRILL_FILLING:
		if (atomic_load(&drill->script->ready) ==
		    drill_cast_count(&drill->plan)) {
			drill_show_cast(drill);
			drill_start_guard(drill);
		} else if (drill_is_late(drill, DRILL_FILLING_MS)) {
			drill_fail(drill, "the actors did not get their "
					  "memory in time");
		}
		return;
	case DRILL_WAKING:
		if (drill_is_late(drill, DRILL_WAKING_MS))
			drill_fail(drill, "the guard did not say that it "
					  "guards within 10 s");
		return;
	case DRILL_LEAKING:
		drill_show_progress(drill);
		drill_check_leaking(drill);
		return;
	case DRILL_SETTLING:
		drill_show_progress(drill);
		if (drill_is_late(drill, DRILL_SETTLING_MS))
			drill_end(drill);
		return;
	case DRILL_ENDING:
		if (!drill_is_late(drill, DRILL_ENDING_MS))
			return;
		drill_fail(drill, "the guard did not end after SIGTERM");
		drill->phase = DRILL_OVER;
		return;
	case DRILL_OVER:
		return;
	}
}

void drill_watch(struct drill *drill)
{
	drill_hear(drill);
	drill_reap(drill);
	drill_update(drill);
	drill_check_phase(drill);
	if (drill_since_ms(drill->times.began_ns) > DRILL_WHOLE_MS)
		drill_fail(drill, "the drill took too long");
	if (drill->failure[0])
		drill_end(drill);
}
