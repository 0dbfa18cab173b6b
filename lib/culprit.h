/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_CULPRIT_H
#define OOMGUARD_CULPRIT_H

#include <stdbool.h>
#include <stdint.h>

#include "census.h"
#include "group.h"
#include "growth.h"

#define CULPRIT_PROCESSES 8
#define CULPRIT_HISTORY_MS 50 /* less tells noise */

/*
 * The cgroup whose growth explains the shortage: at least half of all growth in
 * a window, and 2 % of memory. The shortest window counts in which as much was
 * taken as lies between the levels warn and term: what happened in longer ones
 * is not what made memory short. Of longer windows only those count who still
 * grow, as long as anybody does: at a quarter of their speed, or by more than
 * half of all growth now. Nowhere those within their memory.low. Who rests for
 * a second counts only if there is none to blame among the others; among those
 * as much must have been taken in the longest window, too.
 */
struct culprit {
	bool is_found;
	bool is_shared;   /* the root, or not known: programs of many owners */
	bool has_history; /* the shortest window has been watched */
	/*
	 * What it took is of no process: it writes to tmpfs or shares memory.
	 * While it does, `pids` are those that the kernel works for.
	 */
	bool is_shmem;
	bool is_writing;
	bool is_unowned; /* at least a third of all growth is no process's */
	int64_t unowned_kib; /* this much, in the longest window */
	bool is_alive;  /* only those count who took something a moment ago */
	bool has_ended; /* nobody grows now: who has grown counts, too */
	uint16_t leaf;  /* index + 1 */
	enum growth_window window;
	int64_t looked_ms;
	int64_t before_ms; /* the look before */
	int64_t reach_ms[GROWTH_WINDOWS];
	int64_t total_kib[GROWTH_WINDOWS]; /* of all who count */
	int64_t members_kib;             /* of its processes, in that window */
	int32_t pids[CULPRIT_PROCESSES]; /* who grew most; 0: no more */
	uint32_t grown_kib[CULPRIT_PROCESSES];
	struct group swarm;
};

/* `span_kib` is what lies between warn and term. */
void culprit_find(const struct census *census, int64_t base_kib,
		  int64_t span_kib, struct culprit *out);

/*
 * 2 % of memory, or half of what lies between the levels: on 512 GiB that is a
 * tenth of it.
 */
int64_t culprit_least_kib(int64_t base_kib, int64_t span_kib);

/* How a process grew, and its cgroup, and the share of that. */
struct grown {
	bool is_known;             /* the census knows it */
	bool has_history;          /* and has watched it */
	bool is_member;            /* of the cgroup to blame, */
	enum growth_window window; /* for what it grew in this one */
	uint32_t size_kib;         /* its own memory, when it was looked at */
	uint32_t own_kib[GROWTH_WINDOWS];
	uint32_t leaf_kib[GROWTH_WINDOWS];       /* its cgroup */
	int32_t share_permyriad[GROWTH_WINDOWS]; /* of that, of what counts */
};

/* Whether there is anything to tell: somebody has watched it. */
static inline bool grown_is_told(const struct grown *grown)
{
	return grown->is_known && grown->has_history;
}

/* What the growth in a window is counted from. */
static inline int64_t grown_baseline_kib(const struct grown *grown,
					 enum growth_window window)
{
	return (int64_t)grown->size_kib - grown->own_kib[window];
}

void culprit_compare(const struct census *census, const struct culprit *culprit,
		     const struct person *person, struct grown *out);

#endif
