/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_REPORT_H
#define OOMGUARD_REPORT_H

#include <stdint.h>

#include "decide.h"
#include "mounts.h"
#include "sample.h"
#include "strike.h"
#include "text.h"
#include "victim.h"

/*
 * Sentences about what was decided and done. They use the words and numbers
 * that were compared, and quote every name from outside. None ends a line.
 */

/* "available 1.9 GiB < 2.0 GiB (term); filling 310 MiB/s". */
void report_decision(struct text *out, const struct decision *decision);

/*
 * In how many ms memory is gone: by the trend of the last minute (INT64_MAX:
 * not in sight), or sooner at the rate of this second.
 */
int64_t report_exhausted_ms(int64_t available_kib, int64_t fill_kib_s,
			    int64_t exhaustion_ms);

/*
 * What stays the same when it comes again: its service, or its program where a
 * session or a slice has many.
 */
const char *report_name(const struct candidate *candidate);

/* `4242 "java" (tomcat.service, uid 998)`. */
void report_process(struct text *out, const struct candidate *candidate);

/*
 * `40 processes of "ci.service" (swarm), among them 4242 "cc1" (...)` where it
 * is struck with its group, else as report_process().
 */
void report_victim(struct text *out, const struct candidate *candidate);

/* "relief 6.1 GiB, badness 6.3 GiB = relief + oom_score_adj 0.2 GiB". */
void report_badness(struct text *out, const struct candidate *candidate);

/*
 * Why this one: "the culprit: it grew 2.1 GiB (from 30.0 MiB) in 10 s, its
 * cgroup 93.00 % of the growth that counts", "the highest badness; no history
 * yet".
 */
void report_choice(struct text *out, const struct candidate *candidate);

/* "exited after 0.8 s, 6.0 GiB of 6.1 GiB back after 0.9 s". */
void report_outcome(struct text *out, const struct strike *strike,
		    enum outcome outcome, int64_t available_kib,
		    int64_t now_ms);

/* Where shared memory is: what was seen last, and that may be a second old. */
struct holders {
	struct mounts mounts;
	int64_t cgroup_kib; /* 0: not known */
	char cgroup[CGROUP_UNIT_SIZE];
};

/*
 * What holds the memory where ending processes does not help, from 1 % of it
 * on, and always shared memory: "memory is held by tmpfs and shared memory 812
 * MiB ("/tmp" 790 MiB; made by "session-3.scope" 790
 * MiB), kernel slab 25.3 MiB".
 */
void report_holders(struct text *out, const struct sample *sample,
		    const struct holders *holders);

#endif
