/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_BENCH_SPREAD_H
#define OOMGUARD_BENCH_SPREAD_H

#include "crowd.h"

/*
 * Puts the crowd into so many new cgroups below that of this program, which
 * must be its own to divide (Delegate=yes); nobody else may be in it. Memory is
 * charged to each. Ends the program where that cannot be. They stay.
 */
void spread_over(const struct crowd *crowd, uint32_t cgroups);

#endif
