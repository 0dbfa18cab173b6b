/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_LIMIT_H
#define OOMGUARD_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What memory.events counts of cgroups that met their own limit. oom_kill there
 * is of no use: it counts whom the kernel took for the whole machine, too.
 */
struct limit_ooms {
	bool is_known; /* there are cgroups of version 2 */
	int64_t ooms;
	int64_t groups; /* killed as a whole; since Linux 5.17 */
};

/* Adds one memory.events. False, and nothing added, where it is none. */
bool limit_add(const char *bytes, size_t length, struct limit_ooms *sum);

/*
 * How many of the kills that /proc/vmstat has counted between were at limits.
 * One oom is one process or one group, so where a group went, all were; where
 * nothing is known, none.
 */
int64_t limit_kills(int64_t kills, const struct limit_ooms *before,
		    const struct limit_ooms *now);

#endif
