/* SPDX-License-Identifier: MIT */
#include "holders.h"

#include <pthread.h>
#include <string.h>

#include "fixture.h"
#include "guard.h"

static struct guard guard;

static void set_up(void)
{
	memset(&guard, 0, sizeof(guard));
	ck_assert_int_eq(pthread_mutex_init(&guard.clerk.lock, NULL), 0);
}

static const struct {
	const char *name;
	enum urgency urgency;
	uint32_t futile;
	bool nobody;
	bool is_unowned;
	bool matters;
} rows[] = {
	{ "short, and nothing else", URGENCY_KILL, 0, false, false, false },
	{ "a strike brought nothing", URGENCY_WARN, 1, false, false, true },
	{ "nobody would", URGENCY_TERM, 0, true, false, true },
	{ "what is no process's has grown", URGENCY_WARN, 0, false, true,
	  true },
	{ "all that, and memory is not short", URGENCY_NONE, 2, true, true,
	  false },
};

START_TEST(test_matter)
{
	guard.decision.urgency = rows[_i].urgency;
	guard.strikes.futile = rows[_i].futile;
	guard.told.nobody = rows[_i].nobody;
	guard.culprit.is_unowned = rows[_i].is_unowned;
	ck_assert_msg(holders_matter(&guard) == rows[_i].matters, "%s",
		      rows[_i].name);
}
END_TEST

/* A cgroup with half of what is shared is told, one with less is not. */
START_TEST(test_find)
{
	struct leaf *leaf = &guard.census.leaves.leaves[3];
	struct holders holders;

	guard.reaper_world.mounts.largest[0] =
		(struct mount){ .used_kib = 800, .path = "/tmp" };
	guard.sample.memory.shmem_kib = 1000;
	memcpy(guard.census.names + 1, "/system.slice/a.service", 24);
	*leaf = (struct leaf){ .name = 1,
			       .is_charged = true,
			       .shmem_kib = 500 };
	holders_find(&guard, &holders);
	ck_assert_str_eq(holders.mounts.largest[0].path, "/tmp");
	ck_assert_int_eq(holders.cgroup_kib, 500);
	ck_assert_str_eq(holders.cgroup, "a.service");
	leaf->shmem_kib = 499;
	holders_find(&guard, &holders);
	ck_assert_int_eq(holders.cgroup_kib, 0);
	ck_assert_int_eq(holders.mounts.largest[0].used_kib, 800);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("holders");

	tcase_add_checked_fixture(cases, set_up, NULL);
	tcase_add_loop_test(cases, test_matter, 0, ROWS(rows));
	tcase_add_test(cases, test_find);
	return fixture_run(cases, "holders");
}
