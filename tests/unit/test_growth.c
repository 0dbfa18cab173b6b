/* SPDX-License-Identifier: MIT */
#include "growth.h"

#include "given.h"

#define SECOND 1000
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define START_MS (7 * SECOND)

static struct growth_clock clock_;
static struct growth growth;

static void set_up(void)
{
	growth_clock_init(&clock_, 16 * GIB);
}

static void look(int64_t now_ms, int64_t size_mib)
{
	if (growth_clock_look(&clock_, START_MS + now_ms))
		growth_turn(&clock_, &growth);
	growth_note(&clock_, &growth, (uint32_t)(size_mib * MIB));
}

static int64_t grown_mib(enum growth_window window, int64_t size_mib)
{
	return (growth_kib(&clock_, &growth, window,
			   (uint32_t)(size_mib * MIB)) +
		clock_.unit_kib) /
	       MIB;
}

/* What was seen when; how much that is above the least of each window. */
static const struct {
	const char *name;
	struct {
		int64_t at_ms;
		int64_t mib;
	} looks[6];
	int64_t now_mib;
	int64_t grown_mib[GROWTH_WINDOWS];
} rows[] = {
	{ "one look is no history", { { 1, 500 } }, 500, { 0, 0, 0 } },
	{ "grown since", { { 1, 500 } }, 900, { 400, 400, 400 } },
	{ "shrunk", { { 1, 500 } }, 400, { 0, 0, 0 } },
	{ "the least counts, not the first",
	  { { 1, 500 }, { SECOND, 100 }, { 2 * SECOND, 700 } },
	  700,
	  { 600, 600, 600 } },
	{ "a window has not turned yet",
	  { { 1, 100 }, { 10 * SECOND, 800 } },
	  800,
	  { 700, 700, 700 } },
	{ "one turn: the turn before counts",
	  { { 1, 100 }, { 10 * SECOND + 1, 800 } },
	  800,
	  { 700, 700, 700 } },
	{ "two turns: what stopped is forgotten by the short window",
	  { { 1, 100 }, { 11 * SECOND, 800 }, { 21 * SECOND, 800 } },
	  800,
	  { 0, 700, 700 } },
	{ "and by the middle one",
	  { { 1, 100 },
	    { 5 * MINUTE + 1, 800 },
	    { 10 * MINUTE + 1, 800 },
	    { 10 * MINUTE + SECOND, 830 } },
	  830,
	  { 30, 30, 730 } },
	{ "and by the long one",
	  { { 1, 100 }, { 6 * HOUR + 1, 800 }, { 12 * HOUR + 1, 800 } },
	  800,
	  { 0, 0, 0 } },
	{ "nobody looked for the short window: it starts anew",
	  { { 1, 100 }, { 10 * SECOND + 2, 800 } },
	  800,
	  { 0, 700, 700 } },
	{ "one look less than that",
	  { { 1, 100 }, { 10 * SECOND + 1, 800 } },
	  800,
	  { 700, 700, 700 } },
	{ "nobody looked for two of the middle one",
	  { { 1, 100 }, { 10 * MINUTE + 2, 800 } },
	  800,
	  { 0, 0, 700 } },
	{ "one look less than that",
	  { { 1, 100 }, { 10 * MINUTE + 1, 800 } },
	  800,
	  { 0, 700, 700 } },
	{ "the clock went back: all start anew",
	  { { 1, 100 }, { -1, 800 } },
	  800,
	  { 0, 0, 0 } },
};

START_TEST(test_growth)
{
	growth_begin(&clock_, &growth, (uint32_t)(rows[_i].looks[0].mib * MIB));
	for (int i = 0; i < 6 && rows[_i].looks[i].at_ms; i++)
		look(rows[_i].looks[i].at_ms, rows[_i].looks[i].mib);
	for (int i = 0; i < GROWTH_WINDOWS; i++)
		ck_assert_msg(
			grown_mib((enum growth_window)i, rows[_i].now_mib) ==
				rows[_i].grown_mib[i],
			"%s, window %d: %d", rows[_i].name, i,
			(int)grown_mib((enum growth_window)i,
				       rows[_i].now_mib));
}
END_TEST

START_TEST(test_a_birth_counts_from_its_baseline)
{
	look(1, 500);
	growth_begin(&clock_, &growth, 100 * MIB);
	growth_note(&clock_, &growth, 700 * MIB);
	for (int i = 0; i < GROWTH_WINDOWS; i++)
		ck_assert_int_eq(grown_mib((enum growth_window)i, 700), 600);
}
END_TEST

START_TEST(test_reach)
{
	look(1, 1);
	ck_assert_int_eq(growth_reach_ms(&clock_, GROWTH_SHORT), 0);
	look(9 * SECOND, 1);
	ck_assert_int_eq(growth_reach_ms(&clock_, GROWTH_SHORT), 8999);
	look(10 * SECOND + 1, 1);
	ck_assert_int_eq(growth_reach_ms(&clock_, GROWTH_SHORT), 10000);
	look(20 * SECOND + 1, 1);
	ck_assert_int_eq(growth_reach_ms(&clock_, GROWTH_SHORT), 10000);
	ck_assert_int_eq(growth_reach_ms(&clock_, GROWTH_MIDDLE), 20000);
	look(50 * SECOND, 1);
	ck_assert_int_eq(growth_reach_ms(&clock_, GROWTH_SHORT), 0);
	ck_assert_int_eq(growth_reach_ms(&clock_, GROWTH_LONG), 49999);
}
END_TEST

/* Larger than all memory: swapped out, or a lie. */
START_TEST(test_sizes_beyond_all_bounds)
{
	growth_begin(&clock_, &growth, UINT32_MAX);
	ck_assert_uint_eq(growth_kib(&clock_, &growth, GROWTH_LONG, UINT32_MAX),
			  0);
	growth_begin(&clock_, &growth, 0);
	ck_assert_uint_eq(growth_kib(&clock_, &growth, GROWTH_LONG, UINT32_MAX),
			  (UINT16_MAX - 1) * clock_.unit_kib);
}
END_TEST

/* It fits into the units on the smallest machine and on the largest. */
START_TEST(test_units)
{
	static const int64_t totals_kib[] = { 1, 512 * MIB, 16 * GIB,
					      64 * 1024 * GIB };

	for (size_t i = 0; i < 4; i++) {
		growth_clock_init(&clock_, totals_kib[i]);
		ck_assert_int_ge((int64_t)clock_.unit_kib * 65535,
				 totals_kib[i] / 65536 * 65535);
		ck_assert_int_le((int64_t)(clock_.unit_kib - 1) * 65536,
				 totals_kib[i]);
	}
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("growth");

	tcase_add_checked_fixture(cases, set_up, NULL);
	tcase_add_loop_test(cases, test_growth, 0, ROWS(rows));
	tcase_add_test(cases, test_a_birth_counts_from_its_baseline);
	tcase_add_test(cases, test_reach);
	tcase_add_test(cases, test_sizes_beyond_all_bounds);
	tcase_add_test(cases, test_units);
	return fixture_run(cases, "growth");
}
