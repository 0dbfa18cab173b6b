/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SHORTLIST_H
#define OOMGUARD_SHORTLIST_H

#include <stddef.h>
#include <stdint.h>

#define SHORTLIST_WANTED 24 /* ranks that are looked at exactly */
#define SHORTLIST_SIZE 64   /* with those who tie with the last of them */
#define SHORTLIST_LARGE 8   /* and these in any case */
#define SHORTLIST_SPARE 8   /* left for others, where the large need room */

struct shortlisted {
	int32_t pid;
	int64_t key;      /* oom_score, corrected by weight and shared memory */
	uint32_t rss_kib; /* of the census; UINT32_MAX: it knows nothing */
};

/*
 * The highest by key, with those that tie with the last one as far as there is
 * room: strangers to the census, then the larger first. oom_score is coarse: on
 * 24 GiB it has steps of about 24 MiB, so ties are the rule (facts: measured).
 * A hundred small ones with a high oom_score_adj, as the pods of a Kubernetes
 * node have it, rank before all others, and none brings enough: so the highest
 * of those that are known to be large are on the list, too.
 */
struct shortlist {
	uint32_t count;
	uint32_t large_count;
	uint32_t large_kib;
	struct shortlisted entries[SHORTLIST_SIZE];
	struct shortlisted large[SHORTLIST_LARGE];
};

/* Large is who has so much. */
void shortlist_init(struct shortlist *list, int64_t large_kib);
void shortlist_add(struct shortlist *list, const struct shortlisted *entry);

/* Drops who is not among the wanted, or the large, nor ties with the last. */
void shortlist_end(struct shortlist *list);

/*
 * oom_score is (1000 + badness) * 2/3 in permille of memory and swap: a weight
 * of one percent is worth 6.67 points. What a process shares with others
 * (database backends show their shared buffers, each of them) is in it, and
 * taken off here: ending the process does not bring it back.
 */
int64_t shortlist_key(int64_t score, int32_t weight_permyriad,
		      int64_t shared_kib, int64_t total_kib);

#endif
