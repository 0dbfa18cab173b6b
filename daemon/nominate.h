/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_NOMINATE_H
#define OOMGUARD_NOMINATE_H

#include "guard.h"

/*
 * Whom the kernel should take, should it be faster: while memory is short, or
 * will be within ten seconds, the culprit has a raised oom_score_adj. It is
 * remembered as that of the protected is, and put back as theirs, after a
 * crash, too; by its odd value a forked copy is known. Written without
 * CAP_SYS_RESOURCE, which would move what its user may set (grip_write()).
 */

/* The guard's part: who it is, at each tick. */
void nominate_follow(struct guard *guard, int64_t now_ms);

/* The warden's: its thread writes. */
void nominate_tend(struct warden *warden);

/* The same: of those that were, what could not be put back at once. */
void nominate_sweep(struct warden *warden);

#endif
