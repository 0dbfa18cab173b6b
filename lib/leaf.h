/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_LEAF_H
#define OOMGUARD_LEAF_H

#include <stdbool.h>
#include <stdint.h>

#include "charge.h"
#include "growth.h"

#define LEAVES_MOST 1024 /* 72 bytes each */

/*
 * A cgroup that processes live in. Where the kernel charges memory to it, that
 * is its size, because it counts everything once; elsewhere (version 1, the
 * root) its growth is the sum of that of its processes.
 */
struct leaf {
	uint64_t hash;      /* of its path; 0: the place is free */
	uint32_t name;      /* into the names of the census; 0: not known now */
	uint32_t size_kib;  /* charged, less idle files, with swap */
	uint32_t read_kib;  /* memory.current, when the rest was read */
	uint32_t low_kib;   /* what is promised to it */
	uint32_t shmem_kib; /* of its size: shared memory and tmpfs */
	uint32_t swap_kib;  /* the same, perhaps: swapped */
	uint32_t grown_kib[GROWTH_WINDOWS];
	struct growth growth;
	uint32_t own_kib;  /* of the processes in it, what is their own */
	uint32_t step_kib; /* its size when it last rose, or less since */
	uint16_t members;  /* that many */
	uint16_t round;    /* of the census that saw a process in it */
	uint16_t rose;     /* when it last grew by a MiB: tenths of a second */
	bool has_exempt : 1; /* one of them is protected or never ended */
	bool is_charged : 1;
	bool is_newborn : 1;  /* younger than the census before */
	bool is_writing : 1;  /* to tmpfs, or shared memory, at the last look */
	bool is_group : 1;    /* the kernel ends it as a whole */
	bool is_swapless : 1; /* it may not be swapped, or no more */
};

struct leaves {
	struct leaf leaves[LEAVES_MOST];
};

/* By which a path is known; never 0. */
uint64_t leaf_hash(const char *path);

/*
 * The index of the leaf with this path, or of a free place that is its own from
 * now on (then its hash was another); -1 where there is no room.
 */
int leaves_find(struct leaves *leaves, const char *path, uint16_t round);

/*
 * Whether the rest must be read again. In memory alone a cgroup stays as it is
 * whose files in tmpfs are swapped out as fast as it writes them.
 */
bool leaf_has_changed(const struct leaf *leaf, const struct charge *charge);

/* The cgroup is as large as this now; its growth follows. */
void leaf_note(const struct growth_clock *clock, struct leaf *leaf,
	       const struct charge *charge);

/*
 * Whether it had stopped growing at the last look: for a second, and for as
 * long as it took for 4 MiB in the shortest window. False where nobody tells
 * what is charged to it.
 */
bool leaf_rests(const struct growth_clock *clock, const struct leaf *leaf);

/* Nothing new: what it grew in each window, by now. */
void leaf_settle(const struct growth_clock *clock, struct leaf *leaf);

#endif
