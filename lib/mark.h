/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_MARK_H
#define OOMGUARD_MARK_H

#include <stdbool.h>
#include <stdint.h>

#include "census.h"
#include "cgroup.h"
#include "procfs.h"

/*
 * For systemd a service whose main process ends by SIGTERM has ended cleanly,
 * and Restart=on-failure leaves it down. So its cgroup is marked before (see
 * cgroupfs_mark). Never for one worker of a service that lives: systemd would
 * stop the whole unit.
 */
struct mark {
	int32_t pid;
	int32_t parent;
	uint64_t start_ticks;
	char cgroup[CGROUP_PATH_SIZE];
};

/*
 * Fills *mark if the process was started by a service manager, pid 1 or a
 * "systemd" in another cgroup, right in the cgroup of a service. Reads files
 * that can block: /proc/PID/cgroup and stat. Returns 0, -ENOENT if it was not,
 * or -errno.
 */
int mark_find(const struct procfs *procfs, int32_t pid, struct mark *mark);

/*
 * Whether nobody in its cgroup was started earlier by the same manager: what
 * a service leaves behind is adopted by the manager, too, but later.
 */
bool mark_is_main(const struct mark *mark, const struct census *census);

#endif
