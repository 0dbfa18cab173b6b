/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_REAPER_H
#define OOMGUARD_REAPER_H

#include <pthread.h>
#include <stdatomic.h>

#define REAPERS 4
#define THREAD_STACK_SIZE (64 * 1024)

/*
 * Threads that wait to give back the memory of a dying process
 * (process_mrelease), which may wait without bound for its mmap_lock: so the
 * guard itself signals, and never waits for this.
 */
struct reaper {
	pthread_t thread;
	int wake;         /* eventfd, read by the thread */
	atomic_int pidfd; /* its job, which it closes; -1: it is free */
};

/* Starts a thread with a small stack. Returns 0 or -errno. */
int thread_start(pthread_t *thread, void *(*run)(void *), void *argument);

/*
 * Starts all; those that could not be started are never free. Returns how
 * many run.
 */
int reapers_start(struct reaper reapers[REAPERS]);

/*
 * Gives the job to a free reaper; it keeps its own copy of the descriptor. If
 * none is free, nothing happens: the process frees its memory itself.
 */
void reapers_release(struct reaper reapers[REAPERS], int pidfd);

#endif
