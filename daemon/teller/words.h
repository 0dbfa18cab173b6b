/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_WORDS_H
#define OOMGUARD_WORDS_H

#include "board.h"
#include "text.h"

/* What a snapshot says in words: what is done, and why not more. */

/* "paused", "observing", "degraded" or "guarding". */
const char *words_state(const struct snapshot *snapshot, int64_t now_ms);

/* One sentence: why nothing or something is being done. */
void words_sentence(struct text *out, const struct snapshot *snapshot,
		    int64_t now_ms);

/*
 * The `nth` thing that makes the guard less than it could be. False when there
 * are no more.
 */
bool words_warning(struct text *out, const struct snapshot *snapshot,
		   unsigned int nth);

#endif
