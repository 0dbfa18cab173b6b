/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SWAPS_H
#define OOMGUARD_SWAPS_H

#include <stddef.h>
#include <stdint.h>

/*
 * The part of swap that is zram. What is swapped to it stays in memory,
 * compressed, so only what the compression saves counts as free swap.
 */
struct swaps {
	int64_t zram_size_kib;
	int64_t zram_used_kib;
	uint32_t zram_devices; /* bit N: zramN; none above 31 is looked at */
};

/* Parses /proc/swaps. Returns 0, or -EBADMSG with *out unchanged. */
int swaps_parse(const char *bytes, size_t length, struct swaps *out);

#endif
