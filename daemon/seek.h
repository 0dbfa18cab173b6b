/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SEEK_H
#define OOMGUARD_SEEK_H

#include "guard.h"

/* So long after a look its descriptors are kept for the next one. */
#define SCORES_KEPT_MS 60000

/* What a look is made with; `gap_kib` is what must come back. */
struct scan seek_scan(struct guard *guard, int64_t gap_kib);

/*
 * Looks at the processes and chooses who is struck, or would be: the index
 * among guard->candidates, or -1. At the kill level one look serves all victims
 * of a tick.
 */
int seek_victim(struct guard *guard, int64_t gap_kib);

/*
 * Whether the choice must wait, a moment only, for one more look at who grows:
 * nobody has watched yet, or not since the last strike, and it matters.
 */
bool seek_must_look(struct guard *guard, int64_t gap_kib, int64_t now_ms);

/*
 * When nobody else brings enough and the kernel would be next: one of the
 * protected, one at a time, if the operator wants that. As above.
 */
int seek_last_resort(struct guard *guard, int64_t gap_kib);

#endif
