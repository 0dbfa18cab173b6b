/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SIM_TABLES_H
#define OOMGUARD_SIM_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "scenario.h"

/*
 * The tables of docs/DEFAULTS.md: the same workloads under our policy, under
 * those of others, and under other settings; `seeds` of each.
 */
void tables_print(const char *class, uint64_t seeds);

/* The machine of a bar's run. As classes_make(). */
int tables_make(struct scenario *scenario, const char *class, uint64_t seed);

/*
 * Runs one workload on all these machines in turn; false, and which they were
 * is printed, where somebody else ended than the one whose growth it was.
 */
bool tables_bar(const char *class, uint64_t seeds);

#endif
