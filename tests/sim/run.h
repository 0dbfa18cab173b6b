/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SIM_RUN_H
#define OOMGUARD_SIM_RUN_H

#include "machine.h"
#include "scenario.h"

/* Who decides on the machine. */
enum policy { POLICY_GUARD, POLICY_NONE, POLICY_EARLYOOM, POLICY_OOMD };

struct result {
	const char *broken; /* the rule, or NULL */
	int64_t broken_us;
	struct tally tally;
	int64_t descriptors[2]; /* open at most, in the first half and later */
};

/* Runs a scenario from its beginning to its end. */
void run(const struct scenario *scenario, enum policy policy, bool is_traced,
	 struct result *result);

#endif
