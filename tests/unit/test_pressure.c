/* SPDX-License-Identifier: MIT */
#include "pressure.h"

#include <errno.h>

#include "fixture.h"

#define AVERAGES "avg10=0.00 avg60=0.00 avg300=0.00 "

static const struct {
	const char *name;
	const char *bytes;
	bool is_good;
	struct pressure expected;
} rows[] = {
	{ "both",
	  "some " AVERAGES "total=12\nfull " AVERAGES "total=7\n",
	  true,
	  { 12, 7 } },
	{ "the other way round",
	  "full total=7\nsome total=12\n",
	  true,
	  { 12, 7 } },
	{ "a line that a later kernel adds",
	  "some total=1\nfull total=2\nmost total=3\n",
	  true,
	  { 1, 2 } },
	{ "the largest",
	  "some total=9007199254740992\nfull total=0\n",
	  true,
	  { INT64_C(1) << 53, 0 } },
	{ "one above",
	  "some total=9007199254740993\nfull total=0\n",
	  false,
	  { 0 } },
	{ "wrapped",
	  "some total=18446744073709551612\nfull total=0\n",
	  false,
	  { 0 } },
	{ "no full", "some " AVERAGES "total=12\n", false, { 0 } },
	{ "no some", "full " AVERAGES "total=12\n", false, { 0 } },
	{ "no total", "some " AVERAGES "\nfull total=1\n", false, { 0 } },
	{ "an empty total", "some total=\nfull total=1\n", false, { 0 } },
	{ "a negative total", "some total=-1\nfull total=1\n", false, { 0 } },
	{ "a total with letters",
	  "some total=1e9\nfull total=1\n",
	  false,
	  { 0 } },
	{ "the last number is cut off",
	  "some total=1\nfull total=1",
	  false,
	  { 0 } },
	{ "nothing", "", false, { 0 } },
};

START_TEST(test_row)
{
	size_t length = strlen(rows[_i].bytes);
	char *copy = fixture_copy(rows[_i].bytes, length);
	struct pressure expected = rows[_i].expected;
	struct pressure pressure;
	int error;

	memset(&pressure, UNTOUCHED, sizeof(pressure));
	if (!rows[_i].is_good)
		memset(&expected, UNTOUCHED, sizeof(expected));
	error = pressure_parse(copy, length, &pressure);
	ck_assert_msg(error == (rows[_i].is_good ? 0 : -EBADMSG), "%s",
		      rows[_i].name);
	ck_assert_msg(memcmp(&pressure, &expected, sizeof(pressure)) == 0, "%s",
		      rows[_i].name);
	free(copy);
}
END_TEST

START_TEST(test_captured)
{
	char bytes[512];
	size_t length =
		fixture_read("machine/pressure/memory", bytes, sizeof(bytes));
	struct pressure pressure;

	ck_assert_int_eq(pressure_parse(bytes, length, &pressure), 0);
	ck_assert_int_eq(pressure.some_us, 4106282);
	ck_assert_int_eq(pressure.full_us, 3987261);
}
END_TEST

START_TEST(test_cut_off_anywhere)
{
	char bytes[512];
	size_t length =
		fixture_read("machine/pressure/memory", bytes, sizeof(bytes));
	struct pressure pressure;

	for (size_t cut = 0; cut < length; cut++) {
		char *copy = fixture_copy(bytes, cut);

		ck_assert_int_eq(pressure_parse(copy, cut, &pressure),
				 -EBADMSG);
		free(copy);
	}
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("pressure");

	tcase_add_loop_test(cases, test_row, 0, ROWS(rows));
	tcase_add_test(cases, test_captured);
	tcase_add_test(cases, test_cut_off_anywhere);
	return fixture_run(cases, "pressure");
}
