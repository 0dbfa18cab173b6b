/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_UNMATCHED_H
#define OOMGUARD_UNMATCHED_H

#include <stdbool.h>
#include <stdint.h>

#include "procfs.h"
#include "settings.h"

/* Which rules match one of the processes that there are now. */
struct unmatched {
	bool matches[SETTINGS_RULES_MAX];
	uint32_t hidden;       /* processes whose executable may not be read */
	int64_t protected_kib; /* held by those of [protect] */
	int64_t shared_kib;    /* what the largest of them shares */
};

/* Looks at all processes. Returns 0 or -errno of the directory. */
int unmatched_find(struct unmatched *out, const struct settings *settings,
		   const struct procfs *procfs);

#endif
