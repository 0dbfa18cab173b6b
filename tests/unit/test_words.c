/* SPDX-License-Identifier: MIT */
#include "words.h"

#include "given_teller.h"

#include "fixture.h"
#include "procfs.h"

#define NOW GIVEN_NOW_MS

static struct snapshot snapshot;
static char bytes[768];
static struct text text;

/* A guard to which nothing is lacking, on a machine that is not short. */
static void setup(void)
{
	memset(&snapshot, 0, sizeof(snapshot));
	snapshot.sample.has_pressure = true;
	snapshot.has_trigger = true;
	snapshot.trigger_window_ms = 1000;
	snapshot.privileges =
		(struct privilege_set){ true, true, true, true, true, true };
	snapshot.decision = given_decision(REASON_NONE);
	snapshot.chosen = -1;
	text_init(&text, bytes, sizeof(bytes));
}

static void ck_says(const char *words)
{
	text_init(&text, bytes, sizeof(bytes));
	words_sentence(&text, &snapshot, NOW);
	ck_assert_msg(strstr(bytes, words), "'%s' does not say '%s'", bytes,
		      words);
	ck_assert(!text.cut);
}

START_TEST(test_state)
{
	ck_assert_str_eq(words_state(&snapshot, NOW), "guarding");
	snapshot.privileges.may_kill = false;
	ck_assert_str_eq(words_state(&snapshot, NOW), "degraded");
	snapshot.privileges.may_kill = true;
	snapshot.mistakes = 1;
	ck_assert_str_eq(words_state(&snapshot, NOW), "degraded");
	snapshot.mode = MODE_OBSERVE;
	ck_assert_str_eq(words_state(&snapshot, NOW), "observing");
	snapshot.paused_until_ms = NOW;
	ck_assert_str_eq(words_state(&snapshot, NOW), "observing");
	snapshot.paused_until_ms = NOW + 1;
	ck_assert_str_eq(words_state(&snapshot, NOW), "paused");
}
END_TEST

START_TEST(test_sentence)
{
	ck_says("memory is not short");
	ck_says("a warning comes below 4.0 GiB");
	snapshot.decision = given_decision(REASON_MEMORY);
	ck_says("nobody can be struck");
	snapshot.chosen = 0;
	snapshot.candidates[0] = given_candidate(4242);
	ck_says("strikes 4242 \"java\"");
	snapshot.mode = MODE_OBSERVE;
	ck_says("would strike 4242");
	snapshot.mode = MODE_GUARD;
	snapshot.fuse_is_blown = true;
	ck_says("held back");
	snapshot.paused_until_ms = NOW + 1;
	ck_says("paused: nobody is struck");
	snapshot.strikes[2] = (struct strike){ .stage = STAGE_ASKED,
					       .asked_ms = NOW - 3000,
					       .grace_ms = 10000 };
	snapshot.victims[2] = given_candidate(4243);
	ck_says("4243 \"java\" (\"tomcat.service\", uid 998) got SIGTERM 3 s "
		"ago, SIGKILL after 10 s");
	snapshot.strikes[2].stage = STAGE_KILLED;
	snapshot.strikes[2].killed_ms = NOW - 80;
	ck_says("got SIGKILL 80 ms ago");
	snapshot.strikes[2].stage = STAGE_EXITED;
	ck_says("has exited");
	snapshot.decision.urgency = URGENCY_WARN;
	ck_says("memory is getting short");
	ck_says("has exited");
	snapshot.strikes[2].stage = STAGE_NONE;
	ck_says("would strike 4242");
}
END_TEST

static unsigned int count_warnings(void)
{
	unsigned int count = 0;

	while (words_warning(&text, &snapshot, count))
		count++;
	ck_assert(!words_warning(&text, &snapshot, count + 1));
	return count;
}

START_TEST(test_warnings)
{
	ck_assert_uint_eq(count_warnings(), 0);
	snapshot.mistakes = 3;
	ck_assert(words_warning(&text, &snapshot, 0));
	ck_assert_str_eq(bytes,
			 "mistakes in the configuration: 3, with defaults "
			 "instead (see oomguard check)");
	snapshot.trouble = PROCFS_MEMINFO | PROCFS_VMSTAT;
	snapshot.has_trigger = false;
	snapshot.census_left_out = 7;
	ck_assert_uint_eq(count_warnings(), 5);
	snapshot.sample.has_pressure = false;
	ck_assert_uint_eq(count_warnings(), 5);
	snapshot.privileges = (struct privilege_set){ 0 };
	ck_assert_uint_eq(count_warnings(), 11);
}
END_TEST

START_TEST(test_slow_trigger)
{
	snapshot.trigger_window_ms = 1001;
	ck_assert_uint_eq(count_warnings(), 1);
	ck_assert(words_warning(&text, &snapshot, 0));
	ck_assert(strstr(bytes, "the pressure trigger wakes after 2 s"));
	snapshot.has_trigger = false;
	ck_assert_uint_eq(count_warnings(), 1);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("words");

	tcase_add_checked_fixture(cases, setup, NULL);
	tcase_add_test(cases, test_state);
	tcase_add_test(cases, test_sentence);
	tcase_add_test(cases, test_warnings);
	tcase_add_test(cases, test_slow_trigger);
	return fixture_run(cases, "words");
}
