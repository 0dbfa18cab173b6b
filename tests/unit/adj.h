/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_TEST_ADJ_H
#define OOMGUARD_TEST_ADJ_H

#include "fixture.h"
#include "procfs.h"

/* The oom_score_adj of a real process. */
static inline int64_t adj_of(pid_t pid)
{
	struct procfs procfs;
	int64_t value = -1;

	ck_assert_int_eq(procfs_open(&procfs, "/proc"), 0);
	ck_assert_int_eq(procfs_read_score_adj(&procfs, pid, &value), 0);
	procfs_close(&procfs);
	return value;
}

/* Until it has this value. */
static inline void await_adj(pid_t pid, int64_t value)
{
	int waited_ms = 0;

	while (adj_of(pid) != value)
		fixture_wait(&waited_ms);
}

#endif
