/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_HOLD_H
#define OOMGUARD_HOLD_H

#include "guard.h"

/*
 * What is done with a victim: hold is taken by a pidfd, signals are sent, a
 * reaper gives its memory back, its service is marked, and it is let go.
 */

/* Takes hold of a candidate and begins its strike; what fails is told. */
void hold_seize(struct guard *guard, const struct candidate *candidate,
		int64_t now_ms);

/* SIGTERM or SIGKILL to the victim in `slot`; told when it is sent. */
void hold_signal(struct guard *guard, uint32_t slot, int signal);

/* The strike is over: told, and let go. */
void hold_end(struct guard *guard, const struct order *order, int64_t now_ms);

/* When to look again for somebody: who is too small now may be the hog then. */
int64_t hold_retry_ms(const struct guard *guard);

#endif
