/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_CGROUPFS_H
#define OOMGUARD_CGROUPFS_H

#include "charge.h"
#include "limit.h"

/*
 * The only door to /sys/fs/cgroup: a directory that is opened once. Any
 * directory with the same files will do where the file system knows extended
 * attributes of users.
 */
struct cgroupfs {
	int root; /* -1: there is no hierarchy of version 2 */
};

/*
 * `root` NULL is the kernel's own, which must be of version 2: systemd looks
 * for marks nowhere else. Returns 0, -ENOTSUP or -errno; what failed may be
 * used, and marks nothing.
 */
int cgroupfs_open(struct cgroupfs *cgroupfs, const char *root);
void cgroupfs_close(struct cgroupfs *cgroupfs);

/*
 * Adds `more`, 1 or -1, to what systemd-oomd writes at a cgroup when it ends
 * something there, in the attributes user.oomd_ooms and user.oomd_kill:
 * systemd (since 248) compares them when a process of the unit has exited, and
 * takes the result of a service whose number grew to be oom-kill. `path` is
 * that of /proc/PID/cgroup. The kernel allocates for it: not on the guard's own
 * thread. Returns 0, -EINVAL for a path outside, or -errno.
 */
int cgroupfs_mark(const struct cgroupfs *cgroupfs, const char *path, int more);

/*
 * memory.current of a cgroup, with `has_swap` also memory.swap.current where it
 * is there; 0 or -errno. The others: as far as they are there. Not on the
 * guard's own thread either: memory.stat makes the kernel sum up.
 */
int cgroupfs_read_current(const struct cgroupfs *cgroupfs, const char *path,
			  bool has_swap, struct charge *out);
void cgroupfs_read_rest(const struct cgroupfs *cgroupfs, const char *path,
			struct charge *out);

/*
 * Whether it, or one above it, may swap no more than the `swap_kib` that are.
 * Likewise.
 */
bool cgroupfs_is_swapless(const struct cgroupfs *cgroupfs, const char *path,
			  int64_t swap_kib);

/*
 * Sums up what the cgroups at the top have counted, each for all below it. It
 * moves the offset of the root, and may wait for the kernel: not on the guard's
 * own thread.
 */
void cgroupfs_read_limits(const struct cgroupfs *cgroupfs,
			  struct limit_ooms *out);

#endif
