/* SPDX-License-Identifier: MIT */
#include "strike.h"

#include "given.h"

/* What strikes remember of cgroups. */
#define TERM (2 * GIB)
#define URGENT (TERM - MIB)
#define LEAF 7

static struct settings settings;
static struct strikes strikes;

static void set_up(void)
{
	given_settings(&settings);
	strikes_init(&strikes);
}

static struct decision decision_of(enum urgency urgency, int64_t available_kib,
				   int64_t now_ms)
{
	return (struct decision){
		.urgency = urgency,
		.at_ms = now_ms,
		.reason = REASON_MEMORY,
		.available_kib = available_kib,
		.gap_kib = MIB,
		.levels = { .warn_kib = 2 * TERM, .term_kib = TERM },
	};
}

static uint32_t begin(const struct target *target, int64_t now_ms)
{
	struct decision decision = decision_of(URGENCY_TERM, URGENT, now_ms);

	return strike_begin(&settings, &decision, &strikes, target, now_ms);
}

static void end(uint32_t slot, int64_t now_ms)
{
	struct decision calm = decision_of(URGENCY_NONE, 3 * TERM, now_ms);

	strike_exited(&strikes, slot, now_ms);
	(void)strike_next(&calm, &strikes, now_ms);
	ck_assert_int_eq(strikes.slots[slot].stage, STAGE_NONE);
}

static const struct {
	const char *name;
	struct site sites[STRIKES_AGAIN];
	struct site now;
	bool expected;
} rows[] = {
	{ "three in vain",
	  { { LEAF, 500, 1 }, { LEAF, 480, 100 }, { LEAF, 490, 200 } },
	  { LEAF, 500, 201 },
	  true },
	{ "it is smaller than before the first",
	  { { LEAF, 500, 1 }, { LEAF, 480, 100 }, { LEAF, 490, 200 } },
	  { LEAF, 499, 201 },
	  false },
	{ "nobody has looked since the last",
	  { { LEAF, 500, 1 }, { LEAF, 480, 100 }, { LEAF, 490, 200 } },
	  { LEAF, 500, 200 },
	  false },
	{ "in half a minute",
	  { { LEAF, 500, 1 }, { LEAF, 480, 100 }, { LEAF, 490, 200 } },
	  { LEAF, 500, 30000 },
	  true },
	{ "in more than that",
	  { { LEAF, 500, 1 }, { LEAF, 480, 100 }, { LEAF, 490, 200 } },
	  { LEAF, 500, 30001 },
	  false },
	{ "two, and one elsewhere",
	  { { LEAF, 500, 1 }, { 8, 480, 100 }, { LEAF, 490, 200 } },
	  { LEAF, 500, 201 },
	  false },
	{ "nobody knows where",
	  { { 0, 0, 1 }, { 0, 0, 100 }, { 0, 0, 200 } },
	  { 0, 0, 201 },
	  false },
};

START_TEST(test_vain)
{
	for (int i = 0; i < STRIKES_AGAIN; i++) {
		const struct target target = { .pid = 10 + i,
					       .start_ticks = 1,
					       .relief_kib = MIB,
					       .site = rows[_i].sites[i] };

		end(begin(&target, target.site.at_ms), target.site.at_ms);
	}
	ck_assert_msg(strike_is_vain(&strikes, &rows[_i].now) ==
			      rows[_i].expected,
		      "%s", rows[_i].name);
}
END_TEST

START_TEST(test_two_are_not_enough)
{
	const struct site now = { LEAF, 500, 201 };

	for (int i = 1; i < STRIKES_AGAIN; i++) {
		const struct target target = { .pid = 10 + i,
					       .relief_kib = MIB,
					       .site = { LEAF, 500, i } };
		end(begin(&target, i), i);
	}
	ck_assert(!strike_is_vain(&strikes, &now));
}
END_TEST

/* A group that was asked and lived on: whoever is its oldest then. */
static const struct {
	const char *name;
	uint64_t leaf;
	uint64_t start_ticks; /* of its oldest */
	enum strike_stage expected;
} graces[] = {
	{ "the same ones", LEAF, 100, STAGE_KILLED },
	{ "the oldest has gone", LEAF, 150, STAGE_KILLED },
	{ "all were born since", LEAF, 151, STAGE_ASKED },
	{ "another group", 8, 100, STAGE_ASKED },
	{ "one process alone", 0, 100, STAGE_ASKED },
};

START_TEST(test_grace)
{
	struct target target = { .pid = 10,
				 .start_ticks = 100,
				 .relief_kib = MIB,
				 .grace_ms = 5000,
				 .group = { GROUP_SWARM, 9, LEAF, 0, 150,
					    MIB } };
	struct decision calm = decision_of(URGENCY_NONE, 3 * TERM, 1);
	uint32_t slot = begin(&target, 0);

	ck_assert_int_eq(strikes.slots[slot].stage, STAGE_ASKED);
	(void)strike_next(&calm, &strikes, 1);
	ck_assert_int_eq(strike_next(&calm, &strikes, 3000).outcome,
			 OUTCOME_RECOVERED);
	target.group.leaf = graces[_i].leaf;
	target.start_ticks = graces[_i].start_ticks;
	slot = begin(&target, 6000);
	ck_assert_msg(strikes.slots[slot].stage == graces[_i].expected, "%s",
		      graces[_i].name);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("strike_group");

	tcase_add_checked_fixture(cases, set_up, NULL);
	tcase_add_loop_test(cases, test_vain, 0, ROWS(rows));
	tcase_add_test(cases, test_two_are_not_enough);
	tcase_add_loop_test(cases, test_grace, 0, ROWS(graces));
	return fixture_run(cases, "strike_group");
}
