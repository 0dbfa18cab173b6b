/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SCAN_H
#define OOMGUARD_SCAN_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "census.h"
#include "procfs.h"
#include "scores.h"
#include "settings.h"
#include "shortlist.h"
#include "strike.h"
#include "victim.h"
#include "wards.h"

/* Everything that a scan looks at and with; it owns nothing. */
struct scan {
	const struct procfs *procfs;
	const struct settings *settings;
	const struct strikes *strikes;
	struct census *census;
	const struct wards *wards; /* NULL: nobody was protected */
	struct scores *scores;
	struct procfs_walk *walk;
	bool cgroup_is_fast; /* since Linux 6.8 the file takes no global lock */
	struct culprit *culprit; /* found by scan_choose(); NULL: not wanted */
	bool is_calm; /* who held no memory is not asked for its score */
	struct quest quest;
	/*
	 * Taken for the census, and never for a file; NULL: it is held, or
	 * nobody else changes anything.
	 */
	pthread_mutex_t *lock;
};

/*
 * One look at every process, by the cheapest file: who might be chosen, in
 * order of oom_score. Exempt processes are not on the list. A process that
 * vanishes meanwhile is skipped. Returns 0, or -errno of the directory.
 */
int scan_shortlist(const struct scan *scan, struct shortlist *list);

/*
 * Looks at one process exactly and judges it. Returns 0, or -errno where it
 * vanished. Its oom_score descriptor is held from before the look, so that
 * kill_open() later gets this very process or none.
 */
int scan_candidate(const struct scan *scan, int32_t pid,
		   struct candidate *candidate);

/*
 * Whether it still lives in the cgroup with this hash: it may have moved, or
 * another one with its name and user have its pid. True where that cannot be
 * read without waiting.
 */
bool scan_is_there(const struct scan *scan, int32_t pid, uint64_t leaf);

/* Where it lives, and how large that is as of the census. */
struct site scan_site(const struct census *census, const struct person *person);

/*
 * The choice: shortlist, candidates, victim_choose(). `candidates` has room for
 * SHORTLIST_SIZE; *count is how many were looked at. Returns the index of the
 * victim or -1.
 */
int scan_choose(const struct scan *scan, struct candidate *candidates,
		uint32_t *count);

/*
 * Chooses again among those that the same look has found, after one of them was
 * struck; for a moment only, and as good as a new look only where the
 * shortlist is not used up. Returns the index of the victim or -1.
 */
int scan_choose_again(const struct scan *scan, struct candidate *candidates,
		      uint32_t count);

#endif
