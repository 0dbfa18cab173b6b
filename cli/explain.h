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

struct json_object;

/* What is asked. */
struct explain_question {
	const char *command; /* that asks, for messages */
	bool json;
	int most;           /* candidates to list */
	int32_t pid;        /* 0: everybody */
	const char *proc;   /* a directory like /proc; NULL: ask the guard */
	const char *file;   /* NULL: the system's files */
	const char *socket; /* NULL: the service's */
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
	int32_t guard;  /* the one that runs; 0: none was seen */
	int32_t teller; /* the same */
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
	/*
	 * What the running guard said, instead of a look of our own: it lists
	 * only the worst, and not what relief is made of.
	 */
	bool is_asked;
	bool is_running; /* it runs, but did not have the process */
	int64_t age_ms;  /* of the guard's look */
	struct json_object *answer;
	struct json_object **told; /* of `answer`, in the order of everybody */
};

/*
 * Fills everything below `procfs` by the question and the configuration.
 * Returns 0, or -errno after it has told stderr.
 */
int explain_look(struct explain *explain);

/* The guard looks when memory is short: what is older is not shown. */
#define EXPLAIN_FRESH_MS 60000

/*
 * Fills the same from the answers of the guard behind `socket`. Returns 0, or
 * -errno where it cannot be had, -ESTALE where it is calm or has not looked
 * lately, without a word.
 */
int explain_ask(struct explain *explain, const char *socket);
void explain_finish(struct explain *explain);

/* The sums that everything is compared with. */
struct quest explain_quest(const struct explain *explain);

void explain_show(const struct explain *explain);
void explain_show_one(const struct explain *explain,
		      const struct candidate *candidate);
void explain_json(const struct explain *explain, const struct candidate *only);

/* The user's name, or the number, in `bytes`. */
#define EXPLAIN_USER_SIZE 64
const char *explain_owner(const struct explain *explain,
			  const struct candidate *candidate,
			  char bytes[EXPLAIN_USER_SIZE]);
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
