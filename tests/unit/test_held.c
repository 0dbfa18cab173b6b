/* SPDX-License-Identifier: MIT */
#include "victim.h"

#include "given.h"

/*
 * What no process owns has made memory short: who writes it, and that nobody
 * else ends in vain. 2 % of memory are 326.4 MiB; between warn and term lie
 * 512 MiB, and 300 MiB are missing.
 */
#define BASE (INT64_C(255) * 65536)
#define SPAN (512 * MIB)
#define GAP (300 * MIB)
#define LOOKS 4

static struct settings settings;
static struct census census;
static struct culprit culprit;

static void set_up(void)
{
	given_settings(&settings);
	census_init(&census, BASE);
}

struct sight {
	int64_t at_ms;
	int64_t own_mib; /* of the first of three processes in the cgroup */
	int64_t charged_mib;
	int64_t shmem_mib;
	int64_t swap_mib;
	int64_t unowned_mib; /* of the machine */
	uint64_t ticks[3];
};

static void see(int32_t pid, int64_t mib, uint64_t ticks)
{
	const struct sighting sighting = {
		.pid = pid,
		.stat = { .parent = 1,
			  .start_ticks = 5,
			  .system_ticks = ticks },
		.cgroup = "/a.service",
		.exe = "",
	};

	census_add(&census, &settings, &sighting,
		   &(struct sizes){ .rss_kib = (uint32_t)(mib * MIB) });
}

static void look(const struct sight *sight)
{
	char path[CGROUP_PATH_SIZE];
	const struct charge charge = {
		.current_kib = sight->charged_mib * MIB,
		.shmem_kib = sight->shmem_mib * MIB,
		.swap_kib = sight->swap_mib * MIB,
	};
	int at;

	census_begin(&census, sight->at_ms);
	census_note_unowned(&census, sight->unowned_mib * MIB);
	for (int i = 0; i < 3; i++)
		see(10 + i, i == 0 ? sight->own_mib : 1, sight->ticks[i]);
	census_end(&census);
	at = census_next_leaf(&census, 0, false, path);
	leaf_note(&census.clock, &census.leaves.leaves[at], &charge);
}

static const struct {
	const char *name;
	struct sight looks[LOOKS];
	bool is_shmem;
	bool is_writing;
	bool is_unowned;
	int32_t pid; /* the first; 0: whoever */
} rows[] = {
	{ "it fills tmpfs, the busiest is the writer",
	  { { 1, 10, 20, 0, 0, 100, { 900, 50, 0 } },
	    { 1000, 10, 620, 600, 0, 700, { 901, 60, 0 } } },
	  .is_shmem = true,
	  .is_writing = true,
	  .is_unowned = true,
	  .pid = 11 },
	{ "what was long ago counts less each time",
	  { { 1, 10, 20, 0, 0, 100, { 0, 0, 0 } },
	    { 1000, 10, 30, 0, 0, 100, { 0, 60, 0 } },
	    { 2000, 10, 40, 0, 0, 100, { 40, 60, 0 } },
	    { 3000, 10, 640, 600, 0, 700, { 41, 60, 0 } } },
	  .is_shmem = true,
	  .is_writing = true,
	  .is_unowned = true,
	  .pid = 10 },
	{ "what is swapped out of it is the same",
	  { { 1, 10, 20, 0, 0, 100, { 0, 0, 0 } },
	    { 1000, 10, 20, 0, 600, 450, { 0, 60, 0 } } },
	  .is_shmem = true,
	  .is_writing = true,
	  .is_unowned = true,
	  .pid = 11 },
	{ "it has, and rests",
	  { { 1, 10, 20, 0, 0, 100, { 0, 0, 0 } },
	    { 1000, 10, 620, 600, 0, 700, { 0, 60, 0 } },
	    { 2000, 10, 620, 600, 0, 700, { 0, 60, 0 } } },
	  .is_shmem = true,
	  .is_unowned = true },
	{ "it grows more than it writes",
	  { { 1, 10, 20, 0, 0, 100, { 0, 0, 0 } },
	    { 1000, 10, 800, 780, 0, 800, { 0, 60, 0 } },
	    { 2000, 10, 1000, 879, 0, 900, { 0, 60, 0 } } },
	  .is_shmem = true,
	  .is_unowned = true },
	{ "half of what it grows is enough",
	  { { 1, 10, 20, 0, 0, 100, { 0, 0, 0 } },
	    { 1000, 10, 800, 780, 0, 800, { 0, 60, 0 } },
	    { 2000, 10, 1000, 880, 0, 900, { 0, 60, 0 } } },
	  .is_shmem = true,
	  .is_writing = true,
	  .is_unowned = true,
	  .pid = 11 },
	{ "the memory is its own",
	  { { 1, 10, 20, 0, 0, 100, { 0, 0, 0 } },
	    { 1000, 610, 620, 0, 0, 100, { 0, 60, 0 } } },
	  .pid = 10 },
	{ "half of it is its own",
	  { { 1, 10, 20, 0, 0, 100, { 0, 0, 0 } },
	    { 1000, 310, 620, 300, 0, 400, { 0, 60, 0 } } },
	  .is_unowned = true,
	  .pid = 10 },
	{ "a third of all growth is no process's",
	  { { 1, 10, 20, 0, 0, 100, { 0, 0, 0 } },
	    { 1000, 1034, 1044, 0, 0, 612, { 0, 60, 0 } } },
	  .is_unowned = true,
	  .pid = 10 },
	{ "less of it",
	  { { 1, 10, 20, 0, 0, 100, { 0, 0, 0 } },
	    { 1000, 1035, 1045, 0, 0, 612, { 0, 60, 0 } } },
	  .pid = 10 },
	{ "less than half of what is between warn and term",
	  { { 1, 10, 20, 0, 0, 100, { 0, 0, 0 } },
	    { 1000, 10, 20, 0, 0, 355, { 0, 60, 0 } } },
	  .is_unowned = false },
	{ "half of that",
	  { { 1, 10, 20, 0, 0, 100, { 0, 0, 0 } },
	    { 1000, 10, 20, 0, 0, 356, { 0, 60, 0 } } },
	  .is_unowned = true },
};

START_TEST(test_found)
{
	const char *name = rows[_i].name;

	for (int i = 0; i < LOOKS && rows[_i].looks[i].at_ms; i++)
		look(&rows[_i].looks[i]);
	culprit_find(&census, BASE, SPAN, &culprit);
	ck_assert_msg(culprit.is_shmem == rows[_i].is_shmem, "%s", name);
	ck_assert_msg(culprit.is_writing == rows[_i].is_writing, "%s", name);
	ck_assert_msg(culprit.is_unowned == rows[_i].is_unowned, "%s", name);
	ck_assert_msg(rows[_i].pid == 0 || culprit.pids[0] == rows[_i].pid,
		      "%s: %d", name, (int)culprit.pids[0]);
}
END_TEST

START_TEST(test_cgroup)
{
	char path[CGROUP_PATH_SIZE];

	ck_assert_int_eq(census_shmem_kib(&census, path), 0);
	look(&rows[0].looks[0]);
	look(&rows[0].looks[1]);
	ck_assert_int_eq(census_shmem_kib(&census, path), 600 * MIB);
	ck_assert_str_eq(path, "/a.service");
}
END_TEST

/* The writer, one in its cgroup, and a large one elsewhere. */
static const struct {
	const char *name;
	struct culprit culprit;
	struct quest quest;
	enum exemption exemption; /* of the writer */
	int chosen;
	enum choice choice;
} choices[] = {
	{ "the writer, whatever it brings",
	  { .is_found = true, .is_shmem = true, .is_writing = true },
	  { .is_memory = true },
	  .chosen = 0,
	  .choice = CHOICE_WRITER },
	{ "both looks came after the last strike",
	  { .is_found = true, .is_shmem = true, .is_writing = true },
	  { .is_memory = true, .settled_ms = 1999 },
	  .chosen = 0,
	  .choice = CHOICE_WRITER },
	{ "one look did not: nobody",
	  { .is_found = true, .is_shmem = true, .is_writing = true },
	  { .is_memory = true, .settled_ms = 2000 },
	  .chosen = -1 },
	{ "it may not be ended: nobody",
	  { .is_found = true, .is_shmem = true, .is_writing = true },
	  { .is_memory = true },
	  .exemption = EXEMPT_PROTECTED,
	  .chosen = -1 },
	{ "it rests: nobody, not the worst of its cgroup",
	  { .is_found = true, .is_shmem = true },
	  { .is_memory = true },
	  .chosen = -1 },
	{ "nobody is known to write: nobody",
	  { .is_found = false },
	  { .is_memory = true },
	  .chosen = -1 },
	{ "tasks wait for memory: that is no matter of tmpfs",
	  { .is_found = false },
	  { .is_memory = false },
	  .chosen = 1 },
	{ "tasks wait, and the writer's files are there: nobody",
	  { .is_found = false },
	  { .is_written = true },
	  .chosen = -1 },
	{ "the machine stands still for all that",
	  { .is_found = false },
	  { .is_written = true, .is_kill = true, .available_kib = GIB },
	  .chosen = 1 },
	{ "the kill level, and memory does not fall: nobody",
	  { .is_found = false },
	  { .is_memory = true, .is_kill = true, .available_kib = 100 * MIB },
	  .chosen = -1 },
	{ "it lasts half a minute: nobody yet",
	  { .is_found = false },
	  { .is_memory = true,
	    .is_kill = true,
	    .available_kib = 300 * MIB,
	    .fill_kib_s = 10 * MIB },
	  .chosen = -1 },
	{ "it lasts less, and the relief for half a minute",
	  { .is_found = false },
	  { .is_memory = true,
	    .is_kill = true,
	    .available_kib = 299 * MIB,
	    .fill_kib_s = 10 * MIB },
	  .chosen = 1 },
	{ "no relief lasts",
	  { .is_found = false },
	  { .is_memory = true,
	    .is_kill = true,
	    .available_kib = 299 * MIB,
	    .fill_kib_s = 201 * MIB },
	  .chosen = -1 },
	{ "nearly nothing is left",
	  { .is_found = false },
	  { .is_memory = true, .is_kill = true, .available_kib = 99 * MIB },
	  .chosen = 1 },
	{ "nearly nothing, but swap, and nothing is taken: nobody",
	  { .is_found = false },
	  { .is_memory = true, .is_kill = true, .swap_help_kib = 1 },
	  .chosen = -1 },
	{ "the swap lasts longer than half a minute: nobody yet",
	  { .is_found = false },
	  { .is_memory = true,
	    .is_kill = true,
	    .swap_help_kib = 300 * MIB + 1,
	    .spend_kib_s = 10 * MIB },
	  .chosen = -1 },
	{ "the swap lasts half a minute",
	  { .is_found = false },
	  { .is_memory = true,
	    .is_kill = true,
	    .swap_help_kib = 300 * MIB,
	    .spend_kib_s = 10 * MIB },
	  .chosen = 1 },
};

START_TEST(test_choice)
{
	struct culprit blamed = choices[_i].culprit;
	struct quest quest = choices[_i].quest;
	struct candidate candidates[] = {
		{ .pid = 11,
		  .relief_kib = 2 * MIB,
		  .exemption = choices[_i].exemption,
		  .grown = { .is_member = true } },
		{ .pid = 12,
		  .relief_kib = 6000 * MIB,
		  .badness_kib = 6000 * MIB,
		  .grown = { .is_member = true } },
	};

	blamed.pids[0] = 11;
	blamed.before_ms = 2000;
	blamed.is_unowned = true;
	blamed.unowned_kib = GAP + SPAN;
	quest.base_kib = BASE;
	quest.gap_kib = GAP;
	quest.margin_kib = SPAN / 2;
	quest.kill_kib = 400 * MIB;
	quest.culprit = &blamed;
	int chosen = victim_choose(&quest, candidates, 2);
	ck_assert_msg(chosen == choices[_i].chosen, "%s: %d", choices[_i].name,
		      chosen);
	ck_assert_msg(chosen < 0 ||
			      candidates[chosen].choice == choices[_i].choice,
		      "%s", choices[_i].name);
}
END_TEST

/* Without it memory would not be short: that much it must have grown. */
START_TEST(test_explains)
{
	struct culprit blamed = { .is_unowned = true,
				  .unowned_kib = GAP + SPAN };
	const struct quest quest = { .is_memory = true,
				     .gap_kib = GAP,
				     .margin_kib = SPAN / 2,
				     .culprit = &blamed };

	ck_assert(victim_held_kib(&quest) == INT64_MAX);
	blamed.unowned_kib--;
	ck_assert_int_eq(victim_held_kib(&quest), 0);
	blamed.unowned_kib++;
	blamed.is_unowned = false;
	ck_assert_int_eq(victim_held_kib(&quest), 0);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("held");

	tcase_add_checked_fixture(cases, set_up, NULL);
	tcase_add_loop_test(cases, test_found, 0, ROWS(rows));
	tcase_add_test(cases, test_cgroup);
	tcase_add_loop_test(cases, test_choice, 0, ROWS(choices));
	tcase_add_test(cases, test_explains);
	return fixture_run(cases, "held");
}
