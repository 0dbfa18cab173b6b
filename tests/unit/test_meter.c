/* SPDX-License-Identifier: MIT */
#include "meter.h"

#include "fixture.h"

static const struct {
	const char *name;
	struct meter meter;
	const char *bar;
} rows[] = {
	{ "half is used",
	  { .total = 80, .free = 40, .warn = 20, .term = 10, .kill = 4 },
	  "####################..........w....t..k." },
	{ "nothing is used",
	  { .total = 80, .free = 80, .warn = 20, .term = 10, .kill = 4 },
	  "..............................w....t..k." },
	{ "everything is used",
	  { .total = 80, .free = 0, .warn = 20, .term = 10, .kill = 4 },
	  "##############################w####t##k#" },
	{ "levels of a machine of 512 GiB do not hide each other",
	  { .total = 512, .free = 300, .warn = 4, .term = 2, .kill = 1 },
	  "################.....................wtk" },
	{ "swap has no warn level",
	  { .total = 100, .free = 100, .term = 10, .kill = 5 },
	  "....................................t.k." },
	{ "levels above everything",
	  { .total = 10, .free = 10, .warn = 30, .term = 20, .kill = 10 },
	  "k......................................." },
	{ "nothing is known",
	  { 0 },
	  "########################################" },
	{ "more is free than there is",
	  { .total = 10, .free = 1000 },
	  "........................................" },
};

START_TEST(test_bar)
{
	char bar[METER_SIZE];

	meter_draw(&rows[_i].meter, false, bar);
	ck_assert_msg(strcmp(bar, rows[_i].bar) == 0, "%s: %s", rows[_i].name,
		      bar);
}
END_TEST

START_TEST(test_utf8)
{
	const struct meter meter = { .total = 2, .free = 1 };
	char bar[METER_SIZE];

	meter_draw(&meter, true, bar);
	ck_assert_uint_eq(strlen(bar), 20 * 3 + 20 * 2);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("meter");

	tcase_add_loop_test(cases, test_bar, 0, ROWS(rows));
	tcase_add_test(cases, test_utf8);
	return fixture_run(cases, "meter");
}
