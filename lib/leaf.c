/* SPDX-License-Identifier: MIT */
#include "leaf.h"

#include <stddef.h>

#include "text.h"

#include "hot.h"

#define PROBES 16
#define REST_MS 1000
#define STEP_MS 100
#define MISSED 4        /* so many steps */
#define CHANGE_KIB 1024 /* the kernel charges in batches, of each CPU */

uint64_t leaf_hash(const char *path)
{
	return text_hash(path) | 1;
}

int leaves_find(struct leaves *leaves, const char *path, uint16_t round)
{
	uint64_t hash = leaf_hash(path);
	int place = -1;

	for (uint64_t i = 0; i < PROBES; i++) {
		int at = (int)((hash / 2 + i) % LEAVES_MOST);
		const struct leaf *leaf = &leaves->leaves[at];

		if (leaf->hash == hash)
			return at;
		/* Not one that only was not looked at yet in this round. */
		if (place < 0 &&
		    (!leaf->hash || (uint16_t)(round - leaf->round) > 1))
			place = at;
	}
	if (place >= 0)
		leaves->leaves[place] = (struct leaf){ .hash = hash };
	return place;
}

static bool differs(int64_t more_kib)
{
	return more_kib >= CHANGE_KIB || more_kib <= -CHANGE_KIB;
}

bool leaf_has_changed(const struct leaf *leaf, const struct charge *charge)
{
	return !leaf->is_charged ||
	       differs(charge->current_kib - leaf->read_kib) ||
	       differs(charge->swap_kib - leaf->swap_kib);
}

static uint32_t fit(int64_t kib)
{
	if (kib < 0)
		return 0;
	return kib < UINT32_MAX ? (uint32_t)kib : UINT32_MAX;
}

static uint16_t time_of(const struct growth_clock *clock)
{
	return (uint16_t)(clock->looked_ms / STEP_MS);
}

/* Growth is seen in steps of a MiB: who is slow takes one now and then. */
bool leaf_rests(const struct growth_clock *clock, const struct leaf *leaf)
{
	int64_t reach_ms = growth_reach_ms(clock, GROWTH_SHORT);
	int64_t grown_kib = leaf->grown_kib[GROWTH_SHORT];
	uint16_t steps = (uint16_t)(time_of(clock) - leaf->rose);
	int64_t rest_ms = (int64_t)steps * STEP_MS;

	return leaf->is_charged && rest_ms >= REST_MS &&
	       grown_kib * rest_ms >= reach_ms * CHANGE_KIB * MISSED;
}

void leaf_settle(const struct growth_clock *clock, struct leaf *leaf)
{
	leaf->is_writing = false;
	growth_note(clock, &leaf->growth, leaf->size_kib);
	for (int i = 0; i < GROWTH_WINDOWS; i++)
		leaf->grown_kib[i] =
			growth_kib(clock, &leaf->growth, (enum growth_window)i,
				   leaf->size_kib);
}

/* In several looks, too: each may see less of it than a MiB. */
static void take_step(const struct growth_clock *clock, struct leaf *leaf,
		      int64_t size_kib)
{
	bool has_risen =
		!leaf->is_charged || size_kib - leaf->step_kib >= CHANGE_KIB;

	if (has_risen)
		leaf->rose = time_of(clock);
	if (has_risen || size_kib < leaf->step_kib)
		leaf->step_kib = fit(size_kib);
}

void leaf_note(const struct growth_clock *clock, struct leaf *leaf,
	       const struct charge *charge)
{
	int64_t size_kib =
		charge->current_kib - charge->idle_kib + charge->swap_kib;
	/* Of a process's own memory both grow, too: is_shmem tells them apart.
	 */
	int64_t shmem_kib = charge->shmem_kib + charge->swap_kib;
	int64_t more_kib = shmem_kib - leaf->shmem_kib - leaf->swap_kib;
	bool is_writing = leaf->is_charged && more_kib >= CHANGE_KIB / 2 &&
			  more_kib * 2 >= size_kib - leaf->size_kib;

	take_step(clock, leaf, size_kib);
	leaf->size_kib = fit(size_kib);
	leaf->shmem_kib = fit(charge->shmem_kib);
	leaf->swap_kib = fit(charge->swap_kib);
	leaf->read_kib = fit(charge->current_kib);
	leaf->low_kib = fit(charge->low_kib);
	leaf->is_group = charge->is_group;
	leaf->is_swapless = charge->is_swapless;
	if (!leaf->is_charged)
		growth_begin(clock, &leaf->growth,
			     leaf->is_newborn ? 0 : leaf->size_kib);
	leaf->is_charged = true;
	leaf_settle(clock, leaf);
	leaf->is_writing = is_writing;
}
