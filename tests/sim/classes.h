/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SIM_CLASSES_H
#define OOMGUARD_SIM_CLASSES_H

#include <stddef.h>
#include <stdint.h>

#include "scenario.h"

/* The name of a workload class, NULL after the last. */
const char *classes_name(size_t index);

/*
 * A scenario of this class, or of any for NULL; always the same for a seed.
 * Returns 0, or -EINVAL for a class that there is none of.
 */
int classes_make(struct scenario *scenario, const char *class, uint64_t seed);

/* The same on a machine of this size, without noise. */
int classes_make_plain(struct scenario *scenario, const char *class,
		       uint64_t seed, int64_t total_kib, int64_t swap_kib,
		       int64_t zram);

#endif
