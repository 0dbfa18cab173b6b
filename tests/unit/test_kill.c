/* SPDX-License-Identifier: MIT */
#include "kill.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "fixture.h"
#include "procfs.h"

#define HOG_BYTES (32 << 20)

static struct procfs procfs;

enum manner { OBEYS, IGNORES, HANDLES, STOPPED };

/* Handled, and the process lives on. */
static void take_notice(int number)
{
	(void)number;
}

static void behave(enum manner manner)
{
	struct sigaction action = { .sa_handler = manner == IGNORES
							  ? SIG_IGN
							  : take_notice };
	char *bytes = mmap(NULL, HOG_BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (bytes == MAP_FAILED)
		_exit(1);
	memset(bytes, 1, HOG_BYTES);
	if (manner == IGNORES || manner == HANDLES)
		(void)sigaction(SIGTERM, &action, NULL);
}

/* A child with memory that is ready, and in SIGSTOP if that is its manner. */
static pid_t start_child(enum manner manner)
{
	int pipes[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe2(pipes, O_CLOEXEC), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* Check's handler would kill the whole group. */
		(void)signal(SIGTERM, SIG_DFL);
		behave(manner);
		if (write(pipes[1], "", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	(void)close(pipes[1]);
	ck_assert_int_eq(read(pipes[0], &byte, 1), 1);
	(void)close(pipes[0]);
	if (manner == STOPPED) {
		ck_assert_int_eq(kill(pid, SIGSTOP), 0);
		ck_assert_int_eq(waitpid(pid, NULL, WUNTRACED), pid);
	}
	return pid;
}

/* Takes hold of it as the guard does. */
static int hold(pid_t pid)
{
	int score_fd, pidfd;

	score_fd = procfs_open_score(&procfs, pid);
	ck_assert_int_ge(score_fd, 0);
	pidfd = kill_open(pid, score_fd);
	ck_assert_int_ge(pidfd, 0);
	(void)close(score_fd);
	return pidfd;
}

static bool exits(int pidfd, int within_ms)
{
	struct pollfd poller = { .fd = pidfd, .events = POLLIN };

	return poll(&poller, 1, within_ms) == 1;
}

/* As the guard and a reaper do together. */
static int signal_and_release(int pidfd, int signal)
{
	int error = kill_signal(pidfd, signal);

	kill_release(pidfd);
	return error;
}

static int (*const ways[])(int, int) = { kill_signal, signal_and_release };

static const struct {
	const char *name;
	enum manner manner;
	int signal;
	bool dies;
} rows[] = {
	{ "obeys", OBEYS, SIGTERM, true },
	{ "is stopped and asked", STOPPED, SIGTERM, true },
	{ "is stopped and killed", STOPPED, SIGKILL, true },
	{ "ignores", IGNORES, SIGTERM, false },
	{ "handles", HANDLES, SIGTERM, false },
	{ "ignores and is killed", IGNORES, SIGKILL, true },
	{ "only probed", OBEYS, 0, false },
};

static void ck_row(int row, int (*way)(int, int))
{
	pid_t pid = start_child(rows[row].manner);
	int pidfd = hold(pid);
	int status;

	ck_assert_msg(way(pidfd, rows[row].signal) == 0, "%s", rows[row].name);
	if (rows[row].dies) {
		ck_assert_msg(exits(pidfd, DEADLINE_MS), "%s", rows[row].name);
		status = fixture_reap(pid);
		ck_assert(WIFSIGNALED(status));
		ck_assert_int_eq(WTERMSIG(status), rows[row].signal);
	} else {
		ck_assert_msg(!exits(pidfd, 100), "%s", rows[row].name);
		ck_assert_int_eq(kill_signal(pidfd, SIGKILL), 0);
		(void)fixture_reap(pid);
	}
	ck_assert_int_eq(way(pidfd, SIGKILL), -ESRCH);
	(void)close(pidfd);
}

START_TEST(test_child)
{
	ck_assert_int_eq(procfs_open(&procfs, "/proc"), 0);
	ck_row(_i / 2, ways[_i % 2]);
	procfs_close(&procfs);
}
END_TEST

/*
 * The pid was given away again: the descriptor still belongs to the one that
 * is gone, the pid to somebody else.
 */
START_TEST(test_a_stranger_with_the_same_pid)
{
	pid_t gone, stranger;
	int score_fd, before;

	ck_assert_int_eq(procfs_open(&procfs, "/proc"), 0);
	gone = start_child(OBEYS);
	stranger = start_child(OBEYS);
	score_fd = procfs_open_score(&procfs, gone);
	ck_assert_int_ge(score_fd, 0);
	ck_assert_int_eq(kill(gone, SIGKILL), 0);
	(void)fixture_reap(gone);
	before = dup(0);
	(void)close(before);
	ck_assert_int_eq(kill_open(stranger, score_fd), -ESRCH);
	ck_assert_int_eq(kill_open(gone, score_fd), -ESRCH);
	ck_assert_int_eq(dup(0), before);
	ck_assert_int_eq(kill(stranger, SIGKILL), 0);
	(void)fixture_reap(stranger);
	procfs_close(&procfs);
}
END_TEST

/* It has exited and is not reaped: a signal to it is no error. */
START_TEST(test_zombie)
{
	pid_t pid;
	int pidfd;

	ck_assert_int_eq(procfs_open(&procfs, "/proc"), 0);
	pid = start_child(OBEYS);
	pidfd = hold(pid);
	ck_assert_int_eq(kill_signal(pidfd, SIGKILL), 0);
	ck_assert(exits(pidfd, DEADLINE_MS));
	ck_assert_int_eq(signal_and_release(pidfd, SIGTERM), 0);
	ck_assert_int_eq(signal_and_release(pidfd, SIGKILL), 0);
	(void)fixture_reap(pid);
	(void)close(pidfd);
	procfs_close(&procfs);
}
END_TEST

START_TEST(test_no_process_at_all)
{
	ck_assert_int_eq(kill_open(-1, -1), -EINVAL);
	ck_assert_int_eq(kill_open(INT32_MAX, -1), -ESRCH);
	ck_assert_int_eq(kill_open(getpid(), -1), -EBADF);
	ck_assert_int_eq(kill_signal(-1, SIGKILL), -EBADF);
	ck_assert_int_eq(signal_and_release(-1, SIGTERM), -EBADF);
}
END_TEST

/* From here on process_mrelease fails with this error in our process. */
static void fail_release(int error)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 448, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ROWS(filter), filter };

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program),
			 0);
}

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static const struct {
	int error;
	int64_t least_ms;
} failures[] = {
	{ EAGAIN, 19 }, /* tried again, with pauses, but not for ever */
	{ EINTR, 0 },   { ENOSYS, 0 }, { EINVAL, 19 }, { EPERM, 0 },
};

START_TEST(test_release_fails)
{
	int64_t begin_ms;
	int pidfd;
	pid_t pid;

	ck_assert_int_eq(procfs_open(&procfs, "/proc"), 0);
	pid = start_child(OBEYS);
	pidfd = hold(pid);
	fail_release(failures[_i].error);
	begin_ms = now_ms();
	ck_assert_int_eq(signal_and_release(pidfd, SIGKILL), 0);
	ck_assert_int_ge(now_ms() - begin_ms, failures[_i].least_ms);
	ck_assert(exits(pidfd, DEADLINE_MS));
	(void)fixture_reap(pid);
	(void)close(pidfd);
	procfs_close(&procfs);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("kill");

	tcase_add_loop_test(cases, test_child, 0, 2 * ROWS(rows));
	tcase_add_test(cases, test_a_stranger_with_the_same_pid);
	tcase_add_test(cases, test_zombie);
	tcase_add_test(cases, test_no_process_at_all);
	tcase_add_loop_test(cases, test_release_fails, 0, ROWS(failures));
	return fixture_run(cases, "kill");
}
