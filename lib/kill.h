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
 * handle it. Blocks on nothing. Returns 0 or -errno.
 */
int kill_signal(int pidfd, int signal);

/*
 * Releases the memory of a dying process with process_mrelease(2), which may
 * wait without bound for its mmap_lock. One that does not die within 20 ms is
 * left alone; so is everything before Linux 5.15.
 */
void kill_release(int pidfd);

#endif
