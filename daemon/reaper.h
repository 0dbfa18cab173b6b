/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_REAPER_H
#define OOMGUARD_REAPER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "cgroupfs.h"
#include "clerk.h"
#include "mounts.h"

#define REAPERS 4
#define REAPERS_READY_MS 2 /* 0.05 as a rule, even where all CPUs are busy */

enum mark_state { MARK_NONE, MARK_LATE, MARK_SET };

/* What a reaper does for the guard, in this order. */
struct job {
	int32_t mark_pid; /* marks the service of this process; 0: nobody's */
	int mark;         /* 1, or -1 to take the mark away again */
	int pidfd;        /* gives back its memory when it dies; -1: nobody's */
	bool looks_at_mounts; /* whose files are in memory */
};

/* What reapers read; all but the mounts stays as it is while they run. */
struct reaper_world {
	const struct procfs *procfs;
	struct cgroupfs cgroupfs;
	struct clerk *clerk;
	struct mounts mounts;   /* under the clerk's lock */
	atomic_bool is_looking; /* one at most: a path may hang */
};

/*
 * Threads that do what may wait without bound: to mark a cgroup (the kernel
 * allocates), to look at mounts, and to give back the memory of a dying
 * process (process_mrelease takes its mmap_lock). The guard itself signals; it
 * waits for a moment only, for a mark and for a reaper that is at work.
 */
struct reaper {
	pthread_t thread;
	int wake;   /* eventfd, read by the thread */
	int answer; /* eventfd: the mark is there or will not be; at work */
	atomic_bool is_busy;
	atomic_int marked; /* whose service it marked last; 0: nobody's */
	struct job job;
	struct reaper_world *world;
};

/*
 * Starts all; those that could not be started are never free. Returns how
 * many run.
 */
int reapers_start(struct reaper reapers[REAPERS], struct reaper_world *world);

/*
 * Gives the job to a free reaper, which keeps its own copy of the descriptor.
 * If none is free nothing happens: the process frees its memory itself. Waits
 * until the mark is set and the memory is about to be released, at most
 * `most_ms`: a process that gets to run after the signal, before its reaper,
 * keeps its memory to itself (process_mrelease: ESRCH), and one of low priority
 * is slow. Returns whether the mark is there, MARK_LATE if that is not known
 * yet.
 */
enum mark_state reapers_do(struct reaper reapers[REAPERS],
			   const struct job *job, int most_ms);

/* What became of a mark that was late. */
enum mark_state reapers_mark(const struct reaper reapers[REAPERS], int32_t pid);

#endif
