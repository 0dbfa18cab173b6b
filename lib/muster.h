/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_MUSTER_H
#define OOMGUARD_MUSTER_H

#include <pthread.h>

#include "census.h"
#include "cgroupfs.h"
#include "procfs.h"
#include "settings.h"

/* What a census is taken of, and with. */
struct muster {
	const struct procfs *procfs;
	struct procfs_walk *walk;
	struct census *census;
	const struct settings *settings;
	pthread_mutex_t *lock;           /* NULL: none */
	const struct cgroupfs *cgroupfs; /* NULL: nothing is charged */
	bool has_swap;                   /* and something is swapped out */
	bool may_swap;                   /* there is swap */
	bool is_brief;       /* only at newcomers, and where something grows */
	bool is_calm;        /* of kernel threads only some in turn */
	unsigned int turn;   /* one more each time it is not brief */
	int64_t unowned_kib; /* sample_unowned_kib() */
	int64_t now_ms;
};

/*
 * Takes the census: looks at every process, and at cgroup, executable and user
 * only of those that are new, have another name or were replaced. Reads files
 * that may block (stat, cgroup): never on the way to a signal. Where several
 * threads see the census, `lock` is held around each change; NULL: none.
 * Returns 0, or -errno of the directory, and then nobody is dropped.
 */
int muster(const struct muster *muster);

/* The look at one process, for a census that is not being taken. */
void muster_look(const struct procfs *procfs, struct census *census,
		 const struct settings *settings, pthread_mutex_t *lock,
		 int32_t pid);

#endif
