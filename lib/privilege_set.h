/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_PRIVILEGE_SET_H
#define OOMGUARD_PRIVILEGE_SET_H

#include <stdbool.h>

/* What the guard may do; what is missing makes it less, never ends it. */
struct privilege_set {
	bool may_kill;     /* CAP_KILL: processes of other users */
	bool may_adjust;   /* CAP_DAC_OVERRIDE: their oom_score_adj */
	bool may_resource; /* CAP_SYS_RESOURCE: short windows, lower values */
	bool may_inspect;  /* CAP_SYS_PTRACE: executables, hidepid */
	bool is_locked;    /* mlockall() succeeded in full */
	bool is_realtime;  /* SCHED_RR */
};

#endif
