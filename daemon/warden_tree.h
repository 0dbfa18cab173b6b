/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_WARDEN_TREE_H
#define OOMGUARD_WARDEN_TREE_H

#include "warden.h"

/* Between warden.c, which decides when, and this, which watches cgroups. */

/* Forgets all and begins at the root, where there are units to be found. */
void warden_plant(struct warden *warden);

/*
 * Takes what inotify tells. Returns whether something was born or moved that
 * is none of ours: a job may have left a protected unit.
 */
bool warden_hear(struct warden *warden);

/* Looks at what is new or has changed. */
void warden_tend(struct warden *warden);

/* Looks at all of them as if they were new. */
void warden_tend_all(struct warden *warden);

#endif
