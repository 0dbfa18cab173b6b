/* SPDX-License-Identifier: MIT */
#include "census.h"

#include "cgroup.h"
#include "given.h"

static struct settings settings;
static struct census census;

static void setup(void)
{
	given_settings(&settings);
	census_init(&census, 16 * GIB);
}

static void add_rule(enum rule_effect effect, int64_t value,
		     enum selector_kind kind, const char *pattern)
{
	struct rule *rule = &settings.rules[settings.rules_count++];

	*rule = (struct rule){ .effect = effect,
			       .value = value,
			       .selector = { .kind = kind } };
	given_name(rule->selector.pattern, pattern);
}

static struct process_stat stat_of(int32_t pid, const char *comm)
{
	struct process_stat stat = { .parent = 1,
				     .start_ticks = (uint64_t)pid * 10 };

	given_name(stat.comm, comm);
	return stat;
}

static void see(int32_t pid, const char *comm, const char *cgroup,
		uint32_t rss_kib)
{
	struct sighting sighting = { .pid = pid,
				     .uid = 1000,
				     .stat = stat_of(pid, comm),
				     .cgroup = cgroup,
				     .exe = "/usr/bin/java" };

	census_add(&census, &settings, &sighting,
		   &(struct sizes){ .rss_kib = rss_kib });
}

/* Whether a look finds somebody who needs no new look; of this size now. */
static bool is_known(int32_t pid, const struct process_stat *stat,
		     uint32_t rss_kib)
{
	return census_is_known(&census, pid, stat,
			       &(struct sizes){ .rss_kib = rss_kib });
}

/* A whole round in which only this one is looked at, in full. */
static void look_again(int32_t pid, const char *comm, const char *cgroup,
		       uint32_t rss_kib)
{
	census_begin(&census, 0);
	see(pid, comm, cgroup, rss_kib);
	census_end(&census);
}

START_TEST(test_nobody_at_first)
{
	ck_assert_uint_eq(census.count, 0);
	ck_assert_ptr_null(census_find(&census, 0));
	ck_assert_ptr_null(census_find(&census, 1));
	census_begin(&census, 0);
	census_end(&census);
	ck_assert_uint_eq(census.count, 0);
}
END_TEST

START_TEST(test_who_was_seen_is_found)
{
	struct person *person;

	census_begin(&census, 0);
	see(42, "java", "/system.slice/tomcat.service", 5000);
	census_end(&census);
	person = census_find(&census, 42);
	ck_assert_ptr_nonnull(person);
	ck_assert_int_eq(person->pid, 42);
	ck_assert_int_eq(person->parent, 1);
	ck_assert_uint_eq(person->start_ticks, 420);
	ck_assert_uint_eq(person->uid, 1000);
	ck_assert_uint_eq(person->rss_kib, 5000);
	ck_assert_str_eq(person->comm, "java");
	ck_assert_ptr_null(census_find(&census, 43));
	/* The same bucket, another pid. */
	ck_assert_ptr_null(census_find(&census, 42 + CENSUS_BUCKETS));
}
END_TEST

START_TEST(test_identity)
{
	char unit[CGROUP_UNIT_SIZE];
	struct identity identity;

	census_begin(&census, 0);
	see(42, "java", "/system.slice/tomcat.service", 5000);
	see(43, "", "", 5000);
	census_end(&census);
	census_identity(&census, census_find(&census, 42), unit, &identity);
	ck_assert_str_eq(identity.comm, "java");
	ck_assert_str_eq(identity.exe, "/usr/bin/java");
	ck_assert_str_eq(identity.cgroup, "/system.slice/tomcat.service");
	ck_assert_str_eq(identity.unit, "tomcat.service");
	ck_assert_uint_eq(identity.uid, 1000);
	census_identity(&census, census_find(&census, 43), unit, &identity);
	ck_assert_str_eq(identity.comm, "");
	ck_assert_str_eq(identity.cgroup, "");
	ck_assert_str_eq(identity.unit, "");
}
END_TEST

START_TEST(test_who_is_not_seen_again_is_dropped)
{
	struct process_stat stat = stat_of(43, "java");

	census_begin(&census, 0);
	see(42, "java", "/a", 5000);
	see(43, "java", "/a", 5000);
	see(44, "java", "/a", 5000);
	see(43, "java", "/a", 5000);
	census_end(&census);
	census_begin(&census, 0);
	ck_assert(is_known(43, &stat, 6000));
	ck_assert_ptr_nonnull(census_find(&census, 42)); /* not yet */
	census_end(&census);
	ck_assert_uint_eq(census.count, 1);
	ck_assert_ptr_null(census_find(&census, 42));
	ck_assert_ptr_null(census_find(&census, 44));
	ck_assert_uint_eq(census_find(&census, 43)->rss_kib, 6000);
}
END_TEST

static bool has_cgroup(int32_t pid, const char *cgroup)
{
	char unit[CGROUP_UNIT_SIZE];
	struct person *person = census_find(&census, pid);
	struct identity identity;

	if (!person)
		return false;
	census_identity(&census, person, unit, &identity);
	return strcmp(identity.cgroup, cgroup) == 0;
}

static const struct {
	const char *name;
	int32_t pid;
	uint64_t start_ticks;
	const char *comm;
	bool expected;
	bool is_kernel;
} acquaintances[] = {
	{ "the same", 42, 420, "java", true, false },
	{ "another pid", 43, 420, "java", false, false },
	{ "the pid was given away", 42, 421, "java", false, false },
	{ "it has another name by now", 42, 420, "javac", false, false },
	{ "its name became shorter", 42, 420, "jav", false, false },
	{ "its name became empty", 42, 420, "", false, false },
	{ "a thread of the kernel takes that of its work", 42, 420, "javac",
	  true, true },
};

START_TEST(test_known)
{
	struct process_stat stat = stat_of(42, acquaintances[_i].comm);

	look_again(42, "java", "/a", 5000);
	look_again(42, "java", "/a", 5000);
	census_begin(&census, 0);
	stat.start_ticks = acquaintances[_i].start_ticks;
	stat.is_kernel = acquaintances[_i].is_kernel;
	stat.parent = 7;
	ck_assert_msg(is_known(acquaintances[_i].pid, &stat, 6000) ==
			      acquaintances[_i].expected,
		      "%s", acquaintances[_i].name);
	census_end(&census);
	ck_assert_uint_eq(census.count, acquaintances[_i].expected);
}
END_TEST

/* It may move into a unit of its own right after its birth. */
START_TEST(test_known_only_from_the_second_look_on)
{
	struct process_stat stat = stat_of(42, "java");

	look_again(42, "java", "/init.scope", 5000);
	census_begin(&census, 0);
	ck_assert(!is_known(42, &stat, 5000));
	see(42, "java", "/system.slice/tomcat.service", 5000);
	ck_assert(is_known(42, &stat, 5000));
	census_end(&census);
	ck_assert(has_cgroup(42, "/system.slice/tomcat.service"));
	census_begin(&census, 0);
	ck_assert(is_known(42, &stat, 5000));
	census_end(&census);
}
END_TEST

/* A new name needs one more look, but it has long been where it belongs. */
START_TEST(test_an_executed_program_is_not_young)
{
	struct process_stat stat = stat_of(42, "java");

	look_again(42, "sh", "/a", 5000);
	look_again(42, "sh", "/a", 5000);
	census_begin(&census, 0);
	ck_assert(!is_known(42, &stat, 5000));
	see(42, "java", "/a", 5000);
	ck_assert(is_known(42, &stat, 5000));
}
END_TEST

static const struct {
	const char *name;
	int32_t other; /* its pid; it was born ten ticks times that */
	bool is_known;
} births[] = {
	{ "nobody is younger", 41, false },
	{ "somebody is, a little", 141, false },
	{ "somebody is, by 10 s", 142, true },
};

/* Who ran for long when it was seen first needs no second look. */
START_TEST(test_young_is_who_was_just_born)
{
	struct process_stat stat = stat_of(42, "java");

	census_begin(&census, 0);
	see(42, "java", "/a", 5000);
	see(births[_i].other, "sh", "/a", 5000);
	census_end(&census);
	census_begin(&census, 0);
	ck_assert_int_eq(is_known(42, &stat, 5000), births[_i].is_known);
}
END_TEST

START_TEST(test_what_is_shared_is_kept)
{
	struct sighting sighting = { .pid = 42,
				     .stat = stat_of(42, "postgres"),
				     .cgroup = "",
				     .exe = "" };
	struct sizes sizes = { .rss_kib = 5000, .shared_kib = 4000 };

	for (int look = 0; look < 2; look++) {
		census_begin(&census, 0);
		census_add(&census, &settings, &sighting, &sizes);
		census_end(&census);
	}
	ck_assert_uint_eq(census_find(&census, 42)->rss_kib, 5000);
	ck_assert_uint_eq(census_find(&census, 42)->shared_kib, 4000);
	sizes.shared_kib = 300;
	census_begin(&census, 0);
	ck_assert(census_is_known(&census, 42, &sighting.stat, &sizes));
	ck_assert_uint_eq(census_find(&census, 42)->shared_kib, 300);
}
END_TEST

START_TEST(test_a_reused_pid_is_another_person)
{
	struct sighting sighting = { .pid = 42,
				     .uid = 5,
				     .stat = stat_of(42, "bash"),
				     .cgroup = "/b",
				     .exe = "" };

	add_rule(RULE_NEVER, 0, SELECTOR_COMM, "java");
	census_begin(&census, 0);
	see(42, "java", "/a", 5000);
	census_end(&census);
	ck_assert_int_eq(census_find(&census, 42)->never, 0);
	census_begin(&census, 0);
	sighting.stat.start_ticks = 999;
	census_add(&census, &settings, &sighting,
		   &(struct sizes){ .rss_kib = 70 });
	census_end(&census);
	ck_assert_uint_eq(census.count, 1);
	ck_assert_uint_eq(census_find(&census, 42)->start_ticks, 999);
	ck_assert_uint_eq(census_find(&census, 42)->uid, 5);
	ck_assert_int_eq(census_find(&census, 42)->never, -1);
}
END_TEST

/* Who is judged how; the one person is java in tomcat.service. */
static const struct {
	const char *name;
	enum rule_effect effect;
	enum selector_kind kind;
	const char *pattern;
	int64_t value;
	int32_t never;
	int32_t weight_permyriad;
} rulings[] = {
	{ "never, by name", RULE_NEVER, SELECTOR_COMM, "java", 0, 0, 0 },
	{ "never, another name", RULE_NEVER, SELECTOR_COMM, "ruby", 0, -1, 0 },
	{ "never, by unit", RULE_NEVER, SELECTOR_UNIT, "tomcat.service", 0, 0,
	  0 },
	{ "never, by cgroup", RULE_NEVER, SELECTOR_CGROUP, "/system.slice/*", 0,
	  0, 0 },
	{ "never, by executable", RULE_NEVER, SELECTOR_EXE, "/usr/bin/java", 0,
	  0, 0 },
	{ "preferred", RULE_PREFER, SELECTOR_COMM, "java", 500, -1, 500 },
	{ "avoided", RULE_AVOID, SELECTOR_UNIT, "tomcat*", 500, -1, -500 },
};

START_TEST(test_judged_when_added)
{
	struct person *person;

	add_rule(rulings[_i].effect, rulings[_i].value, rulings[_i].kind,
		 rulings[_i].pattern);
	census_begin(&census, 0);
	see(42, "java", "/system.slice/tomcat.service", 5000);
	census_end(&census);
	person = census_find(&census, 42);
	ck_assert_msg(person->never == rulings[_i].never, "%s",
		      rulings[_i].name);
	ck_assert_msg(person->weight_permyriad == rulings[_i].weight_permyriad,
		      "%s", rulings[_i].name);
}
END_TEST

START_TEST(test_judged_anew_after_a_reload)
{
	struct person *person;

	census_begin(&census, 0);
	see(42, "java", "/system.slice/tomcat.service", 5000);
	census_end(&census);
	person = census_find(&census, 42);
	ck_assert_int_eq(person->never, -1);
	add_rule(rulings[_i].effect, rulings[_i].value, rulings[_i].kind,
		 rulings[_i].pattern);
	ck_assert_uint_eq(census_judge(&census, &settings, 0), UINT32_MAX);
	ck_assert_msg(person->never == rulings[_i].never, "%s",
		      rulings[_i].name);
	ck_assert_msg(person->weight_permyriad == rulings[_i].weight_permyriad,
		      "%s", rulings[_i].name);
	settings.rules_count = 0;
	ck_assert_uint_eq(census_judge(&census, &settings, 0), UINT32_MAX);
	ck_assert_int_eq(person->never, -1);
	ck_assert_int_eq(person->weight_permyriad, 0);
}
END_TEST

/* Others wait for the lock meanwhile: a step must be short. */
START_TEST(test_judged_in_steps)
{
	uint32_t at = 0, steps = 0;

	census_begin(&census, 0);
	for (int32_t i = 0; i < 500; i++)
		see(1000 + i, i == 0 || i == 499 ? "java" : "ruby", "/a", 5);
	census_end(&census);
	add_rule(RULE_NEVER, 0, SELECTOR_COMM, "java");
	at = census_judge(&census, &settings, 0);
	ck_assert_uint_le(at, 100);
	ck_assert_int_eq(census_find(&census, 1000)->never, 0);
	ck_assert_int_eq(census_find(&census, 1499)->never, -1);
	for (; at != UINT32_MAX; steps++)
		at = census_judge(&census, &settings, at);
	ck_assert_uint_le(steps, 500);
	ck_assert_int_eq(census_find(&census, 1499)->never, 0);
}
END_TEST

static void fill(uint32_t rss_kib)
{
	for (int32_t i = 0; i < CENSUS_PROCESSES; i++)
		see(1000 + i, "full", "/a", rss_kib + (uint32_t)i);
}

START_TEST(test_full_the_small_are_left_out)
{
	census_begin(&census, 0);
	fill(1000);
	ck_assert_uint_eq(census.count, CENSUS_PROCESSES);
	ck_assert_uint_eq(census.left_out, 0);
	see(1, "small", "/a", 999);
	ck_assert_ptr_null(census_find(&census, 1));
	ck_assert_uint_eq(census.left_out, 1);
	see(2, "large", "/a", 500000);
	ck_assert_ptr_nonnull(census_find(&census, 2));
	ck_assert_ptr_null(census_find(&census, 1000)); /* the smallest */
	ck_assert_ptr_nonnull(census_find(&census, 1001));
	ck_assert_uint_eq(census.left_out, 2);
	census_end(&census);
	ck_assert_uint_eq(census.count, CENSUS_PROCESSES);
	ck_assert_ptr_nonnull(census_find(&census, 2));
	ck_assert_ptr_nonnull(
		census_find(&census, 1000 + CENSUS_PROCESSES - 1));
}
END_TEST

START_TEST(test_full_the_largest_of_many_stay)
{
	census_begin(&census, 0);
	fill(1000);
	for (int32_t i = 0; i < 500; i++)
		see(100000 + i, "large", "/a", 1000000 + (uint32_t)i);
	census_end(&census);
	ck_assert_uint_eq(census.count, CENSUS_PROCESSES);
	ck_assert_uint_eq(census.left_out, 500);
	for (int32_t i = 0; i < 500; i++) {
		ck_assert_ptr_nonnull(census_find(&census, 100000 + i));
		ck_assert_ptr_null(census_find(&census, 1000 + i));
	}
	ck_assert_ptr_nonnull(census_find(&census, 1500));
}
END_TEST

/* Slow files are read only of those for whom there is room. */
START_TEST(test_full_who_is_wanted)
{
	census_begin(&census, 0);
	ck_assert(census_wants(&census, 0));
	fill(1000);
	see(1, "large", "/a", 500000); /* 1000 goes: now the least is known */
	ck_assert_uint_eq(census.left_out, 1);
	ck_assert(!census_wants(&census, 1000));
	ck_assert_uint_eq(census.left_out, 2);
	ck_assert(census_wants(&census, 1001));
	ck_assert_uint_eq(census.left_out, 2);
	census_end(&census);
	census_begin(&census, 0);
	ck_assert_uint_eq(census.left_out, 0);
}
END_TEST

START_TEST(test_room_again_in_the_next_round)
{
	census_begin(&census, 0);
	fill(1000);
	see(1, "small", "/a", 1);
	census_end(&census);
	census_begin(&census, 0);
	see(1, "small", "/a", 1);
	census_end(&census);
	census_begin(&census, 0);
	see(2, "small", "/a", 1);
	ck_assert_uint_eq(census.left_out, 0);
	ck_assert_ptr_nonnull(census_find(&census, 2));
}
END_TEST

/* "/NNNNN" and padding: a cgroup of its own for each number. */
static const char *cgroup_of(int number)
{
	static char path[120];

	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	for (int i = 5; i > 0; i--, number /= 10)
		path[i] = (char)('0' + number % 10);
	return path;
}

START_TEST(test_many_share_one_name)
{
	int known = 0;

	census_begin(&census, 0);
	for (int32_t i = 0; i < 8000; i++)
		see(1000 + i, "same", cgroup_of(i % 100), 50);
	census_end(&census);
	for (int32_t i = 0; i < 8000; i++)
		known += has_cgroup(1000 + i, cgroup_of(i % 100));
	ck_assert_int_eq(known, 8000);
}
END_TEST

START_TEST(test_names_that_do_not_fit_are_unknown)
{
	int known = 0, unknown = 0;

	census_begin(&census, 0);
	for (int32_t i = 0; i < 5000; i++)
		see(1000 + i, "own", cgroup_of(i), 50);
	census_end(&census);
	for (int32_t i = 0; i < 5000; i++) {
		known += has_cgroup(1000 + i, cgroup_of(i));
		unknown += has_cgroup(1000 + i, "");
	}
	ck_assert_int_eq(known + unknown, 5000);
	ck_assert_int_ge(known, 1000);
}
END_TEST

START_TEST(test_names_of_the_gone_make_room)
{
	for (int32_t i = 0; i < 5000; i++) {
		struct process_stat stat = stat_of(1, "init");

		census_begin(&census, 0);
		if (!is_known(1, &stat, 50))
			see(1, "init", "/init.scope", 50);
		see(1000 + i, "own", cgroup_of(i), 50);
		census_end(&census);
		if (!has_cgroup(1, "/init.scope") ||
		    !has_cgroup(1000 + i, cgroup_of(i)))
			ck_abort_msg("round %d", i);
	}
}
END_TEST

/* Who is there, by a plain table. */
#define PIDS 3000
static uint64_t born[PIDS];

static void shuffle(uint64_t *random)
{
	for (int32_t pid = 1; pid < PIDS; pid++) {
		struct process_stat stat;

		if (given_between(random, 0, 9) < 3)
			born[pid] = given_between(random, 0, 1)
					    ? fixture_random(random) | 1
					    : 0;
		if (born[pid] == 0)
			continue;
		stat = stat_of(pid * 7, "any");
		stat.start_ticks = born[pid];
		if (!is_known(pid * 7, &stat, 5)) {
			struct sighting sighting = { .pid = pid * 7,
						     .stat = stat,
						     .cgroup = "/a",
						     .exe = "" };

			census_add(&census, &settings, &sighting,
				   &(struct sizes){ .rss_kib = 5 });
		}
	}
}

START_TEST(test_coming_and_going)
{
	uint64_t random = 88172645463325252;

	for (int round = 0; round < 100; round++) {
		census_begin(&census, 0);
		shuffle(&random);
		census_end(&census);
		for (int32_t pid = 1; pid < PIDS; pid++) {
			struct person *person = census_find(&census, pid * 7);

			if ((person ? person->start_ticks : 0) != born[pid])
				ck_abort_msg("round %d, pid %d", round, pid);
		}
	}
}
END_TEST

/* What a newcomer of 700 MiB grew; its parent has 500 MiB. */
static const struct {
	const char *name;
	int32_t parent;
	uint64_t start_ticks;
	uint32_t rss_mib;
	int64_t grown_mib;
} newcomers[] = {
	{ "a copy of its parent that went on", 42, 5000, 700, 200 },
	{ "a copy of its parent", 42, 5000, 500, 0 },
	{ "one that is smaller", 42, 5000, 300, 0 },
	{ "of a parent that is gone", 43, 5000, 700, 700 },
	{ "born with the youngest: was there, but not seen", 42, 420, 700, 0 },
	{ "a tick later", 42, 421, 700, 200 },
};

START_TEST(test_baseline_of_newcomers)
{
	struct sighting sighting = { .pid = 77, .cgroup = "/a", .exe = "" };

	look_again(42, "java", "/a", 500 << 10);
	census_begin(&census, 1);
	see(42, "java", "/a", 500 << 10);
	sighting.stat = stat_of(77, "java");
	sighting.stat.parent = newcomers[_i].parent;
	sighting.stat.start_ticks = newcomers[_i].start_ticks;
	census_add(&census, &settings, &sighting,
		   &(struct sizes){ .rss_kib = newcomers[_i].rss_mib << 10 });
	census_end(&census);
	for (int i = 0; i < GROWTH_WINDOWS; i++) {
		int64_t kib =
			person_grown_kib(&census, census_find(&census, 77),
					 (enum growth_window)i);
		ck_assert_msg((kib + 300) / MIB == newcomers[_i].grown_mib,
			      "%s: %d KiB", newcomers[_i].name, (int)kib);
	}
}
END_TEST

START_TEST(test_at_first_nobody_has_grown)
{
	look_again(42, "java", "/a", 500 << 10);
	ck_assert_uint_eq(person_grown_kib(&census, census_find(&census, 42),
					   GROWTH_LONG),
			  0);
}
END_TEST

/* What is shared is not its own; who was exec()ed anew goes on growing. */
START_TEST(test_growth_of_what_is_its_own)
{
	struct process_stat stat = stat_of(42, "java");

	look_again(42, "java", "/a", 100 << 10);
	look_again(42, "java", "/a", 100 << 10);
	census_begin(&census, 1);
	ck_assert(census_is_known(&census, 42, &stat,
				  &(struct sizes){ .rss_kib = 900 << 10,
						   .shared_kib = 500 << 10 }));
	census_end(&census);
	ck_assert_uint_eq(person_own_kib(census_find(&census, 42)), 400 << 10);
	ck_assert_int_eq((person_grown_kib(&census, census_find(&census, 42),
					   GROWTH_SHORT) +
			  300) / MIB,
			 300);
	census_begin(&census, 2);
	see(42, "javac", "/a", 500 << 10);
	census_end(&census);
	ck_assert_int_eq((person_grown_kib(&census, census_find(&census, 42),
					   GROWTH_SHORT) +
			  300) / MIB,
			 400);
}
END_TEST

START_TEST(test_growth_of_a_reused_pid_starts_anew)
{
	struct sighting sighting = { .pid = 42, .cgroup = "/a", .exe = "" };

	look_again(42, "java", "/a", 100 << 10);
	sighting.stat = stat_of(42, "java");
	sighting.stat.start_ticks = 9999;
	sighting.stat.parent = 42;
	census_begin(&census, 1);
	census_add(&census, &settings, &sighting,
		   &(struct sizes){ .rss_kib = 150 << 10 });
	census_end(&census);
	ck_assert_int_eq((person_grown_kib(&census, census_find(&census, 42),
					   GROWTH_LONG) +
			  300) / MIB,
			 150);
}
END_TEST

/* Of which the charge is to be read. */
static int count_leaves(bool only_uncharged)
{
	char path[CGROUP_PATH_SIZE];
	int count = 0;

	for (int at = 0;
	     (at = census_next_leaf(&census, at, only_uncharged, path)) >= 0;
	     at++)
		count++;
	return count;
}

START_TEST(test_leaves)
{
	census_begin(&census, 0);
	see(1, "init", "/init.scope", 5000);
	see(42, "java", "/a", 5000);
	see(43, "java", "/a", 5000);
	see(44, "kthread", "/b", 0);
	census_end(&census);
	ck_assert_int_eq(count_leaves(false), 2);
	ck_assert_int_eq(count_leaves(true), 2);
	ck_assert_ptr_eq(census_leaf(&census, census_find(&census, 42)),
			 census_leaf(&census, census_find(&census, 43)));
	ck_assert_ptr_ne(census_leaf(&census, census_find(&census, 42)),
			 census_leaf(&census, census_find(&census, 1)));
	ck_assert_ptr_null(census_leaf(&census, census_find(&census, 44)));
	/* The next round without a process in it: gone. */
	look_again(1, "init", "/init.scope", 5000);
	census_begin(&census, 0);
	ck_assert_int_eq(count_leaves(false), 1);
}
END_TEST

/* More cgroups than there is room for: the first ones stay. */
START_TEST(test_leaves_without_room)
{
	int known = 0;

	census_begin(&census, 0);
	for (int32_t i = 0; i < 1200; i++)
		see(1000 + i, "own", cgroup_of(i), 50);
	census_end(&census);
	for (int32_t i = 0; i < 1200; i++)
		known += census_leaf(&census, census_find(&census, 1000 + i)) !=
			 NULL;
	ck_assert_int_eq(known, count_leaves(false));
	ck_assert_int_ge(known, LEAVES_MOST / 4 * 3);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("census");

	tcase_add_checked_fixture(cases, setup, NULL);
	tcase_add_test(cases, test_nobody_at_first);
	tcase_add_test(cases, test_who_was_seen_is_found);
	tcase_add_test(cases, test_identity);
	tcase_add_test(cases, test_who_is_not_seen_again_is_dropped);
	tcase_add_loop_test(cases, test_known, 0, ROWS(acquaintances));
	tcase_add_test(cases, test_known_only_from_the_second_look_on);
	tcase_add_test(cases, test_an_executed_program_is_not_young);
	tcase_add_loop_test(cases, test_young_is_who_was_just_born, 0,
			    ROWS(births));
	tcase_add_test(cases, test_what_is_shared_is_kept);
	tcase_add_test(cases, test_a_reused_pid_is_another_person);
	tcase_add_loop_test(cases, test_judged_when_added, 0, ROWS(rulings));
	tcase_add_loop_test(cases, test_judged_anew_after_a_reload, 0,
			    ROWS(rulings));
	tcase_add_test(cases, test_judged_in_steps);
	tcase_add_test(cases, test_full_the_small_are_left_out);
	tcase_add_test(cases, test_full_the_largest_of_many_stay);
	tcase_add_test(cases, test_full_who_is_wanted);
	tcase_add_test(cases, test_room_again_in_the_next_round);
	tcase_add_test(cases, test_many_share_one_name);
	tcase_add_test(cases, test_names_that_do_not_fit_are_unknown);
	tcase_add_test(cases, test_names_of_the_gone_make_room);
	tcase_add_test(cases, test_coming_and_going);
	tcase_add_loop_test(cases, test_baseline_of_newcomers, 0,
			    ROWS(newcomers));
	tcase_add_test(cases, test_at_first_nobody_has_grown);
	tcase_add_test(cases, test_growth_of_what_is_its_own);
	tcase_add_test(cases, test_growth_of_a_reused_pid_starts_anew);
	tcase_add_test(cases, test_leaves);
	tcase_add_test(cases, test_leaves_without_room);
	return fixture_run(cases, "census");
}
