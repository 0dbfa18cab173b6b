/* SPDX-License-Identifier: MIT */
#include "swaps.h"

#include <errno.h>

#include "fixture.h"

#define HEAD "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"

static const struct {
	const char *name;
	const char *bytes;
	bool is_good;
	struct swaps expected;
} rows[] = {
	{ "no swap", HEAD, true, { 0 } },
	{ "a disk only",
	  HEAD "/dev/sda2  partition\t100\t50\t-2\n",
	  true,
	  { 0 } },
	{ "zram",
	  HEAD "/dev/zram0  partition\t100\t50\t100\n",
	  true,
	  { 100, 50, 1 } },
	{ "two zram and a disk",
	  HEAD "/dev/zram0 partition 100 50 100\n/dev/sda2 partition 900 9 -2\n"
	       "/dev/zram31 partition 10 5 100\n",
	  true,
	  { 110, 55, 0x80000001 } },
	{ "a device that is not looked at",
	  HEAD "/dev/zram32 partition 10 5 100\n",
	  true,
	  { 10, 5, 0 } },
	{ "shown from a container",
	  HEAD "/zram1 partition 100 100 1\n",
	  true,
	  { 100, 100, 2 } },
	{ "a file that is called zram0",
	  HEAD "/swap/zram0 file 100 50 1\n",
	  true,
	  { 0 } },
	{ "a device that only begins alike",
	  HEAD "/dev/zram0p1 partition 100 50 1\n/dev/zram partition 1 1 1\n",
	  true,
	  { 0 } },
	{ "a name with a space",
	  HEAD "/dev/zram0\\040(deleted) partition 100 50 1\n",
	  true,
	  { 0 } },
	{ "more used than there is",
	  HEAD "/dev/zram0 partition 100 101 1\n",
	  false,
	  { 0 } },
	{ "a size that wrapped",
	  HEAD "/dev/zram0 partition 18446744073709551612 1 1\n",
	  false,
	  { 0 } },
	{ "no numbers", HEAD "/dev/zram0 partition\n", false, { 0 } },
	{ "an empty line", HEAD "\n", false, { 0 } },
	{ "no head", "/dev/zram0 partition 100 50 1\n", false, { 0 } },
	{ "nothing", "", false, { 0 } },
};

START_TEST(test_row)
{
	size_t length = strlen(rows[_i].bytes);
	char *copy = fixture_copy(rows[_i].bytes, length);
	struct swaps expected = rows[_i].expected;
	struct swaps swaps;
	int error;

	memset(&swaps, UNTOUCHED, sizeof(swaps));
	if (!rows[_i].is_good)
		memset(&expected, UNTOUCHED, sizeof(expected));
	error = swaps_parse(copy, length, &swaps);
	ck_assert_msg(error == (rows[_i].is_good ? 0 : -EBADMSG), "%s",
		      rows[_i].name);
	ck_assert_msg(swaps.zram_size_kib == expected.zram_size_kib &&
			      swaps.zram_used_kib == expected.zram_used_kib &&
			      swaps.zram_devices == expected.zram_devices,
		      "%s", rows[_i].name);
	free(copy);
}
END_TEST

START_TEST(test_captured)
{
	char bytes[4096];
	size_t length = fixture_read("machine/swaps", bytes, sizeof(bytes));
	struct swaps swaps;

	ck_assert_int_eq(swaps_parse(bytes, length, &swaps), 0);
	ck_assert_int_eq(swaps.zram_size_kib, 4194300);
	ck_assert_int_eq(swaps.zram_used_kib, 1048576);
	ck_assert_uint_eq(swaps.zram_devices, 1);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("swaps");

	tcase_add_loop_test(cases, test_row, 0, ROWS(rows));
	tcase_add_test(cases, test_captured);
	return fixture_run(cases, "swaps");
}
