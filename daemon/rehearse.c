/* SPDX-License-Identifier: MIT */
#include "guard.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kill.h"

#define EXIT_MOST_MS 5000

static _Noreturn void be_the_victim(void)
{
	sigset_t none;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	for (;;)
		(void)pause();
}

/* Scan, look, take hold, signal, release: as for a real victim. */
static int strike_child(struct guard *guard, const struct procfs *procfs,
			pid_t child)
{
	struct scan scan = {
		.procfs = procfs,
		.settings = &guard->settings,
		.strikes = &guard->strikes,
		.census = &guard->census,
		.scores = &guard->scores,
		.walk = &guard->walk,
		.quest = { .self = guard->self, .base_kib = 1 },
	};
	struct pollfd gone = { .events = POLLIN };
	int error;

	clerk_lock(&guard->clerk);
	(void)scan_choose(&scan, guard->candidates, &guard->candidates_count);
	error = scan_candidate(&scan, child, &guard->candidates[0]);
	clerk_unlock(&guard->clerk);
	if (error)
		return error;
	int fd = scores_hold(&guard->scores, procfs, child);
	gone.fd = fd < 0 ? fd : kill_open(child, fd);
	if (gone.fd < 0)
		return gone.fd;
	const struct job job = { .pidfd = gone.fd };
	(void)reapers_do(guard->reapers, &job, REAPERS_READY_MS);
	error = kill_signal(gone.fd, SIGTERM);
	if (!error && poll(&gone, 1, EXIT_MOST_MS) != 1)
		error = -ETIMEDOUT;
	(void)close(gone.fd);
	return error;
}

int guard_rehearse(struct guard *guard)
{
	struct procfs procfs;
	int error = procfs_open(&procfs, "/proc");
	pid_t child = error ? -1 : fork();

	if (error)
		return error;
	if (child == 0)
		be_the_victim();
	error = child < 0 ? -errno : strike_child(guard, &procfs, child);
	if (child > 0) {
		(void)kill(child, SIGKILL); /* Not reaped yet: it is ours. */
		(void)waitpid(child, NULL, 0);
	}
	scores_close(&guard->scores);
	guard->candidates_count = 0; /* Nobody looked at the machine yet. */
	procfs_close(&procfs);
	return error;
}
