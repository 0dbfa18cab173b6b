/* SPDX-License-Identifier: MIT */
#include "report.h"

#include "given.h"

static char bytes[512];
static struct text text;

static void setup(void)
{
	text_init(&text, bytes, sizeof(bytes));
}

/* All that every sentence has to be. */
static void ck_sentence(const char *name)
{
	ck_assert_msg(text.length > 0, "%s: says nothing", name);
	ck_assert_msg(strlen(bytes) == text.length, "%s: NUL inside", name);
	for (size_t i = 0; i < text.length; i++)
		ck_assert_msg((unsigned char)bytes[i] >= ' ' &&
				      bytes[i] != 0x7f,
			      "%s: control byte in '%s'", name, bytes);
}

static void ck_says(const char *name, const char *words)
{
	ck_assert_msg(strstr(bytes, words), "%s: '%s' does not say '%s'", name,
		      bytes, words);
}

static void ck_silent(const char *name, const char *words)
{
	ck_assert_msg(!strstr(bytes, words), "%s: '%s' says '%s'", name, bytes,
		      words);
}

#define FAR .exhaustion_ms = INT64_MAX
#define SAYS(...)                                                              \
	{                                                                      \
		__VA_ARGS__                                                    \
	}

static const struct {
	const char *name;
	struct decision decision;
	const char *says[5];
	const char *silent;
} decisions[] = {
	{ "calm",
	  { .available_kib = 20 * GIB, FAR },
	  SAYS("available 20.0 GiB"),
	  "<" },
	{ "memory, term",
	  { .urgency = URGENCY_TERM,
	    .reason = REASON_MEMORY,
	    .observed = GIB * 19 / 10 + 1,
	    .available_kib = GIB * 19 / 10 + 1,
	    .limit = 2 * GIB,
	    FAR },
	  SAYS("available 1.9 GiB", "< 2.0 GiB", "term"),
	  "swap free" },
	{ "memory, kill, filled fast",
	  { .urgency = URGENCY_KILL,
	    .reason = REASON_MEMORY,
	    .observed = 900 * MIB,
	    .available_kib = 900 * MIB,
	    .limit = GIB,
	    .fill_kib_s = 310 * MIB,
	    FAR },
	  SAYS("available 900", "< 1.0 GiB", "kill", "filling 310", "/s"),
	  "term" },
	{ "memory with swap",
	  { .urgency = URGENCY_TERM,
	    .reason = REASON_MEMORY,
	    .observed = GIB,
	    .available_kib = GIB,
	    .limit = 2 * GIB,
	    .swap_free_kib = 5 * GIB,
	    .swap_is_disbelieved = true,
	    FAR,
	    .levels = { .swap_warn_kib = 3 * GIB,
			.swap_term_kib = 2 * GIB,
			.swap_kill_kib = GIB } },
	  SAYS("available 1.0 GiB", "swap", "5.0 GiB", "does not help"),
	  "filling" },
	{ "free swap holds it back",
	  { .available_kib = GIB,
	    .swap_free_kib = 5 * GIB,
	    .swap_is_held = true,
	    FAR,
	    .levels = { .swap_warn_kib = 3 * GIB,
			.swap_term_kib = 2 * GIB,
			.swap_kill_kib = GIB } },
	  SAYS("available 1.0 GiB", "swap free 5.0 GiB (enough)"),
	  "help" },
	{ "swap is scarce itself: not enough",
	  { .urgency = URGENCY_WARN,
	    .reason = REASON_MEMORY,
	    .observed = GIB / 2,
	    .available_kib = GIB / 2,
	    .limit = 3 * GIB,
	    .swap_free_kib = 2 * GIB,
	    .swap_is_held = true,
	    FAR,
	    .levels = { .swap_warn_kib = 3 * GIB,
			.swap_term_kib = 2 * GIB,
			.swap_kill_kib = GIB } },
	  SAYS("available 512", "< 3.0 GiB (warn)",
	       "swap free 2.0 GiB < 3.0 GiB"),
	  "enough" },
	{ "memory is at kill, swap at term",
	  { .urgency = URGENCY_TERM,
	    .reason = REASON_MEMORY,
	    .available_kib = 0,
	    .limit = 2 * GIB,
	    .swap_free_kib = 2 * GIB - 1,
	    .swap_is_held = true,
	    FAR,
	    .levels = { .swap_warn_kib = 3 * GIB,
			.swap_term_kib = 2 * GIB,
			.swap_kill_kib = GIB } },
	  SAYS("available 0 KiB < 2.0 GiB (term)",
	       "swap free 1.9 GiB < 2.0 GiB"),
	  "enough" },
	{ "both are at kill",
	  { .urgency = URGENCY_KILL,
	    .reason = REASON_MEMORY,
	    .available_kib = 0,
	    .limit = GIB,
	    .swap_free_kib = 100 * MIB,
	    FAR,
	    .levels = { .swap_warn_kib = 3 * GIB,
			.swap_term_kib = 2 * GIB,
			.swap_kill_kib = GIB } },
	  SAYS("available 0 KiB < 1.0 GiB (kill)", "swap free 100 MiB"),
	  "100 MiB <" },
	{ "it fills faster than in the last minute",
	  { .urgency = URGENCY_TERM,
	    .reason = REASON_MEMORY,
	    .available_kib = 96 * MIB,
	    .limit = 100 * MIB,
	    .fill_kib_s = 48 * MIB,
	    .exhaustion_ms = 5000 },
	  SAYS("filling 48.0 MiB/s", "exhausted in 2 s"),
	  "5 s" },
	{ "it fills slower than in the last minute",
	  { .urgency = URGENCY_TERM,
	    .reason = REASON_MEMORY,
	    .available_kib = 96 * MIB,
	    .limit = 100 * MIB,
	    .fill_kib_s = 12 * MIB,
	    .exhaustion_ms = 5000 },
	  SAYS("filling 12.0 MiB/s", "exhausted in 5 s"),
	  "8 s" },
	{ "pressure, while swap holds memory back",
	  { .urgency = URGENCY_TERM,
	    .reason = REASON_PRESSURE_FULL,
	    .observed = 2500,
	    .limit = 2000,
	    .window_ms = 10000,
	    .available_kib = 0,
	    .swap_free_kib = 5 * GIB,
	    .swap_is_held = true,
	    FAR,
	    .levels = { .swap_warn_kib = 3 * GIB,
			.swap_term_kib = 2 * GIB,
			.swap_kill_kib = GIB } },
	  SAYS("full", "swap free 5.0 GiB"),
	  "GiB <" },
	{ "pressure, full",
	  { .urgency = URGENCY_KILL,
	    .reason = REASON_PRESSURE_FULL,
	    .observed = 5225,
	    .limit = 5000,
	    .window_ms = 5000,
	    .available_kib = 3 * GIB,
	    FAR },
	  SAYS("full", "52.25 %", ">= 50 %", "5 s", "kill"),
	  "some" },
	{ "pressure, some",
	  { .urgency = URGENCY_TERM,
	    .reason = REASON_PRESSURE_SOME,
	    .observed = 7001,
	    .limit = 7000,
	    .window_ms = 10000,
	    .available_kib = 3 * GIB,
	    FAR },
	  SAYS("some", "70.01 %", ">= 70 %", "10 s", "available 3.0 GiB"),
	  "full" },
	{ "exhaustion",
	  { .urgency = URGENCY_WARN,
	    .reason = REASON_EXHAUSTION,
	    .observed = 300000,
	    .limit = 600000,
	    .available_kib = 9 * GIB,
	    .exhaustion_ms = 300000 },
	  SAYS("5 min", "10 min", "warn", "9.0 GiB"),
	  "pressure" },
};

START_TEST(test_decision)
{
	const char *name = decisions[_i].name;

	report_decision(&text, &decisions[_i].decision);
	ck_sentence(name);
	for (int i = 0; i < 5 && decisions[_i].says[i]; i++)
		ck_says(name, decisions[_i].says[i]);
	ck_silent(name, decisions[_i].silent);
}
END_TEST

static const struct {
	const char *name;
	const char *comm;
	const char *unit;
	const char *says[3];
	const char *silent;
} processes[] = {
	{ "a service", "java", "tomcat.service",
	  SAYS("4242 \"java\"", "tomcat.service", "uid 998"), "\\x" },
	{ "without a unit", "java", "", SAYS("4242 \"java\"", "uid 998"), "," },
	{ "forges a line", "x\n Killed sshd", "",
	  SAYS("4242 \"x\\x0a Killed sshd\""), "\n" },
	{ "closes the quotes", "a\" (sshd.servi", "",
	  SAYS("4242 \"a\\x22 (sshd.servi\""), "a\" (" },
	{ "reaches the terminal", "\033[2J", "", SAYS("\\x1b[2J"), "\033" },
	{ "invalid UTF-8", "a\xff", "", SAYS("a\\xff"), "\xff" },
	{ "hostile unit", "java", "a\n.scope", SAYS("a\\x0a.scope"), "\n" },
};

START_TEST(test_process)
{
	const char *name = processes[_i].name;
	struct candidate candidate = { .pid = 4242, .uid = 998 };

	given_name(candidate.status.comm, processes[_i].comm);
	given_name(candidate.unit, processes[_i].unit);
	report_process(&text, &candidate);
	ck_sentence(name);
	for (int i = 0; i < 3 && processes[_i].says[i]; i++)
		ck_says(name, processes[_i].says[i]);
	ck_silent(name, processes[_i].silent);
}
END_TEST

static const struct {
	const char *name;
	int64_t relief_kib;
	int64_t adj_kib;
	int64_t weight_kib;
	const char *says[4];
	const char *silent;
} badnesses[] = {
	{ "only relief", 6 * GIB, 0, 0, SAYS("relief 6.0 GiB"), "weight" },
	{ "with oom_score_adj", 6 * GIB, 2 * GIB, 0,
	  SAYS("relief 6.0 GiB", "badness 8.0 GiB", "+ oom_score_adj 2.0 GiB"),
	  "weight" },
	{ "avoided", 6 * GIB, 0, -2 * GIB,
	  SAYS("relief 6.0 GiB", "badness 4.0 GiB", "- weight 2.0 GiB"),
	  "oom_score_adj" },
	{ "both", 6 * GIB, -1 * GIB, 2 * GIB,
	  SAYS("badness 7.0 GiB", "- oom_score_adj 1.0 GiB",
	       "+ weight 2.0 GiB"),
	  "-1.0" },
	{ "badness below 0", 1 * GIB, -4 * GIB, 0,
	  SAYS("relief 1.0 GiB", "badness -3.0 GiB"), "weight" },
};

START_TEST(test_badness)
{
	const char *name = badnesses[_i].name;
	struct candidate candidate = {
		.relief_kib = badnesses[_i].relief_kib,
		.adj_kib = badnesses[_i].adj_kib,
		.weight_kib = badnesses[_i].weight_kib,
		.badness_kib = badnesses[_i].relief_kib +
			       badnesses[_i].adj_kib + badnesses[_i].weight_kib,
	};

	report_badness(&text, &candidate);
	ck_sentence(name);
	for (int i = 0; i < 4 && badnesses[_i].says[i]; i++)
		ck_says(name, badnesses[_i].says[i]);
	ck_silent(name, badnesses[_i].silent);
}
END_TEST

static const struct {
	const char *name;
	enum choice choice;
	struct grown grown;
	const char *says[4];
	const char *silent;
} reasons[] = {
	{ "the culprit",
	  CHOICE_CULPRIT,
	  { .is_known = true,
	    .has_history = true,
	    .window = GROWTH_MIDDLE,
	    .size_kib = 3 * GIB,
	    .own_kib = { 1, 2 * GIB, 3 },
	    .share_permyriad = { 1, 9310, 1 } },
	  SAYS("the culprit", "grew 2.0 GiB (from 1.0 GiB) in 5 min",
	       "93.1 % of the growth that counts"),
	  "badness" },
	{ "the worst",
	  CHOICE_BADNESS,
	  { .is_known = true, .has_history = true },
	  SAYS("the highest badness"),
	  "history" },
	{ "nobody has watched",
	  CHOICE_BADNESS,
	  { .is_known = true },
	  SAYS("the highest badness", "no history yet"),
	  "grew" },
	{ "not known to the census",
	  CHOICE_BADNESS,
	  { .has_history = true },
	  SAYS("no history yet"),
	  "grew" },
	{ "the last resort",
	  CHOICE_LAST_RESORT,
	  { .is_known = true },
	  SAYS("the last resort"),
	  "badness" },
};

START_TEST(test_choice)
{
	const struct candidate candidate = { .choice = reasons[_i].choice,
					     .grown = reasons[_i].grown };

	report_choice(&text, &candidate);
	for (int i = 0; i < 4 && reasons[_i].says[i]; i++)
		ck_says(reasons[_i].name, reasons[_i].says[i]);
	ck_silent(reasons[_i].name, reasons[_i].silent);
}
END_TEST

static const struct {
	const char *name;
	enum outcome outcome;
	int64_t available_kib;
	const char *says[4];
	const char *silent;
} outcomes[] = {
	{ "settled", OUTCOME_SETTLED, 7 * GIB,
	  SAYS("exited after 800 ms", "6.0 GiB of 8.0 GiB", "after 900 ms"),
	  "abandoned" },
	{ "settled, an eighth is there", OUTCOME_SETTLED, 2 * GIB,
	  SAYS("1.0 GiB of 8.0 GiB"), "others" },
	{ "settled, but less is there", OUTCOME_SETTLED, 2 * GIB - 1,
	  SAYS("1023 MiB of 8.0 GiB", ", others filled 3.0 GiB"), "abandoned" },
	{ "futile, whatever others fill", OUTCOME_FUTILE, GIB,
	  SAYS("0 KiB of 8.0 GiB"), "others" },
	{ "futile, and less than before", OUTCOME_FUTILE, GIB / 2,
	  SAYS("exited after 800 ms", "0 KiB of 8.0 GiB"), "-" },
	{ "abandoned", OUTCOME_ABANDONED, GIB, SAYS("900 ms"), "exited" },
	{ "recovered", OUTCOME_RECOVERED, 9 * GIB, SAYS("recovered"),
	  "exited" },
};

START_TEST(test_outcome)
{
	const char *name = outcomes[_i].name;
	struct strike strike = { .number = 3,
				 .pid = 4242,
				 .relief_kib = 8 * GIB,
				 .available_kib = 1 * GIB,
				 .begun_kib = 4 * GIB,
				 .asked_ms = 1000,
				 .killed_ms = 1700,
				 .exited_ms = 1800 };

	report_outcome(&text, &strike, outcomes[_i].outcome,
		       outcomes[_i].available_kib, 1900);
	ck_sentence(name);
	for (int i = 0; i < 4 && outcomes[_i].says[i]; i++)
		ck_says(name, outcomes[_i].says[i]);
	ck_silent(name, outcomes[_i].silent);
}
END_TEST

START_TEST(test_holders)
{
	struct sample sample = given_machine(32 * GIB, GIB);
	struct holders holders = { .cgroup_kib = 0 };

	sample.memory.shmem_kib = 11 * GIB;
	sample.memory.slab_kib = 7 * GIB;
	sample.memory.hugetlb_kib = 5 * GIB;
	sample.memory.unevictable_kib = 3 * GIB;
	sample.memory.tables_kib = 32 * GIB / 100 + 1;
	sample.memory.stacks_kib = 32 * GIB / 100;
	report_holders(&text, &sample, &holders);
	ck_sentence("holders");
	ck_says("holders", "tmpfs and shared memory 11.0 GiB, kernel");
	ck_says("holders", "slab 7.0 GiB");
	ck_says("holders", "huge page pool 5.0 GiB");
	ck_says("holders", "page tables ");
	ck_says("holders", "unevictable 3.0 GiB");
	ck_assert(!strstr(bytes, "kernel stacks"));
	text_init(&text, bytes, sizeof(bytes));
	holders.mounts.largest[0] =
		(struct mount){ .used_kib = 9 * GIB, .path = "/a\nb" };
	holders.mounts.largest[1] =
		(struct mount){ .used_kib = GIB, .path = "/tmp" };
	report_holders(&text, &sample, &holders);
	ck_says("mounts",
		"11.0 GiB (\"/a\\x0ab\" 9.0 GiB, \"/tmp\" 1.0 GiB), k");
	text_init(&text, bytes, sizeof(bytes));
	holders.cgroup_kib = 8 * GIB;
	memcpy(holders.cgroup, "a.scope", sizeof("a.scope"));
	report_holders(&text, &sample, &holders);
	ck_says("cgroup", "\"/tmp\" 1.0 GiB; made by \"a.scope\" 8.0 GiB), k");
}
END_TEST

START_TEST(test_what_does_not_fit_is_cut)
{
	struct sample sample = given_machine(32 * GIB, GIB);
	struct candidate candidate = { .pid = 4242 };
	struct strike strike = { .relief_kib = 8 * GIB };
	const struct holders holders = { .cgroup_kib = 0 };

	for (size_t size = 1; size < 12; size++) {
		memset(bytes, '#', sizeof(bytes));
		text_init(&text, bytes, size);
		report_decision(&text, &decisions[1].decision);
		report_process(&text, &candidate);
		report_badness(&text, &candidate);
		report_outcome(&text, &strike, OUTCOME_SETTLED, 0, 0);
		report_holders(&text, &sample, &holders);
		ck_assert(text.cut);
		ck_assert_uint_lt(text.length, size);
		ck_assert_int_eq(bytes[text.length], '\0');
		ck_assert_int_eq(bytes[size], '#');
	}
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("report");

	tcase_add_checked_fixture(cases, setup, NULL);
	tcase_add_loop_test(cases, test_decision, 0, ROWS(decisions));
	tcase_add_loop_test(cases, test_process, 0, ROWS(processes));
	tcase_add_loop_test(cases, test_badness, 0, ROWS(badnesses));
	tcase_add_loop_test(cases, test_choice, 0, ROWS(reasons));
	tcase_add_loop_test(cases, test_outcome, 0, ROWS(outcomes));
	tcase_add_test(cases, test_holders);
	tcase_add_test(cases, test_what_does_not_fit_is_cut);
	return fixture_run(cases, "report");
}
