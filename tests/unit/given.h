/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_TEST_GIVEN_H
#define OOMGUARD_TEST_GIVEN_H

#include <stdint.h>
#include <string.h>

#include "decide.h"
#include "fixture.h"
#include "sample.h"
#include "settings.h"

/*
 * What the tests of the policy start from. The numbers are written out here a
 * second time on purpose: a default that changes by accident is found.
 */

#define MIB INT64_C(1024) /* in KiB */
#define GIB (1024 * MIB)

/* The largest number of KiB that a kernel file may hold (field.h). */
#define LARGEST (INT64_C(1) << 43)

/* The start values of the policy, without any rule. */
static inline void given_settings(struct settings *settings)
{
	memset(settings, 0, sizeof(*settings));
	settings->memory_warn = (struct amount){ 1500, 4 * GIB };
	settings->memory_term = (struct amount){ 1000, 2 * GIB };
	settings->memory_kill = (struct amount){ 500, 1 * GIB };
	settings->swap_term_permyriad = 1000;
	settings->swap_kill_permyriad = 500;
	settings->pressure_term_full_permyriad = 3000;
	settings->pressure_term_some_permyriad = 7000;
	settings->pressure_kill_full_permyriad = 7000;
	settings->pressure_term_window_ms = 10000;
	settings->pressure_kill_window_ms = 5000;
	settings->pressure_below_permyriad = 2500;
	settings->exhaustion_warn_ms = 600000;
	settings->grace_ms = 10000;
	settings->pressure_grace_ms = 5000;
}

/* A machine without swap, with PSI and vmstat, on which nothing happens. */
static inline struct sample given_machine(int64_t total_kib,
					  int64_t available_kib)
{
	struct sample sample = {
		.memory = { .total_kib = total_kib,
			    .free_kib = available_kib,
			    .cached_kib = total_kib / 10,
			    .available_kib = available_kib },
		.has_pressure = true,
		.has_vmstat = true,
	};

	return sample;
}

/* Copies a string that is known to fit. */
static inline void given_name(char *to, const char *name)
{
	memcpy(to, name, strlen(name) + 1);
}

/* A number from `least` to `most`, both included. */
static inline int64_t given_between(uint64_t *state, int64_t least,
				    int64_t most)
{
	uint64_t span = (uint64_t)(most - least) + 1;

	return least + (int64_t)(fixture_random(state) % span);
}

#endif
