/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_ANNOUNCE_H
#define OOMGUARD_ANNOUNCE_H

#include "guard.h"

/*
 * The records of what the guard has just decided or done: through the teller,
 * or as lines on stderr where there is none. Each is told once for a state, and
 * again only after the state has changed; a strike and its end are always told.
 * None waits for anybody.
 */

/* The kernel refused to let go of it, or the signal; once for each error. */
void announce_refused(struct guard *guard, const struct candidate *candidate,
		      int error);

/* A fixed sentence. */
void announce_words(struct guard *guard, enum record_kind kind,
		    const char *words);

/* The signal with this name was sent to the victim in `slot`. */
void announce_strike(struct guard *guard, uint32_t slot, int signal,
		     const char *name);

void announce_outcome(struct guard *guard, const struct order *order,
		      int64_t now_ms);

/* New settings have ended the strike in `slot`. */
void announce_forgotten(struct guard *guard, uint32_t slot);

/* Which parts of a sample could not be read (enum procfs_trouble). */
void announce_trouble(struct guard *guard, unsigned int trouble);

/*
 * Whether the urgency has changed enough to be told: rising at once, falling
 * after five seconds. It counts as told from here on.
 */
bool announce_is_due(struct guard *guard, int64_t now_ms);

/* The urgency; `suspect` is who would be struck, or NULL. */
void announce_state(struct guard *guard, const struct candidate *suspect);

/* One that was struck `count` times is the culprit again: before it is short.
 */
void announce_again(struct guard *guard, const struct candidate *candidate,
		    uint32_t count);

/* The census is old: the clerk is held up in /proc. */
void announce_clerk(struct guard *guard);

/* What cannot be protected, once for each reason. */
void announce_protection(struct guard *guard, int64_t now_ms);

/* Only the protected are left: one of them is the last resort, or nobody. */
void announce_last_resort(struct guard *guard);

void announce_nobody(struct guard *guard);
void announce_observed(struct guard *guard, const struct candidate *candidate);
void announce_fuse(struct guard *guard, bool is_blown);

/* Kills by the kernel, and a census that is full, when there are more. */
void announce_counts(struct guard *guard);

#endif
