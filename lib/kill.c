/* SPDX-License-Identifier: MIT */
#include "kill.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "procfs.h"

#include "hot.h"

/* Headers older than the kernel; the numbers are the same everywhere. */
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_process_mrelease
#define SYS_process_mrelease 448
#endif

/*
 * It has no memory to be released any more as soon as it runs after the signal
 * (ESRCH): so without a pause at first, 1 to 2 us each.
 */
#define RELEASE_AT_ONCE 200
#define RELEASE_TRIES (RELEASE_AT_ONCE + 20)
#define RELEASE_PAUSE_NS 1000000

int kill_open(int32_t pid, int score_fd)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0U);
	int64_t score;
	int error;

	if (pidfd < 0)
		return -errno;
	error = procfs_read_score(score_fd, &score);
	if (error < 0) {
		(void)close(pidfd);
		return error;
	}
	return pidfd;
}

static int send_signal(int pidfd, int signal)
{
	if (syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0U) < 0)
		return -errno;
	return 0;
}

int kill_signal(int pidfd, int signal)
{
	int error = send_signal(pidfd, signal);

	/* It may be gone by now: that is no failure of the signal. */
	if (error == 0 && signal == SIGTERM)
		(void)send_signal(pidfd, SIGCONT);
	return error;
}

void kill_release(int pidfd)
{
	const struct timespec pause = { 0, RELEASE_PAUSE_NS };

	for (int i = 0; i < RELEASE_TRIES; i++) {
		if (syscall(SYS_process_mrelease, pidfd, 0U) == 0)
			return;
		/* EINVAL: it does not die yet; EAGAIN: a notifier is busy. */
		if (errno != EAGAIN && errno != EINVAL && errno != EINTR)
			return;
		if (i >= RELEASE_AT_ONCE)
			(void)nanosleep(&pause, NULL);
	}
}
