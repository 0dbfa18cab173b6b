/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_EXPLAIN_H
#define OOMGUARD_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "census.h"
#include "config.h"
#include "decide.h"
#include "procfs.h"
#include "scan.h"
#include "scores.h"
#include "strike.h"
#include "trend.h"

/* What is asked. */
struct explain_question {
	bool json;
	int most;         /* candidates to list */
	int32_t pid;      /* 0: everybody */
	const char *proc; /* a directory like /proc */
	const char *file; /* NULL: the system's files */
};

/* The machine as the guard would see it at this moment. */
struct explain {
	struct explain_question question;
	struct config config;
	struct procfs procfs;
	struct procfs_walk walk;
	struct sample sample;
	struct trend trend;
	struct watch watch;
	struct decision decision;
	struct census census;
	struct scores scores;
	struct strikes strikes;
	struct candidate shortlisted[SHORTLIST_SIZE];
	int32_t chosen; /* whom the guard would strike; 0: nobody */
	/*
	 * Everybody that was looked at, on the heap: first the candidates, the
	 * worst in front, then those that are passed over because they bring
	 * back less than `floor_kib`, then who is exempt.
	 */
	struct candidate *everybody;
	uint32_t count;
	uint32_t candidates;
	uint32_t ranked; /* with those that are passed over */
	int64_t floor_kib;
	uint32_t without_memory; /* kernel threads and zombies: not listed */
};

/*
 * Fills everything below `procfs` by the question and the configuration.
 * Returns 0, or -errno after it has told stderr.
 */
int explain_look(struct explain *explain);

/* The sums that everything is compared with. */
struct quest explain_quest(const struct explain *explain);

void explain_show(const struct explain *explain);
void explain_show_one(const struct explain *explain,
		      const struct candidate *candidate);
void explain_json(const struct explain *explain, const struct candidate *only);

/* The user's name, or the number, in `bytes`. */
#define EXPLAIN_USER_SIZE 64
const char *explain_user(uint32_t uid, char bytes[EXPLAIN_USER_SIZE]);

/*
 * Why it is exempt, in words: with the rule and where that comes from. Never
 * longer than EXPLAIN_WHY_SIZE.
 */
#define EXPLAIN_WHY_SIZE 640
const char *explain_why(const struct explain *explain,
			const struct candidate *candidate,
			char bytes[EXPLAIN_WHY_SIZE]);

#endif
