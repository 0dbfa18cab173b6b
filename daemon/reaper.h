/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_REAPER_H
#define OOMGUARD_REAPER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "cgroupfs.h"
#include "clerk.h"

#define REAPERS 4

enum mark_state { MARK_NONE, MARK_LATE, MARK_SET };

/* What a reaper does for the guard, in this order. */
struct job {
	int32_t mark_pid; /* marks the service of this process; 0: nobody's */
	int mark;         /* 1, or -1 to take the mark away again */
	int pidfd;        /* gives back its memory when it dies; -1: nobody's */
};

/* What reapers read; it stays as it is while they run. */
struct reaper_world {
	const struct procfs *procfs;
	struct cgroupfs cgroupfs;
	struct clerk *clerk;
};

/*
 * Threads that do what may wait without bound: to mark a cgroup (the kernel
 * allocates), and to give back the memory of a dying process
 * (process_mrelease takes its mmap_lock). The guard itself signals, and waits
 * for a mark for a moment only.
 */
struct reaper {
	pthread_t thread;
	int wake;   /* eventfd, read by the thread */
	int answer; /* eventfd: the mark is there, or will not be */
	atomic_bool is_busy;
	atomic_int marked; /* whose service it marked last; 0: nobody's */
	struct job job;
	const struct reaper_world *world;
};

/*
 * Starts all; those that could not be started are never free. Returns how
 * many run.
 */
int reapers_start(struct reaper reapers[REAPERS],
		  const struct reaper_world *world);

/*
 * Gives the job to a free reaper, which keeps its own copy of the descriptor.
 * If none is free nothing happens: the process frees its memory itself. With a
 * mark to be set it waits for that, at most `most_ms`. Returns whether the mark
 * is there, MARK_LATE if that is not known yet.
 */
enum mark_state reapers_do(struct reaper reapers[REAPERS],
			   const struct job *job, int most_ms);

/* What became of a mark that was late. */
enum mark_state reapers_mark(const struct reaper reapers[REAPERS], int32_t pid);

#endif
