/* SPDX-License-Identifier: MIT */
#include "meminfo.h"

#include <errno.h>

#include "fixture.h"

#define GOOD(available)                                                        \
	"MemTotal:  1000 kB\nMemFree: 200 kB\nMemAvailable: " available        \
	"\nSwapTotal: 100 kB\nSwapFree: 50 kB\n"
#define WRAPPED "18446744073709551612 kB"

static const struct {
	const char *name;
	const char *bytes;
	bool is_good;
	struct meminfo expected;
} rows[] = {
	{ "what must be there",
	  GOOD("300 kB"),
	  true,
	  { .total_kib = 1000,
	    .free_kib = 200,
	    .available_kib = 300,
	    .swap_total_kib = 100,
	    .swap_free_kib = 50 } },
	{ "all of memory is available",
	  GOOD("1000 kB"),
	  true,
	  { .total_kib = 1000,
	    .free_kib = 200,
	    .available_kib = 1000,
	    .swap_total_kib = 100,
	    .swap_free_kib = 50 } },
	{ "more than all of it", GOOD("1001 kB"), false, { 0 } },
	{ "the parts that no kill frees, in any order",
	  "Hugetlb: 7 kB\nUnevictable: 8 kB\nSUnreclaim: 9 kB\nShmem: 10 kB\n"
	  "SwapFree: 0 kB\nSwapTotal: 0 kB\nMemAvailable: 0 kB\n"
	  "MemTotal: 1 kB\n",
	  true,
	  { .total_kib = 1,
	    .hugetlb_kib = 7,
	    .unevictable_kib = 8,
	    .slab_kib = 9,
	    .shmem_kib = 10 } },
	{ "a part that wrapped counts as missing",
	  GOOD("300 kB") "Shmem: " WRAPPED "\n",
	  true,
	  { .total_kib = 1000,
	    .free_kib = 200,
	    .available_kib = 300,
	    .swap_total_kib = 100,
	    .swap_free_kib = 50 } },
	{ "available wrapped", GOOD(WRAPPED), false, { 0 } },
	{ "available without a unit", GOOD("300"), false, { 0 } },
	{ "available negative", GOOD("-300 kB"), false, { 0 } },
	{ "available not a number", GOOD("nan kB"), false, { 0 } },
	{ "no memory at all",
	  "MemTotal: 0 kB\nMemAvailable: 0 kB\nSwapTotal: 0 kB\n"
	  "SwapFree: 0 kB\n",
	  false,
	  { 0 } },
	{ "no MemTotal",
	  "MemAvailable: 0 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n",
	  false,
	  { 0 } },
	{ "no MemAvailable",
	  "MemTotal: 9 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n",
	  false,
	  { 0 } },
	{ "no SwapTotal",
	  "MemTotal: 9 kB\nMemAvailable: 1 kB\nSwapFree: 0 kB\n",
	  false,
	  { 0 } },
	{ "no SwapFree",
	  "MemTotal: 9 kB\nMemAvailable: 1 kB\nSwapTotal: 0 kB\n",
	  false,
	  { 0 } },
	{ "more swap free than there is: all of it",
	  "MemTotal: 9 kB\nMemAvailable: 1 kB\nSwapTotal: 4 kB\n"
	  "SwapFree: 5 kB\n",
	  true,
	  { .total_kib = 9,
	    .available_kib = 1,
	    .swap_total_kib = 4,
	    .swap_free_kib = 4 } },
	{ "swap free where there is none",
	  "MemTotal: 9 kB\nMemAvailable: 1 kB\nSwapTotal: 0 kB\n"
	  "SwapFree: 8796093022207 kB\n",
	  true,
	  { .total_kib = 9, .available_kib = 1 } },
	{ "more memory free than there is",
	  "MemTotal: 9 kB\nMemFree: 10 kB\nMemAvailable: 1 kB\n"
	  "SwapTotal: 4 kB\nSwapFree: 4 kB\n",
	  false,
	  { 0 } },
	{ "nothing", "", false, { 0 } },
};

START_TEST(test_row)
{
	size_t length = strlen(rows[_i].bytes);
	char *copy = fixture_copy(rows[_i].bytes, length);
	struct meminfo expected = rows[_i].expected;
	struct meminfo info;
	int error;

	memset(&info, UNTOUCHED, sizeof(info));
	if (!rows[_i].is_good)
		memset(&expected, UNTOUCHED, sizeof(expected));
	error = meminfo_parse(copy, length, &info);
	ck_assert_msg(error == (rows[_i].is_good ? 0 : -EBADMSG), "%s",
		      rows[_i].name);
	ck_assert_msg(memcmp(&info, &expected, sizeof(info)) == 0, "%s",
		      rows[_i].name);
	free(copy);
}
END_TEST

START_TEST(test_captured)
{
	char bytes[8192];
	size_t length = fixture_read("machine/meminfo", bytes, sizeof(bytes));
	struct meminfo info;

	ck_assert_int_eq(meminfo_parse(bytes, length, &info), 0);
	ck_assert_int_eq(info.total_kib, 24684084);
	ck_assert_int_eq(info.free_kib, 23837568);
	ck_assert_int_eq(info.available_kib, 24259248);
	ck_assert_int_eq(info.swap_total_kib, 6291448);
	ck_assert_int_eq(info.swap_free_kib, 5242872);
	ck_assert_int_eq(info.shmem_kib, 8872);
	ck_assert_int_eq(info.slab_kib, 24696);
	ck_assert_int_eq(info.hugetlb_kib, 0);
	ck_assert_int_eq(info.unevictable_kib, 17132);
	ck_assert_int_eq(info.active_anon_kib, 1556);
	ck_assert_int_eq(info.inactive_anon_kib, 34360);
}
END_TEST

/* A file that stops anywhere gives the truth or nothing. */
START_TEST(test_cut_off_anywhere)
{
	char bytes[8192];
	size_t length = fixture_read("machine/meminfo", bytes, sizeof(bytes));
	struct meminfo whole, info;

	ck_assert_int_eq(meminfo_parse(bytes, length, &whole), 0);
	for (size_t cut = 0; cut < length; cut++) {
		char *copy = fixture_copy(bytes, cut);

		if (meminfo_parse(copy, cut, &info) == 0) {
			ck_assert_int_eq(info.available_kib,
					 whole.available_kib);
			ck_assert_int_eq(info.swap_free_kib,
					 whole.swap_free_kib);
		}
		free(copy);
	}
}
END_TEST

START_TEST(test_spoiled_anywhere)
{
	uint64_t state = 7700 + (uint64_t)_i;
	char bytes[8192];
	size_t length = fixture_read("machine/meminfo", bytes, sizeof(bytes));
	struct meminfo info;

	for (int i = 0; i < 500; i++) {
		char *copy = fixture_copy(bytes, length);

		fixture_spoil(&state, copy, length);
		if (meminfo_parse(copy, length, &info) == 0) {
			ck_assert(info.total_kib > 0);
			ck_assert(info.available_kib >= 0);
			ck_assert(info.available_kib <= info.total_kib);
			ck_assert(info.swap_free_kib <= info.swap_total_kib);
			ck_assert(info.shmem_kib >= 0);
		}
		free(copy);
	}
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("meminfo");

	tcase_add_loop_test(cases, test_row, 0, ROWS(rows));
	tcase_add_test(cases, test_captured);
	tcase_add_test(cases, test_cut_off_anywhere);
	tcase_add_loop_test(cases, test_spoiled_anywhere, 0, 4);
	return fixture_run(cases, "meminfo");
}
