/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_CHARGE_H
#define OOMGUARD_CHARGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the kernel has charged to a cgroup (cgroup-v2.rst, Memory). */
struct charge {
	int64_t current_kib; /* memory.current */
	int64_t idle_kib;    /* of it: inactive_file, which is given back */
	int64_t swap_kib;    /* memory.swap.current */
	int64_t low_kib;     /* memory.low or memory.min, the larger */
	int64_t shmem_kib;   /* of it: shared memory and files in tmpfs */
	bool is_group;       /* memory.oom.group */
	bool is_swapless;    /* cgroupfs_is_swapless() */
};

/* A file with one number of bytes, or "max". Returns 0 or -EBADMSG. */
int charge_parse_bytes(const char *bytes, size_t length, int64_t *kib);

/*
 * inactive_file and shmem of memory.stat, of which the rest may be missing. As
 * above.
 */
int charge_parse_idle(const char *bytes, size_t length, int64_t *kib);
int charge_parse_shmem(const char *bytes, size_t length, int64_t *kib);

#endif
