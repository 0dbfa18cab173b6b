/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_WARDEN_TREE_H
#define OOMGUARD_WARDEN_TREE_H

#include "warden.h"

#define WARDEN_PATH_SIZE 64 /* of a descriptor */

/* Which cgroups are watched. */

/* Forgets all and begins at the root, where there are units to be found. */
void warden_plant(struct warden *warden);

/*
 * Takes what inotify tells. Returns whether something was born or moved that
 * is none of ours: a job may have left a protected unit.
 */
bool warden_hear(struct warden *warden);

/* Forgets a cgroup, with all that is below. */
void warden_drop(struct warden *warden, int16_t index);

/* Finds the cgroups in one that is new, as far as they are to be watched. */
void warden_list(struct warden *warden, int16_t index);

static inline bool warden_is_free(const struct node *node)
{
	return node->fd < 0;
}

#endif
