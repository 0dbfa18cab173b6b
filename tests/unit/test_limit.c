/* SPDX-License-Identifier: MIT */
#include "limit.h"

#include <sys/stat.h>

#include "cgroupfs.h"
#include "fixture.h"
#include "tree.h"

static const struct {
	const char *name;
	const char *bytes;
	bool is_good;
	int64_t ooms;
	int64_t groups;
} texts[] = {
	{ "Linux 6",
	  "low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\noom_group_kill 5\n", true,
	  3, 5 },
	{ "before Linux 5.17", "low 0\nhigh 0\nmax 2\noom 3\noom_kill 4\n",
	  true, 3, 0 },
	{ "empty", "", false, 0, 0 },
	{ "without oom", "low 0\noom_kill 4\n", false, 0, 0 },
	{ "no number", "oom x\n", false, 0, 0 },
	{ "cut off", "oom 3", false, 0, 0 },
	{ "a group that is no number", "oom 3\noom_group_kill -1\n", false, 0,
	  0 },
};

START_TEST(test_add)
{
	struct limit_ooms sum = { false, 100, 10 };
	size_t length = strlen(texts[_i].bytes);
	char *copy = fixture_copy(texts[_i].bytes, length);
	bool added = limit_add(copy, length, &sum);

	free(copy);
	ck_assert_msg(added == texts[_i].is_good, "%s", texts[_i].name);
	ck_assert_msg(sum.is_known == texts[_i].is_good, "%s", texts[_i].name);
	ck_assert_msg(sum.ooms == 100 + texts[_i].ooms &&
			      sum.groups == 10 + texts[_i].groups,
		      "%s", texts[_i].name);
}
END_TEST

static const struct {
	const char *name;
	int64_t kills;
	struct limit_ooms before;
	struct limit_ooms now;
	int64_t at_limits;
} rows[] = {
	{ "no cgroups of version 2", 2, { false, 0, 0 }, { false, 0, 0 }, 0 },
	{ "they were not known before", 2, { false, 0, 0 }, { true, 2, 0 }, 0 },
	{ "the machine", 2, { true, 7, 1 }, { true, 7, 1 }, 0 },
	{ "the machine, a group", 9, { true, 7, 1 }, { true, 7, 2 }, 0 },
	{ "a limit", 1, { true, 7, 1 }, { true, 8, 1 }, 1 },
	{ "both", 3, { true, 7, 1 }, { true, 9, 1 }, 2 },
	{ "a limit that was met more often than it killed",
	  1,
	  { true, 7, 1 },
	  { true, 9, 1 },
	  1 },
	{ "a limit, and a whole group", 9, { true, 7, 1 }, { true, 8, 2 }, 9 },
	{ "a cgroup was removed", 1, { true, 7, 1 }, { true, 2, 0 }, 0 },
};

START_TEST(test_kills)
{
	int64_t kills =
		limit_kills(rows[_i].kills, &rows[_i].before, &rows[_i].now);

	ck_assert_msg(kills == rows[_i].at_limits, "%s: %d", rows[_i].name,
		      (int)kills);
}
END_TEST

/* Only the top counts: each there counts for all below it. */
START_TEST(test_cgroups)
{
	struct cgroupfs cgroupfs;
	struct limit_ooms sum;

	tree_begin();
	tree_put("memory.events", "oom 1000\n"); /* A namespace's own. */
	tree_put("a.slice/memory.events", "oom 1\noom_kill 9\n");
	tree_put("a.slice/b.service/memory.events", "oom 1\noom_kill 9\n");
	tree_put("c.slice/memory.events", "oom 20\noom_group_kill 3\n");
	tree_put("d.slice/memory.max", "max\n");
	ck_assert_int_eq(cgroupfs_open(&cgroupfs, tree), 0);
	for (int i = 0; i < 2; i++) {
		cgroupfs_read_limits(&cgroupfs, &sum);
		ck_assert(sum.is_known);
		ck_assert_int_eq(sum.ooms, 21);
		ck_assert_int_eq(sum.groups, 3);
	}
	cgroupfs_close(&cgroupfs);
	cgroupfs_read_limits(&cgroupfs, &sum);
	ck_assert(!sum.is_known);
	tree_end();
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("limit");

	tcase_add_loop_test(cases, test_add, 0, ROWS(texts));
	tcase_add_loop_test(cases, test_kills, 0, ROWS(rows));
	tcase_add_test(cases, test_cgroups);
	return fixture_run(cases, "limit");
}
