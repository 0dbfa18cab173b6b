/* SPDX-License-Identifier: MIT */
#include "trend.h"

#include "given.h"

/* What happens from one sample to the next. */
struct pace {
	int64_t step_ms;
	int64_t fall_kib; /* in a step */
	int32_t some_permyriad;
	int32_t full_permyriad;
	int64_t scanned; /* pages in a step */
	int64_t stolen;
	int64_t refaulted;
	int64_t swap_kib;  /* swapped out, */
	int64_t spend_kib; /* of what that leaves free, taken */
};

static struct trend trend;
static struct sample now;

static void begin(int64_t at_ms)
{
	now = given_machine(32 * GIB, 20 * GIB);
	now.at_ms = at_ms;
	now.pressure = (struct pressure){ 7000000, 3000000 };
	now.vmstat.scanned_pages = 1000;
	now.vmstat.stolen_pages = 1000;
	now.vmstat.refaulted_pages = 1000;
	trend_init(&trend);
	trend_update(&trend, &now);
}

static void pass(const struct pace *pace, int64_t duration_ms)
{
	int64_t end_ms = now.at_ms + duration_ms;

	while (now.at_ms < end_ms) {
		now.at_ms += pace->step_ms;
		now.memory.available_kib -= pace->fall_kib;
		now.memory.swap_free_kib -= pace->swap_kib;
		now.memory.free_kib += pace->swap_kib - pace->spend_kib;
		now.pressure.some_us +=
			pace->step_ms * pace->some_permyriad / 10;
		now.pressure.full_us +=
			pace->step_ms * pace->full_permyriad / 10;
		now.vmstat.scanned_pages += pace->scanned;
		now.vmstat.stolen_pages += pace->stolen;
		now.vmstat.refaulted_pages += pace->refaulted;
		trend_update(&trend, &now);
	}
}

static const struct pace calm = { .step_ms = 100 };

/* Falls by 1000 MiB in a second. */
static const struct pace falling = { .step_ms = 50, .fall_kib = 50 * MIB };

static void ck_near(int64_t seen, int64_t expected, const char *name)
{
	int64_t slack = expected / 20;

	ck_assert_msg(seen >= expected - slack && seen <= expected + slack,
		      "%s: %lld is not near %lld", name, (long long)seen,
		      (long long)expected);
}

START_TEST(test_nothing_is_known_at_first)
{
	begin(5000);
	ck_assert_int_eq(trend_fill_kib_s(&trend), 0);
	ck_assert_int_eq(trend_stall_permyriad(&trend, STALL_FULL, 10000), 0);
	ck_assert_int_eq(trend_stall_permyriad(&trend, STALL_SOME, 10000), 0);
	ck_assert(!trend_reclaims(&trend, 10000));
	ck_assert_int_eq(trend_refault_permyriad(&trend, 10000), 0);
	ck_assert(trend_exhaustion_ms(&trend) == INT64_MAX);
}
END_TEST

START_TEST(test_nothing_is_known_without_any_sample)
{
	trend_init(&trend);
	ck_assert_int_eq(trend_fill_kib_s(&trend), 0);
	ck_assert_int_eq(trend_stall_permyriad(&trend, STALL_FULL, 5000), 0);
	ck_assert(!trend_reclaims(&trend, 10000));
	ck_assert_int_eq(trend_refault_permyriad(&trend, 10000), 0);
	ck_assert(trend_exhaustion_ms(&trend) == INT64_MAX);
}
END_TEST

static const struct {
	const char *name;
	int64_t step_ms;
	int64_t fall_kib;
	int64_t duration_ms;
	int64_t expected_kib_s;
} fills[] = {
	{ "calm", 100, 0, 2000, 0 },
	{ "rising is not filling", 100, -100 * MIB, 2000, 0 },
	{ "steady, many samples", 10, 10 * MIB, 2000, 1000 * MIB },
	{ "steady, ten samples a second", 100, 100 * MIB, 2000, 1000 * MIB },
	{ "steady, two samples a second", 500, 500 * MIB, 4000, 1000 * MIB },
	{ "slow", 100, 1, 2000, 10 },
	{ "just a quarter of a second", 50, 50 * MIB, 250, 1000 * MIB },
	{ "not yet a quarter of a second", 40, 40 * MIB, 240, 0 },
};

START_TEST(test_fill_rate)
{
	struct pace pace = { .step_ms = fills[_i].step_ms,
			     .fall_kib = fills[_i].fall_kib };

	begin(0);
	pass(&pace, fills[_i].duration_ms);
	ck_near(trend_fill_kib_s(&trend), fills[_i].expected_kib_s,
		fills[_i].name);
}
END_TEST

START_TEST(test_spend_rate)
{
	struct pace pace = { .step_ms = 50, .swap_kib = 100 * MIB };

	begin(0);
	pass(&pace, 2000);
	ck_assert_int_eq(trend_spend_kib_s(&trend), 0);
	pace.spend_kib = 10 * MIB;
	pass(&pace, 2000);
	ck_near(trend_spend_kib_s(&trend), 200 * MIB, "it is taken");
	ck_assert_int_eq(trend_fill_kib_s(&trend), 0);
	trend_restart(&trend, now.at_ms);
	ck_assert_int_eq(trend_spend_kib_s(&trend), 0);
}
END_TEST

/* So much in a burst, and nothing before and after. */
static const struct {
	const char *name;
	int64_t burst_ms;
	int64_t after_ms;
	int64_t expected_kib_s; /* 1000 MiB/s while it lasts */
} bursts[] = {
	{ "after 100 ms of it", 100, 0, 100 * MIB },
	{ "after 300 ms of it", 300, 0, 300 * MIB },
	{ "after half a second", 500, 0, 500 * MIB },
	{ "after a second", 1000, 0, 1000 * MIB },
	{ "half a second, and 100 ms", 500, 100, 500 * MIB },
	{ "half a second, and a quarter", 500, 250, 0 },
	{ "two seconds, and 100 ms", 2000, 100, 667 * MIB },
	{ "two seconds, and a quarter", 2000, 250, 0 },
};

START_TEST(test_fill_rate_of_a_burst)
{
	static const struct pace still = { .step_ms = 50 };

	begin(0);
	pass(&still, 5000);
	pass(&falling, bursts[_i].burst_ms);
	pass(&still, bursts[_i].after_ms);
	ck_near(trend_fill_kib_s(&trend), bursts[_i].expected_kib_s,
		bursts[_i].name);
}
END_TEST

/* The guard slept: what it knows is younger than a quarter, or old. */
START_TEST(test_fill_rate_after_a_long_sleep)
{
	static const struct pace asleep = { .step_ms = 8000,
					    .fall_kib = 800 * MIB };

	begin(0);
	pass(&asleep, 8000);
	ck_near(trend_fill_kib_s(&trend), 100 * MIB, "asleep");
	pass(&falling, 200);
	ck_near(trend_fill_kib_s(&trend), 1000 * MIB / 8200 * 1000, "awake");
	pass(&falling, 100);
	ck_near(trend_fill_kib_s(&trend), 1000 * MIB, "a quarter is known");
}
END_TEST

START_TEST(test_fill_rate_forgets_after_a_second)
{
	begin(0);
	pass(&falling, 2000);
	pass(&calm, 1100);
	ck_assert_int_eq(trend_fill_kib_s(&trend), 0);
}
END_TEST

START_TEST(test_restart_forgets_the_fill_rate)
{
	begin(0);
	pass(&falling, 2000);
	trend_restart(&trend, now.at_ms);
	ck_assert_int_eq(trend_fill_kib_s(&trend), 0);
	pass(&falling, 200);
	ck_assert_int_eq(trend_fill_kib_s(&trend), 0);
	pass(&falling, 300);
	ck_near(trend_fill_kib_s(&trend), 1000 * MIB, "after the restart");
}
END_TEST

static const struct {
	const char *name;
	int64_t window_ms;
	int64_t before_ms; /* without any stall */
	int64_t stalled_ms;
	int32_t share_permyriad; /* while stalled */
	int64_t after_ms;        /* without any stall */
	int32_t expected_permyriad;
} stalls[] = {
	{ "none", 10000, 12000, 0, 0, 0, 0 },
	{ "a fifth of ten seconds", 10000, 0, 12000, 2000, 0, 2000 },
	{ "a fifth of five seconds", 5000, 0, 12000, 2000, 0, 2000 },
	{ "all of it", 10000, 0, 12000, 10000, 0, 10000 },
	{ "two whole seconds of ten", 10000, 10000, 2000, 10000, 0, 2000 },
	{ "one whole second of five", 5000, 10000, 1000, 10000, 0, 2000 },
	{ "just inside the window", 5000, 0, 1000, 10000, 4000, 2000 },
	{ "just outside of it", 5000, 0, 1000, 10000, 5000, 0 },
	{ "not known is not stalled", 10000, 0, 2000, 10000, 0, 2000 },
};

START_TEST(test_stall)
{
	struct pace stalled = { .step_ms = 100,
				.some_permyriad = stalls[_i].share_permyriad };

	begin(0);
	pass(&calm, stalls[_i].before_ms);
	pass(&stalled, stalls[_i].stalled_ms);
	pass(&calm, stalls[_i].after_ms);
	ck_assert_msg(trend_stall_permyriad(&trend, STALL_SOME,
					    stalls[_i].window_ms) ==
			      stalls[_i].expected_permyriad,
		      "%s", stalls[_i].name);
	ck_assert_int_eq(
		trend_stall_permyriad(&trend, STALL_FULL, stalls[_i].window_ms),
		0);
}
END_TEST

START_TEST(test_some_and_full_are_told_apart)
{
	struct pace pace = { .step_ms = 100,
			     .some_permyriad = 6000,
			     .full_permyriad = 3000 };

	begin(0);
	pass(&pace, 11000);
	ck_assert_int_eq(trend_stall_permyriad(&trend, STALL_SOME, 10000),
			 6000);
	ck_assert_int_eq(trend_stall_permyriad(&trend, STALL_FULL, 10000),
			 3000);
}
END_TEST

START_TEST(test_rare_samples_do_not_exceed_the_whole)
{
	struct pace pace = { .step_ms = 9000, .full_permyriad = 10000 };

	begin(0);
	pass(&pace, 36000);
	ck_assert_int_le(trend_stall_permyriad(&trend, STALL_FULL, 5000),
			 10000);
	ck_assert_int_ge(trend_stall_permyriad(&trend, STALL_FULL, 10000),
			 9000);
	ck_assert_int_le(trend_stall_permyriad(&trend, STALL_FULL, 10000),
			 10000);
}
END_TEST

START_TEST(test_totals_faster_than_time_are_cut)
{
	struct pace pace = { .step_ms = 100, .full_permyriad = 1000000000 };

	begin(0);
	pass(&pace, 12000);
	ck_assert_int_eq(trend_stall_permyriad(&trend, STALL_FULL, 10000),
			 10000);
}
END_TEST

START_TEST(test_restart_forgets_the_stall)
{
	struct pace pace = { .step_ms = 100,
			     .full_permyriad = 10000,
			     .scanned = 5,
			     .stolen = 100,
			     .refaulted = 50 };

	begin(0);
	pass(&pace, 12000);
	trend_restart(&trend, now.at_ms);
	ck_assert_int_eq(trend_stall_permyriad(&trend, STALL_FULL, 10000), 0);
	ck_assert(!trend_reclaims(&trend, 10000));
	pass(&pace, 2000);
	ck_assert_int_eq(trend_stall_permyriad(&trend, STALL_FULL, 10000),
			 2000);
	ck_assert(!trend_reclaims(&trend, 10000));
	pass(&pace, 3000);
	ck_assert_int_eq(trend_stall_permyriad(&trend, STALL_FULL, 10000),
			 5000);
	ck_assert(trend_reclaims(&trend, 10000));
}
END_TEST

static const struct {
	const char *name;
	int64_t window_ms;
	int busy_seconds; /* the last ones */
	bool expected;
} reclaims[] = {
	{ "never", 10000, 0, false },
	{ "four seconds of ten", 10000, 4, false },
	{ "five seconds of ten", 10000, 5, true },
	{ "all ten", 10000, 10, true },
	{ "two seconds of five", 5000, 2, false },
	{ "three seconds of five", 5000, 3, true },
};

START_TEST(test_reclaims)
{
	struct pace busy = { .step_ms = 100, .scanned = 1 };

	begin(0);
	pass(&calm, 12000);
	pass(&busy, reclaims[_i].busy_seconds * 1000);
	ck_assert_msg(trend_reclaims(&trend, reclaims[_i].window_ms) ==
			      reclaims[_i].expected,
		      "%s", reclaims[_i].name);
}
END_TEST

START_TEST(test_one_burst_is_not_half_of_the_window)
{
	struct pace burst = { .step_ms = 100, .scanned = 1000000 };

	begin(0);
	pass(&calm, 12000);
	pass(&burst, 200);
	ck_assert(!trend_reclaims(&trend, 10000));
}
END_TEST

START_TEST(test_reclaim_that_stopped_is_forgotten)
{
	struct pace busy = { .step_ms = 100, .scanned = 1 };

	begin(0);
	pass(&busy, 12000);
	pass(&calm, 6000);
	ck_assert(!trend_reclaims(&trend, 10000));
}
END_TEST

static const struct {
	const char *name;
	int64_t stolen;
	int64_t refaulted;
	int32_t expected_permyriad;
} refaults[] = {
	{ "nothing at all", 0, 0, 0 },
	{ "stolen, never missed", 1000, 0, 0 },
	{ "a quarter comes back", 1000, 250, 2500 },
	{ "a little less than a quarter", 10000, 2499, 2499 },
	{ "all of it", 1000, 1000, 10000 },
};

START_TEST(test_refaults)
{
	struct pace pace = { .step_ms = 100,
			     .stolen = refaults[_i].stolen,
			     .refaulted = refaults[_i].refaulted };

	begin(0);
	pass(&pace, 11000);
	ck_assert_msg(trend_refault_permyriad(&trend, 10000) ==
			      refaults[_i].expected_permyriad,
		      "%s", refaults[_i].name);
}
END_TEST

START_TEST(test_many_refaults_of_one_page_do_not_overflow)
{
	struct pace pace = { .step_ms = 100, .refaulted = INT64_C(1) << 40 };

	begin(0);
	pass(&pace, 5000);
	now.at_ms += 100;
	now.vmstat.stolen_pages += 1;
	trend_update(&trend, &now);
	ck_assert_int_ge(trend_refault_permyriad(&trend, 10000), 10000);
}
END_TEST

static const struct {
	const char *name;
	int64_t step_ms;
	int64_t fall_kib;
	int64_t duration_ms;
	int64_t expected_ms; /* -1: not in sight */
} exhaustions[] = {
	{ "calm", 1000, 0, 70000, -1 },
	{ "rising", 1000, -1 * MIB, 70000, -1 },
	{ "less than 20 s are known", 100, 1 * MIB, 19900, -1 },
	{ "20 s are known", 100, 1 * MIB, 20000, (20 * 1024 - 200) * 100 },
	{ "a minute, often sampled", 100, 1 * MIB, 60000,
	  (20 * 1024 - 600) * 100 },
	{ "a minute, seldom sampled", 10000, 100 * MIB, 60000,
	  (20 * 1024 - 600) * 100 },
	{ "one KiB a second is far", 1000, 1, 60000, (20 * GIB - 60) * 1000 },
};

START_TEST(test_exhaustion)
{
	struct pace pace = { .step_ms = exhaustions[_i].step_ms,
			     .fall_kib = exhaustions[_i].fall_kib };

	begin(0);
	pass(&pace, exhaustions[_i].duration_ms);
	if (exhaustions[_i].expected_ms < 0)
		ck_assert_msg(trend_exhaustion_ms(&trend) == INT64_MAX, "%s",
			      exhaustions[_i].name);
	else
		ck_near(trend_exhaustion_ms(&trend),
			exhaustions[_i].expected_ms, exhaustions[_i].name);
}
END_TEST

START_TEST(test_exhaustion_is_of_the_last_minute)
{
	struct pace fast = { .step_ms = 500, .fall_kib = 50 * MIB };
	struct pace slow = { .step_ms = 500, .fall_kib = 1 * MIB };

	begin(0);
	pass(&fast, 60000);
	pass(&slow, 64000);
	ck_near(trend_exhaustion_ms(&trend),
		now.memory.available_kib * 1000 / (2 * MIB), "slow");
}
END_TEST

START_TEST(test_memory_that_is_gone_is_exhausted_now)
{
	struct pace pace = { .step_ms = 1000, .fall_kib = 512 * MIB };

	begin(0);
	pass(&pace, 40000);
	ck_assert_int_eq(now.memory.available_kib, 0);
	ck_assert_int_eq(trend_exhaustion_ms(&trend), 0);
}
END_TEST

/* Each way in which time or a counter can go wrong. */
enum jump {
	JUMP_BACK,
	JUMP_SOME,
	JUMP_FULL,
	JUMP_SCANNED,
	JUMP_STOLEN,
	JUMP_REFAULTED,
	JUMP_SWAPPED,
};

static const struct {
	const char *name;
	enum jump jump;
} jumps[] = {
	{ "the time goes back", JUMP_BACK },
	{ "some goes back", JUMP_SOME },
	{ "full goes back", JUMP_FULL },
	{ "scanned pages go back", JUMP_SCANNED },
	{ "stolen pages go back", JUMP_STOLEN },
	{ "refaults go back", JUMP_REFAULTED },
	{ "swapped pages go back", JUMP_SWAPPED },
};

static void apply(enum jump jump)
{
	now.at_ms += 100;
	now.at_ms -= jump == JUMP_BACK ? 3000 : 0;
	now.pressure.some_us -= jump == JUMP_SOME ? 1 : 0;
	now.pressure.full_us -= jump == JUMP_FULL ? 1 : 0;
	now.vmstat.scanned_pages -= jump == JUMP_SCANNED ? 1 : 0;
	now.vmstat.stolen_pages -= jump == JUMP_STOLEN ? 1 : 0;
	now.vmstat.refaulted_pages -= jump == JUMP_REFAULTED ? 1 : 0;
	now.vmstat.swapped_out_pages -= jump == JUMP_SWAPPED ? 1 : 0;
	trend_update(&trend, &now);
}

START_TEST(test_a_jump_starts_everything_anew)
{
	struct pace pace = { .step_ms = 100,
			     .fall_kib = 10 * MIB,
			     .some_permyriad = 5000,
			     .full_permyriad = 5000,
			     .scanned = 5,
			     .stolen = 10,
			     .refaulted = 5 };

	begin(10000);
	now.vmstat.swapped_out_pages = 50;
	pass(&pace, 30000);
	ck_assert(trend_exhaustion_ms(&trend) != INT64_MAX);
	ck_assert(trend_reclaims(&trend, 10000));
	apply(jumps[_i].jump);
	ck_assert_msg(trend_fill_kib_s(&trend) == 0, "%s", jumps[_i].name);
	ck_assert_int_eq(trend_stall_permyriad(&trend, STALL_FULL, 10000), 0);
	ck_assert_int_eq(trend_stall_permyriad(&trend, STALL_SOME, 10000), 0);
	ck_assert(!trend_reclaims(&trend, 10000));
	ck_assert(trend_exhaustion_ms(&trend) == INT64_MAX);
	pass(&pace, 1000);
	ck_near(trend_fill_kib_s(&trend), 100 * MIB, "it goes on");
}
END_TEST

START_TEST(test_a_second_sample_of_one_moment_is_no_jump)
{
	struct pace pace = { .step_ms = 100,
			     .fall_kib = 10 * MIB,
			     .full_permyriad = 5000 };

	begin(0);
	pass(&pace, 30000);
	trend_update(&trend, &now);
	ck_near(trend_fill_kib_s(&trend), 100 * MIB, "fill");
	ck_assert_int_eq(trend_stall_permyriad(&trend, STALL_FULL, 10000),
			 5000);
	ck_assert(trend_exhaustion_ms(&trend) != INT64_MAX);
}
END_TEST

START_TEST(test_a_jump_after_a_restart_is_not_deaf)
{
	struct pace pace = { .step_ms = 100,
			     .fall_kib = 10 * MIB,
			     .full_permyriad = 5000 };

	begin(100000);
	pass(&pace, 2000);
	trend_restart(&trend, now.at_ms);
	now.at_ms = 50;
	trend_update(&trend, &now);
	pass(&pace, 10000);
	ck_near(trend_fill_kib_s(&trend), 100 * MIB, "fill");
	ck_assert_int_eq(trend_stall_permyriad(&trend, STALL_FULL, 10000),
			 5000);
}
END_TEST

START_TEST(test_the_largest_numbers_do_not_overflow)
{
	struct pace pace = { .step_ms = 100 };

	begin(0);
	now.memory.total_kib = LARGEST;
	now.memory.available_kib = LARGEST;
	pass(&pace, 21000);
	now.memory.available_kib = 1;
	pass(&pace, 300);
	ck_assert_int_gt(trend_fill_kib_s(&trend), 0);
	ck_assert_int_ge(trend_exhaustion_ms(&trend), 0);
}
END_TEST

START_TEST(test_far_from_exhaustion_does_not_overflow)
{
	struct pace pace = { .step_ms = 2000, .fall_kib = 1 };

	begin(0);
	now.memory.total_kib = LARGEST;
	now.memory.available_kib = LARGEST;
	trend_init(&trend);
	trend_update(&trend, &now);
	pass(&pace, 70000);
	ck_assert(trend_exhaustion_ms(&trend) > LARGEST);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("trend");

	tcase_add_test(cases, test_nothing_is_known_at_first);
	tcase_add_test(cases, test_nothing_is_known_without_any_sample);
	tcase_add_test(cases, test_spend_rate);
	tcase_add_loop_test(cases, test_fill_rate, 0, ROWS(fills));
	tcase_add_loop_test(cases, test_fill_rate_of_a_burst, 0, ROWS(bursts));
	tcase_add_test(cases, test_fill_rate_after_a_long_sleep);
	tcase_add_test(cases, test_fill_rate_forgets_after_a_second);
	tcase_add_test(cases, test_restart_forgets_the_fill_rate);
	tcase_add_loop_test(cases, test_stall, 0, ROWS(stalls));
	tcase_add_test(cases, test_some_and_full_are_told_apart);
	tcase_add_test(cases, test_rare_samples_do_not_exceed_the_whole);
	tcase_add_test(cases, test_totals_faster_than_time_are_cut);
	tcase_add_test(cases, test_restart_forgets_the_stall);
	tcase_add_loop_test(cases, test_reclaims, 0, ROWS(reclaims));
	tcase_add_test(cases, test_one_burst_is_not_half_of_the_window);
	tcase_add_test(cases, test_reclaim_that_stopped_is_forgotten);
	tcase_add_loop_test(cases, test_refaults, 0, ROWS(refaults));
	tcase_add_test(cases, test_many_refaults_of_one_page_do_not_overflow);
	tcase_add_loop_test(cases, test_exhaustion, 0, ROWS(exhaustions));
	tcase_add_test(cases, test_exhaustion_is_of_the_last_minute);
	tcase_add_test(cases, test_memory_that_is_gone_is_exhausted_now);
	tcase_add_loop_test(cases, test_a_jump_starts_everything_anew, 0,
			    ROWS(jumps));
	tcase_add_test(cases, test_a_second_sample_of_one_moment_is_no_jump);
	tcase_add_test(cases, test_a_jump_after_a_restart_is_not_deaf);
	tcase_add_test(cases, test_the_largest_numbers_do_not_overflow);
	tcase_add_test(cases, test_far_from_exhaustion_does_not_overflow);
	return fixture_run(cases, "trend");
}
