/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SIM_TABLES_H
#define OOMGUARD_SIM_TABLES_H

#include <stdint.h>

/*
 * The tables of docs/DEFAULTS.md: the same workloads under our policy, under
 * those of others, and under other settings; `seeds` of each.
 */
void tables_print(uint64_t seeds);

#endif
