/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_CENSUS_H
#define OOMGUARD_CENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process.h"
#include "selector.h"
#include "settings.h"

#define CENSUS_PROCESSES 8192
#define CENSUS_BUCKETS 8192
#define CENSUS_NAMES_SIZE (192 * 1024) /* cgroups, executables, each once */
#define CENSUS_NAMES_BUCKETS 4096

/* One process, as it was when the census looked. */
struct person {
	int32_t pid;
	int32_t parent;
	uint64_t start_ticks;
	uint32_t uid;
	uint32_t rss_kib;    /* capped at 4 TiB */
	uint32_t former_kib; /* in the round before; the parent's when new */
	uint32_t shared_kib; /* of it: file pages and shared memory */
	uint32_t cgroup;     /* into names; 0: not known */
	uint32_t exe;
	uint32_t round; /* of the census that saw it last */
	uint16_t next;  /* in its bucket: index + 1, 0 at the end */
	bool is_stale;  /* its names are gone: look again */
	bool is_young; /* seen once, just born: look again, it may have moved */
	int32_t weight_permyriad; /* what the rules say about it */
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
	uint32_t round;
	uint32_t left_out;
	uint32_t smallest_kib; /* of those in the full table */
	uint32_t names_used;
	struct person persons[CENSUS_PROCESSES];
	uint16_t buckets[CENSUS_BUCKETS]; /* index + 1, by pid */
	uint32_t names_buckets[CENSUS_NAMES_BUCKETS];
	char names[CENSUS_NAMES_SIZE];
};

/* Resident, and what of it is shared with others; in KiB. */
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

void census_init(struct census *census);

/* A new round begins; whoever is not seen in it is gone when it ends. */
void census_begin(struct census *census);

/* The person with this pid, or NULL. */
struct person *census_find(struct census *census, int32_t pid);

/*
 * True, and the person counts as seen in this round with this size, when it is
 * known with this name and start: its cgroup and executable need no new look.
 */
bool census_is_known(struct census *census, int32_t pid,
		     const struct process_stat *stat,
		     const struct sizes *sizes);

/* It could not be looked at in this round, and is not gone. */
void census_keep(struct census *census, int32_t pid);

/* Whether there is room for somebody of this size; if not, it is left out. */
bool census_wants(struct census *census, uint32_t rss_kib);

/* Adds or replaces a person, judged by the rules. */
void census_add(struct census *census, const struct settings *settings,
		const struct sighting *sighting, const struct sizes *sizes);

/* Drops who was not seen. */
void census_end(struct census *census);

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
