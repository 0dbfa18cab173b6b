/* SPDX-License-Identifier: MIT */
#include "group.h"

#include <stddef.h>
#include <string.h>

#include "census.h"
#include "culprit.h"
#include "selector.h"

#include "hot.h"

#define SWARM_MOST 4  /* of the growth, as a part: nobody has more than that */
#define SWARM_EVEN 8  /* the last of the first has this part of the first's */
#define SWARM_SHARE 3 /* the rest: what they had at birth, page tables */
#define SWARM_NEW 16  /* but for such a part a unit took all in the window */
#define TICK_MS 10

/* The last component of a path. */
static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Where the work of many owners, or of many moments, lives side by side. */
static bool is_home(const char *path)
{
	static const char *const homes[] = {
		"session-*.scope", "user@*.service",   "vte-spawn-*.scope",
		"ssh*.service",    "cron*.service",    "atd.service",
		"*runner*",        "jenkins*.service", "buildkite*.service",
	};

	for (size_t i = 0; i < sizeof(homes) / sizeof(homes[0]); i++)
		if (selector_glob(homes[i], name_of(path)))
			return true;
	return false;
}

/* Never the root, a slice, or where a manager of services lives. */
static bool is_unit(const char *path)
{
	const char *name = name_of(path);

	return *name && strcmp(name, "init.scope") != 0 &&
	       !cgroup_is_kind(name, strlen(name), ".slice");
}

static enum group_rule rule_of(const struct census *census,
			       const struct group_case *about,
			       const struct leaf *leaf)
{
	if (about->scope == SCOPE_UNIT)
		return GROUP_SCOPE;
	if (leaf->is_group)
		return GROUP_KERNEL;
	if (about->is_term_only)
		return GROUP_NONE;
	if (about->swarm && group_has(census, about->swarm, about->person))
		return GROUP_SWARM;
	return about->again && !is_home(census->names + leaf->name)
		       ? GROUP_AGAIN
		       : GROUP_NONE;
}

void group_find(struct census *census, const struct group_case *about,
		struct group *out)
{
	const struct person *self = census_find(census, about->self);
	const struct leaf *leaf =
		about->person ? census_leaf(census, about->person) : NULL;
	enum group_rule rule;

	*out = (struct group){ .rule = GROUP_NONE };
	if (!leaf || about->scope == SCOPE_PROCESS ||
	    !is_unit(census->names + leaf->name) ||
	    (self && self->leaf == about->person->leaf))
		return;
	rule = rule_of(census, about, leaf);
	if (rule == GROUP_SWARM)
		*out = *about->swarm;
	else if (rule != GROUP_NONE && !leaf->has_exempt && leaf->members > 1)
		*out = (struct group){ .rule = rule,
				       .leaf = leaf->hash,
				       .members = leaf->members,
				       .relief_kib = leaf->own_kib };
}

bool group_has(const struct census *census, const struct group *group,
	       const struct person *person)
{
	const struct leaf *leaf = census_leaf(census, person);

	return group->leaf && leaf && leaf->hash == group->leaf &&
	       person->start_ticks >= group->since_ticks && person->rss_kib > 0;
}

/* By bucket, because everybody stays in his own. */
const struct person *group_next(const struct census *census,
				const struct group *group, int32_t pid)
{
	const struct person *found = NULL;

	for (uint32_t i = (uint32_t)pid % CENSUS_BUCKETS;
	     i < CENSUS_BUCKETS && !found; i++, pid = 0)
		for (uint16_t at = census->buckets[i]; at;
		     at = census->persons[at - 1].next) {
			const struct person *person = &census->persons[at - 1];

			if (person->pid > pid &&
			    (!found || person->pid < found->pid) &&
			    group_has(census, group, person))
				found = person;
		}
	return found;
}

/*
 * Of the growth of their unit. Where that is all it has, what they were born
 * with is part of it: who is younger than the look before takes it from the
 * first of them, who has grown meanwhile.
 */
static int64_t members_kib(const struct culprit *culprit,
			   const struct leaf *leaf)
{
	int64_t grown_kib = leaf->grown_kib[culprit->window];

	return grown_kib >= leaf->size_kib - leaf->size_kib / SWARM_NEW
		       ? leaf->own_kib
		       : culprit->members_kib;
}

static bool is_even(const struct culprit *culprit, const struct leaf *leaf)
{
	const uint32_t *grown_kib = culprit->grown_kib;

	return grown_kib[CULPRIT_PROCESSES - 1] > 0 &&
	       (int64_t)grown_kib[0] * SWARM_MOST <= culprit->members_kib &&
	       (int64_t)grown_kib[CULPRIT_PROCESSES - 1] * SWARM_EVEN >=
		       grown_kib[0] &&
	       members_kib(culprit, leaf) * SWARM_SHARE >=
		       (int64_t)leaf->grown_kib[culprit->window];
}

/* Only those born in the window; what they grew. */
static int64_t take_newborn(const struct census *census,
			    const struct culprit *culprit, struct group *group)
{
	uint64_t reach = (uint64_t)culprit->reach_ms[culprit->window] / TICK_MS;
	uint64_t now = (uint64_t)census->clock.looked_ms / TICK_MS;
	int64_t grown_kib = 0;

	/* The two clocks differ by the time that the machine was suspended. */
	if (now < census->newest_ticks)
		now = census->newest_ticks;
	group->since_ticks = now > reach ? now - reach : 1;
	for (uint32_t i = 0; i < census->count; i++) {
		const struct person *person = &census->persons[i];

		if (!group_has(census, group, person) || person->never >= 0 ||
		    person->protect >= 0)
			continue;
		group->members++;
		group->relief_kib += person_own_kib(person);
		grown_kib += person_grown_kib(census, person, culprit->window);
	}
	return grown_kib;
}

void group_swarm(const struct census *census, const struct culprit *culprit,
		 struct group *out)
{
	const struct leaf *leaf;
	bool in_home;

	*out = (struct group){ .rule = GROUP_NONE };
	if (!culprit->is_found || culprit->is_shared)
		return;
	leaf = &census->leaves.leaves[culprit->leaf - 1];
	in_home = is_home(census->names + leaf->name);
	if (!is_even(culprit, leaf) || (!in_home && leaf->has_exempt))
		return;
	*out = (struct group){ .rule = GROUP_SWARM,
			       .leaf = leaf->hash,
			       .members = in_home ? 0 : leaf->members,
			       .relief_kib = in_home ? 0 : leaf->own_kib };
	if (in_home && take_newborn(census, culprit, out) * 2 <
			       culprit->total_kib[culprit->window])
		*out = (struct group){ .rule = GROUP_NONE };
}

const char *group_rule_name(enum group_rule rule)
{
	switch (rule) {
	case GROUP_NONE:
		return "none";
	case GROUP_KERNEL:
		return "memory.oom.group";
	case GROUP_SCOPE:
		return "scope = unit";
	case GROUP_SWARM:
		return "swarm";
	case GROUP_AGAIN:
		return "again";
	}
	return "?";
}
