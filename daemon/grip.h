/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_GRIP_H
#define OOMGUARD_GRIP_H

#include <stdint.h>

#include "process.h"
#include "procfs.h"

/*
 * Hold on one process by its oom_score_adj: what is read and written through
 * the descriptor is of nobody else, even when the pid is given away again.
 */
struct grip {
	int fd;
	int32_t pid;
	struct process_stat stat;
	int64_t present; /* oom_score_adj */
};

/*
 * Takes hold and reads stat and oom_score_adj. Returns 0, and the caller
 * releases it; or -errno with nothing held, -ENOENT or -ESRCH where the process
 * is gone.
 */
int grip_take(const struct procfs *procfs, int32_t pid, struct grip *grip);

void grip_release(struct grip *grip);

/*
 * Writes oom_score_adj. With CAP_SYS_RESOURCE that is also the least value that
 * its user may set: not where the culprit is nominated, or that put back.
 * Returns 0 or -errno.
 */
int grip_write(const struct grip *grip, int32_t value);

#endif
