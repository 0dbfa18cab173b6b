/* SPDX-License-Identifier: MIT */
#include "decide.h"

#include "given.h"
#include "settings_table.h"

static struct settings settings;
static struct trend quiet; /* knows one sample: nothing moves */

static void setup(void)
{
	struct sample sample = given_machine(20 * GIB, 20 * GIB);

	given_settings(&settings);
	trend_init(&quiet);
	trend_update(&quiet, &sample);
}

static void ck_close(int64_t seen, int64_t expected, const char *name)
{
	ck_assert_msg(seen >= expected - 1 && seen <= expected + 1,
		      "%s: %lld, expected %lld", name, (long long)seen,
		      (long long)expected);
}

static const struct {
	const char *name;
	int64_t total_kib;
	int64_t hugetlb_kib;
	int64_t fill_kib_s;
	int64_t warn_kib;
	int64_t term_kib;
	int64_t kill_kib;
} machines[] = {
	{ "1 GiB: percent", GIB, 0, 0, 157286, 104857, 52428 },
	{ "8 GiB: percent", 8 * GIB, 0, 0, 1258291, 838860, 419430 },
	{ "20 GiB: percent is the size", 20 * GIB, 0, 0, 3 * GIB, 2 * GIB,
	  GIB },
	{ "21 GiB: size, but for warn", 21 * GIB, 0, 0, 3303014, 2 * GIB, GIB },
	{ "512 GiB: size", 512 * GIB, 0, 0, 4 * GIB, 2 * GIB, GIB },
	{ "half of it are huge pages", 16 * GIB, 8 * GIB, 0, 1258291, 838860,
	  419430 },
	{ "huge pages do not matter to sizes", 512 * GIB, 256 * GIB, 0, 4 * GIB,
	  2 * GIB, GIB },
	{ "0.3 s to each level: as it is", 20 * GIB, 0, GIB * 10 / 3, 3 * GIB,
	  2 * GIB, GIB },
	{ "less than 0.3 s: raised", 20 * GIB, 0, 4 * GIB, GIB * 36 / 10,
	  GIB * 24 / 10, GIB * 12 / 10 },
	{ "warn has more than 0.3 s", 21 * GIB, 0, GIB * 10 / 3 + 1001, 3303014,
	  2 * GIB + 600, GIB + 300 },
	{ "filled slowly", 20 * GIB, 0, GIB, 3 * GIB, 2 * GIB, GIB },
	{ "raised to the double at most", GIB, 0, 3 * GIB, 314572, 209715,
	  104857 },
	{ "raised to 4 GiB at most", 512 * GIB, 0, 10 * GIB, 4 * GIB, 4 * GIB,
	  2 * GIB },
	{ "just double", 20 * GIB, 0, GIB * 20 / 3 + 4, 4 * GIB, 4 * GIB,
	  2 * GIB },
};

static void ck_amount(const struct amount *seen, const struct amount *expected)
{
	ck_assert_int_eq(seen->permyriad, expected->permyriad);
	ck_assert_int_eq(seen->kib, expected->kib);
}

#define CK_SAME(member) ck_assert_int_eq(seen.member, settings.member)

START_TEST(test_defaults_are_the_start_values)
{
	struct settings seen;

	settings_init(&seen);
	ck_assert_int_eq(seen.mode, MODE_GUARD);
	ck_assert(seen.never_defaults);
	ck_amount(&seen.memory_warn, &settings.memory_warn);
	ck_amount(&seen.memory_term, &settings.memory_term);
	ck_amount(&seen.memory_kill, &settings.memory_kill);
	CK_SAME(swap_term_permyriad);
	CK_SAME(swap_kill_permyriad);
	CK_SAME(pressure_term_full_permyriad);
	CK_SAME(pressure_term_some_permyriad);
	CK_SAME(pressure_kill_full_permyriad);
	CK_SAME(pressure_term_window_ms);
	CK_SAME(pressure_kill_window_ms);
	CK_SAME(pressure_below_permyriad);
	CK_SAME(exhaustion_warn_ms);
	CK_SAME(grace_ms);
	CK_SAME(pressure_grace_ms);
}
END_TEST

START_TEST(test_levels)
{
	struct sample sample = given_machine(machines[_i].total_kib, GIB / 2);
	const char *name = machines[_i].name;
	struct levels levels;

	sample.memory.hugetlb_kib = machines[_i].hugetlb_kib;
	levels = decide_levels(&settings, &sample, machines[_i].fill_kib_s);
	ck_assert_msg(levels.base_kib ==
			      machines[_i].total_kib - machines[_i].hugetlb_kib,
		      "%s", name);
	ck_close(levels.warn_kib, machines[_i].warn_kib, name);
	ck_close(levels.term_kib, machines[_i].term_kib, name);
	ck_close(levels.kill_kib, machines[_i].kill_kib, name);
}
END_TEST

#define NOT SETTINGS_UNSET

static const struct {
	const char *name;
	struct amount warn;
	struct amount term;
	struct amount kill;
	int64_t fill_kib_s;
	int64_t warn_kib; /* -1: only the order is looked at */
	int64_t term_kib;
	int64_t kill_kib;
} amounts[] = {
	{ "only percent",
	  { 3000, NOT },
	  { 2000, NOT },
	  { 1000, NOT },
	  0,
	  30 * GIB,
	  20 * GIB,
	  10 * GIB },
	{ "only sizes",
	  { NOT, 3 * GIB },
	  { NOT, 2 * GIB },
	  { NOT, 1 },
	  0,
	  3 * GIB,
	  2 * GIB,
	  1 },
	{ "above 4 GiB nothing is raised",
	  { 3000, NOT },
	  { 2000, NOT },
	  { 1000, NOT },
	  5 * GIB,
	  30 * GIB,
	  20 * GIB,
	  10 * GIB },
	{ "kill above term",
	  { NOT, 3 * GIB },
	  { NOT, 1 * GIB },
	  { NOT, 2 * GIB },
	  0,
	  -1,
	  -1,
	  -1 },
	{ "term above warn",
	  { NOT, 1 * GIB },
	  { NOT, 3 * GIB },
	  { NOT, 2 * GIB },
	  0,
	  -1,
	  -1,
	  -1 },
	{ "upside down",
	  { NOT, 1 * GIB },
	  { NOT, 2 * GIB },
	  { NOT, 3 * GIB },
	  0,
	  -1,
	  -1,
	  -1 },
	{ "upside down by being raised",
	  { NOT, 5 * GIB },
	  { NOT, 3 * GIB },
	  { NOT, 3 * GIB - 1 },
	  10 * GIB,
	  5 * GIB,
	  4 * GIB,
	  3 * GIB },
	{ "zero", { NOT, 0 }, { NOT, 0 }, { NOT, 0 }, 5 * GIB, 0, 0, 0 },
};

START_TEST(test_amounts)
{
	struct sample sample = given_machine(100 * GIB, GIB);
	const char *name = amounts[_i].name;
	struct levels levels;

	settings.memory_warn = amounts[_i].warn;
	settings.memory_term = amounts[_i].term;
	settings.memory_kill = amounts[_i].kill;
	levels = decide_levels(&settings, &sample, amounts[_i].fill_kib_s);
	ck_assert_msg(levels.kill_kib <= levels.term_kib, "%s", name);
	ck_assert_msg(levels.term_kib <= levels.warn_kib, "%s", name);
	if (amounts[_i].warn_kib < 0)
		return;
	ck_close(levels.warn_kib, amounts[_i].warn_kib, name);
	ck_close(levels.term_kib, amounts[_i].term_kib, name);
	ck_close(levels.kill_kib, amounts[_i].kill_kib, name);
}
END_TEST

START_TEST(test_swap_levels)
{
	struct sample sample = given_machine(20 * GIB, GIB);
	struct levels levels;

	sample.memory.swap_total_kib = 10 * GIB;
	sample.memory.swap_free_kib = 10 * GIB;
	levels = decide_levels(&settings, &sample, GIB);
	ck_assert_int_eq(levels.swap_term_kib, GIB);
	ck_assert_int_eq(levels.swap_kill_kib, GIB / 2);
}
END_TEST

START_TEST(test_the_largest_machine_does_not_overflow)
{
	struct sample sample = given_machine(LARGEST, 0);
	struct levels levels;

	sample.memory.swap_total_kib = LARGEST;
	levels = decide_levels(&settings, &sample, LARGEST);
	ck_assert_int_eq(levels.warn_kib, 4 * GIB);
	settings.memory_warn.kib = NOT;
	levels = decide_levels(&settings, &sample, 0);
	ck_assert(levels.warn_kib > LARGEST / 8);
	ck_assert(levels.swap_term_kib > LARGEST / 11);
}
END_TEST

/* 20 GiB: warn 3, term 2, kill 1 GiB; of 10 GiB swap: term 1, kill 0.5 GiB. */
static const struct {
	const char *name;
	int64_t available_kib;
	int64_t swap_total_kib;
	int64_t swap_free_kib;
	enum urgency urgency;
	int64_t limit_kib;
	bool swap_is_held;
} memories[] = {
	{ "plenty", 10 * GIB, 0, 0, URGENCY_NONE, 0, false },
	{ "at warn", 3 * GIB, 0, 0, URGENCY_NONE, 0, false },
	{ "below warn", 3 * GIB - 1, 0, 0, URGENCY_WARN, 3 * GIB, false },
	{ "at term", 2 * GIB, 0, 0, URGENCY_WARN, 3 * GIB, false },
	{ "below term", 2 * GIB - 1, 0, 0, URGENCY_TERM, 2 * GIB, false },
	{ "at kill", GIB, 0, 0, URGENCY_TERM, 2 * GIB, false },
	{ "below kill", GIB - 1, 0, 0, URGENCY_KILL, GIB, false },
	{ "nothing left", 0, 0, 0, URGENCY_KILL, GIB, false },
	{ "swap is full, memory is not", 10 * GIB, 10 * GIB, 0, URGENCY_NONE, 0,
	  false },
	{ "swap is full, memory below warn", 3 * GIB - 1, 10 * GIB, 0,
	  URGENCY_WARN, 3 * GIB, false },
	{ "below term, swap at its level", 2 * GIB - 1, 10 * GIB, GIB,
	  URGENCY_WARN, 3 * GIB, true },
	{ "below term, swap below its level", 2 * GIB - 1, 10 * GIB, GIB - 1,
	  URGENCY_TERM, 2 * GIB, false },
	{ "below kill, swap at term", GIB - 1, 10 * GIB, GIB, URGENCY_WARN,
	  3 * GIB, true },
	{ "below kill, swap below term", GIB - 1, 10 * GIB, GIB - 1,
	  URGENCY_TERM, 2 * GIB, true },
	{ "below kill, swap at kill", GIB - 1, 10 * GIB, GIB / 2, URGENCY_TERM,
	  2 * GIB, true },
	{ "below kill, swap below kill", GIB - 1, 10 * GIB, GIB / 2 - 1,
	  URGENCY_KILL, GIB, false },
	{ "below warn, swap at one and a half of term", 3 * GIB - 1, 10 * GIB,
	  GIB * 3 / 2, URGENCY_NONE, 0, true },
	{ "below warn, swap below that", 3 * GIB - 1, 10 * GIB, GIB * 3 / 2 - 1,
	  URGENCY_WARN, 3 * GIB, false },
	{ "below kill, nothing is swapped", GIB - 1, 10 * GIB, 10 * GIB,
	  URGENCY_NONE, 0, true },
	{ "plenty, nothing is swapped", 10 * GIB, 10 * GIB, 10 * GIB,
	  URGENCY_NONE, 0, false },
};

START_TEST(test_memory)
{
	struct sample sample =
		given_machine(20 * GIB, memories[_i].available_kib);
	const char *name = memories[_i].name;
	struct decision decision;
	struct watch watch;

	sample.memory.swap_total_kib = memories[_i].swap_total_kib;
	sample.memory.swap_free_kib = memories[_i].swap_free_kib;
	watch_init(&watch);
	decision = decide(&settings, &sample, &quiet, &watch);
	ck_assert_msg(decision.urgency == memories[_i].urgency, "%s: %s", name,
		      urgency_name(decision.urgency));
	ck_assert_msg(decision.available_kib == memories[_i].available_kib,
		      "%s", name);
	ck_assert_msg(decision.swap_free_kib == memories[_i].swap_free_kib,
		      "%s", name);
	ck_assert_msg(decision.swap_is_held == memories[_i].swap_is_held, "%s",
		      name);
	ck_assert_msg(!decision.swap_is_disbelieved, "%s", name);
	if (decision.urgency == URGENCY_NONE)
		return;
	ck_assert_msg(decision.reason == REASON_MEMORY, "%s", name);
	ck_assert_msg(decision.observed == memories[_i].available_kib, "%s",
		      name);
	ck_assert_msg(decision.limit == memories[_i].limit_kib, "%s", name);
}
END_TEST

static const struct {
	const char *name;
	int64_t available_kib;
	int64_t gap_kib;
} gaps[] = {
	{ "plenty", 10 * GIB, 0 },
	{ "at term", 2 * GIB, 0 },
	{ "just below term", 2 * GIB - 1, 1 },
	{ "nothing left", 0, 2 * GIB },
};

START_TEST(test_gap)
{
	struct sample sample = given_machine(20 * GIB, gaps[_i].available_kib);
	struct watch watch;

	watch_init(&watch);
	ck_assert_msg(decide(&settings, &sample, &quiet, &watch).gap_kib ==
			      gaps[_i].gap_kib,
		      "%s", gaps[_i].name);
}
END_TEST

START_TEST(test_what_zfs_can_give_back_is_available)
{
	struct sample sample = given_machine(20 * GIB, GIB);
	struct decision decision;
	struct watch watch;

	sample.arc_kib = 2 * GIB;
	watch_init(&watch);
	decision = decide(&settings, &sample, &quiet, &watch);
	ck_assert_int_eq(decision.urgency, URGENCY_NONE);
	ck_assert_int_eq(decision.available_kib, 3 * GIB);
	sample.arc_kib--;
	decision = decide(&settings, &sample, &quiet, &watch);
	ck_assert_int_eq(decision.urgency, URGENCY_WARN);
}
END_TEST

/* 10 GiB of zram, of which 2 GiB are free; half of that is the term level. */
static const struct {
	const char *name;
	int32_t saves_permyriad;
	enum urgency urgency;
} zrams[] = {
	{ "saves all", 10000, URGENCY_NONE },
	{ "saves half", 5000, URGENCY_WARN },
	{ "saves less than half", 4999, URGENCY_TERM },
	{ "saves nothing", 0, URGENCY_KILL },
};

START_TEST(test_of_zram_only_what_it_saves_counts)
{
	struct sample sample = given_machine(20 * GIB, GIB - 1);
	struct watch watch;

	sample.memory.swap_total_kib = 10 * GIB;
	sample.memory.swap_free_kib = 2 * GIB;
	sample.swaps.zram_size_kib = 10 * GIB;
	sample.swaps.zram_used_kib = 8 * GIB;
	sample.zram_saves_permyriad = zrams[_i].saves_permyriad;
	watch_init(&watch);
	ck_assert_msg(decide(&settings, &sample, &quiet, &watch).urgency ==
			      zrams[_i].urgency,
		      "%s", zrams[_i].name);
}
END_TEST

/* Swap of 10 GiB, all free, and memory below the kill level. */
struct look {
	int64_t at_ms;
	int64_t available_kib;
	int64_t cached_kib;
	int64_t swapped_out_pages;
	int64_t waited; /* ms of stall since the boot; without PSI: pages */
	bool is_disbelieved;
};

#define LOW (GIB - 1)

enum without { WITH_ALL, NO_PRESSURE, NO_VMSTAT };

static const struct {
	const char *name;
	enum without without;
	struct look looks[6]; /* ends with at_ms 0 */
} disbeliefs[] = {
	{ "nothing is made free for 999 ms",
	  WITH_ALL,
	  { { 1000, LOW, GIB, 0, 0, false },
	    { 1999, LOW, GIB, 0, 999, false } } },
	{ "nothing is made free for a second",
	  WITH_ALL,
	  { { 1000, LOW, GIB, 0, 0, false },
	    { 2000, LOW, GIB, 0, 500, true } } },
	{ "tasks wait for 499 ms of the second",
	  WITH_ALL,
	  { { 1000, LOW, GIB, 0, 0, false },
	    { 2000, LOW, GIB, 0, 499, false } } },
	{ "nobody waits: the kernel has not begun",
	  WITH_ALL,
	  { { 1000, LOW, GIB, 0, 0, false },
	    { 2000, LOW - 100 * MIB, GIB, 0, 0, false },
	    { 9000, 0, GIB, 0, 0, false } } },
	{ "they waited just before it was low",
	  WITH_ALL,
	  { { 500, 2 * GIB, GIB, 0, 0, false },
	    { 1000, LOW, GIB, 0, 500, false },
	    { 2000, LOW, GIB, 0, 500, false } } },
	{ "less than 1 MiB is swapped",
	  WITH_ALL,
	  { { 1000, LOW, GIB, 500, 0, false },
	    { 2000, LOW, GIB, 500 + 255, 500, true } } },
	{ "1 MiB is swapped, and available falls by more",
	  WITH_ALL,
	  { { 1000, LOW, GIB, 500, 0, false },
	    { 2000, LOW - 100 * MIB, GIB, 500 + 256, 500, false } } },
	{ "less than 1 MiB of cache is dropped",
	  WITH_ALL,
	  { { 1000, LOW, GIB, 0, 0, false },
	    { 2000, LOW, GIB - 1023, 0, 500, true } } },
	{ "1 MiB of cache is dropped: swap comes later",
	  WITH_ALL,
	  { { 1000, LOW, GIB, 0, 0, false },
	    { 2000, LOW, GIB - 1024, 0, 500, false } } },
	{ "half of it is swapped, the other dropped",
	  WITH_ALL,
	  { { 1000, LOW, GIB, 0, 0, false },
	    { 2000, LOW, GIB - 512, 128, 500, false } } },
	{ "cache that grows takes nothing from what is swapped",
	  WITH_ALL,
	  { { 1000, LOW, GIB, 0, 0, false },
	    { 2000, LOW, 2 * GIB, 256, 500, false } } },
	{ "swapped before it was low does not count",
	  WITH_ALL,
	  { { 500, 2 * GIB, GIB, 0, 0, false },
	    { 1000, LOW, GIB, 1000000, 0, false },
	    { 2000, LOW, GIB, 1000000, 500, true } } },
	{ "what stops is found in the next window",
	  WITH_ALL,
	  { { 1000, LOW, GIB, 0, 0, false },
	    { 2000, LOW, GIB, 25600, 500, false },
	    { 2999, LOW, GIB, 25600, 1499, false },
	    { 3000, LOW, GIB, 25600, 1500, true } } },
	{ "what begins is found in the next window",
	  WITH_ALL,
	  { { 1000, LOW, GIB, 0, 0, false },
	    { 2000, LOW, GIB, 0, 500, true },
	    { 2999, LOW, GIB, 25600, 1499, true },
	    { 3000, LOW, GIB, 25600, 1500, false } } },
	{ "they wait after the window only: reclaim began then",
	  WITH_ALL,
	  { { 1000, LOW, GIB, 0, 0, false },
	    { 2000, LOW, GIB, 0, 499, false },
	    { 2500, LOW, GIB, 25600, 999, false },
	    { 3000, LOW, GIB, 25600, 1499, false } } },
	{ "the waiting ends before the window does",
	  WITH_ALL,
	  { { 1000, LOW, GIB, 0, 0, false },
	    { 2000, LOW, GIB, 0, 500, true },
	    { 2900, LOW, GIB, 0, 500, false } } },
	{ "not low in between: the time begins anew",
	  WITH_ALL,
	  { { 1000, LOW, GIB, 0, 0, false },
	    { 1850, GIB, GIB, 0, 850, false },
	    { 1950, LOW, GIB, 0, 950, false },
	    { 2949, LOW, GIB, 0, 1949, false },
	    { 2950, LOW, GIB, 0, 1950, true } } },
	{ "no longer low: it is believed again",
	  WITH_ALL,
	  { { 1000, LOW, GIB, 0, 0, false },
	    { 2000, LOW, GIB, 0, 500, true },
	    { 2100, GIB, GIB, 0, 600, false },
	    { 2200, LOW, GIB, 0, 700, false } } },
	{ "between kill and term it is always believed",
	  WITH_ALL,
	  { { 1000, GIB + 500 * MIB, GIB, 0, 0, false },
	    { 2000, GIB + 100 * MIB, GIB, 0, 1000, false },
	    { 9000, GIB, GIB, 0, 8000, false } } },
	{ "the clock went back: the time begins anew",
	  WITH_ALL,
	  { { 9000, LOW, GIB, 0, 0, false },
	    { 1000, LOW, GIB, 0, 100, false },
	    { 1999, LOW, GIB, 0, 1099, false } } },
	{ "without PSI: the machine scans",
	  NO_PRESSURE,
	  { { 1000, LOW, GIB, 0, 5, false }, { 2000, LOW, GIB, 0, 6, true } } },
	{ "without PSI: it does not",
	  NO_PRESSURE,
	  { { 1000, LOW, GIB, 0, 5, false },
	    { 2000, LOW - 100 * MIB, GIB, 0, 5, false },
	    { 9000, 0, GIB, 0, 5, false } } },
	{ "without PSI: it scans and 1 MiB is swapped",
	  NO_PRESSURE,
	  { { 1000, LOW, GIB, 0, 5, false },
	    { 2000, LOW, GIB, 256, 6, false } } },
	{ "without PSI: it scans no more",
	  NO_PRESSURE,
	  { { 1000, LOW, GIB, 0, 5, false },
	    { 2000, LOW, GIB, 0, 6, true },
	    { 3000, LOW, GIB, 0, 6, false } } },
	{ "without vmstat nothing tells",
	  NO_VMSTAT,
	  { { 1000, LOW, GIB, 0, 0, false },
	    { 2000, LOW - 100 * MIB, GIB, 0, 1000, false },
	    { 9000, 0, 0, 0, 5000, false } } },
};

static struct sample glance(const struct look *look, enum without without)
{
	struct sample sample = given_machine(20 * GIB, look->available_kib);

	sample.at_ms = look->at_ms;
	sample.memory.cached_kib = look->cached_kib;
	sample.memory.swap_total_kib = 10 * GIB;
	sample.memory.swap_free_kib = 10 * GIB;
	sample.vmstat.swapped_out_pages = look->swapped_out_pages;
	sample.has_pressure = without != NO_PRESSURE;
	sample.has_vmstat = without != NO_VMSTAT;
	if (sample.has_pressure)
		sample.pressure.some_us = look->waited * 1000;
	else
		sample.vmstat.scanned_pages = look->waited;
	return sample;
}

START_TEST(test_swap_that_does_not_help_is_disbelieved)
{
	const char *name = disbeliefs[_i].name;
	struct trend trend;
	struct watch watch;

	trend_init(&trend);
	watch_init(&watch);
	for (const struct look *look = disbeliefs[_i].looks; look->at_ms != 0;
	     look++) {
		struct sample sample = glance(look, disbeliefs[_i].without);
		struct decision decision;

		trend_update(&trend, &sample);
		trend.fill_from_ms = look->at_ms; /* No level is raised. */
		decision = decide(&settings, &sample, &trend, &watch);
		ck_assert_msg(decision.swap_is_disbelieved ==
				      look->is_disbelieved,
			      "%s: at %lld", name, (long long)look->at_ms);
		ck_assert_msg(watch.swap_is_useless == look->is_disbelieved,
			      "%s: at %lld", name, (long long)look->at_ms);
		ck_assert_msg(look->available_kib >= GIB ||
				      (decision.urgency == URGENCY_KILL) ==
					      look->is_disbelieved,
			      "%s: at %lld", name, (long long)look->at_ms);
	}
}
END_TEST

/* Nobody waits, but the file cache is gone: below 32 MiB, or a percent. */
struct bare_look {
	int64_t at_ms;
	int64_t available_kib;
	int64_t cached_kib;
	int64_t shmem_kib;
	int64_t swapless_kib;
	bool is_disbelieved;
};

#define FLOOR (32 * MIB)

static const struct {
	const char *name;
	int64_t total_kib;
	struct bare_look looks[6]; /* ends with at_ms 0 */
} bares[] = {
	{ "as much as must be left",
	  20 * GIB,
	  { { 1000, LOW, FLOOR, 0, GIB, false },
	    { 9000, LOW, FLOOR, 0, GIB, false } } },
	{ "less for 299 ms",
	  20 * GIB,
	  { { 1000, LOW, FLOOR - 1, 0, GIB, false },
	    { 1299, LOW, FLOOR - 1, 0, GIB, false } } },
	{ "less for 300 ms",
	  20 * GIB,
	  { { 1000, LOW, FLOOR - 1, 0, GIB, false },
	    { 1300, LOW, FLOOR - 1, 0, GIB, true } } },
	{ "all may swap: it comes back",
	  20 * GIB,
	  { { 1000, LOW, 0, 0, 0, false }, { 9000, LOW, 0, 0, 0, false } } },
	{ "less than the kill level may not",
	  20 * GIB,
	  { { 1000, LOW, 0, 0, GIB - 1, false },
	    { 9000, LOW, 0, 0, GIB - 1, false } } },
	{ "more than that may not since a moment ago",
	  20 * GIB,
	  { { 1000, LOW, 0, 0, GIB - 1, false },
	    { 1300, LOW, 0, 0, GIB - 1, false },
	    { 1310, LOW, 0, 0, GIB, true } } },
	{ "shared memory is no file cache",
	  20 * GIB,
	  { { 1000, LOW, 5 * GIB, 5 * GIB - FLOOR + 1, GIB, false },
	    { 1300, LOW, 5 * GIB, 5 * GIB - FLOOR + 1, GIB, true } } },
	{ "1 GiB: a percent",
	  GIB,
	  { { 1000, 50 * MIB, 10485, 0, GIB, false },
	    { 9000, 50 * MIB, 10485, 0, GIB, false } } },
	{ "1 GiB: less than a percent",
	  GIB,
	  { { 1000, 50 * MIB, 10484, 0, GIB, false },
	    { 1300, 50 * MIB, 10484, 0, GIB, true } } },
	{ "some in between: the time begins anew",
	  20 * GIB,
	  { { 1000, LOW, 0, 0, GIB, false },
	    { 1200, LOW, FLOOR, 0, GIB, false },
	    { 1250, LOW, 0, 0, GIB, false },
	    { 1549, LOW, 0, 0, GIB, false },
	    { 1550, LOW, 0, 0, GIB, true } } },
	{ "it counts from when memory is low",
	  20 * GIB,
	  { { 500, 2 * GIB, 0, 0, GIB, false },
	    { 1000, LOW, 0, 0, GIB, false },
	    { 1299, LOW, 0, 0, GIB, false },
	    { 1300, LOW, 0, 0, GIB, true } } },
	{ "between kill and term it does not matter",
	  20 * GIB,
	  { { 1000, GIB, 0, 0, GIB, false },
	    { 9000, GIB, 0, 0, GIB, false } } },
	{ "no longer low: it is believed again",
	  20 * GIB,
	  { { 1000, LOW, 0, 0, GIB, false },
	    { 1300, LOW, 0, 0, GIB, true },
	    { 1400, GIB, 0, 0, GIB, false },
	    { 1500, LOW, 0, 0, GIB, false },
	    { 1799, LOW, 0, 0, GIB, false } } },
};

START_TEST(test_swap_is_disbelieved_without_file_cache)
{
	struct watch watch;

	watch_init(&watch);
	for (const struct bare_look *look = bares[_i].looks; look->at_ms != 0;
	     look++) {
		struct sample sample =
			given_machine(bares[_i].total_kib, look->available_kib);

		sample.at_ms = look->at_ms;
		sample.memory.cached_kib = look->cached_kib;
		sample.memory.shmem_kib = look->shmem_kib;
		sample.swapless_kib = look->swapless_kib;
		sample.swappable_kib = INT64_MAX;
		sample.memory.swap_total_kib = 10 * GIB;
		sample.memory.swap_free_kib = 10 * GIB;
		ck_assert_msg(decide(&settings, &sample, &quiet, &watch)
					      .swap_is_disbelieved ==
				      look->is_disbelieved,
			      "%s: at %lld", bares[_i].name,
			      (long long)look->at_ms);
	}
}
END_TEST

/* On 20 GiB: 2 GiB are the level term, 1 GiB is the level kill. */
static const struct {
	const char *name;
	int64_t available_kib;
	int64_t swapless_kib;
	int64_t swappable_kib;
	int64_t age_ms;
	int64_t fill_kib_s;
	bool is_disbelieved;
	int64_t active_kib; /* Active(anon) and Inactive(anon) of meminfo */
	int64_t inactive_kib;
} leavings[] = {
	{ "as much as the level term is left to swap", LOW, GIB, 2 * GIB, 0, 0,
	  false, 0, 0 },
	{ "a little less", LOW, GIB, 2 * GIB - 1, 0, 0, true, 0, 0 },
	{ "less than the kill level may not swap", LOW, GIB - 1, 0, 0, 0, false,
	  0, 0 },
	{ "at the kill level", GIB, GIB, 0, 0, 0, false, 0, 0 },
	{ "it was counted ten seconds ago", LOW, GIB, 0, 10000, 0, true, 0, 0 },
	{ "longer ago, in calm", LOW, GIB, 0, 10001, 0, false, 0, 0 },
	{ "however fast it fills", LOW, GIB, 0, 1000, 512 * MIB, true, 0, 0 },
	{ "meminfo tells of more that is nobody's", LOW, 2 * GIB, GIB, 1000, 0,
	  false, 3 * GIB, GIB },
	{ "a little less", LOW, 2 * GIB, GIB, 1000, 0, true, 3 * GIB, GIB - 1 },
	{ "nobody has ever counted", LOW, INT64_MAX, 0, 31000, 0, false, 0, 0 },
	{ "the rest is locked", LOW, 0, 9 * GIB, 0, 0, true, GIB, GIB - 1 },
	{ "as much as the level term is not", LOW, 0, 9 * GIB, 0, 0, false, GIB,
	  GIB },
	{ "it is, but memory is at the kill level", GIB, 0, 9 * GIB, 0, 0,
	  false, 1, 0 },
};

START_TEST(test_swap_is_disbelieved_when_nothing_is_left_to_swap)
{
	struct sample sample = given_machine(20 * GIB, 3 * GIB);
	struct decision decision;
	struct trend trend;
	struct watch watch;

	trend_init(&trend);
	watch_init(&watch);
	sample.swapless_kib = leavings[_i].swapless_kib;
	sample.swappable_kib = leavings[_i].swappable_kib;
	sample.memory.active_anon_kib = leavings[_i].active_kib;
	sample.memory.inactive_anon_kib = leavings[_i].inactive_kib;
	sample.memory.swap_total_kib = 10 * GIB;
	sample.memory.swap_free_kib = 10 * GIB;
	sample.memory.cached_kib = 10 * GIB;
	for (sample.at_ms = 1000; sample.at_ms < 31000; sample.at_ms += 1000) {
		sample.memory.available_kib =
			leavings[_i].available_kib +
			leavings[_i].fill_kib_s * (31000 - sample.at_ms) / 1000;
		trend_update(&trend, &sample);
	}
	sample.memory.available_kib = leavings[_i].available_kib;
	trend_update(&trend, &sample);
	sample.swappable_ms = sample.at_ms - leavings[_i].age_ms;
	decision = decide(&settings, &sample, &trend, &watch);
	ck_assert_msg(decision.swap_is_disbelieved ==
			      leavings[_i].is_disbelieved,
		      "%s: filling %lld", leavings[_i].name,
		      (long long)decision.fill_kib_s / MIB);
}
END_TEST

/*
 * MemAvailable is below the kill level long before the kernel wakes; then it
 * drops file cache while tasks wait, and only then it swaps: a process that
 * grows into free swap is not struck. Each look is 100 ms later.
 */
START_TEST(test_a_machine_that_can_still_swap_is_held)
{
	struct look look = { 1000, 2 * GIB, GIB, 0, 0, false };
	struct trend trend;
	struct watch watch;

	trend_init(&trend);
	watch_init(&watch);
	for (; look.at_ms < 60000; look.at_ms += 100) {
		struct sample sample = glance(&look, WITH_ALL);
		struct decision decision;

		trend_update(&trend, &sample);
		decision = decide(&settings, &sample, &trend, &watch);
		ck_assert_msg(decision.urgency == URGENCY_NONE &&
				      !decision.swap_is_disbelieved,
			      "at %lld", (long long)look.at_ms);
		if (look.available_kib > 500 * MIB) {
			look.available_kib -= 8 * MIB;
			continue;
		}
		/* kswapd is awake, and most of the time somebody waits. */
		ck_assert(decision.swap_is_held);
		look.waited += 60;
		if (look.cached_kib > 100 * MIB) {
			look.cached_kib -= 8 * MIB;
			look.available_kib -= look.available_kib ? 2 * MIB : 0;
		} else {
			look.swapped_out_pages += 2048;
		}
	}
	ck_assert_int_gt(look.swapped_out_pages, 0);
}
END_TEST

/* Ten seconds and more of the same stall on 20 GiB. */
static const struct {
	const char *name;
	int32_t some_permyriad;
	int32_t full_permyriad;
	int32_t last_full_permyriad; /* of the last five seconds */
	int reclaiming_s;            /* of the last ten */
	int64_t available_kib;
	int64_t refaulted; /* of 10,000 stolen */
	enum urgency urgency;
	enum reason reason;
	int64_t observed;
	int64_t limit;
	int64_t window_ms;
} stalls[] = {
	{ "full at term", 3000, 3000, 3000, 10, 4 * GIB, 0, URGENCY_TERM,
	  REASON_PRESSURE_FULL, 3000, 3000, 10000 },
	{ "full just below term", 2990, 2990, 2990, 10, 4 * GIB, 0,
	  URGENCY_NONE, REASON_NONE, 0, 0, 0 },
	{ "some at term", 7000, 0, 0, 10, 4 * GIB, 0, URGENCY_TERM,
	  REASON_PRESSURE_SOME, 7000, 7000, 10000 },
	{ "some just below term", 6990, 2990, 2990, 10, 4 * GIB, 0,
	  URGENCY_NONE, REASON_NONE, 0, 0, 0 },
	{ "full at kill over five seconds", 5000, 0, 7000, 10, 4 * GIB, 0,
	  URGENCY_KILL, REASON_PRESSURE_FULL, 7000, 7000, 5000 },
	{ "full just below kill over five seconds", 5000, 0, 6990, 10, 4 * GIB,
	  0, URGENCY_TERM, REASON_PRESSURE_FULL, 3495, 3000, 10000 },
	{ "full at kill, but five seconds ago", 5000, 7000, 0, 10, 4 * GIB, 0,
	  URGENCY_TERM, REASON_PRESSURE_FULL, 3500, 3000, 10000 },
	{ "some never kills", 10000, 0, 0, 10, 4 * GIB, 0, URGENCY_TERM,
	  REASON_PRESSURE_SOME, 10000, 7000, 10000 },
	{ "no reclaim by the machine", 10000, 10000, 10000, 0, 4 * GIB, 10000,
	  URGENCY_NONE, REASON_NONE, 0, 0, 0 },
	{ "reclaim in four seconds of ten", 4500, 4500, 4500, 4, 4 * GIB, 0,
	  URGENCY_NONE, REASON_NONE, 0, 0, 0 },
	{ "reclaim in five seconds of ten", 4500, 4500, 4500, 5, 4 * GIB, 0,
	  URGENCY_TERM, REASON_PRESSURE_FULL, 4500, 3000, 10000 },
	{ "a quarter is available", 4500, 4500, 4500, 10, 5 * GIB, 0,
	  URGENCY_NONE, REASON_NONE, 0, 0, 0 },
	{ "just less than a quarter", 4500, 4500, 4500, 10, 5 * GIB - 1, 0,
	  URGENCY_TERM, REASON_PRESSURE_FULL, 4500, 3000, 10000 },
	{ "plenty, but a quarter is refaulted", 4500, 4500, 4500, 10, 15 * GIB,
	  2500, URGENCY_TERM, REASON_PRESSURE_FULL, 4500, 3000, 10000 },
	{ "plenty, and just less is refaulted", 4500, 4500, 4500, 10, 15 * GIB,
	  2499, URGENCY_NONE, REASON_NONE, 0, 0, 0 },
	{ "plenty: even the kill level needs the gate", 10000, 10000, 10000, 10,
	  17 * GIB, 0, URGENCY_NONE, REASON_NONE, 0, 0, 0 },
	{ "pressure is graver than the memory reason", 7000, 7000, 7000, 10,
	  3 * GIB - 1, 0, URGENCY_KILL, REASON_PRESSURE_FULL, 7000, 7000,
	  5000 },
	{ "memory is graver than the pressure reason", 3000, 3000, 3000, 10,
	  GIB - 1, 0, URGENCY_KILL, REASON_MEMORY, GIB - 1, GIB, 0 },
};

static struct sample press(int row, struct trend *trend, bool with_vmstat)
{
	struct sample sample =
		given_machine(20 * GIB, stalls[row].available_kib);

	sample.has_vmstat = with_vmstat;
	trend_init(trend);
	for (int step = 0; step <= 120; step++) {
		bool is_last = step > 70; /* 100 ms each */
		bool reclaims = step > 120 - stalls[row].reclaiming_s * 10;

		sample.at_ms = 1000 + step * 100;
		sample.pressure.some_us += stalls[row].some_permyriad * 10;
		sample.pressure.full_us +=
			(is_last ? stalls[row].last_full_permyriad
				 : stalls[row].full_permyriad) *
			10;
		sample.vmstat.scanned_pages += reclaims;
		sample.vmstat.stolen_pages += 10000;
		sample.vmstat.refaulted_pages += stalls[row].refaulted;
		trend_update(trend, &sample);
	}
	return sample;
}

START_TEST(test_pressure)
{
	static struct trend trend;
	struct sample sample = press(_i, &trend, true);
	const char *name = stalls[_i].name;
	struct decision decision;
	struct watch watch;

	watch_init(&watch);
	decision = decide(&settings, &sample, &trend, &watch);
	ck_assert_msg(decision.urgency == stalls[_i].urgency, "%s: %s", name,
		      urgency_name(decision.urgency));
	if (decision.urgency == URGENCY_NONE)
		return;
	ck_assert_msg(decision.reason == stalls[_i].reason, "%s", name);
	ck_close(decision.observed, stalls[_i].observed, name);
	ck_close(decision.limit, stalls[_i].limit, name);
	if (decision.reason != REASON_MEMORY)
		ck_assert_msg(decision.window_ms == stalls[_i].window_ms, "%s",
			      name);
}
END_TEST

/* The first row is urgent; with free swap only what is read back counts. */
START_TEST(test_growth_into_free_swap_is_no_pressure)
{
	static struct trend trend;
	struct sample sample = press(0, &trend, true);
	struct decision decision;
	struct watch watch;

	sample.memory.available_kib = sample.memory.total_kib / 100 * 8;
	sample.memory.free_kib = sample.memory.available_kib;
	sample.memory.swap_total_kib = 8 * GIB;
	sample.memory.swap_free_kib = 8 * GIB;
	watch_init(&watch);
	decision = decide(&settings, &sample, &trend, &watch);
	ck_assert(decision.swap_is_held);
	ck_assert_int_eq(decision.urgency, URGENCY_NONE);
	sample.memory.swap_total_kib = 0;
	sample.memory.swap_free_kib = 0;
	watch_init(&watch);
	decision = decide(&settings, &sample, &trend, &watch);
	ck_assert_int_ge(decision.urgency, URGENCY_TERM);
}
END_TEST

START_TEST(test_without_psi_or_vmstat_memory_works_alone)
{
	static struct trend trend;
	struct sample sample = press(0, &trend, true);
	struct watch watch;

	watch_init(&watch);
	sample.has_pressure = false;
	ck_assert_int_eq(decide(&settings, &sample, &trend, &watch).urgency,
			 URGENCY_NONE);
	sample = press(0, &trend, false);
	sample.vmstat = (struct vmstat){ 0 };
	ck_assert_int_eq(decide(&settings, &sample, &trend, &watch).urgency,
			 URGENCY_NONE);
	sample.memory.available_kib = 2 * GIB - 1;
	ck_assert_int_eq(decide(&settings, &sample, &trend, &watch).urgency,
			 URGENCY_TERM);
}
END_TEST

START_TEST(test_a_strike_starts_the_pressure_anew)
{
	static struct trend trend;
	struct sample sample = press(0, &trend, true);
	struct watch watch;

	watch_init(&watch);
	trend_restart(&trend, sample.at_ms);
	ck_assert_int_eq(decide(&settings, &sample, &trend, &watch).urgency,
			 URGENCY_NONE);
}
END_TEST

/* Falls every second; decides each time. Tells the first warning, or -1. */
static int64_t first_warning(int64_t available_kib, int64_t fall_kib,
			     int64_t pause_at_ms, int64_t duration_ms,
			     struct decision *decision)
{
	struct sample sample = given_machine(100 * GIB, available_kib);
	struct trend trend;
	struct watch watch;

	trend_init(&trend);
	watch_init(&watch);
	for (; sample.at_ms <= duration_ms; sample.at_ms += 1000) {
		if (sample.at_ms == pause_at_ms)
			sample.memory.available_kib += 60 * fall_kib;
		trend_update(&trend, &sample);
		*decision = decide(&settings, &sample, &trend, &watch);
		if (decision->urgency != URGENCY_NONE)
			return sample.at_ms;
		sample.memory.available_kib -= fall_kib;
	}
	return -1;
}

START_TEST(test_exhaustion_warns_after_a_minute)
{
	struct decision decision;
	int64_t at_ms =
		first_warning(30 * GIB, 60 * MIB, -1, 200000, &decision);

	ck_assert_int_ge(at_ms, 80000);
	ck_assert_int_le(at_ms, 82000);
	ck_assert_int_eq(decision.urgency, URGENCY_WARN);
	ck_assert_int_eq(decision.reason, REASON_EXHAUSTION);
	ck_assert_int_eq(decision.limit, 600000);
	ck_assert_int_eq(decision.observed, decision.exhaustion_ms);
	ck_assert(decision.observed > 400000 && decision.observed < 500000);
}
END_TEST

START_TEST(test_exhaustion_that_stops_for_a_while_begins_anew)
{
	struct decision decision;
	int64_t at_ms =
		first_warning(30 * GIB, 60 * MIB, 70000, 300000, &decision);

	ck_assert_int_ge(at_ms, 130000);
	ck_assert_int_eq(decision.reason, REASON_EXHAUSTION);
}
END_TEST

START_TEST(test_exhaustion_is_far)
{
	struct decision decision;

	ck_assert_int_eq(
		first_warning(50 * GIB, 20 * MIB, -1, 300000, &decision), -1);
	ck_assert(decision.exhaustion_ms > 600000);
}
END_TEST

START_TEST(test_exhaustion_never_kills)
{
	struct sample sample = given_machine(100 * GIB, 100 * GIB);
	struct trend trend;
	struct watch watch;

	trend_init(&trend);
	watch_init(&watch);
	while (sample.memory.available_kib > 5 * GIB) {
		trend_update(&trend, &sample);
		ck_assert_int_le(
			decide(&settings, &sample, &trend, &watch).urgency,
			URGENCY_WARN);
		sample.at_ms += 1000;
		sample.memory.available_kib -= GIB / 2;
	}
	ck_assert_int_eq(decide(&settings, &sample, &trend, &watch).urgency,
			 URGENCY_WARN);
}
END_TEST

START_TEST(test_a_fast_leak_is_met_earlier)
{
	struct sample sample = given_machine(20 * GIB, 8 * GIB);
	struct trend trend;
	struct watch watch;
	struct decision decision;

	trend_init(&trend);
	watch_init(&watch);
	for (; sample.at_ms <= 1000; sample.at_ms += 100) {
		sample.memory.available_kib -= GIB / 2;
		trend_update(&trend, &sample);
	}
	sample.at_ms -= 100;
	decision = decide(&settings, &sample, &trend, &watch);
	ck_assert(sample.memory.available_kib > 2 * GIB);
	ck_assert_int_eq(decision.urgency, URGENCY_TERM);
	ck_assert_int_gt(decision.fill_kib_s, GIB);
	ck_assert_int_eq(decision.limit, decision.levels.term_kib);
	ck_assert_int_gt(decision.gap_kib, 0);
}
END_TEST

/* At rest, with levels at 3, 2 and 1 GiB. */
static const struct {
	const char *name;
	int64_t available_kib;
	enum urgency urgency;
	int cpus;
	int64_t least_ms;
	int64_t most_ms;
} sleeps[] = {
	{ "far away", 100 * GIB, URGENCY_NONE, 1, 10000, 10000 },
	{ "just ten seconds", 18 * GIB, URGENCY_NONE, 1, 10000, 10000 },
	{ "two CPUs fill it in half the time", 18 * GIB, URGENCY_NONE, 2, 5000,
	  5000 },
	{ "two seconds", 6 * GIB, URGENCY_NONE, 1, 2000, 2000 },
	{ "many CPUs", 18 * GIB, URGENCY_NONE, 100, 100, 100 },
	{ "very many CPUs", 18 * GIB, URGENCY_NONE, 1000000, 10, 10 },
	{ "just above warn", 3 * GIB + MIB, URGENCY_NONE, 1, 10, 10 },
	{ "just below warn: a GiB to term", 3 * GIB - MIB, URGENCY_WARN, 1, 10,
	  667 },
	{ "just above term", 2 * GIB + MIB, URGENCY_WARN, 1, 10, 10 },
	{ "between term and kill", 2 * GIB - MIB, URGENCY_TERM, 1, 10, 667 },
	{ "just above kill", GIB + MIB, URGENCY_TERM, 1, 10, 10 },
	{ "below kill", GIB / 2, URGENCY_KILL, 1, 10, 10 },
	{ "nothing left", 0, URGENCY_KILL, 4, 10, 10 },
	{ "no CPU is known", 18 * GIB, URGENCY_NONE, 0, 10, 10000 },
	{ "the largest machine", LARGEST, URGENCY_NONE, 1, 10000, 10000 },
};

static struct decision at_rest(int64_t available_kib, enum urgency urgency)
{
	struct decision decision = {
		.urgency = urgency,
		.reason = urgency == URGENCY_NONE ? REASON_NONE : REASON_MEMORY,
		.available_kib = available_kib,
		.exhaustion_ms = INT64_MAX,
		.levels = { .base_kib = 20 * GIB,
			    .warn_kib = 3 * GIB,
			    .term_kib = 2 * GIB,
			    .kill_kib = GIB },
	};

	return decision;
}

START_TEST(test_sleep)
{
	struct decision decision =
		at_rest(sleeps[_i].available_kib, sleeps[_i].urgency);
	int64_t sleep_ms = decide_sleep_ms(&decision, &quiet, sleeps[_i].cpus);

	/* To the millisecond nobody cares. */
	ck_assert_msg(sleep_ms >= sleeps[_i].least_ms * 999 / 1000 &&
			      sleep_ms <= sleeps[_i].most_ms * 1001 / 1000,
		      "%s: %lld", sleeps[_i].name, (long long)sleep_ms);
}
END_TEST

START_TEST(test_sleep_while_the_windows_fill)
{
	static struct trend trend;
	struct sample sample = given_machine(512 * GIB, 400 * GIB);
	struct decision decision = at_rest(400 * GIB, URGENCY_NONE);

	trend_init(&trend);
	for (int step = 0; step < 20; step++) {
		sample.at_ms += 100;
		sample.pressure.some_us += 50000;
		sample.pressure.full_us += 50000;
		sample.vmstat.scanned_pages += 1000;
		trend_update(&trend, &sample);
	}
	ck_assert_int_le(decide_sleep_ms(&decision, &trend, 1), 500);
	ck_assert_int_ge(decide_sleep_ms(&decision, &trend, 1), 10);
	ck_assert_int_eq(decide_sleep_ms(&decision, &quiet, 1), 10000);
}
END_TEST

START_TEST(test_every_urgency_has_its_own_name)
{
	ck_assert_str_eq(urgency_name(URGENCY_NONE), "none");
	ck_assert_str_eq(urgency_name(URGENCY_WARN), "warn");
	ck_assert_str_eq(urgency_name(URGENCY_TERM), "term");
	ck_assert_str_eq(urgency_name(URGENCY_KILL), "kill");
}
END_TEST

static void add_levels(TCase *cases)
{
	tcase_add_test(cases, test_defaults_are_the_start_values);
	tcase_add_loop_test(cases, test_levels, 0, ROWS(machines));
	tcase_add_loop_test(cases, test_amounts, 0, ROWS(amounts));
	tcase_add_test(cases, test_swap_levels);
	tcase_add_test(cases, test_the_largest_machine_does_not_overflow);
	tcase_add_loop_test(cases, test_memory, 0, ROWS(memories));
	tcase_add_loop_test(cases, test_gap, 0, ROWS(gaps));
	tcase_add_test(cases, test_what_zfs_can_give_back_is_available);
	tcase_add_loop_test(cases, test_of_zram_only_what_it_saves_counts, 0,
			    ROWS(zrams));
	tcase_add_loop_test(cases, test_swap_that_does_not_help_is_disbelieved,
			    0, ROWS(disbeliefs));
	tcase_add_loop_test(cases, test_swap_is_disbelieved_without_file_cache,
			    0, ROWS(bares));
	tcase_add_loop_test(
		cases, test_swap_is_disbelieved_when_nothing_is_left_to_swap, 0,
		ROWS(leavings));
	tcase_add_test(cases, test_a_machine_that_can_still_swap_is_held);
}

int main(void)
{
	TCase *cases = tcase_create("decide");

	tcase_add_checked_fixture(cases, setup, NULL);
	add_levels(cases);
	tcase_add_loop_test(cases, test_pressure, 0, ROWS(stalls));
	tcase_add_test(cases, test_growth_into_free_swap_is_no_pressure);
	tcase_add_test(cases, test_without_psi_or_vmstat_memory_works_alone);
	tcase_add_test(cases, test_a_strike_starts_the_pressure_anew);
	tcase_add_test(cases, test_exhaustion_warns_after_a_minute);
	tcase_add_test(cases,
		       test_exhaustion_that_stops_for_a_while_begins_anew);
	tcase_add_test(cases, test_exhaustion_is_far);
	tcase_add_test(cases, test_exhaustion_never_kills);
	tcase_add_test(cases, test_a_fast_leak_is_met_earlier);
	tcase_add_loop_test(cases, test_sleep, 0, ROWS(sleeps));
	tcase_add_test(cases, test_sleep_while_the_windows_fill);
	tcase_add_test(cases, test_every_urgency_has_its_own_name);
	return fixture_run(cases, "decide");
}
