/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_MUSTER_H
#define OOMGUARD_MUSTER_H

#include "census.h"
#include "procfs.h"
#include "settings.h"

/*
 * Around each change of the census, where several threads see it. No file is
 * read in between. Both may be NULL.
 */
struct muster_lock {
	void (*enter)(void *owner);
	void (*leave)(void *owner);
	void *owner;
};

/* Looks at one process, for a census that is not being taken. */
void muster_look(const struct procfs *procfs, struct census *census,
		 const struct settings *settings,
		 const struct muster_lock *lock, int32_t pid);

/*
 * Takes the census: looks at every process, and at cgroup, executable and user
 * only of those that are new, have another name or were replaced. Reads files
 * that may block (stat, cgroup): never on the way to a signal.
 * Returns 0, or -errno of the directory, and then nobody is dropped.
 */
int muster(const struct procfs *procfs, struct procfs_walk *walk,
	   struct census *census, const struct settings *settings,
	   const struct muster_lock *lock);

#endif
