/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_CLERK_H
#define OOMGUARD_CLERK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "census.h"
#include "cgroupfs.h"
#include "procfs.h"
#include "sample.h"
#include "settings.h"

/*
 * The thread that takes the census, because the files it reads can block:
 * /proc/PID/cgroup waits for a global mutex before Linux 6.8, stat for an
 * execve(), /proc/swaps for swapon(2). The lock is held for changes of the
 * census in memory only, never for a file, and inherits the guard's priority;
 * but the guard's own look holds it over files that nobody waits for.
 */
struct clerk {
	pthread_t thread;
	pthread_mutex_t lock; /* over what it finds, and settings */
	int wake;
	atomic_uint rounds; /* that are complete */
	atomic_bool must_judge;
	atomic_bool must_count;   /* everybody, not only what changes */
	atomic_bool has_swap;     /* the guard knows */
	atomic_bool may_swap;     /* likewise */
	atomic_bool is_calm;      /* likewise */
	atomic_llong unowned_kib; /* likewise */
	unsigned int asked_round; /* rounds when the guard asked first */
	int64_t asked_ms;
	struct procfs procfs; /* its own: a walk moves the offset of the root */
	struct census *census;
	const struct settings *settings;
	struct sample swaps; /* swaps and zram_saves_permyriad only */
	const struct cgroupfs *cgroupfs;
	struct limit_ooms limits; /* at the end of the last round */
	struct procfs_walk walk;
};

/* Starts the thread and the first round at `proc`. Returns 0 or -errno. */
int clerk_start(struct clerk *clerk, const char *proc,
		const struct cgroupfs *cgroupfs, struct census *census,
		const struct settings *settings, int64_t now_ms);

/* Asks for one more round; several requests may become one. */
void clerk_request(struct clerk *clerk, int64_t now_ms);

/* Asks for a brief look: who is new, and who grows. */
void clerk_look(struct clerk *clerk);

/* Whether the last request is half a minute old, and no round has ended. */
bool clerk_is_late(const struct clerk *clerk, int64_t now_ms);

/* Asks to judge everybody anew, by other settings, in small steps. */
void clerk_judge(struct clerk *clerk);

/* Waits at most `most_ms` for the first round, at start only. */
bool clerk_wait(struct clerk *clerk, int most_ms);

void clerk_lock(struct clerk *clerk);
void clerk_unlock(struct clerk *clerk);

#endif
