/* SPDX-License-Identifier: MIT */
#include "scores.h"

#include "fixture.h"
#include "tree.h"

#define MOST (SCORES_SPARE + 36)
#define CROWD 300

static struct procfs procfs;
static struct scores scores;

static void set_up(void)
{
	tree_begin();
	tree_put("meminfo", "MemTotal: 9 kB\n");
	for (int pid = 1; pid <= CROWD; pid++)
		tree_put_of(pid, "oom_score", "%d\n", 500 + pid);
	ck_assert_int_eq(procfs_open(&procfs, tree), 0);
}

static void tear_down(void)
{
	scores_close(&scores);
	procfs_close(&procfs);
	tree_end();
}

static int next_fd(void)
{
	int fd = dup(0);

	(void)close(fd);
	return fd;
}

/* A whole look at the first `count` processes. */
static void read_all(int count)
{
	scores_begin(&scores);
	for (int32_t pid = 1; pid <= count; pid++) {
		int64_t score = 0;

		ck_assert_int_eq(scores_read(&scores, &procfs, pid, &score), 0);
		ck_assert_int_eq(score, 500 + pid);
	}
	scores_end(&scores);
}

START_TEST(test_kept_from_scan_to_scan)
{
	int64_t score;

	scores_init(&scores, MOST);
	read_all(10);
	ck_assert_uint_eq(scores.count, 10);
	int fd = scores.kept[0].fd;
	read_all(10);
	ck_assert_int_eq(scores.kept[0].fd, fd);
	read_all(4); /* The others are gone. */
	ck_assert_uint_eq(scores.count, 4);
	ck_assert_int_lt(scores_read(&scores, &procfs, CROWD + 1, &score), 0);
	ck_assert_uint_eq(scores.count, 4);
}
END_TEST

START_TEST(test_all_are_closed)
{
	int before = next_fd();

	scores_init(&scores, MOST);
	read_all(CROWD);
	for (int32_t pid = 200; pid < 220; pid++)
		ck_assert_int_ge(scores_hold(&scores, &procfs, pid), 0);
	scores_close(&scores);
	ck_assert_uint_eq(scores.count, 0);
	ck_assert_int_eq(next_fd(), before);
}
END_TEST

START_TEST(test_never_more_than_most)
{
	scores_init(&scores, MOST);
	read_all(CROWD);
	ck_assert_uint_eq(scores.count, MOST - SCORES_SPARE);
	for (int32_t pid = 200; pid < 200 + SCORES_SPARE; pid++)
		ck_assert_int_ge(scores_hold(&scores, &procfs, pid), 0);
	ck_assert_uint_eq(scores.count, MOST);
	ck_assert_int_eq(scores_hold(&scores, &procfs, CROWD), -EMFILE);
	/* One that is held already needs no room. */
	ck_assert_int_ge(scores_hold(&scores, &procfs, 200), 0);
}
END_TEST

/* A shortlist of others each time: what was held for one is there again. */
START_TEST(test_what_is_spare_comes_back)
{
	scores_init(&scores, MOST);
	for (int32_t round = 0; round < 20; round++) {
		read_all(CROWD);
		for (int32_t i = 0; i < SCORES_SPARE; i++) {
			int32_t pid = 1 + (round * 50 + i) % CROWD;

			ck_assert_msg(scores_hold(&scores, &procfs, pid) >= 0,
				      "round %d, pid %d", (int)round, (int)pid);
		}
		ck_assert_uint_le(scores.count, MOST);
	}
}
END_TEST

/* Not even enough for those that are spare: all go to scores_hold(). */
START_TEST(test_few_descriptors)
{
	scores_init(&scores, 10);
	for (int32_t round = 0; round < 5; round++) {
		read_all(CROWD);
		ck_assert_uint_eq(scores.count, 0);
		for (int32_t i = 0; i < 10; i++)
			ck_assert_int_ge(scores_hold(&scores, &procfs,
						     1 + round * 10 + i),
					 0);
	}
	scores_close(&scores);
	scores_init(&scores, 0);
	read_all(CROWD);
	ck_assert_int_eq(scores_hold(&scores, &procfs, 1), -EMFILE);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("scores");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, test_kept_from_scan_to_scan);
	tcase_add_test(cases, test_all_are_closed);
	tcase_add_test(cases, test_never_more_than_most);
	tcase_add_test(cases, test_what_is_spare_comes_back);
	tcase_add_test(cases, test_few_descriptors);
	return fixture_run(cases, "scores");
}
