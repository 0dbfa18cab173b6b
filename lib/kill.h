/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_KILL_H
#define OOMGUARD_KILL_H

#include <stdint.h>

/*
 * Takes hold of a process: a pidfd that is certain to be the process behind
 * `score_fd` (procfs_open_score), because that one still answers afterwards.
 * Returns the pidfd, owned by the caller, or -errno.
 */
int kill_open(int32_t pid, int score_fd);

/*
 * Sends `signal`, after SIGTERM also SIGCONT: a stopped process would never
 * handle it. Blocks on nothing. Returns 0 or -errno of the signal.
 */
int kill_signal(int pidfd, int signal);

/*
 * The same and then, if the process is dying, releases its memory with
 * process_mrelease(2), which may wait without bound for its mmap_lock.
 */
int kill_release(int pidfd, int signal);

#endif
