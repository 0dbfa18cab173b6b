/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_VMSTAT_H
#define OOMGUARD_VMSTAT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Counters of /proc/vmstat since boot. pgscan_* and pgsteal_* count reclaim for
 * the machine only, not for the limit of a cgroup; workingset_refault
 * counts both (measured on Linux 6.18).
 */
struct vmstat {
	int64_t scanned_pages;     /* pgscan_kswapd + pgscan_direct */
	int64_t stolen_pages;      /* pgsteal_kswapd + pgsteal_direct */
	int64_t refaulted_pages;   /* workingset_refault_anon + _file */
	int64_t swapped_out_pages; /* pswpout */
	int64_t oom_kills;         /* oom_kill: global and at cgroup limits */
};

/*
 * pgscan_direct and oom_kill must be there; before Linux 5.9 the refaults are
 * one counter, which is read too. Returns 0, or -EBADMSG with *out unchanged.
 */
int vmstat_parse(const char *bytes, size_t length, struct vmstat *out);

#endif
