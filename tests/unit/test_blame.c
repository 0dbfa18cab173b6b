/* SPDX-License-Identifier: MIT */
#include "victim.h"

#include "given.h"

/*
 * Who is struck once it is known which cgroup is to blame. 1 % of memory is
 * 100 MiB, the gap 500 MiB; the cgroup grew 1000 MiB, and all growth is 1600.
 */
#define BASE (10000 * MIB)
#define MOST 5

enum where { ELSEWHERE, MEMBER };

struct suspect {
	int64_t relief_mib; /* 0: no more candidates */
	enum where where;
	uint32_t grown_mib;
	enum exemption exemption;
	uint32_t size_mib; /* when the census looked */
};

static const struct {
	const char *name;
	struct suspect suspects[MOST];
	bool is_unknown; /* nobody is to blame */
	bool is_shared;
	int64_t gap_mib;
	int64_t fill_mib_s;
	int chosen;
	enum choice choice;
	int spared;
} rows[] = {
	{ "the leak beside one ten times as large",
	  { { 6000, ELSEWHERE, 100, 0, 0 }, { 600, MEMBER, 590, 0, 0 } },
	  .gap_mib = 500,
	  .chosen = 1,
	  .choice = CHOICE_CULPRIT,
	  .spared = -1 },
	{ "nobody is to blame",
	  { { 6000, ELSEWHERE, 100, 0, 0 }, { 600, MEMBER, 590, 0, 0 } },
	  .is_unknown = true,
	  .gap_mib = 500,
	  .chosen = 0,
	  .spared = -1 },
	{ "its relief covers the gap, just",
	  { { 6000, ELSEWHERE, 0, 0, 0 }, { 500, MEMBER, 500, 0, 0 } },
	  .gap_mib = 500,
	  .chosen = 1,
	  .choice = CHOICE_CULPRIT,
	  .spared = -1 },
	{ "it does not",
	  { { 6000, ELSEWHERE, 0, 0, 0 }, { 499, MEMBER, 500, 0, 0 } },
	  .gap_mib = 500,
	  .chosen = 0,
	  .spared = -1 },
	{ "1 % of memory is enough where there is no gap",
	  { { 6000, ELSEWHERE, 0, 0, 0 }, { 100, MEMBER, 500, 0, 0 } },
	  .chosen = 1,
	  .choice = CHOICE_CULPRIT,
	  .spared = -1 },
	{ "less is not",
	  { { 6000, ELSEWHERE, 0, 0, 0 }, { 99, MEMBER, 500, 0, 0 } },
	  .chosen = 0,
	  .spared = -1 },
	{ "who has half of the growth of its unit",
	  { { 900, MEMBER, 200, 0, 0 }, { 600, MEMBER, 500, 0, 0 } },
	  .gap_mib = 500,
	  .chosen = 1,
	  .choice = CHOICE_CULPRIT,
	  .spared = -1 },
	{ "nobody has: the worst of the unit, not of all",
	  { { 900, MEMBER, 200, 0, 0 },
	    { 600, MEMBER, 499, 0, 0 },
	    { 6000, ELSEWHERE, 0, 0, 0 } },
	  .gap_mib = 500,
	  .chosen = 0,
	  .choice = CHOICE_CULPRIT,
	  .spared = -1 },
	{ "at home with everybody: half of all growth",
	  { { 6000, MEMBER, 100, 0, 0 }, { 900, MEMBER, 800, 0, 0 } },
	  .is_shared = true,
	  .gap_mib = 500,
	  .chosen = 1,
	  .choice = CHOICE_CULPRIT,
	  .spared = -1 },
	{ "at home with everybody: less",
	  { { 6000, MEMBER, 100, 0, 0 }, { 900, MEMBER, 799, 0, 0 } },
	  .is_shared = true,
	  .gap_mib = 500,
	  .chosen = 0,
	  .spared = -1 },
	{ "protected: another, if that lasts 30 s",
	  { { 3000, ELSEWHERE, 0, 0, 0 },
	    { 2000, MEMBER, 900, EXEMPT_PROTECTED, 0 } },
	  .gap_mib = 500,
	  .fill_mib_s = 100,
	  .chosen = 0,
	  .spared = 1 },
	{ "protected: nobody, if it lasts less",
	  { { 2999, ELSEWHERE, 0, 0, 0 },
	    { 2000, MEMBER, 900, EXEMPT_PROTECTED, 0 } },
	  .gap_mib = 500,
	  .fill_mib_s = 100,
	  .chosen = -1,
	  .spared = 1 },
	{ "on the never list: likewise",
	  { { 2999, ELSEWHERE, 0, 0, 0 },
	    { 2000, MEMBER, 900, EXEMPT_NEVER, 0 } },
	  .gap_mib = 500,
	  .fill_mib_s = 100,
	  .chosen = -1,
	  .spared = 1 },
	{ "protected: nobody, as long as it takes more",
	  { { 2999, ELSEWHERE, 0, 0, 0 },
	    { 2000, MEMBER, 900, EXEMPT_PROTECTED, 1988 } },
	  .gap_mib = 500,
	  .fill_mib_s = 100,
	  .chosen = -1,
	  .spared = 1 },
	{ "protected, and rests: another, however long it lasts",
	  { { 2999, ELSEWHERE, 0, 0, 0 },
	    { 2000, MEMBER, 900, EXEMPT_PROTECTED, 1989 } },
	  .gap_mib = 500,
	  .fill_mib_s = 100,
	  .chosen = 0,
	  .spared = -1 },
	{ "being ended: the next, however long it lasts",
	  { { 2999, ELSEWHERE, 0, 0, 0 },
	    { 2000, MEMBER, 900, EXEMPT_STRUCK, 0 } },
	  .gap_mib = 500,
	  .fill_mib_s = 100,
	  .chosen = 0,
	  .spared = -1 },
	{ "could not be ended: the next",
	  { { 2999, ELSEWHERE, 0, 0, 0 },
	    { 2000, MEMBER, 900, EXEMPT_ABANDONED, 0 } },
	  .gap_mib = 500,
	  .fill_mib_s = 100,
	  .chosen = 0,
	  .spared = -1 },
};

static const struct culprit blamed = { .is_found = true,
				       .window = GROWTH_MIDDLE,
				       .total_kib = { 0, 1600 * MIB, 0 },
				       .members_kib = 1000 * MIB,
				       .looked_ms = 1000 };

static uint32_t line_up(struct candidate candidates[MOST], int row)
{
	uint32_t count = 0;

	memset(candidates, 0, MOST * sizeof(*candidates));
	for (; count < MOST && rows[row].suspects[count].relief_mib; count++) {
		const struct suspect *suspect = &rows[row].suspects[count];
		struct candidate *candidate = &candidates[count];

		candidate->pid = 100 + (int32_t)count;
		candidate->exemption = suspect->exemption;
		candidate->relief_kib = suspect->relief_mib * MIB;
		candidate->badness_kib = candidate->relief_kib;
		/* Page tables are no growth. */
		candidate->status.tables_kib = MIB;
		candidate->grown.size_kib = suspect->size_mib * (uint32_t)MIB;
		candidate->grown.is_member = suspect->where == MEMBER;
		candidate->grown.own_kib[GROWTH_MIDDLE] =
			suspect->grown_mib * (uint32_t)MIB;
		/* Another window does not count. */
		candidate->grown.own_kib[GROWTH_SHORT] =
			(uint32_t)(1000 * MIB) -
			suspect->grown_mib * (uint32_t)MIB;
	}
	return count;
}

START_TEST(test_blame)
{
	struct candidate candidates[MOST];
	uint32_t count = line_up(candidates, _i);
	struct culprit culprit = blamed;
	const struct quest quest = { .base_kib = BASE,
				     .gap_kib = rows[_i].gap_mib * MIB,
				     .fill_kib_s = rows[_i].fill_mib_s * MIB,
				     .now_ms = 1400,
				     .culprit = &culprit };
	const char *name = rows[_i].name;

	culprit.is_found = !rows[_i].is_unknown;
	culprit.is_shared = rows[_i].is_shared;
	int chosen = victim_choose(&quest, candidates, count);
	ck_assert_msg(chosen == rows[_i].chosen, "%s: %d", name, chosen);
	if (chosen >= 0)
		ck_assert_msg(candidates[chosen].choice == rows[_i].choice,
			      "%s", name);
	if (chosen >= 0)
		ck_assert_msg(candidates[chosen].exemption == EXEMPT_NOT, "%s",
			      name);
	ck_assert_msg(victim_spared(candidates, count) == rows[_i].spared,
		      "%s: spared %d", name, victim_spared(candidates, count));
}
END_TEST

/* What another must bring for half a minute, while the culprit is spared. */
static const struct {
	const char *name;
	int64_t fill_mib_s;
	int64_t reach_ms; /* of the shortest window: how it grew in it */
	int64_t own_mib;
	int64_t unit_mib;
	bool is_shared;
	int64_t least_mib;
} spans[] = {
	{ "as fast as memory falls", 100, 10000, 500, 500, false, 3000 },
	{ "the fill rate falters: as it has grown", 0, 10000, 1000, 1000, false,
	  3000 },
	{ "so does its unit, which has grown more", 0, 10000, 100, 1000, false,
	  3000 },
	{ "at home with everybody it is its own", 0, 10000, 900, 1000, true,
	  2700 },
	{ "what it grew in a second tells", 10, 1000, 100, 100, false, 3000 },
	{ "what in less is a burst", 10, 999, 100, 100, false, 300 },
};

START_TEST(test_lasting)
{
	struct culprit culprit = blamed;
	const struct quest quest = { .base_kib = BASE,
				     .fill_kib_s = spans[_i].fill_mib_s * MIB,
				     .now_ms = 1000,
				     .culprit = &culprit };
	struct candidate candidates[] = {
		{ .exemption = EXEMPT_PROTECTED,
		  .grown = { .is_member = true,
			     .own_kib = { (uint32_t)(spans[_i].own_mib * MIB),
					  900 * MIB },
			     .leaf_kib = { (uint32_t)(spans[_i].unit_mib *
						      MIB) } } },
		{ .relief_kib = spans[_i].least_mib * MIB - 1 },
	};

	culprit.is_shared = spans[_i].is_shared;
	culprit.reach_ms[GROWTH_SHORT] = spans[_i].reach_ms;
	ck_assert_msg(victim_choose(&quest, candidates, 2) == -1, "%s: less",
		      spans[_i].name);
	candidates[1].exemption = EXEMPT_NOT;
	candidates[1].relief_kib++;
	ck_assert_msg(victim_choose(&quest, candidates, 2) == 1, "%s",
		      spans[_i].name);
	ck_assert_int_eq(victim_spared(candidates, 2), 0);
}
END_TEST

/* The census must have looked a while ago to tell that it takes no more. */
START_TEST(test_rest)
{
	struct quest quest = { .base_kib = BASE,
			       .fill_kib_s = 100 * MIB,
			       .now_ms = 1249,
			       .culprit = &blamed };
	struct candidate candidates[] = {
		{ .relief_kib = 2000 * MIB,
		  .exemption = EXEMPT_PROTECTED,
		  .grown = { .is_member = true,
			     .size_kib = (uint32_t)(2000 * MIB),
			     .own_kib = { 0, 900 * MIB, 0 } } },
		{ .relief_kib = 2999 * MIB },
	};

	ck_assert_int_eq(victim_choose(&quest, candidates, 2), -1);
	ck_assert_int_eq(victim_spared(candidates, 2), 0);
	candidates[1].exemption = EXEMPT_NOT;
	quest.now_ms = 1250;
	ck_assert_int_eq(victim_choose(&quest, candidates, 2), 1);
	ck_assert_int_eq(victim_spared(candidates, 2), -1);
}
END_TEST

/* Each choice among the same forgets what the one before has said. */
START_TEST(test_blame_again)
{
	struct culprit culprit = blamed;
	const struct quest quest = { .base_kib = BASE,
				     .fill_kib_s = 100 * MIB,
				     .culprit = &culprit };
	struct candidate candidates[] = {
		{ .pid = 1,
		  .relief_kib = 2000 * MIB,
		  .grown = { .is_member = true,
			     .own_kib = { 0, 900 * MIB, 0 } } },
		{ .pid = 2, .relief_kib = 3000 * MIB, .badness_kib = 1 },
	};

	ck_assert_int_eq(victim_choose(&quest, candidates, 2), 0);
	ck_assert_int_eq(candidates[0].choice, CHOICE_CULPRIT);
	candidates[0].exemption = EXEMPT_PROTECTED;
	ck_assert_int_eq(victim_choose(&quest, candidates, 2), 1);
	ck_assert_int_eq(victim_spared(candidates, 2), 0);
	ck_assert(candidates[0].is_culprit);
	candidates[0].exemption = EXEMPT_NOT;
	candidates[0].badness_kib = 2;
	culprit.is_found = false;
	ck_assert_int_eq(victim_choose(&quest, candidates, 2), 0);
	ck_assert_int_eq(candidates[0].choice, CHOICE_BADNESS);
	ck_assert_int_eq(victim_spared(candidates, 2), -1);
	ck_assert(!candidates[0].is_culprit);
}
END_TEST

static const struct {
	const char *name;
	int64_t relief_mib;
	enum exemption exemption;
	bool is_open;
} others[] = {
	{ "one that covers the gap, too", 500, EXEMPT_NOT, true },
	{ "even if it is passed over", 500, EXEMPT_NO_RELIEF, true },
	{ "one that does not", 499, EXEMPT_NOT, false },
	{ "one that is protected", 500, EXEMPT_PROTECTED, false },
};

START_TEST(test_open)
{
	const struct quest quest = { .base_kib = BASE, .gap_kib = 500 * MIB };
	const struct candidate candidates[] = {
		{ .relief_kib = 6000 * MIB },
		{ .relief_kib = others[_i].relief_mib * MIB,
		  .exemption = others[_i].exemption },
	};

	ck_assert_msg(victim_is_open(&quest, candidates, 2, 0) ==
			      others[_i].is_open,
		      "%s", others[_i].name);
	ck_assert(!victim_is_open(&quest, candidates, 1, 0));
}
END_TEST

START_TEST(test_names)
{
	ck_assert_str_eq(choice_name(CHOICE_BADNESS), "badness");
	ck_assert_str_eq(choice_name(CHOICE_CULPRIT), "culprit");
	ck_assert_str_eq(choice_name(CHOICE_LAST_RESORT), "last_resort");
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("blame");

	tcase_add_loop_test(cases, test_blame, 0, ROWS(rows));
	tcase_add_loop_test(cases, test_lasting, 0, ROWS(spans));
	tcase_add_test(cases, test_rest);
	tcase_add_test(cases, test_blame_again);
	tcase_add_loop_test(cases, test_open, 0, ROWS(others));
	tcase_add_test(cases, test_names);
	return fixture_run(cases, "blame");
}
