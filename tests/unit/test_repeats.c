/* SPDX-License-Identifier: MIT */
#include "repeats.h"

#include <stdio.h>

#include "fixture.h"

static struct repeats repeats;

static void set_up(void)
{
	repeats = (struct repeats){ .of = { { 0 } } };
}

START_TEST(test_within_an_hour)
{
	ck_assert(!repeats_any(&repeats, 0));
	ck_assert_uint_eq(repeats_note(&repeats, "a.service", 5), 1);
	ck_assert(!repeats_any(&repeats, 5));
	ck_assert_uint_eq(repeats_note(&repeats, "b.service", 6), 1);
	ck_assert_uint_eq(
		repeats_note(&repeats, "a.service", 5 + REPEAT_MS - 1), 2);
	ck_assert_uint_eq(
		repeats_note(&repeats, "a.service", 4 + 2 * REPEAT_MS - 1), 3);
	ck_assert_uint_eq(
		repeats_count(&repeats, "a.service", 4 + 3 * REPEAT_MS - 2), 3);
	ck_assert(repeats_any(&repeats, 4 + 3 * REPEAT_MS - 2));
	ck_assert_uint_eq(
		repeats_count(&repeats, "a.service", 4 + 3 * REPEAT_MS - 1), 0);
	ck_assert(!repeats_any(&repeats, 4 + 3 * REPEAT_MS - 1));
	ck_assert_uint_eq(repeats_count(&repeats, "c.service", 7), 0);
}
END_TEST

START_TEST(test_an_hour_is_too_long)
{
	ck_assert_uint_eq(repeats_note(&repeats, "a.service", 5), 1);
	ck_assert_uint_eq(repeats_note(&repeats, "a.service", 5 + REPEAT_MS),
			  1);
}
END_TEST

/* The one that was struck longest ago is forgotten. */
START_TEST(test_full)
{
	char name[16];

	for (int i = 0; i < REPEATS_MOST; i++) {
		(void)snprintf(name, sizeof(name), "%d", i);
		(void)repeats_note(&repeats, name, i == 0 ? 100 : i);
	}
	ck_assert_uint_eq(repeats_note(&repeats, "new", 101), 1);
	ck_assert_uint_eq(repeats_count(&repeats, "0", 101), 1);
	ck_assert_uint_eq(repeats_count(&repeats, "1", 101), 0);
	ck_assert_uint_eq(repeats_count(&repeats, "2", 101), 1);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("repeats");

	tcase_add_checked_fixture(cases, set_up, NULL);
	tcase_add_test(cases, test_within_an_hour);
	tcase_add_test(cases, test_an_hour_is_too_long);
	tcase_add_test(cases, test_full);
	return fixture_run(cases, "repeats");
}
