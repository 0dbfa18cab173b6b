/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_FINDER_H
#define OOMGUARD_FINDER_H

#include <stddef.h>
#include <stdint.h>

#include "cgroup.h"

#define FINDER_ANSWER_SIZE 512

enum question_kind {
	QUESTION_NONE,
	QUESTION_CMDLINE,   /* pid, start_ticks */
	QUESTION_CONTAINER, /* pid, start_ticks; only kept, never found */
	QUESTION_USER,      /* uid */
	QUESTION_RESTART,   /* unit */
};

/* What does not belong to the kind is 0. */
struct question {
	enum question_kind kind;
	int32_t pid;
	uint64_t start_ticks;
	uint32_t uid;
	char unit[CGROUP_UNIT_SIZE];
};

/*
 * A bounded table of questions with their answers. Two threads find these, one
 * for command lines, one for what NSS and the system bus know: each may hang
 * without holding up the other or the caller. No function waits for more than
 * memory.
 */
struct finder;

/* `proc` is /proc outside of tests. NULL when memory is short. */
struct finder *finder_create(const char *proc);

/* A thread that hangs is left behind, with what it uses. */
void finder_destroy(struct finder *finder);

/*
 * The answer as far as it is known, otherwise empty; cut to `size`. What is not
 * known, or is old, will be looked for; what was not found, again after a
 * while. An answer stays when no new one is found: the process may have gone.
 * Whoever was asked about with start_ticks 0 is known by his start later, too.
 */
void finder_ask(struct finder *finder, const struct question *question,
		int64_t now_ms, char *answer, size_t size);

/* Keeps an answer, and gives one back without looking for it. */
void finder_keep(struct finder *finder, const struct question *question,
		 const char *answer);
void finder_recall(struct finder *finder, const struct question *question,
		   char *answer, size_t size);

#endif
