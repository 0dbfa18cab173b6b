/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_UNMATCHED_H
#define OOMGUARD_UNMATCHED_H

#include <stdbool.h>
#include <stdint.h>

#include "cgroup.h"
#include "process.h"
#include "procfs.h"
#include "settings.h"

/* Listed under [protect], but its oom_score_adj is higher than it should be. */
struct bare {
	int32_t pid;
	int64_t adj;
	char comm[PROCESS_COMM_SIZE];
	char unit[CGROUP_UNIT_SIZE];
};

/* Which rules match one of the processes that there are now. */
struct unmatched {
	bool matches[SETTINGS_RULES_MAX];
	uint32_t hidden;       /* processes whose executable may not be read */
	int64_t protected_kib; /* held by those of [protect] */
	int64_t shared_kib;    /* what the largest of them shares */
	uint32_t covered;      /* their number */
	uint32_t holders;      /* who have memory of their own, */
	uint32_t endable;      /* and are neither, nor on the never list */
	uint32_t bare_count;   /* of these, those that the kernel may take */
	struct bare bare;      /* one of them */
};

/* Looks at all processes. Returns 0 or -errno of the directory. */
int unmatched_find(struct unmatched *out, const struct settings *settings,
		   const struct procfs *procfs);

#endif
