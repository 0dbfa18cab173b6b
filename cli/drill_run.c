/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drill.h"

#define DRILL_STAGE_MS 5 /* the stage is at most so old */

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

void drill_fail(struct drill *drill, const char *format, ...)
{
	va_list list;

	if (drill->failure[0])
		return;
	va_start(list, format);
	vsnprintf(drill->failure, sizeof(drill->failure), format, list);
	va_end(list);
}

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

static bool drill_start_cast(struct drill *drill)
{
	for (int i = 0; i < DRILL_CAST_COUNT; i++) {
		pid_t pid = actor_start(&drill->plan.cast[i], drill->script);
		int rc;

		if (pid < 0) {
			drill_fail(drill, "cannot start an actor: %s",
				   strerror(-pid));
			return false;
		}
		drill->pids[i] = pid;
		rc = stage_add(&drill->stage, pid);
		if (rc < 0) {
			drill_fail(drill, "cannot add to the stage %s: %s",
				   drill->stage.path, strerror(-rc));
			return false;
		}
	}
	return true;
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

static void drill_actor_exited(struct drill *drill, int which,
			       const siginfo_t *info)
{
	bool is_killed = info->si_code != CLD_EXITED;

	drill->is_gone[which] = true;
	if (which == DRILL_HOG && drill->phase == DRILL_LEAKING) {
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
		for (int i = 0; i < DRILL_CAST_COUNT; i++) {
			if (info.si_pid == drill->pids[i])
				drill_actor_exited(drill, i, &info);
		}
	}
}

/* The stage is written first: the guard cannot act on what it does not see. */
static void drill_update(struct drill *drill)
{
	struct drill_times *times = &drill->times;
	bool is_below;
	int rc;

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
		if (atomic_load(&drill->script->ready) == DRILL_CAST_COUNT) {
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

static void drill_heed_signals(struct drill *drill, int signals)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			continue;
		drill->interrupted_by = (int)info.ssi_signo;
		drill_fail(drill, "interrupted");
		drill->phase = DRILL_OVER;
	}
}

static void drill_play(struct drill *drill, int signals)
{
	while (drill->phase != DRILL_OVER) {
		struct pollfd fds[] = {
			{ .fd = signals, .events = POLLIN },
			{ .fd = drill->guard.output, .events = POLLIN },
		};

		/* Its result is not needed: everything is looked at anyway. */
		(void)poll(fds, 2, DRILL_STAGE_MS);
		if (fds[1].revents & (POLLHUP | POLLERR) &&
		    !(fds[1].revents & POLLIN))
			guard_child_close(&drill->guard);
		drill_heed_signals(drill, signals);
		drill_hear(drill);
		drill_reap(drill);
		drill_update(drill);
		drill_check_phase(drill);
		if (drill_since_ms(drill->times.began_ns) > DRILL_WHOLE_MS)
			drill_fail(drill, "the drill took too long");
		if (drill->failure[0])
			drill_end(drill);
	}
}

/* Kills whoever is left; their entries go before they are reaped. */
static void drill_clear(struct drill *drill)
{
	siginfo_t info;

	for (int i = 0; i < DRILL_CAST_COUNT; i++) {
		if (drill->pids[i] > 0 && !drill->is_gone[i])
			kill(drill->pids[i], SIGKILL);
	}
	if (drill->guard.pid)
		kill(drill->guard.pid, SIGKILL);
	while (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0)
		(void)stage_reap(&drill->stage, &info);
	guard_child_close(&drill->guard);
	stage_close(&drill->stage);
}

static bool drill_begin(struct drill *drill)
{
	int rc = stage_open(&drill->stage, drill->plan.budget_kib);

	if (rc < 0) {
		drill_fail(drill, "cannot make a stage in $TMPDIR or /tmp: %s",
			   strerror(-rc));
		return false;
	}
	drill->script = actor_script();
	if (!drill->script) {
		drill_fail(drill, "no shared memory: %s", strerror(errno));
		stage_close(&drill->stage);
		return false;
	}
	atomic_store(&drill->script->available_kib, drill->stage.available_kib);
	return true;
}

bool drill_run(struct drill *drill)
{
	sigset_t mask;
	int signals;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL); /* ignored, children would reap themselves */
	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0) {
		drill_fail(drill, "no signalfd: %s", strerror(errno));
		return false;
	}
	drill->guard.output = -1;
	drill->struck_kib = -1;
	drill->times.began_ns = actor_now_ns();
	drill_enter(drill, DRILL_FILLING);
	if (!drill_begin(drill)) {
		close(signals);
		return false;
	}
	if (drill_start_cast(drill))
		drill_play(drill, signals);
	drill_clear(drill);
	close(signals);
	return true;
}
