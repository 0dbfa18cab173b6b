/* SPDX-License-Identifier: MIT */
#include "culprit.h"

#include <stddef.h>
#include <string.h>

#include "hot.h"

/* A quarter of the speed it had in the longer window is growing still. */
#define STILL 4
#define ENDED_MS 1000 /* so long it must have been watched */

int64_t culprit_least_kib(int64_t base_kib, int64_t span_kib)
{
	int64_t kib = base_kib / 50;

	return span_kib > 0 && span_kib / 2 < kib ? span_kib / 2 : kib;
}

/* Or takes more than half of what is taken: swapping slows down everybody. */
static bool grows_still(const struct culprit *culprit, const struct leaf *leaf,
			enum growth_window window)
{
	int64_t now_kib = leaf->grown_kib[GROWTH_SHORT];

	return now_kib * 2 > culprit->total_kib[GROWTH_SHORT] ||
	       now_kib * STILL * culprit->reach_ms[window] >=
		       (int64_t)leaf->grown_kib[window] *
			       culprit->reach_ms[GROWTH_SHORT];
}

static bool counts(const struct census *census, const struct culprit *culprit,
		   const struct leaf *leaf, enum growth_window window)
{
	return census_inhabits(census, leaf) && leaf->grown_kib[window] > 0 &&
	       !(culprit->is_alive && leaf_rests(&census->clock, leaf)) &&
	       !(leaf->is_charged && leaf->low_kib > 0 &&
		 leaf->size_kib <= leaf->low_kib) &&
	       (window == GROWTH_SHORT || culprit->has_ended ||
		grows_still(culprit, leaf, window));
}

static int64_t sum(const struct census *census, const struct culprit *culprit,
		   enum growth_window window)
{
	int64_t sum_kib = 0;

	for (int i = 0; i < LEAVES_MOST; i++) {
		const struct leaf *leaf = &census->leaves.leaves[i];

		if (counts(census, culprit, leaf, window))
			sum_kib += leaf->grown_kib[window];
	}
	return sum_kib;
}

/*
 * Nobody grows any more: then it was one who has by now what it wants. In ten
 * seconds they grew less than a 16th of what a culprit does.
 */
static bool has_ended(const struct culprit *culprit, int64_t least_kib)
{
	int64_t reach_ms = culprit->reach_ms[GROWTH_SHORT];

	return reach_ms >= ENDED_MS &&
	       culprit->total_kib[GROWTH_SHORT] * 16 *
			       growth_window_ms(GROWTH_SHORT) <
		       least_kib * reach_ms;
}

/* The leaf that grew most, or NULL. */
static const struct leaf *largest(const struct census *census,
				  const struct culprit *culprit,
				  enum growth_window window)
{
	const struct leaf *found = NULL;

	for (int i = 0; i < LEAVES_MOST; i++) {
		const struct leaf *leaf = &census->leaves.leaves[i];

		if (counts(census, culprit, leaf, window) &&
		    (!found ||
		     leaf->grown_kib[window] > found->grown_kib[window]))
			found = leaf;
	}
	return found;
}

static void offer(struct culprit *culprit, int32_t pid, uint32_t kib)
{
	int at = CULPRIT_PROCESSES - 1;

	if (kib <= culprit->grown_kib[at])
		return;
	for (; at > 0 && culprit->grown_kib[at - 1] < kib; at--) {
		culprit->grown_kib[at] = culprit->grown_kib[at - 1];
		culprit->pids[at] = culprit->pids[at - 1];
	}
	culprit->grown_kib[at] = kib;
	culprit->pids[at] = pid;
}

static void add_members(const struct census *census, struct culprit *culprit)
{
	for (uint32_t i = 0; i < census->count; i++) {
		const struct person *person = &census->persons[i];
		uint32_t kib;

		if (person->leaf != culprit->leaf)
			continue;
		kib = person_grown_kib(census, person, culprit->window);
		culprit->members_kib += kib;
		offer(culprit, person->pid, kib);
	}
}

/* It is not seen in the size of any of them. */
static void add_writers(const struct census *census, struct culprit *culprit)
{
	memset(culprit->pids, 0, sizeof(culprit->pids));
	memset(culprit->grown_kib, 0, sizeof(culprit->grown_kib));
	for (uint32_t i = 0; i < census->count; i++) {
		const struct person *person = &census->persons[i];

		if (person->leaf == culprit->leaf)
			offer(culprit, person->pid, person->busy);
	}
}

static bool is_shared(const struct census *census, const struct leaf *leaf)
{
	const char *path = census->names + leaf->name;

	return *path == '\0' || strcmp(path, "/") == 0;
}

static void blame(const struct census *census, const struct leaf *leaf,
		  enum growth_window window, struct culprit *culprit)
{
	culprit->is_found = true;
	culprit->is_shared = is_shared(census, leaf);
	culprit->leaf = (uint16_t)(leaf - census->leaves.leaves + 1);
	culprit->window = window;
	add_members(census, culprit);
	culprit->is_shmem = leaf->is_charged &&
			    ((int64_t)leaf->shmem_kib + leaf->swap_kib) * 2 >=
				    leaf->grown_kib[window] &&
			    culprit->members_kib * 2 < leaf->grown_kib[window];
	culprit->is_writing = culprit->is_shmem && leaf->is_writing;
	if (culprit->is_writing)
		add_writers(census, culprit);
}

/* All that was taken, whether it is taken still or not. */
static int64_t taken_kib(const struct census *census)
{
	int64_t kib = 0;

	for (int i = 0; i < LEAVES_MOST; i++)
		if (census_inhabits(census, &census->leaves.leaves[i]))
			kib += census->leaves.leaves[i].grown_kib[GROWTH_LONG];
	return kib;
}

static void compare_unowned(const struct census *census, int64_t least_kib,
			    struct culprit *culprit)
{
	int64_t kib = growth_kib(&census->clock, &census->unowned, GROWTH_LONG,
				 census->unowned_kib);

	culprit->unowned_kib = kib;
	culprit->is_unowned = kib >= least_kib && kib * 2 >= taken_kib(census);
}

static void search(const struct census *census, int64_t least_kib,
		   int64_t span_kib, struct culprit *out)
{
	for (int i = 0; i < GROWTH_WINDOWS; i++) {
		enum growth_window window = (enum growth_window)i;
		const struct leaf *leaf;

		out->total_kib[i] = sum(census, out, window);
		if (window == GROWTH_SHORT)
			out->has_ended =
				!out->is_alive && has_ended(out, least_kib);
		else if (out->total_kib[i] == 0 && !out->is_alive &&
			 !out->has_ended) {
			out->has_ended = true;
			out->total_kib[i] = sum(census, out, window);
		}
		leaf = largest(census, out, window);
		if (!leaf || out->is_found ||
		    ((window != GROWTH_LONG || out->is_alive) &&
		     out->total_kib[i] < span_kib))
			continue;
		if (leaf->grown_kib[i] >= least_kib &&
		    (int64_t)leaf->grown_kib[i] * 2 >= out->total_kib[i])
			blame(census, leaf, window, out);
	}
}

void culprit_find(const struct census *census, int64_t base_kib,
		  int64_t span_kib, struct culprit *out)
{
	int64_t least_kib = culprit_least_kib(base_kib, span_kib);

	*out = (struct culprit){ .looked_ms = census->clock.looked_ms,
				 .before_ms = census->before_ms,
				 .is_alive = true };
	compare_unowned(census, least_kib, out);
	for (int i = 0; i < GROWTH_WINDOWS; i++)
		out->reach_ms[i] =
			growth_reach_ms(&census->clock, (enum growth_window)i);
	out->has_history = out->reach_ms[GROWTH_SHORT] >= CULPRIT_HISTORY_MS;
	search(census, least_kib, span_kib, out);
	if (!out->is_found) {
		out->is_alive = false;
		search(census, least_kib, span_kib, out);
	}
	group_swarm(census, out, &out->swarm);
}

void culprit_compare(const struct census *census, const struct culprit *culprit,
		     const struct person *person, struct grown *out)
{
	const struct leaf *leaf = census_leaf(census, person);

	out->is_known = true;
	out->has_history = culprit->has_history;
	out->window = culprit->window;
	out->is_member = culprit->is_found && person->leaf == culprit->leaf;
	out->size_kib = person_own_kib(person);
	for (int i = 0; i < GROWTH_WINDOWS; i++) {
		int64_t total_kib = culprit->total_kib[i];

		out->own_kib[i] =
			person_grown_kib(census, person, (enum growth_window)i);
		if (!leaf)
			continue;
		out->leaf_kib[i] = leaf->grown_kib[i];
		if (total_kib > 0 &&
		    counts(census, culprit, leaf, (enum growth_window)i))
			out->share_permyriad[i] =
				(int32_t)((int64_t)leaf->grown_kib[i] * 10000 /
					  total_kib);
	}
}
