/* SPDX-License-Identifier: MIT */
#include "sample.h"

#include "fixture.h"

static const struct {
	const char *name;
	int64_t total_kib;
	int64_t hugetlb_kib;
	int64_t expected;
} bases[] = {
	{ "no huge pages", 1000, 0, 1000 },
	{ "a pool", 1000, 400, 600 },
	{ "nearly everything is in the pool", 1000, 999, 1 },
	{ "a pool that cannot be", 1000, 1000, 1000 },
	{ "a pool larger than memory", 1000, INT64_C(1) << 53, 1000 },
	{ "no sample yet", 0, 0, 1 },
};

START_TEST(test_base)
{
	struct sample sample = { .memory = { .total_kib = bases[_i].total_kib,
					     .hugetlb_kib =
						     bases[_i].hugetlb_kib } };

	ck_assert_msg(sample_base_kib(&sample) == bases[_i].expected, "%s",
		      bases[_i].name);
}
END_TEST

START_TEST(test_available)
{
	struct sample sample = { .memory = { .total_kib = 1000,
					     .available_kib = 300 } };

	ck_assert_int_eq(sample_available_kib(&sample), 300);
	sample.arc_kib = 700;
	ck_assert_int_eq(sample_available_kib(&sample), 1000);
	sample.arc_kib = 701;
	ck_assert_int_eq(sample_available_kib(&sample), 1000);
}
END_TEST

static const struct {
	const char *name;
	int64_t swap_free_kib;
	int64_t zram_size_kib;
	int64_t zram_used_kib;
	int32_t saves_permyriad;
	int64_t expected;
} swaps[] = {
	{ "a disk", 1000, 0, 0, 5000, 1000 },
	{ "zram alone saves half", 1000, 1000, 0, 5000, 500 },
	{ "zram alone saves all", 1000, 1000, 0, 10000, 1000 },
	{ "zram alone saves nothing", 1000, 1000, 0, 0, 0 },
	{ "zram is full, the disk is free", 1000, 500, 500, 0, 1000 },
	{ "zram and a disk", 1500, 1000, 500, 6000, 1300 },
	{ "meminfo is newer: less is free", 300, 1000, 0, 0, 0 },
	{ "used more than its size", 300, 1000, 1001, 0, 300 },
	{ "as large as numbers get", INT64_C(1) << 53, INT64_C(1) << 53, 0,
	  5000, INT64_C(1) << 52 },
	{ "swap is off", 0, 0, 0, 5000, 0 },
};

START_TEST(test_swap_free)
{
	struct sample sample = {
		.memory = { .swap_free_kib = swaps[_i].swap_free_kib },
		.swaps = { .zram_size_kib = swaps[_i].zram_size_kib,
			   .zram_used_kib = swaps[_i].zram_used_kib },
		.zram_saves_permyriad = swaps[_i].saves_permyriad,
	};
	int64_t seen = sample_swap_free_kib(&sample);

	ck_assert_msg(seen == swaps[_i].expected, "%s: %lld", swaps[_i].name,
		      (long long)seen);
}
END_TEST

/* Swapped out, or dropped: that is no less. Shared memory is no file cache. */
START_TEST(test_spare)
{
	struct sample sample = { .memory = { .free_kib = 1,
					     .available_kib = 1000,
					     .cached_kib = 70,
					     .shmem_kib = 50,
					     .swap_free_kib = 300 } };

	ck_assert_int_eq(sample_spare_kib(&sample), 321);
	sample.memory.cached_kib -= 5;
	sample.memory.swap_free_kib -= 100;
	sample.memory.free_kib += 105;
	ck_assert_int_eq(sample_spare_kib(&sample), 321);
	sample.swaps.zram_size_kib = 200;
	ck_assert_int_eq(sample_spare_kib(&sample), 121);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("sample");

	tcase_add_loop_test(cases, test_base, 0, ROWS(bases));
	tcase_add_test(cases, test_available);
	tcase_add_test(cases, test_spare);
	tcase_add_loop_test(cases, test_swap_free, 0, ROWS(swaps));
	return fixture_run(cases, "sample");
}
