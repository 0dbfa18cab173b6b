/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_BENCH_GUARDED_H
#define OOMGUARD_BENCH_GUARDED_H

#include "guard_child.h"
#include "stage.h"

/*
 * Starts a guard on the stage with the configuration that is called so there,
 * and waits until it guards. Ends this program where it does not.
 */
void guarded_begin(struct guard_child *guard, const char *path,
		   const struct stage *stage, const char *config);

#endif
