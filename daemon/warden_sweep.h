/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_WARDEN_SWEEP_H
#define OOMGUARD_WARDEN_SWEEP_H

#include "warden.h"

/*
 * Looks at everything. First the units, so that whoever has left one is found;
 * what such a one has forked before that is found after him.
 */
void warden_sweep(struct warden *warden);

/*
 * Whether a process or thread was born since this was asked last; true where
 * nobody can tell. One small file, however many there are.
 */
bool warden_sees_birth(struct warden *warden);

/* Makes the news of what was found. */
void warden_report(struct warden *warden);

#endif
