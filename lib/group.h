/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_GROUP_H
#define OOMGUARD_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "settings.h"

/* Why all processes of a cgroup are ended at once. */
enum group_rule {
	GROUP_NONE,   /* one process alone */
	GROUP_KERNEL, /* memory.oom.group */
	GROUP_SCOPE,  /* scope = unit */
	GROUP_SWARM,  /* many of them grow, and none of them much */
	GROUP_AGAIN,  /* to end one after the other has not helped */
};

/*
 * A leaf cgroup that is one victim. Where programs of many owners live (a
 * session, cron) it is only those who were born in the window.
 */
struct group {
	enum group_rule rule;
	uint32_t members;
	uint64_t leaf;        /* the hash of its path; 0: no group */
	uint64_t since_ticks; /* who was born earlier is no member; 0: all */
	uint64_t until_ticks; /* who is younger was not signalled yet */
	int64_t relief_kib;   /* of all members */
};

struct census;
struct culprit;
struct person;

/* Whom it is about, and what is known of it. */
struct group_case {
	const struct person *person; /* NULL: not known to the census */
	enum scope scope;
	bool is_term_only;         /* it takes care of its own end */
	bool again;                /* strikes in its cgroup did not help */
	int32_t self;              /* our own pid */
	const struct group *swarm; /* of group_swarm(); NULL: not looked for */
};

/*
 * The group that is ended with this process. Never the root, a slice, what a
 * manager of services lives in, our own, one with a member that may not be
 * ended.
 */
void group_find(struct census *census, const struct group_case *about,
		struct group *out);

/*
 * The cgroup to blame swarms: at least CULPRIT_PROCESSES grow there, none of
 * them has more than a quarter, and together they have a third of what it took.
 */
void group_swarm(const struct census *census, const struct culprit *culprit,
		 struct group *out);

/* Whether this process is one of the group. */
bool group_has(const struct census *census, const struct group *group,
	       const struct person *person);

/*
 * The next of the group after `pid` (0: the first), or NULL: nobody is met
 * twice or missed, whatever the census has changed in between.
 */
const struct person *group_next(const struct census *census,
				const struct group *group, int32_t pid);

/* "memory.oom.group", "scope = unit", "swarm", "again". */
const char *group_rule_name(enum group_rule rule);

#endif
