/* SPDX-License-Identifier: MIT */
#include "wards.h"

#include "fixture.h"

static const char boot[WARDS_BOOT_SIZE] =
	"e0a1cd6e-5f5c-4f4b-8d51-2f8a5f6d0001";
static struct wards wards;

static struct ward *given(int32_t pid, const char *unit)
{
	const struct ward value = { .pid = pid,
				    .start_ticks = 77,
				    .former = 5,
				    .ours = -900,
				    .unit = wards_unit(&wards, unit) };
	struct ward *ward = wards_put(&wards, &value);

	ck_assert_ptr_nonnull(ward);
	return ward;
}

static void begin(void)
{
	wards_init(&wards, boot);
}

START_TEST(test_find)
{
	struct ward *one = given(10, "a.service");
	struct ward *other = given(11, "a.service");

	ck_assert_ptr_eq(wards_find(&wards, 10), one);
	ck_assert_ptr_eq(wards_find(&wards, 11), other);
	ck_assert_ptr_null(wards_find(&wards, 12));
	ck_assert_int_eq(one->unit, other->unit);
	ck_assert_ptr_nonnull(wards_of_unit(&wards, "a.service", -900));
	ck_assert_ptr_null(wards_of_unit(&wards, "a.service", -899));
	ck_assert_ptr_null(wards_of_unit(&wards, "b.service", -900));
	ck_assert_ptr_null(wards_of_unit(&wards, "", -900));
	given(12, "c.service")->ours = -500;
	ck_assert_ptr_null(wards_of_unit(&wards, "a.service", -500));
	ck_assert(wards_gave(&wards, -900));
	ck_assert(!wards_gave(&wards, 0));
}
END_TEST

/* Born with the value, by when it was given to each who is still known. */
START_TEST(test_nominated_before)
{
	struct ward *first = given(10, "");
	struct ward *last = given(11, "");

	first->ours = WARDS_NOMINATED;
	first->start_ticks = 100;
	first->since_ticks = 50;
	last->ours = WARDS_NOMINATED;
	last->start_ticks = 90;
	last->since_ticks = 70;
	ck_assert_ptr_null(wards_nominated(&wards, 149));
	ck_assert_ptr_eq(wards_nominated(&wards, 150), first);
	ck_assert_ptr_eq(wards_nominated(&wards, 159), first);
	ck_assert_ptr_eq(wards_nominated(&wards, 160), last);
	ck_assert_ptr_eq(wards_nominated(&wards, UINT64_MAX), last);
}
END_TEST

/* The culprit's is raised: it is valid, and is no protection. */
START_TEST(test_nominated)
{
	struct ward *ward = given(10, "a.service");

	ck_assert(ward_is_ours(ward));
	ck_assert_ptr_null(wards_nominated(&wards, UINT64_MAX));
	ward->former = 200;
	ward->ours = WARDS_NOMINATED;
	ck_assert(wards_are_valid(&wards, boot));
	ck_assert_ptr_eq(wards_nominated(&wards, UINT64_MAX), ward);
	ck_assert(!ward_is_ours(ward));
	ward->former = WARDS_NOMINATED;
	ck_assert(!wards_are_valid(&wards, boot));
	ward->former = 990;
	ck_assert(wards_are_valid(&wards, boot));
	ward->former = 200;
	ward->ours = WARDS_NOMINATED - 1;
	ck_assert(!wards_are_valid(&wards, boot));
}
END_TEST

START_TEST(test_full)
{
	const struct ward one_more = { .pid = WARDS_MOST + 2 };
	const struct ward again = { .pid = 9, .ours = -3 };

	for (int32_t i = 0; i < WARDS_MOST; i++)
		(void)given(i + 2, "");
	ck_assert_ptr_null(wards_put(&wards, &one_more));
	ck_assert_ptr_eq(wards_put(&wards, &again), &wards.wards[7]);
	ck_assert_int_eq(wards.wards[7].ours, -3);
	ck_assert_uint_eq(wards.count, WARDS_MOST);
	wards_drop(&wards, &wards.wards[7]);
	ck_assert_uint_eq(wards.count, WARDS_MOST - 1);
	ck_assert_ptr_null(wards_find(&wards, 9));
	ck_assert_ptr_nonnull(wards_find(&wards, WARDS_MOST + 1));
	ck_assert_ptr_eq(wards_put(&wards, &one_more), &wards.wards[7]);
}
END_TEST

START_TEST(test_units)
{
	char name[WARDS_UNIT_SIZE + 8];

	for (int i = 0; i < WARDS_UNITS; i++) {
		(void)snprintf(name, sizeof(name), "%d.service", i);
		ck_assert_int_eq(given(i + 2, name)->unit, i);
	}
	ck_assert_int_eq(wards_unit(&wards, "more.service"), -1);
	wards_drop(&wards, &wards.wards[3]);
	ck_assert_int_eq(wards_unit(&wards, "more.service"), 3);
	ck_assert_int_eq(wards_unit(&wards, "4.service"), 4);
	ck_assert_int_eq(wards_unit(&wards, ""), -1);
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	wards_drop(&wards, &wards.wards[5]);
	ck_assert_int_eq(wards_unit(&wards, name), 3);
	ck_assert_uint_eq(strlen(wards.units[3]), WARDS_UNIT_SIZE - 1);
}
END_TEST

enum spoil {
	SPOIL_NOTHING,
	SPOIL_MAGIC,
	SPOIL_VERSION,
	SPOIL_SIZE,
	SPOIL_BOOT,
	SPOIL_UNIT_END,
	SPOIL_INIT,
	SPOIL_NEGATIVE,
	SPOIL_FORMER,
	SPOIL_OURS,
	SPOIL_UPWARDS,
	SPOIL_SAME,
	SPOIL_UNIT,
	SPOIL_UNIT_NEGATIVE,
	SPOIL_UNIT_EMPTY,
	SPOIL_STATE,
	SPOILS,
};

static void spoil(enum spoil how, struct ward *ward)
{
	switch (how) {
	case SPOIL_NOTHING:
	case SPOILS:
		return;
	case SPOIL_MAGIC:
		wards.magic++;
		return;
	case SPOIL_VERSION:
		wards.version++;
		return;
	case SPOIL_SIZE:
		wards.size--;
		return;
	case SPOIL_BOOT:
		wards.boot[3] = 'x';
		return;
	case SPOIL_UNIT_END:
		memset(wards.units[9], 'a', WARDS_UNIT_SIZE);
		return;
	case SPOIL_INIT:
		ward->pid = 1;
		return;
	case SPOIL_NEGATIVE:
		ward->pid = -5;
		return;
	case SPOIL_FORMER:
		ward->former = 1001;
		return;
	case SPOIL_OURS:
		ward->ours = -1001;
		return;
	case SPOIL_UPWARDS:
		ward->former = -901;
		return;
	case SPOIL_SAME:
		ward->former = -900;
		return;
	case SPOIL_UNIT:
		ward->unit = WARDS_UNITS;
		return;
	case SPOIL_UNIT_NEGATIVE:
		ward->unit = -2;
		return;
	case SPOIL_UNIT_EMPTY:
		ward->unit = 9;
		return;
	case SPOIL_STATE:
		ward->state = WARD_OVER + 1;
		return;
	}
}

START_TEST(test_hostile)
{
	spoil((enum spoil)_i, given(10, "a.service"));
	ck_assert_msg(wards_are_valid(&wards, boot) == (_i == SPOIL_NOTHING),
		      "%d", _i);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("wards");

	tcase_add_checked_fixture(cases, begin, NULL);
	tcase_add_test(cases, test_find);
	tcase_add_test(cases, test_nominated);
	tcase_add_test(cases, test_nominated_before);
	tcase_add_test(cases, test_full);
	tcase_add_test(cases, test_units);
	tcase_add_loop_test(cases, test_hostile, 0, SPOILS);
	return fixture_run(cases, "wards");
}
