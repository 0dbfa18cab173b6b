/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_MEMINFO_H
#define OOMGUARD_MEMINFO_H

#include <stddef.h>
#include <stdint.h>

/* What /proc/meminfo says (proc_meminfo(5)); all in KiB. */
struct meminfo {
	int64_t total_kib;
	int64_t free_kib;
	int64_t available_kib;
	int64_t swap_total_kib;
	int64_t swap_free_kib;
	int64_t cached_kib;  /* the page cache, shared memory included */
	int64_t shmem_kib;   /* shared memory and tmpfs: no kill frees it */
	int64_t slab_kib;    /* SUnreclaim: held by the kernel */
	int64_t hugetlb_kib; /* the huge page pool, free pages included */
	int64_t unevictable_kib;
	int64_t active_anon_kib;   /* what may be swapped, not what is locked */
	int64_t inactive_anon_kib; /* likewise; shared memory is in it */
	int64_t tables_kib;        /* PageTables */
	int64_t stacks_kib;        /* KernelStack */
};

/*
 * Parses the bytes of /proc/meminfo. MemTotal, MemAvailable, SwapTotal and
 * SwapFree must be there, MemTotal must not be 0, MemAvailable and MemFree not
 * above it; SwapFree counts at most as SwapTotal, what else is missing is 0.
 * Returns 0, or -EBADMSG, and then *out is unchanged.
 */
int meminfo_parse(const char *bytes, size_t length, struct meminfo *out);

#endif
