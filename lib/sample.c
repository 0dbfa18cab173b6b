/* SPDX-License-Identifier: MIT */
#include "sample.h"

#include "hot.h"

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t sample_base_kib(const struct sample *sample)
{
	const struct meminfo *memory = &sample->memory;

	if (memory->hugetlb_kib >= memory->total_kib)
		return memory->total_kib > 0 ? memory->total_kib : 1;
	return memory->total_kib - memory->hugetlb_kib;
}

int64_t sample_available_kib(const struct sample *sample)
{
	const struct meminfo *memory = &sample->memory;

	return least(memory->available_kib + sample->arc_kib,
		     memory->total_kib);
}

int64_t sample_unowned_kib(const struct sample *sample)
{
	return sample->memory.shmem_kib + sample->memory.slab_kib +
	       sample->memory.hugetlb_kib;
}

int64_t sample_spare_kib(const struct sample *sample)
{
	const struct meminfo *memory = &sample->memory;

	return memory->free_kib + memory->cached_kib - memory->shmem_kib +
	       sample_swap_free_kib(sample);
}

int64_t sample_swap_free_kib(const struct sample *sample)
{
	const struct swaps *swaps = &sample->swaps;
	int64_t free_kib = sample->memory.swap_free_kib;
	/* /proc/swaps is older than meminfo: the two may contradict. */
	int64_t zram_kib =
		least(swaps->zram_size_kib - swaps->zram_used_kib, free_kib);
	int64_t held = 10000 - sample->zram_saves_permyriad;

	if (zram_kib <= 0)
		return free_kib;
	return free_kib - zram_kib / 10000 * held -
	       zram_kib % 10000 * held / 10000;
}
