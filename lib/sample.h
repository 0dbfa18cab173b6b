/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SAMPLE_H
#define OOMGUARD_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "meminfo.h"
#include "pressure.h"
#include "swaps.h"
#include "vmstat.h"

/* What the machine looked like at one moment. */
struct sample {
	int64_t at_ms;    /* CLOCK_MONOTONIC, given by the loop */
	int32_t page_kib; /* given by the loop; 0 counts as 4 */
	struct meminfo memory;
	struct swaps swaps;
	int32_t zram_saves_permyriad; /* of a page, by compression */
	int64_t arc_kib;              /* ZFS cache that can be given back */
	int64_t swapless_kib;         /* census_note_swapless() */
	int64_t swappable_kib;        /* likewise; */
	int64_t swappable_ms;         /* that was then */
	bool has_pressure;            /* PSI is there and was readable */
	struct pressure pressure;
	bool has_vmstat;
	struct vmstat vmstat;
};

/* What percentages refer to: MemTotal less the huge page pool; above 0. */
int64_t sample_base_kib(const struct sample *sample);

/* MemAvailable, and what the ZFS cache can give back. */
int64_t sample_available_kib(const struct sample *sample);

/* What no process owns, and none gives back: shmem, slab, huge pages. */
int64_t sample_unowned_kib(const struct sample *sample);

/*
 * What is not used: free memory, file cache and swap. Whether the kernel swaps
 * something out or drops files, it stays the same: it falls by what is taken.
 */
int64_t sample_spare_kib(const struct sample *sample);

/* Swap that is really free: of zram only what compression saves. */
int64_t sample_swap_free_kib(const struct sample *sample);

#endif
