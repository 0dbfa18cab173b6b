/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_CENSUS_H
#define OOMGUARD_CENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cgroup.h"
#include "growth.h"
#include "leaf.h"
#include "process.h"
#include "selector.h"
#include "settings.h"

#define CENSUS_PROCESSES 8192
#define CENSUS_BUCKETS 8192
#define CENSUS_NAMES_SIZE (176 * 1024) /* cgroups, executables, each once */
#define CENSUS_NAMES_BUCKETS 4096

/* One process, as it was when the census looked. */
struct person {
	int32_t pid;
	int32_t parent;
	uint64_t start_ticks;
	uint32_t uid;
	uint32_t rss_kib;    /* with swap; capped at 4 TiB */
	uint32_t shared_kib; /* of it: file pages and shared memory */
	uint32_t cgroup;     /* into names; 0: not known */
	uint32_t exe;
	uint16_t round;       /* of the census that saw it last */
	uint16_t next;        /* in its bucket: index + 1, 0 at the end */
	uint16_t leaf;        /* its cgroup among the leaves: likewise */
	bool is_stale : 1;    /* its names are gone: look again */
	bool is_young : 1;    /* just born: look again, it may have moved */
	uint8_t busy;         /* ticks of the kernel for it, the latest most */
	struct growth growth; /* of what is its own */
	int16_t weight_permyriad; /* what the rules say about it */
	uint16_t ticks;           /* of the kernel, the last digits */
	int16_t never;            /* rule that exempts it, or -1 */
	int16_t protect;          /* rule that protects it, or -1 */
	char comm[PROCESS_COMM_SIZE];
};

/*
 * Everybody, in fixed tables. When they are full the smallest processes are
 * left out, and `left_out` counts them.
 */
struct census {
	uint32_t count;
	uint16_t round;
	bool is_under_way; /* leaves are as of the round before */
	bool has_swap;     /* something is swapped out */
	struct growth_clock clock;
	int64_t before_ms;     /* the look before the last */
	uint32_t unowned_kib;  /* what no process owns: sample_unowned_kib() */
	struct growth unowned; /* of that */
	uint64_t newest_ticks; /* who is younger was born since the last */
	uint32_t left_out;
	uint32_t smallest_kib; /* of those in the full table */
	uint32_t names_used;
	int64_t swapless_kib;  /* in cgroups that may not swap; by the muster */
	int64_t swappable_kib; /* what all others have in memory, likewise, */
	int64_t swappable_ms;  /* at the look that began then */
	struct person persons[CENSUS_PROCESSES];
	uint16_t buckets[CENSUS_BUCKETS]; /* index + 1, by pid */
	uint32_t names_buckets[CENSUS_NAMES_BUCKETS];
	char names[CENSUS_NAMES_SIZE];
	struct leaves leaves;
};

/* Resident or swapped out, and what of it is shared; in KiB. */
struct sizes {
	uint32_t rss_kib;
	uint32_t shared_kib;
};

/*
 * What one look at a process gave. Strings may be empty; a cgroup of NULL could
 * not be read: the one that was known stays, or another look finds it.
 */
struct sighting {
	int32_t pid;
	uint32_t uid;
	struct process_stat stat;
	const char *cgroup;
	const char *exe;
};

/* Growth is measured in shares of `total_kib`. */
void census_init(struct census *census, int64_t total_kib);

/* A new round begins; whoever is not seen in it is gone when it ends. */
void census_begin(struct census *census, int64_t now_ms);

/* So much is of no process, in the round that has begun. */
void census_note_unowned(struct census *census, int64_t kib);

/* The person with this pid, or NULL. */
struct person *census_find(struct census *census, int32_t pid);

/*
 * True, and the person counts as seen in this round with this size, when it is
 * known with this name and start: its cgroup and executable need no new look.
 */
bool census_is_known(struct census *census, int32_t pid,
		     const struct process_stat *stat,
		     const struct sizes *sizes);

/* It was not looked at in this round, or could not be, and is not gone. */
void census_keep(struct census *census, int32_t pid);

/* What is its own: neither file pages nor shared memory. */
uint32_t person_own_kib(const struct person *person);
uint32_t person_grown_kib(const struct census *census,
			  const struct person *person,
			  enum growth_window window);

/* Whether there is room for somebody of this size; if not, it is left out. */
bool census_wants(struct census *census, uint32_t rss_kib);

/* Adds or replaces a person, judged by the rules. */
void census_add(struct census *census, const struct settings *settings,
		const struct sighting *sighting, const struct sizes *sizes);

/* Drops who was not seen, and finds the cgroup of everybody. */
void census_end(struct census *census);

/*
 * A walk over the leaves: writes the path of the next one from the index `at`
 * on whose charge is to be read, of all or of those without one, and returns
 * its index; -1 at the end.
 */
int census_next_leaf(const struct census *census, int at, bool only_uncharged,
		     char path[CGROUP_PATH_SIZE]);

/* Whether a process lives in it, by the last round that has ended. */
bool census_inhabits(const struct census *census, const struct leaf *leaf);

/* The leaf of a person, or NULL. */
const struct leaf *census_leaf(const struct census *census,
			       const struct person *person);

/*
 * The cgroup with the most shared memory and tmpfs: its path is written.
 * Returns how much, 0 where nothing is known.
 */
int64_t census_shmem_kib(const struct census *census,
			 char path[CGROUP_PATH_SIZE]);

/* Sums up what is in cgroups that may not swap; INT64_MAX: none tells. */
void census_note_swapless(struct census *census);

/*
 * After a reload: some from the index `from` on are judged anew. Returns where
 * to go on, UINT32_MAX when all are.
 */
uint32_t census_judge(struct census *census, const struct settings *settings,
		      uint32_t from);

/* The strings of a person; `unit` is written, the rest points inside. */
void census_identity(const struct census *census, const struct person *person,
		     char unit[], struct identity *out);

#endif
