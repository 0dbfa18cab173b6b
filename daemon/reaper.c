/* SPDX-License-Identifier: MIT */
#include "reaper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "kill.h"

#include "hot.h"

static void *run(void *argument)
{
	struct reaper *reaper = argument;
	uint64_t count;

	for (;;) {
		if (read(reaper->wake, &count, sizeof(count)) != sizeof(count))
			continue;
		int pidfd = atomic_load(&reaper->pidfd);
		if (pidfd < 0)
			continue;
		kill_release(pidfd);
		(void)close(pidfd);
		atomic_store(&reaper->pidfd, -1);
	}
	return NULL;
}

int thread_start(pthread_t *thread, void *(*start)(void *), void *argument)
{
	pthread_attr_t attributes;
	int error = pthread_attr_init(&attributes);

	if (error)
		return -error;
	/* Where a thread needs more by itself (128 KiB on arm64), more. */
	size_t size = (size_t)sysconf(_SC_THREAD_STACK_MIN);
	error = pthread_attr_setstacksize(
		&attributes,
		size > THREAD_STACK_SIZE ? size : THREAD_STACK_SIZE);

	if (!error)
		error = pthread_create(thread, &attributes, start, argument);
	(void)pthread_attr_destroy(&attributes);
	return -error;
}

static int start(struct reaper *reaper)
{
	atomic_init(&reaper->pidfd, -1);
	reaper->wake = eventfd(0, EFD_CLOEXEC);
	if (reaper->wake < 0)
		return -errno;
	return thread_start(&reaper->thread, run, reaper);
}

int reapers_start(struct reaper reapers[REAPERS])
{
	int running = 0;

	for (int i = 0; i < REAPERS; i++) {
		if (start(&reapers[i]) == 0)
			running++;
		else
			atomic_store(&reapers[i].pidfd, INT_MAX);
	}
	return running;
}

void reapers_release(struct reaper reapers[REAPERS], int pidfd)
{
	const uint64_t one = 1;

	for (int i = 0; i < REAPERS; i++) {
		struct reaper *reaper = &reapers[i];
		if (atomic_load(&reaper->pidfd) != -1)
			continue;
		int copy = fcntl(pidfd, F_DUPFD_CLOEXEC, 0);
		if (copy < 0)
			return;
		atomic_store(&reaper->pidfd, copy);
		/* Cannot block: the counter is far from its maximum. */
		if (write(reaper->wake, &one, sizeof(one)) != sizeof(one)) {
			(void)close(copy);
			atomic_store(&reaper->pidfd, -1);
		}
		return;
	}
}
