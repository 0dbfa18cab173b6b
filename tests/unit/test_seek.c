/* SPDX-License-Identifier: MIT */
#include "seek.h"

#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fixture.h"
#include "given.h"
#include "guard.h"

#define NOW_MS 10000
#define SETTLED_MS 5000

static struct guard guard;

/* Memory is at term and does not fall; two processes would be enough. */
static void set_up(void)
{
	memset(&guard, 0, sizeof(guard));
	guard.clerk.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ck_assert_int_ge(guard.clerk.wake, 0);
	guard.decision = (struct decision){
		.urgency = URGENCY_TERM,
		.reason = REASON_MEMORY,
		.available_kib = 1500 * MIB,
		.gap_kib = 500 * MIB,
		.levels = { .base_kib = 20 * GIB,
			    .warn_kib = 4 * GIB,
			    .term_kib = 2 * GIB,
			    .kill_kib = GIB },
	};
	guard.strikes.settled_ms = SETTLED_MS;
	guard.candidates_count = 2;
	guard.candidates[0] = (struct candidate){ .relief_kib = 6 * GIB };
	guard.candidates[1] = (struct candidate){ .relief_kib = 5 * GIB };
}

static void tear_down(void)
{
	(void)close(guard.clerk.wake);
}

/* By the last look at who grows, and whether it must look once more. */
static const struct {
	const char *name;
	int64_t looked_ms;
	bool has_history;
	bool is_found;
	bool is_alone; /* nobody else would be enough */
	bool looks;
} rows[] = {
	{ "it blames nobody, and is fresh", NOW_MS - 249, true, false, false,
	  false },
	{ "it blames nobody, a quarter of a second ago", NOW_MS - 250, true,
	  false, false, true },
	{ "it is fresh, and nobody had watched", NOW_MS - 249, false, false,
	  false, true },
	{ "it blames somebody, long ago", SETTLED_MS + 1, true, true, false,
	  false },
	{ "and not since the last strike", SETTLED_MS, true, true, false,
	  true },
	{ "that would change nothing", SETTLED_MS, true, true, true, false },
};

START_TEST(test_look)
{
	uint64_t count;

	guard.culprit.looked_ms = rows[_i].looked_ms;
	guard.culprit.has_history = rows[_i].has_history;
	guard.culprit.is_found = rows[_i].is_found;
	if (rows[_i].is_alone)
		guard.candidates_count = 1;
	ck_assert_msg(seek_must_look(&guard, guard.decision.gap_kib, NOW_MS) ==
			      rows[_i].looks,
		      "%s", rows[_i].name);
	ck_assert_msg((read(guard.clerk.wake, &count, sizeof(count)) > 0) ==
			      rows[_i].looks,
		      "%s: the clerk", rows[_i].name);
	ck_assert_msg((guard.strikes.blind_until_ms > NOW_MS) == rows[_i].looks,
		      "%s: again", rows[_i].name);
}
END_TEST

/* How long it may look at most, in all. */
static const struct {
	const char *name;
	enum urgency urgency;
	int64_t available_kib;
	int64_t fill_kib_s;
	int64_t most_ms;
} waits[] = {
	{ "memory does not fall", URGENCY_TERM, 1500 * MIB, 0, 1000 },
	{ "half of the time to the kill level", URGENCY_TERM, 1224 * MIB,
	  1000 * MIB, 100 },
	{ "the kill level", URGENCY_KILL, 1000 * MIB, 0, 100 },
	{ "a quarter of what is left there", URGENCY_KILL, 200 * MIB,
	  1000 * MIB, 50 },
};

START_TEST(test_patience)
{
	guard.decision.urgency = waits[_i].urgency;
	guard.decision.available_kib = waits[_i].available_kib;
	guard.decision.fill_kib_s = waits[_i].fill_kib_s;
	ck_assert(seek_must_look(&guard, guard.decision.gap_kib, NOW_MS));
	ck_assert_msg(seek_must_look(&guard, guard.decision.gap_kib,
				     NOW_MS + waits[_i].most_ms - 1),
		      "%s", waits[_i].name);
	ck_assert_msg(!seek_must_look(&guard, guard.decision.gap_kib,
				      NOW_MS + waits[_i].most_ms),
		      "%s", waits[_i].name);
}
END_TEST

START_TEST(test_quest)
{
	struct quest quest = seek_scan(&guard, 7).quest;

	ck_assert(quest.is_memory && !quest.is_kill && !quest.is_written);
	ck_assert_int_eq(quest.gap_kib, 7);
	ck_assert_int_eq(quest.margin_kib, GIB);
	guard.decision.swap_free_kib = 8;
	guard.strikes.written_kib = 9;
	guard.decision.unowned_kib = 9;
	quest = seek_scan(&guard, 7).quest;
	ck_assert(quest.is_written);
	ck_assert_int_eq(quest.swap_help_kib, 8);
	guard.watch.swap_is_useless = true;
	ck_assert_int_eq(seek_scan(&guard, 7).quest.swap_help_kib, 0);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("seek");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_loop_test(cases, test_look, 0, ROWS(rows));
	tcase_add_loop_test(cases, test_patience, 0, ROWS(waits));
	tcase_add_test(cases, test_quest);
	return fixture_run(cases, "seek");
}
