/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SIM_RANDOM_H
#define OOMGUARD_SIM_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Splitmix64: the same row of numbers for a seed, everywhere. */
struct random {
	uint64_t state;
};

static inline uint64_t random_next(struct random *random)
{
	uint64_t z = random->state += 0x9e3779b97f4a7c15U;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return z ^ (z >> 31);
}

/* From `least` to `most`, both included. */
static inline int64_t random_between(struct random *random, int64_t least,
				     int64_t most)
{
	if (most <= least)
		return least;
	return least +
	       (int64_t)(random_next(random) % (uint64_t)(most - least + 1));
}

static inline bool random_chance(struct random *random, int32_t permyriad)
{
	return permyriad > 0 &&
	       (int32_t)(random_next(random) % 10000) < permyriad;
}

/* Of all sizes alike: twice as much is as likely as half. */
static inline int64_t random_size(struct random *random, int64_t least,
				  int64_t most)
{
	int64_t size = least;

	while (size * 2 <= most && random_chance(random, 8500))
		size = random_chance(random, 7000) ? size * 2 : size + size / 2;
	return size < most ? size : most;
}

#endif
