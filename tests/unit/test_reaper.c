/* SPDX-License-Identifier: MIT */
#include "reaper.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "given.h"
#include "tree.h"

#define MOST_MS 10000
#define SERVICE "a.slice/b.service"

static struct procfs procfs;
static struct census census;
static struct clerk clerk;
static struct reaper_world world;
static struct reaper reapers[REAPERS];

static const struct job to_mark = { .mark_pid = 42, .mark = 1, .pidfd = -1 };
static const struct job to_unmark = { .mark_pid = 42, .mark = -1, .pidfd = -1 };

static void set_up(void)
{
	char path[512];

	tree_begin();
	tree_put("meminfo", "MemTotal: 9 kB\n");
	tree_put_of(42, "stat",
		    "42 (hog) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 99 0 9 0 "
		    "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
	tree_put_of(42, "cgroup", "0::/" SERVICE "\n");
	tree_path(path, SERVICE);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(procfs_open(&procfs, tree), 0);
	ck_assert_int_eq(cgroupfs_open(&world.cgroupfs, tree), 0);
	census_init(&census, 16 << 20);
	clerk.census = &census;
	ck_assert_int_eq(pthread_mutex_init(&clerk.lock, NULL), 0);
	world.procfs = &procfs;
	world.clerk = &clerk;
	ck_assert_int_eq(reapers_start(reapers, &world), REAPERS);
}

/* The threads end with the process of the test. */
static void tear_down(void)
{
	cgroupfs_close(&world.cgroupfs);
	procfs_close(&procfs);
	tree_end();
}

static enum mark_state wait_for_mark(int32_t pid)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	int most = MOST_MS;

	while (reapers_mark(reapers, pid) == MARK_NONE && most-- > 0)
		(void)nanosleep(&moment, NULL);
	return reapers_mark(reapers, pid);
}

START_TEST(test_in_time)
{
	ck_assert_int_eq(reapers_do(reapers, &to_mark, MOST_MS), MARK_SET);
	ck_assert_int_eq(reapers_mark(reapers, 42), MARK_SET);
	ck_assert_int_eq(reapers_mark(reapers, 43), MARK_NONE);
}
END_TEST

START_TEST(test_late)
{
	clerk_lock(&clerk);
	ck_assert_int_eq(reapers_do(reapers, &to_mark, 0), MARK_LATE);
	ck_assert_int_eq(reapers_mark(reapers, 42), MARK_NONE);
	clerk_unlock(&clerk);
	ck_assert_int_eq(wait_for_mark(42), MARK_SET);
}
END_TEST

START_TEST(test_taken_away)
{
	ck_assert_int_eq(reapers_do(reapers, &to_mark, MOST_MS), MARK_SET);
	ck_assert_int_eq(reapers_do(reapers, &to_unmark, 0), MARK_NONE);
	ck_assert_int_eq(reapers_mark(reapers, 42), MARK_NONE);
}
END_TEST

/* An earlier mark is not taken for that of the next strike. */
START_TEST(test_next_strike)
{
	char path[512];

	ck_assert_int_eq(reapers_do(reapers, &to_mark, MOST_MS), MARK_SET);
	tree_path(path, SERVICE);
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(reapers_do(reapers, &to_mark, MOST_MS), MARK_NONE);
	ck_assert_int_eq(reapers_mark(reapers, 42), MARK_NONE);
}
END_TEST

/* Who is signalled next must not get to run before its reaper does. */
START_TEST(test_at_work)
{
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)pause();
		_exit(0);
	}
	struct job job = { .pidfd = (int)syscall(SYS_pidfd_open, child, 0U) };
	struct pollfd late = { .fd = reapers[0].answer, .events = POLLIN };

	ck_assert_int_ge(job.pidfd, 0);
	ck_assert_int_eq(reapers_do(reapers, &job, MOST_MS), MARK_NONE);
	while (atomic_load(&reapers[0].is_busy))
		(void)usleep(1000);
	ck_assert_msg(poll(&late, 1, 0) == 0, "it was not waited for");
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	(void)close(job.pidfd);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("reaper");

	if (tree_has_attributes()) {
		tcase_add_checked_fixture(cases, set_up, tear_down);
		tcase_add_test(cases, test_in_time);
		tcase_add_test(cases, test_late);
		tcase_add_test(cases, test_taken_away);
		tcase_add_test(cases, test_next_strike);
		tcase_add_test(cases, test_at_work);
	} else {
		puts("skipped: no attributes of users in /tmp");
	}
	return fixture_run(cases, "reaper");
}
