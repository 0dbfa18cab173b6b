/* SPDX-License-Identifier: MIT */
#include "stage.h"

#include <errno.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "fixture.h"

static unsigned int read_all(const struct procfs *from, struct sample *sample)
{
	return procfs_read_sample(from, sample) |
	       procfs_read_vmstat(from, sample);
}

#define BUDGET_KIB (256 << 10)
#define CHILD_KIB (16 << 10)
#define CHILD_OWN_KIB (8 << 10) /* what it may hold beside that */

static struct stage stage;
static struct procfs procfs;

static void set_up(void)
{
	ck_assert_int_eq(stage_open(&stage, BUDGET_KIB), 0);
	ck_assert_int_eq(procfs_open(&procfs, stage.path), 0);
}

static void tear_down(void)
{
	procfs_close(&procfs);
	stage_close(&stage);
}

/* A child that holds CHILD_KIB and waits. */
static pid_t start_child(void)
{
	int ends[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		char *bytes =
			mmap(NULL, CHILD_KIB * 1024, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		memset(bytes, 1, CHILD_KIB * 1024);
		if (write(ends[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ends[1]);
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	return pid;
}

/* Kills it and waits until it can be reaped. */
static void end_child(pid_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd fd = { .fd = pidfd, .events = POLLIN };

	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(poll(&fd, 1, DEADLINE_MS), 1);
	close(pidfd);
}

static int64_t available_kib(void)
{
	struct sample sample = { 0 };

	ck_assert_int_eq(read_all(&procfs, &sample), 0);
	ck_assert_int_eq(sample.memory.total_kib, BUDGET_KIB);
	ck_assert_int_eq(sample.memory.swap_total_kib, 0);
	ck_assert(sample.has_pressure);
	ck_assert(sample.has_vmstat);
	return sample.memory.available_kib;
}

static bool is_on_stage(pid_t pid)
{
	struct process_status status;

	return procfs_read_status(&procfs, pid, &status) == 0;
}

START_TEST(test_empty)
{
	struct stat info;

	ck_assert_int_eq(available_kib(), BUDGET_KIB);
	ck_assert_int_eq(stat(stage.path, &info), 0);
	ck_assert_int_eq(info.st_mode & 07777, 0700);
	ck_assert(!procfs.is_kernel);
}
END_TEST

START_TEST(test_memory_counts_until_it_is_reaped)
{
	pid_t pid = start_child();
	siginfo_t info;

	ck_assert_int_eq(stage_add(&stage, pid), 0);
	ck_assert_int_eq(stage_update(&stage), 0);
	ck_assert_int_le(available_kib(), BUDGET_KIB - CHILD_KIB);
	ck_assert_int_ge(available_kib(),
			 BUDGET_KIB - CHILD_KIB - CHILD_OWN_KIB);
	ck_assert(!stage_reap(&stage, &info));
	end_child(pid);
	ck_assert_int_eq(stage_update(&stage), 0);
	ck_assert_int_le(available_kib(), BUDGET_KIB - CHILD_KIB);
	ck_assert(stage_reap(&stage, &info));
	ck_assert_int_eq(info.si_pid, pid);
	ck_assert_int_eq(info.si_status, SIGKILL);
	ck_assert(!stage_reap(&stage, &info));
	ck_assert_int_eq(stage_update(&stage), 0);
	ck_assert_int_eq(available_kib(), BUDGET_KIB);
}
END_TEST

START_TEST(test_an_uncounted_one_is_seen_only)
{
	pid_t pid = start_child();

	ck_assert_int_eq(stage_add_uncounted(&stage, pid), 0);
	ck_assert_int_eq(stage_update(&stage), 0);
	ck_assert_int_eq(available_kib(), BUDGET_KIB);
	ck_assert(is_on_stage(pid));
}
END_TEST

START_TEST(test_the_entry_is_gone_when_the_pid_is_free)
{
	pid_t pids[2] = { start_child(), start_child() };
	siginfo_t info;

	ck_assert_int_eq(stage_add(&stage, pids[0]), 0);
	ck_assert_int_eq(stage_add(&stage, pids[1]), 0);
	end_child(pids[0]);
	ck_assert(is_on_stage(pids[0]));
	ck_assert(stage_reap(&stage, &info));
	ck_assert_int_eq(kill(pids[0], 0), -1);
	ck_assert(!is_on_stage(pids[0]));
	ck_assert(is_on_stage(pids[1]));
}
END_TEST

START_TEST(test_a_cgroup_of_its_own)
{
	char cgroup[CGROUP_PATH_SIZE], exe[PROCFS_EXE_SIZE], link[512] = "";
	struct process_stat stat;
	int64_t adj;
	pid_t pid = start_child();
	siginfo_t info;
	int fd;

	ck_assert_int_eq(stage_add_with_cgroup(&stage, pid,
					       "0::/system.slice/a.service\n"),
			 0);
	ck_assert_int_eq(procfs_read_cgroup(&procfs, pid, cgroup), 0);
	ck_assert_str_eq(cgroup, "/system.slice/a.service");
	ck_assert_int_eq(procfs_read_exe(&procfs, pid, exe), 0);
	ck_assert_int_gt(readlink("/proc/self/exe", link, sizeof(link) - 1), 0);
	ck_assert_str_eq(exe, link);
	ck_assert_int_eq(procfs_read_stat(&procfs, pid, &stat), 0);
	ck_assert_int_eq(procfs_read_score_adj(&procfs, pid, &adj), 0);
	fd = procfs_open_score(&procfs, pid);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(stage_update(&stage), 0);
	ck_assert_int_le(available_kib(), BUDGET_KIB - CHILD_KIB);
	end_child(pid);
	ck_assert(stage_reap(&stage, &info));
	ck_assert(!is_on_stage(pid));
}
END_TEST

/* The guard keeps meminfo open: it must stay the same file, and as long. */
START_TEST(test_numbers_are_written_in_place)
{
	static const int64_t numbers_kib[] = { 0, 1, BUDGET_KIB, -1 };
	struct stat first, info;
	char path[STAGE_PATH_SIZE + 16];

	snprintf(path, sizeof(path), "%s/meminfo", stage.path);
	ck_assert_int_eq(stat(path, &first), 0);
	for (size_t i = 0; i < ROWS(numbers_kib); i++) {
		int64_t expected = numbers_kib[i] < 0 ? 0 : numbers_kib[i];

		ck_assert_int_eq(stage_show(&stage, numbers_kib[i]), 0);
		ck_assert_int_eq(available_kib(), expected);
		ck_assert_int_eq(stat(path, &info), 0);
		ck_assert_int_eq(info.st_ino, first.st_ino);
		ck_assert_int_eq(info.st_size, first.st_size);
	}
}
END_TEST

START_TEST(test_nothing_is_left)
{
	char path[STAGE_PATH_SIZE];
	pid_t pid = start_child();

	strcpy(path, stage.path);
	ck_assert_int_eq(stage_put(&stage, "a.conf", "x\n"), 0);
	ck_assert_int_eq(stage_put(&stage, "a.conf", "x\n"), -EEXIST);
	ck_assert_int_eq(stage_add(&stage, pid), 0);
	ck_assert_int_eq(stage_add_with_cgroup(&stage, start_child(), "0::/\n"),
			 0);
	stage_close(&stage);
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_int_eq(kill(pid, 0), 0);
}
END_TEST

START_TEST(test_no_place_for_it)
{
	static struct stage other;
	char path[300];

	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	ck_assert_int_eq(setenv("TMPDIR", "/nonexistent", 1), 0);
	ck_assert_int_eq(stage_open(&other, BUDGET_KIB), -ENOENT);
	ck_assert_int_eq(setenv("TMPDIR", path, 1), 0);
	ck_assert_int_eq(stage_open(&other, BUDGET_KIB), -ENAMETOOLONG);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("stage");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, test_empty);
	tcase_add_test(cases, test_memory_counts_until_it_is_reaped);
	tcase_add_test(cases, test_an_uncounted_one_is_seen_only);
	tcase_add_test(cases, test_the_entry_is_gone_when_the_pid_is_free);
	tcase_add_test(cases, test_a_cgroup_of_its_own);
	tcase_add_test(cases, test_numbers_are_written_in_place);
	tcase_add_test(cases, test_nothing_is_left);
	tcase_add_test(cases, test_no_place_for_it);
	return fixture_run(cases, "stage");
}
