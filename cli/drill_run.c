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

void drill_fail(struct drill *drill, const char *format, ...)
{
	va_list list;

	if (drill->failure[0])
		return;
	va_start(list, format);
	vsnprintf(drill->failure, sizeof(drill->failure), format, list);
	va_end(list);
}

/* A swarm lives in one unit; the others where the drill does. */
static int drill_show_actor(struct drill *drill, pid_t pid, bool is_hog)
{
	return is_hog && drill->plan.hogs > 1
		       ? stage_add_with_cgroup(
				 &drill->stage, pid,
				 "0::/system.slice/drill-swarm.service\n")
		       : stage_add(&drill->stage, pid);
}

static bool drill_start_cast(struct drill *drill)
{
	for (int i = 0; i < drill_cast_count(&drill->plan); i++) {
		pid_t pid = actor_start(&drill->plan.cast[i], drill->script);
		int rc;

		if (pid < 0) {
			drill_fail(drill, "cannot start an actor: %s",
				   strerror(-pid));
			return false;
		}
		drill->pids[i] = pid;
		rc = drill_show_actor(drill, pid, i >= DRILL_HOG);
		if (rc < 0) {
			drill_fail(drill, "cannot add to the stage %s: %s",
				   drill->stage.path, strerror(-rc));
			return false;
		}
	}
	return true;
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
		drill_watch(drill);
	}
}

/* Kills whoever is left; their entries go before they are reaped. */
static void drill_clear(struct drill *drill)
{
	siginfo_t info;

	for (int i = 0; i < DRILL_CAST_MOST; i++) {
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
	drill->phase = DRILL_FILLING;
	drill->times.began_ns = actor_now_ns();
	drill->times.phase_ns = drill->times.began_ns;
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
