/* SPDX-License-Identifier: MIT */
#include "victim.h"

#include "given.h"

#define SIGTERM_BIT (UINT64_C(1) << 14)
#define SELF 500
#define TELLER_PID 501

/* A base on which one permyriad is exactly 1 MiB. */
#define BASE (10000 * MIB)

static struct quest given_quest(void)
{
	struct quest quest = { .self = SELF,
			       .teller = TELLER_PID,
			       .base_kib = BASE,
			       .gap_kib = 500 * MIB,
			       .margin_kib = 500 * MIB };

	return quest;
}

static const struct {
	const char *name;
	struct process_status status;
	int64_t expected_kib;
} reliefs[] = {
	{ "nothing", { .has_memory = true }, 0 },
	{ "anonymous", { .has_memory = true, .anon_kib = 5 }, 5 },
	{ "swapped", { .has_memory = true, .swap_kib = 7 }, 7 },
	{ "page tables", { .has_memory = true, .tables_kib = 9 }, 9 },
	{ "files stay with others", { .has_memory = true, .file_kib = 9 }, 0 },
	{ "shared stays with others",
	  { .has_memory = true, .shmem_kib = 9 },
	  0 },
	{ "the sum",
	  { .has_memory = true,
	    .anon_kib = 100,
	    .file_kib = 200,
	    .shmem_kib = 400,
	    .swap_kib = 800,
	    .tables_kib = 1600 },
	  2500 },
};

START_TEST(test_relief)
{
	ck_assert_msg(victim_relief_kib(&reliefs[_i].status) ==
			      reliefs[_i].expected_kib,
		      "%s", reliefs[_i].name);
}
END_TEST

static const struct {
	const char *name;
	struct process_status status;
	bool expected;
} sigterms[] = {
	{ "default action", { .ignored = 0 }, false },
	{ "handler", { .caught = SIGTERM_BIT }, false },
	{ "ignored", { .ignored = SIGTERM_BIT }, true },
	{ "all but SIGTERM ignored", { .ignored = ~SIGTERM_BIT }, false },
	{ "init of a container, no handler",
	  { .is_namespace_init = true },
	  true },
	{ "init of a container, other handlers",
	  { .is_namespace_init = true, .caught = ~SIGTERM_BIT },
	  true },
	{ "init of a container with a handler",
	  { .is_namespace_init = true, .caught = SIGTERM_BIT },
	  false },
};

START_TEST(test_sigterm_is_futile)
{
	ck_assert_msg(victim_ignores_sigterm(&sigterms[_i].status) ==
			      sigterms[_i].expected,
		      "%s", sigterms[_i].name);
}
END_TEST

START_TEST(test_judge_sees_that_sigterm_is_futile)
{
	struct quest quest = given_quest();
	struct candidate candidate = { .pid = 10, .score = 700 };

	candidate.status = sigterms[_i].status;
	candidate.status.has_memory = true;
	candidate.sigterm_is_futile = !sigterms[_i].expected;
	candidate.ruling.never = -1;
	victim_judge(&quest, &candidate);
	ck_assert_msg(candidate.sigterm_is_futile == sigterms[_i].expected,
		      "%s", sigterms[_i].name);
}
END_TEST

static const struct {
	const char *name;
	int32_t pid;
	int64_t score;
	int32_t never;
	enum exemption expected;
	bool is_protected;
	bool is_last_resort;
} exemptions[] = {
	{ "anybody", 10, 666, -1, EXEMPT_NOT, false, false },
	{ "the least score that may be chosen", 10, 1, -1, EXEMPT_NOT, false,
	  false },
	{ "the guard", SELF, 900, -1, EXEMPT_SELF, false, false },
	{ "the guard's neighbour", SELF - 1, 900, -1, EXEMPT_NOT, false,
	  false },
	{ "the teller", TELLER_PID, 900, -1, EXEMPT_SELF, false, false },
	{ "pid 1", 1, 900, -1, EXEMPT_INIT, false, false },
	{ "pid 2 with a score", 2, 900, -1, EXEMPT_NOT, false, false },
	{ "the kernel's own never", 10, 0, -1, EXEMPT_KERNEL, false, false },
	{ "the first rule", 10, 900, 0, EXEMPT_NEVER, false, false },
	{ "a later rule", 10, 1332, 159, EXEMPT_NEVER, false, false },
	{ "protected", 10, 900, -1, EXEMPT_PROTECTED, true, false },
	{ "protected and on the never list", 10, 900, 0, EXEMPT_NEVER, true,
	  false },
	{ "protected, as the last resort", 10, 900, -1, EXEMPT_NOT, true,
	  true },
	{ "never, as the last resort", 10, 900, 0, EXEMPT_NEVER, true, true },
	{ "the guard, as the last resort", SELF, 900, -1, EXEMPT_SELF, true,
	  true },
	{ "pid 1, as the last resort", 1, 900, -1, EXEMPT_INIT, true, true },
};

START_TEST(test_exempt)
{
	struct quest quest = given_quest();
	struct ruling ruling = { .never = exemptions[_i].never,
				 .protect = exemptions[_i].is_protected - 1,
				 .grace_ms = SETTINGS_UNSET };

	quest.is_last_resort = exemptions[_i].is_last_resort;
	ck_assert_msg(victim_exempt(&quest, exemptions[_i].pid,
				    exemptions[_i].score,
				    &ruling) == exemptions[_i].expected,
		      "%s", exemptions[_i].name);
}
END_TEST

START_TEST(test_no_teller_exempts_nobody)
{
	struct quest quest = given_quest();
	struct ruling ruling = { .never = -1, .protect = -1 };

	quest.teller = 0;
	ck_assert(victim_exempt(&quest, TELLER_PID, 700, &ruling) ==
		  EXEMPT_NOT);
	ck_assert(victim_exempt(&quest, SELF, 700, &ruling) == EXEMPT_SELF);
}
END_TEST

static const struct {
	const char *name;
	int64_t relief_kib;
	int64_t score_adj; /* the former one */
	int32_t weight_permyriad;
	int64_t adj_kib;
	int64_t weight_kib;
} judgements[] = {
	{ "only its relief", 700 * MIB, 0, 0, 0, 0 },
	{ "adj 1 is a permille of memory", 700 * MIB, 1, 0, 10 * MIB, 0 },
	{ "adj 1000 is all of it", 0, 1000, 0, BASE, 0 },
	{ "adj below 0 takes off", 700 * MIB, -900, 0, -9000 * MIB, 0 },
	{ "preferred by 10 %", 700 * MIB, 0, 1000, 0, 1000 * MIB },
	{ "avoided by a hundredth", 700 * MIB, 0, -1, 0, -1 * MIB },
	{ "both", 700 * MIB, 100, -2500, 1000 * MIB, -2500 * MIB },
};

START_TEST(test_badness)
{
	struct quest quest = given_quest();
	struct candidate candidate = {
		.pid = 10,
		.score = 700,
		.score_adj = judgements[_i].score_adj,
		.status = { .has_memory = true,
			    .anon_kib = judgements[_i].relief_kib,
			    .file_kib = 3000 * MIB },
		.ruling = { .never = -1,
			    .weight_permyriad =
				    judgements[_i].weight_permyriad },
		.exemption = EXEMPT_STRUCK,
	};
	const char *name = judgements[_i].name;

	victim_judge(&quest, &candidate);
	ck_assert_msg(candidate.relief_kib == judgements[_i].relief_kib, "%s",
		      name);
	ck_assert_msg(candidate.adj_kib == judgements[_i].adj_kib, "%s", name);
	ck_assert_msg(candidate.weight_kib == judgements[_i].weight_kib, "%s",
		      name);
	ck_assert_msg(candidate.badness_kib == candidate.relief_kib +
						       candidate.adj_kib +
						       candidate.weight_kib,
		      "%s", name);
	ck_assert_msg(candidate.exemption == EXEMPT_STRUCK, "%s", name);
}
END_TEST

START_TEST(test_main_thread_that_is_gone_is_a_candidate)
{
	struct quest quest = given_quest();
	struct candidate candidate = {
		.pid = 10,
		.score = 1000,
		.status = { .has_memory = true,
			    .state = 'Z',
			    .anon_kib = 5000 * MIB },
		.ruling = { .never = -1, .protect = -1 },
	};

	ck_assert_int_eq(
		victim_exempt(&quest, 10, candidate.score, &candidate.ruling),
		EXEMPT_NOT);
	victim_judge(&quest, &candidate);
	ck_assert_int_eq(candidate.relief_kib, 5000 * MIB);
	ck_assert_int_eq(victim_choose(&quest, &candidate, 1), 0);
}
END_TEST

static const struct {
	const char *name;
	int64_t base_kib;
	int64_t expected_kib;
} trifles[] = {
	{ "half a percent", 1000 * MIB, 5 * MIB },
	{ "just 64 MiB", 12800 * MIB, 64 * MIB },
	{ "just less", 12600 * MIB, 63 * MIB },
	{ "at most 64 MiB", 512 * GIB, 64 * MIB },
};

START_TEST(test_trifle)
{
	ck_assert_msg(victim_trifle_kib(trifles[_i].base_kib) ==
			      trifles[_i].expected_kib,
		      "%s", trifles[_i].name);
}
END_TEST

static const struct {
	const char *name;
	int64_t gap_kib;
	int64_t margin_kib;
	int64_t best_kib;
	int64_t expected_kib;
	bool is_kill;
} floors[] = {
	{ "gap and margin", 300 * MIB, 200 * MIB, 1000 * MIB, 500 * MIB,
	  false },
	{ "a quarter of the best is as much", 300 * MIB, 200 * MIB, 2000 * MIB,
	  500 * MIB, false },
	{ "a quarter of the best is more", 300 * MIB, 200 * MIB, 2400 * MIB,
	  600 * MIB, false },
	{ "the best just covers it", 300 * MIB, 200 * MIB, 500 * MIB, 500 * MIB,
	  false },
	{ "nobody covers it: half of the best", 300 * MIB, 200 * MIB,
	  500 * MIB - 2, 250 * MIB - 1, false },
	{ "no gap, no margin: a quarter", 0, 0, 2000 * MIB, 500 * MIB, false },
	{ "always more than a trifle", 0, 0, 100 * MIB, 50 * MIB, false },
	{ "nobody covers it, and all is trifle", 300 * MIB, 200 * MIB, 40 * MIB,
	  64 * MIB, false },
	{ "the same at the kill level", 300 * MIB, 200 * MIB, 40 * MIB,
	  50 * MIB, true },
	{ "nobody covers it: half of what is wanted", 60 * MIB, 60 * MIB,
	  119 * MIB, 60 * MIB, false },
	{ "half of what is wanted, with small ones only", 60 * MIB, 60 * MIB,
	  55 * MIB, 60 * MIB, false },
	{ "at the kill level half of the best", 60 * MIB, 60 * MIB, 119 * MIB,
	  119 * MIB / 2, true },
	{ "half of what is wanted, but 64 MiB will do", 64 * MIB, 66 * MIB,
	  120 * MIB, 64 * MIB, false },
	{ "half of the best is more than 64 MiB", 100 * MIB, 100 * MIB,
	  130 * MIB, 65 * MIB, false },
	{ "who covers it is no less at the kill level", 300 * MIB, 200 * MIB,
	  1000 * MIB, 500 * MIB, true },
};

START_TEST(test_floor)
{
	struct quest quest = given_quest();

	quest.gap_kib = floors[_i].gap_kib;
	quest.margin_kib = floors[_i].margin_kib;
	quest.is_kill = floors[_i].is_kill;
	ck_assert_msg(victim_floor_kib(&quest, floors[_i].best_kib) ==
			      floors[_i].expected_kib,
		      "%s", floors[_i].name);
}
END_TEST

/* A choice among up to five, the gap and margin together being 1000 MiB. */
struct contender {
	int64_t relief_mib;
	int64_t badness_mib;
	enum exemption exemption;
	uint64_t start_ticks;
	int32_t pid;
};

static const struct {
	const char *name;
	struct contender contenders[5];
	int expected;
	int runner_up;
	uint32_t passed_over; /* a bit each: EXEMPT_NO_RELIEF afterwards */
} choices[] = {
	{ "nobody is there", { { 0 } }, -1, -1, 0 },
	{ "the only one", { { 2000, 2000, EXEMPT_NOT, 5, 10 } }, 0, -1, 0 },
	{ "the highest badness",
	  { { 2000, 2000, EXEMPT_NOT, 5, 10 },
	    { 2100, 2100, EXEMPT_NOT, 5, 11 },
	    { 1900, 1900, EXEMPT_NOT, 5, 12 } },
	  1,
	  0,
	  0 },
	{ "badness, not relief",
	  { { 2000, 2000, EXEMPT_NOT, 5, 10 },
	    { 1500, 2001, EXEMPT_NOT, 5, 11 } },
	  1,
	  0,
	  0 },
	{ "the worst is exempt by a rule",
	  { { 9000, 9000, EXEMPT_NEVER, 5, 10 },
	    { 1500, 1500, EXEMPT_NOT, 5, 11 } },
	  1,
	  -1,
	  0 },
	{ "the guard itself is the worst",
	  { { 9000, 9000, EXEMPT_SELF, 5, 10 },
	    { 1500, 1500, EXEMPT_NOT, 5, 11 } },
	  1,
	  -1,
	  0 },
	{ "the worst is being struck",
	  { { 9000, 9000, EXEMPT_STRUCK, 5, 10 },
	    { 1500, 1500, EXEMPT_NOT, 5, 11 } },
	  1,
	  -1,
	  0 },
	{ "the worst was abandoned",
	  { { 9000, 9000, EXEMPT_ABANDONED, 5, 10 },
	    { 1500, 1500, EXEMPT_NOT, 5, 11 } },
	  1,
	  -1,
	  0 },
	{ "everybody is exempt",
	  { { 9000, 9000, EXEMPT_NEVER, 5, 10 },
	    { 9000, 9000, EXEMPT_KERNEL, 5, 11 } },
	  -1,
	  -1,
	  0 },
	{ "an exempt giant does not raise the floor",
	  { { 9000, 9000, EXEMPT_NEVER, 5, 10 },
	    { 1000, 1000, EXEMPT_NOT, 5, 11 } },
	  1,
	  -1,
	  0 },
	{ "small with a high adj brings too little",
	  { { 79, 3000, EXEMPT_NOT, 5, 10 },
	    { 2900, 2900, EXEMPT_NOT, 5, 11 } },
	  1,
	  -1,
	  1 },
	{ "just enough relief",
	  { { 1000, 3000, EXEMPT_NOT, 5, 10 },
	    { 2900, 2900, EXEMPT_NOT, 5, 11 } },
	  0,
	  1,
	  0 },
	{ "just too little",
	  { { 999, 3000, EXEMPT_NOT, 5, 10 },
	    { 2900, 2900, EXEMPT_NOT, 5, 11 } },
	  1,
	  -1,
	  1 },
	{ "just a quarter of the best",
	  { { 2000, 9000, EXEMPT_NOT, 5, 10 },
	    { 8000, 8000, EXEMPT_NOT, 5, 11 } },
	  0,
	  1,
	  0 },
	{ "just less than a quarter",
	  { { 1999, 9000, EXEMPT_NOT, 5, 10 },
	    { 8000, 8000, EXEMPT_NOT, 5, 11 } },
	  1,
	  -1,
	  1 },
	{ "nobody covers the gap: half of the best will do",
	  { { 400, 700, EXEMPT_NOT, 5, 10 }, { 800, 600, EXEMPT_NOT, 5, 11 } },
	  0,
	  1,
	  0 },
	{ "nobody covers the gap: less than half will not",
	  { { 399, 900, EXEMPT_NOT, 5, 10 }, { 800, 600, EXEMPT_NOT, 5, 11 } },
	  1,
	  -1,
	  1 },
	{ "only small ones",
	  { { 63, 63, EXEMPT_NOT, 5, 10 }, { 62, 62, EXEMPT_NOT, 5, 11 } },
	  -1,
	  -1,
	  3 },
	{ "just no small one",
	  { { 64, 64, EXEMPT_NOT, 5, 10 }, { 63, 63, EXEMPT_NOT, 5, 11 } },
	  0,
	  -1,
	  2 },
	{ "all are avoided: one is chosen still",
	  { { 2000, -9000, EXEMPT_NOT, 5, 10 },
	    { 2000, -8000, EXEMPT_NOT, 5, 11 } },
	  1,
	  0,
	  0 },
	{ "of equals the younger, found first",
	  { { 2000, 2000, EXEMPT_NOT, 7, 10 },
	    { 2000, 2000, EXEMPT_NOT, 5, 11 } },
	  0,
	  1,
	  0 },
	{ "of equals the younger, found last",
	  { { 2000, 2000, EXEMPT_NOT, 5, 11 },
	    { 2000, 2000, EXEMPT_NOT, 7, 10 } },
	  1,
	  0,
	  0 },
	{ "of equals of one age the higher pid, first",
	  { { 2000, 2000, EXEMPT_NOT, 5, 12 },
	    { 2000, 2000, EXEMPT_NOT, 5, 11 } },
	  0,
	  1,
	  0 },
	{ "of equals of one age the higher pid, last",
	  { { 2000, 2000, EXEMPT_NOT, 5, 11 },
	    { 2000, 2000, EXEMPT_NOT, 5, 12 } },
	  1,
	  0,
	  0 },
	{ "who is not known yet is the youngest",
	  { { 2000, 2000, EXEMPT_NOT, 0, 10 },
	    { 2000, 2000, EXEMPT_NOT, 9, 11 } },
	  0,
	  1,
	  0 },
	{ "the runner-up of several",
	  { { 2000, 2000, EXEMPT_NOT, 5, 10 },
	    { 2300, 2300, EXEMPT_NEVER, 5, 11 },
	    { 2500, 2500, EXEMPT_NOT, 5, 12 },
	    { 2200, 2200, EXEMPT_NOT, 5, 13 },
	    { 100, 2400, EXEMPT_NOT, 5, 14 } },
	  2,
	  3,
	  16 },
};

static size_t line_up(const struct contender *from, struct candidate *to)
{
	size_t count = 0;

	while (count < 5 && from[count].pid != 0) {
		to[count] = (struct candidate){
			.pid = from[count].pid,
			.score = 700,
			.start_ticks = from[count].start_ticks,
			.exemption = from[count].exemption,
			.relief_kib = from[count].relief_mib * MIB,
			.badness_kib = from[count].badness_mib * MIB,
			.status = { .has_memory = true,
				    .anon_kib = from[count].relief_mib * MIB },
			.ruling = { .never = -1, .protect = -1 },
		};
		count++;
	}
	return count;
}

START_TEST(test_choose)
{
	struct quest quest = given_quest();
	struct candidate lined[5];
	size_t count = line_up(choices[_i].contenders, lined);
	int chosen = victim_choose(&quest, lined, count);
	const char *name = choices[_i].name;

	ck_assert_msg(chosen == choices[_i].expected, "%s: %d", name, chosen);
	for (size_t i = 0; i < count; i++) {
		bool passed = choices[_i].passed_over >> i & 1;
		enum exemption expected =
			passed ? EXEMPT_NO_RELIEF
			       : choices[_i].contenders[i].exemption;

		ck_assert_msg(lined[i].exemption == expected, "%s", name);
	}
	if (chosen >= 0)
		ck_assert_msg(victim_runner_up(lined, count, chosen) ==
				      choices[_i].runner_up,
			      "%s", name);
}
END_TEST

START_TEST(test_kubernetes_order_is_kept)
{
	struct quest quest = given_quest();
	struct candidate pods[3] = { 0 };
	static const int64_t adjs[] = { -997, 500, 1000 };

	for (int i = 0; i < 3; i++) {
		pods[i].pid = 10 + i;
		pods[i].score = 700;
		pods[i].score_adj = adjs[i];
		pods[i].status.has_memory = true;
		pods[i].status.anon_kib = (4 - i) * 1000 * MIB;
		pods[i].ruling.never = -1;
		victim_judge(&quest, &pods[i]);
	}
	ck_assert_int_eq(victim_choose(&quest, pods, 3), 2);
	pods[2].exemption = EXEMPT_STRUCK;
	ck_assert_int_eq(victim_choose(&quest, pods, 3), 1);
	pods[1].exemption = EXEMPT_ABANDONED;
	ck_assert_int_eq(victim_choose(&quest, pods, 3), 0);
}
END_TEST

START_TEST(test_the_largest_numbers_do_not_overflow)
{
	struct quest quest = given_quest();
	struct candidate giant = {
		.pid = 10,
		.score = 2000,
		.score_adj = 1000,
		.status = { .has_memory = true,
			    .anon_kib = LARGEST,
			    .swap_kib = LARGEST,
			    .tables_kib = LARGEST },
		.ruling = { .never = -1, .weight_permyriad = 10000 },
	};

	quest.base_kib = LARGEST;
	victim_judge(&quest, &giant);
	ck_assert(giant.badness_kib > giant.relief_kib);
	ck_assert_int_eq(victim_choose(&quest, &giant, 1), 0);
	giant.exemption = EXEMPT_NOT;
	giant.status.has_memory = false;
	victim_judge(&quest, &giant);
	ck_assert(giant.relief_kib >= 0);
}
END_TEST

START_TEST(test_every_exemption_has_its_own_name)
{
	for (int i = EXEMPT_NOT; i <= EXEMPT_NO_RELIEF; i++) {
		const char *name = exemption_name((enum exemption)i);

		ck_assert_ptr_nonnull(name);
		for (int k = EXEMPT_NOT; k < i; k++)
			ck_assert_str_ne(name,
					 exemption_name((enum exemption)k));
	}
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("victim");

	tcase_add_loop_test(cases, test_relief, 0, ROWS(reliefs));
	tcase_add_loop_test(cases, test_sigterm_is_futile, 0, ROWS(sigterms));
	tcase_add_loop_test(cases, test_judge_sees_that_sigterm_is_futile, 0,
			    ROWS(sigterms));
	tcase_add_loop_test(cases, test_exempt, 0, ROWS(exemptions));
	tcase_add_test(cases, test_no_teller_exempts_nobody);
	tcase_add_loop_test(cases, test_badness, 0, ROWS(judgements));
	tcase_add_test(cases, test_main_thread_that_is_gone_is_a_candidate);
	tcase_add_loop_test(cases, test_trifle, 0, ROWS(trifles));
	tcase_add_loop_test(cases, test_floor, 0, ROWS(floors));
	tcase_add_loop_test(cases, test_choose, 0, ROWS(choices));
	tcase_add_test(cases, test_kubernetes_order_is_kept);
	tcase_add_test(cases, test_the_largest_numbers_do_not_overflow);
	tcase_add_test(cases, test_every_exemption_has_its_own_name);
	return fixture_run(cases, "victim");
}
