/* SPDX-License-Identifier: MIT */
#include "culprit.h"

#include "given.h"

/*
 * A machine of almost 16 GiB: 2 % are 326.4 MiB, and a unit is 256 KiB. Each
 * row is a history of cgroups; what they are charged is noted as the clerk
 * would, at the times of the row.
 */
#define BASE (INT64_C(255) * 65536)
#define SPAN (512 * MIB)
#define SECOND 1000
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define LOOKS 6

static struct settings settings;
static struct census census;
static struct culprit culprit;

static void set_up(void)
{
	given_settings(&settings);
	census_init(&census, BASE);
}

static const char *const paths[] = { "/a.service", "/b.service", "/c.service",
				     "/d.service" };

/* One process in each cgroup; it is as large as its cgroup less 20 MiB. */
static void see(int32_t pid, const char *path, int64_t mib)
{
	struct sighting sighting = { .pid = pid,
				     .stat = { .parent = 1,
					       .start_ticks = (uint64_t)pid },
				     .cgroup = path,
				     .exe = "" };

	census_add(&census, &settings, &sighting,
		   &(struct sizes){ .rss_kib = (uint32_t)(mib * MIB) });
}

static void look(int64_t at_ms, const int64_t mib[4], int64_t low_mib)
{
	char path[CGROUP_PATH_SIZE];

	census_begin(&census, at_ms);
	for (int i = 0; i < 4; i++)
		see(10 + i, paths[i], mib[i]);
	census_end(&census);
	for (int at = 0; (at = census_next_leaf(&census, at, false, path)) >= 0;
	     at++) {
		struct charge charge = { 0 };

		for (int i = 0; i < 4; i++)
			if (strcmp(path, paths[i]) == 0)
				charge.current_kib = mib[i] * MIB;
		charge.low_kib = path[1] == 'a' ? low_mib * MIB : 0;
		leaf_note(&census.clock, &census.leaves.leaves[at], &charge);
	}
}

static const struct {
	const char *name;
	struct {
		int64_t at_ms;
		int64_t mib[4];
	} looks[LOOKS];
	int64_t low_mib; /* of the first */
	int found;       /* index, or -1 */
	enum growth_window window;
} rows[] = {
	{ "nobody grew",
	  { { 1, { 900, 900 } }, { SECOND, { 900, 900 } } },
	  0,
	  -1,
	  0 },
	{ "one look tells nothing", { { 1, { 5000, 900 } } }, 0, -1, 0 },
	{ "one leaks beside a large one that rests",
	  { { 1, { 6000, 100 } }, { SECOND, { 6000, 612 } } },
	  0,
	  1,
	  GROWTH_SHORT },
	{ "half of the growth is enough",
	  { { 1, { 100, 100, 100 } }, { SECOND, { 612, 356, 356 } } },
	  0,
	  0,
	  GROWTH_SHORT },
	{ "a little less is not",
	  { { 1, { 100, 100, 100 } }, { SECOND, { 610, 357, 356 } } },
	  0,
	  -1,
	  0 },
	{ "half of what lies between the levels is enough",
	  { { 1, { 100 } }, { SECOND, { 356 } } },
	  0,
	  0,
	  GROWTH_LONG },
	{ "a little less is not",
	  { { 1, { 100 } }, { SECOND, { 355 } } },
	  0,
	  -1,
	  0 },
	{ "within its memory.low, and what it took does not count",
	  { { 1, { 100, 100 } }, { SECOND, { 4000, 450 } } },
	  4000,
	  1,
	  GROWTH_LONG },
	{ "above its memory.low",
	  { { 1, { 100, 100 } }, { SECOND, { 4000, 450 } } },
	  3999,
	  0,
	  GROWTH_SHORT },
	{ "a database has warmed up, a script leaks",
	  { { 1, { 100, 100 } },
	    { 100 * SECOND, { 6100, 130 } },
	    { 290 * SECOND, { 6100, 400 } },
	    { 299 * SECOND, { 6100, 420 } },
	    { 301 * SECOND, { 6102, 440 } } },
	  0,
	  1,
	  GROWTH_LONG },
	{ "the same while it still warms up",
	  { { 1, { 100, 100 } },
	    { 100 * SECOND, { 5100, 130 } },
	    { 101 * SECOND, { 6100, 131 } } },
	  0,
	  0,
	  GROWTH_SHORT },
	{ "a cache that breathes, a leak of hours",
	  { { 1, { 700, 100 } },
	    { 2 * HOUR, { 300, 1600 } },
	    { 2 * HOUR + 5 * SECOND, { 600, 1602 } } },
	  0,
	  1,
	  GROWTH_LONG },
	{ "one has filled memory and rests, nobody grows",
	  { { 1, { 100, 100 } },
	    { 60 * SECOND, { 6100, 100 } },
	    { 71 * SECOND, { 6100, 100 } },
	    { 72 * SECOND, { 6100, 101 } } },
	  0,
	  0,
	  GROWTH_MIDDLE },
	{ "the same, not watched for long enough",
	  { { 1, { 100, 100 } },
	    { 60 * SECOND, { 6100, 100 } },
	    { 71 * SECOND, { 6100, 100 } },
	    { 71 * SECOND + 999, { 6100, 101 } } },
	  0,
	  -1,
	  0 },
	{ "not even that other one",
	  { { 1, { 100, 100 } },
	    { 60 * SECOND, { 6100, 100 } },
	    { 71 * SECOND, { 6100, 100 } },
	    { 71 * SECOND + 999, { 6100, 100 } } },
	  0,
	  0,
	  GROWTH_MIDDLE },
	{ "swapping has slowed it down, but it takes most of what is taken",
	  { { 1, { 100, 100 } },
	    { 60 * SECOND, { 6100, 100 } },
	    { 69 * SECOND, { 6100, 100 } },
	    { 75 * SECOND, { 6300, 299 } } },
	  0,
	  0,
	  GROWTH_MIDDLE },
	{ "half: it may have what it wants",
	  { { 1, { 100, 100 } },
	    { 60 * SECOND, { 6100, 100 } },
	    { 69 * SECOND, { 6100, 100 } },
	    { 75 * SECOND, { 6300, 300 } } },
	  0,
	  -1,
	  0 },
	{ "it leaks fast, beside a leak of hours",
	  { { 1, { 100, 100 } },
	    { 3 * HOUR, { 100, 4000 } },
	    { 3 * HOUR + 3 * SECOND, { 1100, 4001 } } },
	  0,
	  0,
	  GROWTH_SHORT },
	{ "one has stopped for a second, another goes on",
	  { { 1, { 100, 100 } },
	    { SECOND, { 1700, 300 } },
	    { 2 * SECOND, { 3300, 650 } },
	    { 3 * SECOND, { 3300, 1000 } } },
	  0,
	  1,
	  GROWTH_SHORT },
	{ "for a little less",
	  { { 1, { 100, 100 } },
	    { SECOND, { 1700, 300 } },
	    { 2 * SECOND, { 3300, 650 } },
	    { 2 * SECOND + 900, { 3300, 1000 } } },
	  0,
	  0,
	  GROWTH_SHORT },
	{ "it has not stopped",
	  { { 1, { 100, 100 } },
	    { SECOND, { 1700, 300 } },
	    { 2 * SECOND, { 3300, 650 } },
	    { 3 * SECOND, { 3301, 1000 } } },
	  0,
	  0,
	  GROWTH_SHORT },
	{ "the other took as much as lies between the levels",
	  { { 1, { 100, 100 } },
	    { SECOND, { 1700, 300 } },
	    { 2 * SECOND, { 3300, 450 } },
	    { 3 * SECOND, { 3300, 612 } } },
	  0,
	  1,
	  GROWTH_SHORT },
	{ "a little less, however long it took",
	  { { 1, { 100, 100 } },
	    { SECOND, { 1700, 300 } },
	    { 2 * SECOND, { 3300, 450 } },
	    { 3 * SECOND, { 3300, 611 } } },
	  0,
	  0,
	  GROWTH_SHORT },
	{ "all have stopped",
	  { { 1, { 100, 100 } },
	    { SECOND, { 1700, 900 } },
	    { 2 * SECOND, { 1700, 900 } } },
	  0,
	  0,
	  GROWTH_SHORT },
};

/* How much it took at one time, and when it is looked at again. */
static const struct {
	const char *name;
	int64_t mib;
	int64_t last_ms, at_ms;
	bool rests;
} rests[] = {
	{ "less than a second ago", 300, 3000, 3900, false },
	{ "a second ago", 300, 3000, 4000, true },
	{ "it would have taken less than 4 MiB since", 7, 4000, 8001, false },
	{ "it would have taken 4 MiB since", 8, 4000, 8001, true },
	{ "who never took anything", 0, 4000, 9000, false },
};

START_TEST(test_rests)
{
	int64_t mib = 100 + rests[_i].mib;
	const struct leaf *leaf;

	look(1, (const int64_t[]){ 100, 100, 100, 100 }, 0);
	look(rests[_i].last_ms, (const int64_t[]){ mib, 100, 100, 100 }, 0);
	look(rests[_i].at_ms, (const int64_t[]){ mib, 100, 100, 100 }, 0);
	leaf = census_leaf(&census, census_find(&census, 10));
	ck_assert_msg(leaf_rests(&census.clock, leaf) == rests[_i].rests, "%s",
		      rests[_i].name);
}
END_TEST

/* Files are read as fast as it grows: each look sees 1.2 MiB, half of it. */
START_TEST(test_small_steps_are_no_rest)
{
	struct growth_clock clock;
	struct leaf leaf = { 0 };
	struct charge charge = { 0 };

	growth_clock_init(&clock, BASE);
	for (int64_t at_ms = 1; at_ms <= 12 * SECOND; at_ms += SECOND) {
		(void)growth_clock_look(&clock, at_ms);
		charge.current_kib += MIB + MIB / 5;
		charge.idle_kib += MIB / 2 + MIB / 10;
		leaf_note(&clock, &leaf, &charge);
		ck_assert_msg(!leaf_rests(&clock, &leaf), "at %lld",
			      (long long)at_ms);
	}
}
END_TEST

START_TEST(test_found)
{
	const char *name = rows[_i].name;

	for (int i = 0; i < LOOKS && rows[_i].looks[i].at_ms; i++)
		look(rows[_i].looks[i].at_ms, rows[_i].looks[i].mib,
		     rows[_i].low_mib);
	culprit_find(&census, BASE, SPAN, &culprit);
	ck_assert_msg(culprit.is_found == (rows[_i].found >= 0), "%s", name);
	if (rows[_i].found < 0)
		return;
	const char *path =
		census.names + census.leaves.leaves[culprit.leaf - 1].name;
	ck_assert_msg(strcmp(path, paths[rows[_i].found]) == 0, "%s: %s", name,
		      path);
	ck_assert_msg(culprit.window == rows[_i].window, "%s: window %d", name,
		      (int)culprit.window);
	ck_assert_msg(culprit.pids[0] == 10 + rows[_i].found, "%s: pid %d",
		      name, (int)culprit.pids[0]);
	ck_assert(!culprit.is_shared);
}
END_TEST

START_TEST(test_share_and_baseline)
{
	struct grown grown = { 0 };

	look(1, (const int64_t[]){ 100, 500, 0, 0 }, 0);
	look(SECOND, (const int64_t[]){ 850, 750, 0, 0 }, 0);
	culprit_find(&census, BASE, SPAN, &culprit);
	culprit_compare(&census, &culprit, census_find(&census, 10), &grown);
	ck_assert(grown.is_known && grown.has_history && grown.is_member);
	ck_assert_uint_eq(grown.size_kib, 850 * MIB);
	ck_assert_uint_eq(grown.own_kib[GROWTH_SHORT] / MIB, 750);
	ck_assert_uint_eq(grown.leaf_kib[GROWTH_SHORT] / MIB, 750);
	ck_assert_int_eq(grown.share_permyriad[GROWTH_SHORT] / 100, 75);
	culprit_compare(&census, &culprit, census_find(&census, 11), &grown);
	ck_assert(!grown.is_member);
	ck_assert_int_eq(grown.share_permyriad[GROWTH_SHORT] / 100, 25);
}
END_TEST

/* The one that grew most comes first; a ninth has no place. */
START_TEST(test_members)
{
	for (int round = 0; round < 2; round++) {
		census_begin(&census, 1 + round * SECOND);
		for (int i = 0; i < 12; i++)
			see(10 + i, "/a.service",
			    10 + (i == 5 ? 500 : 40 + i) * round);
		census_end(&census);
	}
	culprit_find(&census, BASE, SPAN, &culprit);
	ck_assert(culprit.is_found);
	ck_assert_int_eq(culprit.pids[0], 15);
	ck_assert_int_eq(culprit.pids[1], 21);
	ck_assert_int_eq(culprit.pids[7], 14);
	ck_assert_uint_eq(culprit.grown_kib[0] / MIB, 500);
	ck_assert_int_eq(culprit.members_kib / MIB, 500 + 40 * 11 + 66 - 5);
}
END_TEST

static const struct {
	const char *path;
	bool is_shared;
} homes[] = { { "", true },
	      { "/", true },
	      { "/a.service", false },
	      { "/user.slice/session-3.scope", false } };

START_TEST(test_homes)
{
	for (int round = 0; round < 2; round++) {
		census_begin(&census, 1 + round * SECOND);
		see(10, homes[_i].path, 100 + 900 * round);
		census_end(&census);
	}
	culprit_find(&census, BASE, SPAN, &culprit);
	ck_assert(culprit.is_found);
	ck_assert_msg(culprit.is_shared == homes[_i].is_shared, "%s",
		      homes[_i].path);
}
END_TEST

START_TEST(test_history)
{
	look(1, (const int64_t[]){ 100, 0, 0, 0 }, 0);
	look(CULPRIT_HISTORY_MS, (const int64_t[]){ 100, 0, 0, 0 }, 0);
	culprit_find(&census, BASE, SPAN, &culprit);
	ck_assert(!culprit.has_history);
	look(CULPRIT_HISTORY_MS + 1, (const int64_t[]){ 100, 0, 0, 0 }, 0);
	culprit_find(&census, BASE, SPAN, &culprit);
	ck_assert(culprit.has_history);
	ck_assert_int_eq(culprit.looked_ms, CULPRIT_HISTORY_MS + 1);
}
END_TEST

/* Its last process has gone, and with it what it grew. */
START_TEST(test_who_has_gone_is_not_to_blame)
{
	look(1, (const int64_t[]){ 100, 100, 100, 100 }, 0);
	look(SECOND, (const int64_t[]){ 1100, 500, 100, 100 }, 0);
	census_begin(&census, 2 * SECOND);
	see(11, paths[1], 500);
	census_end(&census);
	culprit_find(&census, BASE, SPAN, &culprit);
	ck_assert(culprit.is_found);
	ck_assert_int_eq(culprit.pids[0], 11);
}
END_TEST

/* On the machine here, and on 512 GiB with 2 GiB between the levels. */
START_TEST(test_least)
{
	ck_assert_int_eq(culprit_least_kib(50 * GIB, 3 * GIB), GIB);
	ck_assert_int_eq(culprit_least_kib(50 * GIB, 2 * GIB), GIB);
	ck_assert_int_eq(culprit_least_kib(51 * GIB, 3 * GIB), 51 * GIB / 50);
	ck_assert_int_eq(culprit_least_kib(512 * GIB, 2 * GIB), GIB);
	ck_assert_int_eq(culprit_least_kib(50 * GIB, 0), GIB);
}
END_TEST

/* A look that is under way hides nobody who was there at the last one. */
START_TEST(test_in_the_middle_of_a_look)
{
	look(1, (const int64_t[]){ 100, 100, 100, 100 }, 0);
	look(SECOND, (const int64_t[]){ 1100, 100, 100, 100 }, 0);
	census_begin(&census, 2 * SECOND);
	culprit_find(&census, BASE, SPAN, &culprit);
	ck_assert(culprit.is_found);
	ck_assert_int_eq(culprit.pids[0], 10);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("culprit");

	tcase_add_checked_fixture(cases, set_up, NULL);
	tcase_add_loop_test(cases, test_found, 0, ROWS(rows));
	tcase_add_loop_test(cases, test_rests, 0, ROWS(rests));
	tcase_add_test(cases, test_small_steps_are_no_rest);
	tcase_add_test(cases, test_share_and_baseline);
	tcase_add_test(cases, test_members);
	tcase_add_loop_test(cases, test_homes, 0, ROWS(homes));
	tcase_add_test(cases, test_history);
	tcase_add_test(cases, test_who_has_gone_is_not_to_blame);
	tcase_add_test(cases, test_least);
	tcase_add_test(cases, test_in_the_middle_of_a_look);
	return fixture_run(cases, "culprit");
}
