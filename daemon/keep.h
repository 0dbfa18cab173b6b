/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_KEEP_H
#define OOMGUARD_KEEP_H

#include "guard.h"

/*
 * What a tick does beside memory, each thing when it is due: the census, kept
 * descriptors, the pause, the teller, a reload under way.
 */
void keep_all(struct guard *guard, int64_t now_ms);

/* Before the tick judges: a pause that is over ends. */
void keep_pause(struct guard *guard, int64_t now_ms);

#endif
