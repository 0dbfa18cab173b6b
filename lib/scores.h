/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SCORES_H
#define OOMGUARD_SCORES_H

#include <stdint.h>

#include "procfs.h"

#define SCORES_MOST 4096 /* each kept file pins about 1.9 kB of slab */
#define SCORES_SPARE 64  /* of these, only for scores_hold() */
#define SCORES_BUCKETS 4096

struct score {
	int32_t pid;
	int fd;
	uint32_t round;
	uint16_t next; /* in its bucket: index + 1, 0 at the end */
};

/*
 * Descriptors of oom_score, kept from scan to scan while memory is short: to
 * read one again costs a seventh of opening it anew (measured), and it stays
 * bound to its process.
 */
struct scores {
	uint32_t most; /* at most SCORES_MOST, less with few descriptors */
	uint32_t count;
	uint32_t round;
	struct score kept[SCORES_MOST];
	uint16_t buckets[SCORES_BUCKETS];
};

/* Keeps at most `most` descriptors. */
void scores_init(struct scores *scores, uint32_t most);

/* A new scan begins; scores_end() closes what it did not ask for. */
void scores_begin(struct scores *scores);
void scores_end(struct scores *scores);
void scores_close(struct scores *scores);

/*
 * The oom_score of a process, by the kept descriptor or by one that is kept if
 * there is room. Returns 0 or -errno as procfs_read_score().
 */
int scores_read(struct scores *scores, const struct procfs *procfs, int32_t pid,
		int64_t *score);

/*
 * A descriptor that is kept at least until the next scan begins, owned by
 * `scores`, or -errno.
 */
int scores_hold(struct scores *scores, const struct procfs *procfs,
		int32_t pid);

#endif
