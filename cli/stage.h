/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_STAGE_H
#define OOMGUARD_STAGE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "procfs.h"

#define STAGE_ACTORS_MAX 4096
#define STAGE_PATH_SIZE 256

struct stage_actor {
	pid_t pid;
	bool is_counted;
	int64_t held_kib; /* as last seen while it had memory */
};

/*
 * A private directory that looks like /proc: meminfo, vmstat and
 * pressure/memory are written by the stage, the entries of its actors lead to
 * their real /proc/PID. A guard that is pointed at it sees a small machine
 * with real processes, and nobody else.
 *
 * The machine has `budget_kib` of memory and no swap; what its counted actors
 * really hold (RssAnon + VmSwap + VmPTE) is not available. The memory of an
 * actor that exits counts until it is reaped.
 */
struct stage {
	char path[STAGE_PATH_SIZE];
	int root;
	int meminfo;
	struct procfs real;
	int64_t budget_kib;
	int64_t available_kib; /* as last written */
	uint32_t count;
	struct stage_actor actors[STAGE_ACTORS_MAX];
};

/*
 * Makes the directory in $TMPDIR or /tmp, for this user only, and makes the
 * caller the subreaper of its descendants. Returns 0 or -errno, with nothing
 * left behind.
 */
int stage_open(struct stage *stage, int64_t budget_kib);

/* Removes the directory with all that is in it. Signals nobody. */
void stage_close(struct stage *stage);

/* Writes one more file at the root of the stage. Returns 0 or -errno. */
int stage_put(struct stage *stage, const char *name, const char *text);

/*
 * Shows a child of the caller. An uncounted one is seen by the guard but not
 * looked at by stage_update(), for crowds. Returns 0 or -errno; -ENOSPC when
 * there are STAGE_ACTORS_MAX.
 */
int stage_add(struct stage *stage, pid_t pid);
int stage_add_uncounted(struct stage *stage, pid_t pid);

/*
 * The same with a /proc/PID/cgroup of its own; `cgroup` is the whole text,
 * such as "0::/system.slice/a.service\n". Its executable is that of now.
 */
int stage_add_with_cgroup(struct stage *stage, pid_t pid, const char *cgroup);

/*
 * Writes what is available now, over the old number in the same file, in one
 * write of constant length, so that a reader never sees half of it. Returns 0
 * or -errno.
 */
int stage_update(struct stage *stage);

/* Writes this number instead of the real one. */
int stage_show(struct stage *stage, int64_t available_kib);

/*
 * Takes leave of one child that has exited: its entry goes first, then it is
 * reaped, because from then on its pid may belong to a stranger. Never waits.
 * Returns false when there is none; *info is what waitid(2) says.
 */
bool stage_reap(struct stage *stage, siginfo_t *info);

#endif
