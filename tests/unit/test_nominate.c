/* SPDX-License-Identifier: MIT */
#include "nominate.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "adj.h"
#include "fixture.h"
#include "procfs.h"
#include "stage.h"
#include "thread.h"

/* Everybody begins at 100: to go back there is permitted to anybody. */
#define OWN 100

static struct stage stage;
static struct settings settings;
static struct clerk clerk;
static struct census census;
static struct warden warden;
static const struct cgroupfs nowhere = { .root = -1 };
static char runtime[STAGE_PATH_SIZE + 16];
static int orders[2], answers[2];
static pid_t one;

static void set_adj(const char *value)
{
	FILE *file = fopen("/proc/self/oom_score_adj", "we");

	if (file && fputs(value, file) >= 0 && fclose(file) == 0)
		return;
	_exit(1);
}

/* Forks at each letter, and answers with the pid of its child. */
static _Noreturn void obey(const char *value)
{
	char order;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	set_adj(value);
	(void)!write(answers[1], "", 1);
	while (read(orders[0], &order, 1) == 1) {
		pid_t child = fork();

		if (child == 0)
			for (;;)
				(void)pause();
		(void)!write(answers[1], &child, sizeof(child));
	}
	_exit(0);
}

static pid_t begin_one(const char *value)
{
	char ready;
	pid_t pid = fork();

	if (pid == 0)
		obey(value);
	ck_assert_int_eq(read(answers[0], &ready, 1), 1);
	ck_assert_int_eq(
		stage_add_with_cgroup(&stage, pid, "0::/a.slice/a.service\n"),
		0);
	return pid;
}

static pid_t fork_into(const char *cgroup)
{
	pid_t child;

	ck_assert_int_eq(write(orders[1], "f", 1), 1);
	ck_assert_int_eq(read(answers[0], &child, sizeof(child)),
			 sizeof(child));
	ck_assert_int_eq(stage_add_with_cgroup(&stage, child, cgroup), 0);
	return child;
}

static pid_t fork_one(void)
{
	return fork_into("0::/a.slice/a.service\n");
}

static uint64_t start_of(pid_t pid)
{
	struct process_stat stat;
	struct procfs procfs;

	ck_assert_int_eq(procfs_open(&procfs, "/proc"), 0);
	ck_assert_int_eq(procfs_read_stat(&procfs, pid, &stat), 0);
	procfs_close(&procfs);
	return stat.start_ticks;
}

static void set_up(void)
{
	memset(&settings, 0, sizeof(settings));
	settings.protect_adj = -900;
	census_init(&census, 16 << 20);
	ck_assert_int_eq(stage_open(&stage, 65536), 0);
	(void)snprintf(runtime, sizeof(runtime), "%s/run", stage.path);
	ck_assert_int_eq(mkdir(runtime, 0700), 0);
	ck_assert_int_eq(setenv("RUNTIME_DIRECTORY", runtime, 1), 0);
	ck_assert_int_eq(pipe2(orders, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(answers, O_CLOEXEC), 0);
	one = begin_one("100");
}

static void start(void)
{
	ck_assert_int_eq(clerk_start(&clerk, stage.path, &nowhere, &census,
				     &settings, 0),
			 0);
	ck_assert(clerk_wait(&clerk, DEADLINE_MS));
	ck_assert_int_eq(
		warden_start(&warden, stage.path, -1, &clerk, &settings), 0);
}

/* As the guard does. */
static void nominate(pid_t pid, uint64_t start_ticks)
{
	clerk_lock(&clerk);
	warden.nominee = (struct nominee){ start_ticks, pid };
	clerk_unlock(&clerk);
	ck_assert(thread_wake(warden.wake));
}

static void await_refusal(void)
{
	bool is_refused = false;
	int waited_ms = 0;

	while (!is_refused) {
		fixture_wait(&waited_ms);
		clerk_lock(&clerk);
		is_refused = warden.nominee.pid == 0;
		clerk_unlock(&clerk);
	}
}

static void tear_down(void)
{
	char command[STAGE_PATH_SIZE + 32];
	siginfo_t info;

	for (uint32_t i = 0; i < stage.count; i++)
		(void)kill(stage.actors[i].pid, SIGKILL);
	for (int waited_ms = 0;
	     waitid(P_ALL, 0, &info, WEXITED | WNOWAIT | WNOHANG) == 0;
	     fixture_wait(&waited_ms))
		while (stage_reap(&stage, &info))
			;
	(void)snprintf(command, sizeof(command), "rm -rf %s/run", stage.path);
	(void)!system(command);
	stage_close(&stage);
}

/* A copy that was forked since is known by the value, even a late one. */
START_TEST(test_nominated)
{
	pid_t before, copy;

	before = fork_one();
	start();
	nominate(one, start_of(one));
	await_adj(one, WARDS_NOMINATED);
	copy = fork_one();
	ck_assert_int_eq(adj_of(copy), WARDS_NOMINATED);
	nominate(0, 0);
	await_adj(one, OWN);
	await_adj(copy, OWN);
	ck_assert_int_eq(adj_of(before), OWN);
	warden_stop(&warden, DEADLINE_MS);
	ck_assert_int_eq(adj_of(one), OWN);
}
END_TEST

/* It is gone, and a copy has its pid, before that is put back. */
START_TEST(test_gone_meanwhile)
{
	char from[STAGE_PATH_SIZE + 16], to[STAGE_PATH_SIZE + 16];
	siginfo_t info;
	pid_t copy;

	start();
	nominate(one, start_of(one));
	await_adj(one, WARDS_NOMINATED);
	copy = fork_one();
	ck_assert_int_eq(kill(one, SIGKILL), 0);
	ck_assert_int_eq(waitid(P_PID, (id_t)one, &info, WEXITED | WNOWAIT), 0);
	ck_assert(stage_reap(&stage, &info));
	(void)snprintf(from, sizeof(from), "%s/%d", stage.path, (int)copy);
	(void)snprintf(to, sizeof(to), "%s/%d", stage.path, (int)one);
	ck_assert_int_eq(rename(from, to), 0);
	nominate(0, 0);
	await_adj(copy, OWN);
	warden_stop(&warden, DEADLINE_MS);
	ck_assert_int_eq(rename(to, from), 0);
}
END_TEST

/* The kernel's clock of births: who shares a tick cannot be told apart. */
static void await_next_tick(pid_t pid)
{
	uint64_t born = start_of(pid);

	for (int waited_ms = 0; keeper_now_ticks() <= born;)
		fixture_wait(&waited_ms);
}

/* Its parent is gone, and it lives elsewhere: the value alone tells. */
START_TEST(test_moved)
{
	pid_t other = begin_one("983");
	siginfo_t info;
	pid_t copy;

	start();
	await_next_tick(other);
	nominate(one, start_of(one));
	await_adj(one, WARDS_NOMINATED);
	copy = fork_into("0::/b.slice/b.service\n");
	ck_assert_int_eq(kill(one, SIGKILL), 0);
	ck_assert_int_eq(waitid(P_PID, (id_t)one, &info, WEXITED | WNOWAIT), 0);
	ck_assert(stage_reap(&stage, &info));
	nominate(0, 0);
	await_adj(copy, OWN);
	warden_stop(&warden, DEADLINE_MS);
	ck_assert_int_eq(adj_of(other), WARDS_NOMINATED);
}
END_TEST

START_TEST(test_next)
{
	pid_t other = begin_one("200");

	start();
	nominate(one, start_of(one));
	await_adj(one, WARDS_NOMINATED);
	nominate(other, start_of(other));
	await_adj(other, WARDS_NOMINATED);
	ck_assert_int_eq(adj_of(one), OWN);
	warden_stop(&warden, DEADLINE_MS);
	ck_assert_int_eq(adj_of(other), 200);
}
END_TEST

/* Another process by now, and one that the kernel would take anyway. */
START_TEST(test_refused)
{
	pid_t other = begin_one("990");

	start();
	nominate(one, start_of(one) + 1);
	await_refusal();
	ck_assert_int_eq(adj_of(one), OWN);
	nominate(other, start_of(other));
	await_refusal();
	ck_assert_int_eq(adj_of(other), 990);
	warden_stop(&warden, DEADLINE_MS);
}
END_TEST

/* A guard that nominates one and is killed. Returns a copy of one. */
static pid_t crash(void)
{
	pid_t copy, guard = fork();

	if (guard == 0) {
		start();
		nominate(one, start_of(one));
		for (;;)
			(void)pause();
	}
	await_adj(one, WARDS_NOMINATED);
	copy = fork_one();
	ck_assert_int_eq(kill(guard, SIGKILL), 0);
	(void)fixture_reap(guard);
	return copy;
}

/* The guard is killed, and what it has left is put back, with the copies. */
START_TEST(test_crash)
{
	pid_t copy = crash();

	ck_assert_int_eq(adj_of(one), WARDS_NOMINATED);
	if (_i == 0) {
		ck_assert_int_eq(
			warden_put_back(&warden, stage.path, &settings), 2);
	} else {
		start();
		await_adj(one, OWN);
		await_adj(copy, OWN);
		warden_stop(&warden, DEADLINE_MS);
	}
	ck_assert_int_eq(adj_of(one), OWN);
	ck_assert_int_eq(adj_of(copy), OWN);
}
END_TEST

static void show_adj(pid_t pid, const char *target)
{
	char name[48];

	(void)snprintf(name, sizeof(name), "%d/oom_score_adj", (int)pid);
	ck_assert_int_eq(unlinkat(stage.root, name, 0), 0);
	ck_assert_int_eq(symlinkat(target, stage.root, name), 0);
}

/* What could not be read may be a copy: it is not forgotten. */
START_TEST(test_unread)
{
	char path[48];
	pid_t copy = crash();

	show_adj(copy, "/proc"); /* EISDIR */
	ck_assert_int_eq(warden_put_back(&warden, stage.path, &settings),
			 -EPERM);
	ck_assert_int_eq(adj_of(one), OWN);
	ck_assert_int_eq(adj_of(copy), WARDS_NOMINATED);
	(void)snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)copy);
	show_adj(copy, path);
	(void)close(warden.keeper.file); /* As who cannot put back exits. */
	ck_assert_int_eq(warden_put_back(&warden, stage.path, &settings), 1);
	ck_assert_int_eq(adj_of(copy), OWN);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("nominate");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, test_nominated);
	tcase_add_test(cases, test_gone_meanwhile);
	tcase_add_test(cases, test_moved);
	tcase_add_test(cases, test_next);
	tcase_add_test(cases, test_refused);
	tcase_add_loop_test(cases, test_crash, 0, 2);
	tcase_add_test(cases, test_unread);
	return fixture_run(cases, "nominate");
}
