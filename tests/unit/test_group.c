/* SPDX-License-Identifier: MIT */
#include "group.h"

#include "culprit.h"
#include "given.h"

/*
 * A machine of almost 16 GiB with a second between two looks: what grows in
 * one cgroup, and whether it is ended as a whole.
 */
#define BASE (INT64_C(255) * 65536)
#define SPAN (512 * MIB)
#define SECOND 1000
#define START (60 * SECOND)
#define FIRST 10  /* pid of the first member */
#define SELF 5    /* ours, in another cgroup */
#define KEEP 99   /* on the never list, if there is one */
#define BORN 6050 /* ticks; all else is there from the beginning */

static struct settings settings;
static struct census census;
static struct culprit culprit;

static void set_up(void)
{
	given_settings(&settings);
	census_init(&census, BASE);
}

static void never(void)
{
	struct rule *rule = &settings.rules[settings.rules_count++];

	*rule = (struct rule){ .effect = RULE_NEVER,
			       .selector = { .kind = SELECTOR_COMM } };
	given_name(rule->selector.pattern, "keep");
}

static void see(int32_t pid, const char *path, uint64_t ticks, int64_t mib)
{
	struct sighting sighting = { .pid = pid,
				     .stat = { .parent = 1,
					       .start_ticks = ticks },
				     .cgroup = path,
				     .exe = "" };

	given_name(sighting.stat.comm, pid == KEEP ? "keep" : "worker");
	census_add(&census, &settings, &sighting,
		   &(struct sizes){ .rss_kib = (uint32_t)(mib * MIB) });
}

struct row {
	const char *name;
	const char *path;
	int count;         /* that grow */
	int64_t mib;       /* by so much each, */
	int64_t first_mib; /* but the first */
	int64_t other_mib; /* one in another cgroup */
	int resting;       /* members that were there and do not grow */
	bool is_young;     /* those that grow are born between the looks */
	bool is_exempt;    /* a member is on the never list */
	enum scope scope;
	bool is_term_only;
	bool again;
	int32_t asked; /* pid that is asked about */
	enum group_rule expected;
	uint32_t members;
};

static const struct row rows[] = {
	{ "eight that grow alike", "/a.service", 8, 100, 100, 0, 0, false,
	  false, SCOPE_AUTO, false, false, FIRST, GROUP_SWARM, 8 },
	{ "seven", "/a.service", 7, 100, 100, 0, 0, false, false, SCOPE_AUTO,
	  false, false, FIRST, GROUP_NONE, 0 },
	{ "forty, and one that rests", "/a.service", 40, 30, 30, 0, 1, false,
	  false, SCOPE_AUTO, false, false, FIRST, GROUP_SWARM, 41 },
	{ "one has a quarter", "/a.service", 10, 30, 90, 0, 0, false, false,
	  SCOPE_AUTO, false, false, FIRST, GROUP_SWARM, 10 },
	{ "one has a little more", "/a.service", 10, 30, 91, 0, 0, false, false,
	  SCOPE_AUTO, false, false, FIRST, GROUP_NONE, 0 },
	{ "more than half of all growth", "/a.service", 10, 60, 60, 599, 0,
	  false, false, SCOPE_AUTO, false, false, FIRST, GROUP_SWARM, 10 },
	{ "less than half", "/a.service", 10, 60, 60, 601, 0, false, false,
	  SCOPE_AUTO, false, false, FIRST, GROUP_NONE, 0 },
	{ "with one that may not be ended", "/a.service", 10, 60, 60, 0, 0,
	  false, true, SCOPE_AUTO, false, false, FIRST, GROUP_NONE, 0 },
	{ "a process of another cgroup", "/a.service", 10, 60, 60, 10, 0, false,
	  false, SCOPE_AUTO, false, false, FIRST - 1, GROUP_NONE, 0 },
	{ "scope = process", "/a.service", 10, 60, 60, 0, 0, false, false,
	  SCOPE_PROCESS, false, false, FIRST, GROUP_NONE, 0 },
	{ "who gets only SIGTERM ends alone", "/a.service", 10, 60, 60, 0, 0,
	  false, false, SCOPE_AUTO, true, false, FIRST, GROUP_NONE, 0 },
	{ "the root", "/", 10, 60, 60, 0, 0, false, false, SCOPE_AUTO, false,
	  false, FIRST, GROUP_NONE, 0 },
	{ "a slice", "/a.slice", 10, 60, 60, 0, 0, false, false, SCOPE_AUTO,
	  false, false, FIRST, GROUP_NONE, 0 },
	{ "a manager's home", "/user@1.service/init.scope", 10, 60, 60, 0, 0,
	  false, false, SCOPE_AUTO, false, false, FIRST, GROUP_NONE, 0 },
	{ "our own", "/self.service", 10, 60, 60, 0, 0, false, false,
	  SCOPE_AUTO, false, false, FIRST, GROUP_NONE, 0 },
	{ "in a session those who were born", "/session-3.scope", 9, 60, 60, 0,
	  3, true, false, SCOPE_AUTO, false, false, FIRST, GROUP_SWARM, 9 },
	{ "beside its login", "/session-3.scope", 9, 60, 60, 0, 3, true, true,
	  SCOPE_AUTO, false, false, FIRST, GROUP_SWARM, 9 },
	{ "and not those who were there", "/session-3.scope", 9, 60, 60, 0, 3,
	  true, false, SCOPE_AUTO, false, false, 100, GROUP_NONE, 0 },
	{ "in a session nobody was born", "/session-3.scope", 9, 60, 60, 0, 0,
	  false, false, SCOPE_AUTO, false, false, FIRST, GROUP_NONE, 0 },
	{ "scope = unit", "/a.service", 2, 60, 60, 0, 1, false, false,
	  SCOPE_UNIT, false, false, FIRST, GROUP_SCOPE, 3 },
	{ "scope = unit with one that may not be ended", "/a.service", 2, 60,
	  60, 0, 1, false, true, SCOPE_UNIT, false, false, FIRST, GROUP_NONE,
	  0 },
	{ "scope = unit of one process", "/a.service", 1, 600, 600, 0, 0, false,
	  false, SCOPE_UNIT, false, false, FIRST, GROUP_NONE, 0 },
	{ "scope = unit for our own", "/self.service", 2, 60, 60, 0, 1, false,
	  false, SCOPE_UNIT, false, false, FIRST, GROUP_NONE, 0 },
	{ "one after the other did not help", "/a.service", 2, 60, 60, 0, 1,
	  false, false, SCOPE_AUTO, false, true, FIRST, GROUP_AGAIN, 3 },
	{ "but in a session", "/session-3.scope", 2, 60, 60, 0, 1, false, false,
	  SCOPE_AUTO, false, true, FIRST, GROUP_NONE, 0 },
	{ "nor with scope = process", "/a.service", 2, 60, 60, 0, 1, false,
	  false, SCOPE_PROCESS, false, true, FIRST, GROUP_NONE, 0 },
};

/* As they were, or a second later. */
static void look(const struct row *row, bool is_later)
{
	census_begin(&census, START + SECOND * is_later);
	see(1, "/init.scope", 1, 0);
	see(SELF, "/self.service", 2, 10);
	if (row->is_exempt)
		see(KEEP, row->path, 4, 20);
	see(FIRST - 1, "/b.service", 3, 10 + row->other_mib * is_later);
	for (int i = 0; i < row->resting; i++)
		see(100 + i, row->path, 4, 50);
	for (int i = 0; i < row->count && (is_later || !row->is_young); i++)
		see(FIRST + i, row->path, row->is_young ? BORN : 5,
		    (row->is_young ? 0 : 10) +
			    (i == 0 ? row->first_mib : row->mib) * is_later);
	census_end(&census);
}

START_TEST(test_group)
{
	const struct row *row = &rows[_i];
	struct group group;

	if (row->is_exempt)
		never();
	look(row, false);
	look(row, true);
	culprit_find(&census, BASE, SPAN, &culprit);
	const struct group_case about = {
		.person = census_find(&census, row->asked),
		.scope = row->scope,
		.is_term_only = row->is_term_only,
		.again = row->again,
		.self = SELF,
		.swarm = &culprit.swarm,
	};
	group_find(&census, &about, &group);
	ck_assert_msg(group.rule == row->expected, "%s: %s", row->name,
		      group_rule_name(group.rule));
	ck_assert_msg(group.members == row->members, "%s: %u members",
		      row->name, group.members);
}
END_TEST

/* The kernel would end it as a whole, and so do we. */
START_TEST(test_kernel)
{
	struct group_case about = { .scope = SCOPE_AUTO, .self = SELF };
	struct group group;
	const struct row row = { .path = "/a.service", .count = 2 };

	look(&row, false);
	about.person = census_find(&census, FIRST);
	group_find(&census, &about, &group);
	ck_assert_int_eq(group.rule, GROUP_NONE);
	census.leaves.leaves[about.person->leaf - 1].is_group = true;
	group_find(&census, &about, &group);
	ck_assert_int_eq(group.rule, GROUP_KERNEL);
	ck_assert_int_eq(group.relief_kib, 20 * MIB);
	about.scope = SCOPE_PROCESS;
	group_find(&census, &about, &group);
	ck_assert_int_eq(group.rule, GROUP_NONE);
	about.person = NULL;
	about.scope = SCOPE_UNIT;
	group_find(&census, &about, &group);
	ck_assert_int_eq(group.rule, GROUP_NONE);
}
END_TEST

/* Eight that grew by 10 MiB each from what they were born with; in MiB. */
static const struct {
	const char *name;
	uint32_t size_mib; /* of their unit */
	uint32_t grown_mib;
	uint32_t own_mib; /* of its members */
	uint32_t least_mib;
	enum group_rule expected;
} births[] = {
	{ "the unit took all it has", 480, 450, 400, 10, GROUP_SWARM },
	{ "it had a little more", 480, 449, 400, 10, GROUP_NONE },
	{ "a third is its members'", 480, 450, 150, 10, GROUP_SWARM },
	{ "less than a third", 480, 450, 149, 10, GROUP_NONE },
	{ "not even eight grow", 480, 450, 400, 0, GROUP_NONE },
	{ "older, they took a third", 480, 240, 400, 10, GROUP_SWARM },
};

START_TEST(test_births)
{
	const struct row row = { .path = "/a.service", .count = 8 };
	struct culprit blamed = { .is_found = true, .members_kib = 80 * MIB };
	struct group group;
	struct leaf *leaf;

	look(&row, false);
	blamed.leaf = census_find(&census, FIRST)->leaf;
	leaf = &census.leaves.leaves[blamed.leaf - 1];
	leaf->size_kib = births[_i].size_mib * MIB;
	leaf->grown_kib[GROWTH_SHORT] = births[_i].grown_mib * MIB;
	leaf->own_kib = births[_i].own_mib * MIB;
	for (int i = 0; i < CULPRIT_PROCESSES; i++)
		blamed.grown_kib[i] = 10 * MIB;
	blamed.grown_kib[CULPRIT_PROCESSES - 1] = births[_i].least_mib * MIB;
	group_swarm(&census, &blamed, &group);
	ck_assert_msg(group.rule == births[_i].expected, "%s: %s",
		      births[_i].name, group_rule_name(group.rule));
}
END_TEST

START_TEST(test_has)
{
	const struct row row = { .path = "/a.service", .count = 1 };
	struct group group = { .rule = GROUP_SWARM };
	const struct person *person;

	look(&row, false);
	person = census_find(&census, FIRST);
	ck_assert(!group_has(&census, &group, person));
	group.leaf = census_leaf(&census, person)->hash;
	ck_assert(group_has(&census, &group, person));
	group.since_ticks = 5;
	ck_assert(group_has(&census, &group, person));
	group.since_ticks = 6;
	ck_assert(!group_has(&census, &group, person));
	group.since_ticks = 0;
	ck_assert(!group_has(&census, &group, census_find(&census, SELF)));
}
END_TEST

/* Pids that meet in a bucket, in either order, and one who leaves. */
START_TEST(test_next)
{
	static const int32_t pids[] = { 7, 7 + 2 * CENSUS_BUCKETS,
					7 + CENSUS_BUCKETS, 9, 3 };
	static const int32_t order[] = { 3, 7, 7 + CENSUS_BUCKETS,
					 7 + 2 * CENSUS_BUCKETS, 9 };
	const struct person *person;
	struct group group = { .rule = GROUP_SCOPE };
	int32_t pid = 0;

	for (int round = 0; round < 2; round++) {
		census_begin(&census, START + SECOND * round);
		see(8, "/b.service", 2, 10);
		for (int i = 0; i < ROWS(pids); i++)
			if (round == 0 || pids[i] != order[0])
				see(pids[i], "/a.service", 2, 10);
		census_end(&census);
		group.leaf =
			census_leaf(&census, census_find(&census, 9))->hash;
		for (int i = round; i < ROWS(order); i++) {
			person = group_next(&census, &group, pid);
			ck_assert_ptr_nonnull(person);
			ck_assert_int_eq(person->pid, order[i]);
			pid = person->pid;
			if (round == 0 && i == 0)
				break;
		}
	}
	ck_assert_ptr_null(group_next(&census, &group, pid));
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("group");

	tcase_add_checked_fixture(cases, set_up, NULL);
	tcase_add_loop_test(cases, test_group, 0, ROWS(rows));
	tcase_add_loop_test(cases, test_births, 0, ROWS(births));
	tcase_add_test(cases, test_next);
	tcase_add_test(cases, test_kernel);
	tcase_add_test(cases, test_has);
	return fixture_run(cases, "group");
}
