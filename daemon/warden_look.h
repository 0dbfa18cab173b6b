/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_WARDEN_LOOK_H
#define OOMGUARD_WARDEN_LOOK_H

#include "warden.h"

/* Looks at what is new or has changed. */
void warden_tend(struct warden *warden);

/* Looks at all of them as if they were new. */
void warden_tend_all(struct warden *warden);

#endif
