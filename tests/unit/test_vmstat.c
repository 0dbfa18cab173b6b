/* SPDX-License-Identifier: MIT */
#include "vmstat.h"

#include <errno.h>

#include "fixture.h"

#define MUST "pgscan_direct 5\noom_kill 1\n"

static const struct {
	const char *name;
	const char *bytes;
	bool is_good;
	struct vmstat expected;
} rows[] = {
	{ "what must be there",
	  MUST,
	  true,
	  { .scanned_pages = 5, .oom_kills = 1 } },
	{ "sums of stolen and refaulted",
	  MUST "pgsteal_kswapd 10\npgsteal_direct 3\n"
	       "workingset_refault_anon 20\nworkingset_refault_file 4\n"
	       "pswpout 6\n",
	  true,
	  { .scanned_pages = 5,
	    .oom_kills = 1,
	    .stolen_pages = 13,
	    .refaulted_pages = 24,
	    .swapped_out_pages = 6 } },
	{ "one counter of refaults before Linux 5.9",
	  MUST "workingset_refault 9\n",
	  true,
	  { .scanned_pages = 5, .oom_kills = 1, .refaulted_pages = 9 } },
	{ "names that only begin alike",
	  MUST "pgscan_direct_throttle 100\npgsteal_direct_dma 100\n"
	       "workingset_refault_anonymous 100\npswpouts 100\n",
	  true,
	  { .scanned_pages = 5, .oom_kills = 1 } },
	{ "a part that wrapped counts as missing",
	  MUST "pswpout 18446744073709551612\n",
	  true,
	  { .scanned_pages = 5, .oom_kills = 1 } },
	{ "scanned wrapped",
	  "pgscan_direct 18446744073709551612\noom_kill 1\n",
	  false,
	  { 0 } },
	{ "no pgscan_direct", "oom_kill 1\n", false, { 0 } },
	{ "no oom_kill", "pgscan_direct 5\n", false, { 0 } },
	{ "the last number is cut off",
	  "pgscan_direct 5\noom_kill 1",
	  false,
	  { 0 } },
	{ "letters", "pgscan_direct 5x\noom_kill 1\n", false, { 0 } },
	{ "nothing", "", false, { 0 } },
};

START_TEST(test_row)
{
	size_t length = strlen(rows[_i].bytes);
	char *copy = fixture_copy(rows[_i].bytes, length);
	struct vmstat expected = rows[_i].expected;
	struct vmstat vmstat;
	int error;

	memset(&vmstat, UNTOUCHED, sizeof(vmstat));
	if (!rows[_i].is_good)
		memset(&expected, UNTOUCHED, sizeof(expected));
	error = vmstat_parse(copy, length, &vmstat);
	ck_assert_msg(error == (rows[_i].is_good ? 0 : -EBADMSG), "%s",
		      rows[_i].name);
	ck_assert_msg(memcmp(&vmstat, &expected, sizeof(vmstat)) == 0, "%s",
		      rows[_i].name);
	free(copy);
}
END_TEST

START_TEST(test_captured)
{
	char bytes[16384];
	size_t length = fixture_read("machine/vmstat", bytes, sizeof(bytes));
	struct vmstat vmstat;

	ck_assert_int_eq(vmstat_parse(bytes, length, &vmstat), 0);
	ck_assert_int_eq(vmstat.scanned_pages, 1200);
	ck_assert_int_eq(vmstat.stolen_pages, 31100);
	ck_assert_int_eq(vmstat.refaulted_pages, 577250);
	ck_assert_int_eq(vmstat.swapped_out_pages, 262144);
	ck_assert_int_eq(vmstat.oom_kills, 3);
}
END_TEST

START_TEST(test_spoiled_anywhere)
{
	uint64_t state = 4100 + (uint64_t)_i;
	char bytes[16384];
	size_t length = fixture_read("machine/vmstat", bytes, sizeof(bytes));
	struct vmstat vmstat;

	for (int i = 0; i < 300; i++) {
		char *copy = fixture_copy(bytes, length);

		fixture_spoil(&state, copy, length);
		if (vmstat_parse(copy, length, &vmstat) == 0) {
			ck_assert(vmstat.scanned_pages >= 0);
			ck_assert(vmstat.stolen_pages >= 0);
			ck_assert(vmstat.refaulted_pages >= 0);
		}
		free(copy);
	}
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("vmstat");

	tcase_add_loop_test(cases, test_row, 0, ROWS(rows));
	tcase_add_test(cases, test_captured);
	tcase_add_loop_test(cases, test_spoiled_anywhere, 0, 4);
	return fixture_run(cases, "vmstat");
}
