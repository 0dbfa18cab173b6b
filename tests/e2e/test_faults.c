/* SPDX-License-Identifier: MIT */
/*
 * Every system call of a strike fails once, from the moment when memory is
 * short to the signal: the guard lives and strikes nevertheless. Each kind
 * fails for a while: the guard does not spin, and strikes when that is over.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "scene.h"
#include "tracer.h"

#define SKIPPED 77
#define CALLS_MAX 400
#define ROUNDS 2 /* with another error, where a kind failed but once */
#define LASTING_NS INT64_C(200000000)
#define TICKS_MOST 30 /* in that time, so 150 a second */

static struct scene scene;
static struct tracer tracer;

static const struct part hog = { .role = "sit",
				 .comm = "hog",
				 .amount_kib = 12288 };
/* It is looked at, but too small to be worth a strike. */
static const struct part bystander = { .role = "sit", .amount_kib = 64 };

static const struct {
	const char *name;
	long number;
	int errors[4]; /* that it may give, as far as there are */
	bool is_done;  /* Linux always closes, whatever it returns. */
	bool is_brief; /* never fails for long, or not for this guard */
} kinds[] = {
	{ "read", SYS_read, { EINTR, EIO, ENOMEM }, false, false },
	{ "pread", SYS_pread64, { EIO, EINTR, ENOMEM, ESRCH }, false, false },
	{ "openat",
	  SYS_openat,
	  { EMFILE, ENOMEM, EACCES, ENFILE },
	  false,
	  false },
	{ "close", SYS_close, { EIO, EINTR }, true, false },
	{ "getdents64", SYS_getdents64, { ENOMEM, EIO }, false, false },
	{ "lseek", SYS_lseek, { EIO }, false, false },
	{ "readlinkat", SYS_readlinkat, { EACCES, ENOMEM }, false, false },
	{ "ppoll", SYS_ppoll, { EINTR, ENOMEM }, false, true },
	{ "poll", SYS_poll, { ENOMEM, EINTR }, false, false },
	{ "write", SYS_write, { EIO, EAGAIN, EINTR }, false, false },
	{ "sendto", SYS_sendto, { ENOBUFS, EINTR, ENOTSOCK }, false, false },
	{ "fcntl", SYS_fcntl, { EMFILE }, false, false },
	{ "futex", SYS_futex, { EAGAIN, EINTR }, false, true },
	{ "pidfd_open",
	  SYS_pidfd_open,
	  { EMFILE, ENOMEM, ENFILE, ESRCH },
	  false,
	  false },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* The kind of a call, or -1: it cannot fail, or only by a bug of the kernel. */
static int kind_of(int64_t number)
{
	for (size_t i = 0; i < KINDS; i++)
		if (kinds[i].number == number)
			return (int)i;
	return -1;
}

static int error_of(int kind, int turn)
{
	int count = 0;

	while (count < 4 && kinds[kind].errors[count])
		count++;
	return count ? kinds[kind].errors[turn % count] : EIO;
}

/* Memory is short, and the guard is stopped before it sees it. */
static struct member *cast_hog(void)
{
	struct member *member = scene_cast(&scene, &hog);

	scene_expect(&scene, tracer_attach(&tracer, scene.guard) == 0);
	scene_show(&scene, SCENE_DIRE_KIB);
	return member;
}

/* The first stays. */
static struct member *begin(void)
{
	scene.count = 1;
	return cast_hog();
}

static void end(const struct member *member)
{
	tracer_detach(&tracer);
	scene_await_end(&scene, member);
	ck_assert_int_eq(member->code, CLD_KILLED);
	ck_assert_int_eq(member->status, SIGKILL);
	scene_await_line(&scene, " back after ");
	scene_expect(&scene, !scene.cast[0].ended_ns);
}

/* The calls of one strike: returns how many, up to the wait after it. */
static int record(int64_t calls[CALLS_MAX])
{
	const struct member *member = begin();
	bool is_struck = false;
	int count = 0;

	while (count < CALLS_MAX) {
		int64_t number = tracer_next(&tracer);

		scene_expect(&scene, number >= 0);
		if (is_struck && number == SYS_ppoll)
			break;
		is_struck = is_struck || number == SYS_pidfd_send_signal;
		calls[count++] = number;
	}
	end(member);
	return count;
}

static int descriptors(void)
{
	char path[64];
	int count = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)scene.guard);
	DIR *directory = opendir(path);
	ck_assert_ptr_nonnull(directory);
	while (readdir(directory))
		count++;
	(void)closedir(directory);
	return count;
}

/* A reaper or the clerk may have one in hand for a moment. */
static void await_descriptors(int count)
{
	int64_t from_ns = scene_now_ns();

	while (descriptors() > count)
		scene_turn(&scene, from_ns, "as few descriptors as before");
}

static void open_scene(const struct part *part)
{
	scene_open(&scene);
	scene_configure_raw(&scene, SCENE_LOW_LEVELS);
	(void)scene_cast(&scene, part);
	scene_guard(&scene, HEARING_LINES);
}

static void close_scene(void)
{
	scene_close(&scene);
	ck_assert_int_eq(scene.guard_code, CLD_EXITED);
	ck_assert_int_eq(scene.guard_status, 0);
}

/* Returns the kind of the n-th call, which has failed, or -1. */
static int fail_nth(int nth, int turn)
{
	const struct member *member = begin();
	int64_t number = 0;

	for (int i = 0; i <= nth; i++)
		number = tracer_next(&tracer);
	scene_expect(&scene, number >= 0);
	int kind = kind_of(number);
	if (kind >= 0)
		tracer_fail(&tracer, error_of(kind, turn), kinds[kind].is_done);
	end(member);
	scene.length = 0; /* What was said before does not matter any more. */
	scene.heard = 0;
	return kind;
}

START_TEST(test_each_call_fails_once)
{
	static int64_t calls[CALLS_MAX];
	int failed[KINDS] = { 0 };

	open_scene(&bystander);
	(void)record(calls);
	int count = record(calls);
	int open = descriptors();
	for (int i = 0; i < ROUNDS * count; i++) {
		int kind = kind_of(calls[i % count]);

		if (kind < 0 || (i >= count && failed[kind] >= ROUNDS))
			continue;
		kind = fail_nth(i % count, failed[kind]);
		failed[kind >= 0 ? kind : 0] += kind >= 0;
	}
	(void)record(calls);
	await_descriptors(open);
	printf("%d calls of a strike:", count);
	for (size_t i = 0; i < KINDS; i++)
		if (failed[i])
			printf(" %s %d", kinds[i].name, failed[i]);
	printf("\n");
	close_scene();
}
END_TEST

/* Returns how often the guard slept while all calls of this kind failed. */
static int fail_for_a_while(const struct member *member, int kind)
{
	int64_t from_ns = scene_now_ns();
	int slept = 0, failures = 0;

	while (scene_now_ns() - from_ns < LASTING_NS &&
	       scene_lives(&scene, member->pid)) {
		int64_t number = tracer_next(&tracer);

		scene_expect(&scene, number >= 0);
		slept += number == SYS_ppoll;
		if (number == kinds[kind].number)
			tracer_fail(&tracer, error_of(kind, failures++),
				    kinds[kind].is_done);
	}
	return slept;
}

START_TEST(test_each_kind_fails_for_a_while)
{
	open_scene(&bystander);
	for (int i = 0; i < (int)KINDS; i++) {
		if (kinds[i].is_brief)
			continue;
		const struct member *member = begin();
		int slept = fail_for_a_while(member, i);
		ck_assert_msg(slept <= TICKS_MOST, "%s: %d ticks in 200 ms",
			      kinds[i].name, slept);
		end(member);
	}
	close_scene();
}
END_TEST

/* It is gone at once, and its pid may be given away, at any of the calls. */
START_TEST(test_the_victim_exits_at_each_call)
{
	const struct part other = { .role = "stubborn", .amount_kib = 8192 };
	static int64_t calls[CALLS_MAX];

	open_scene(&bystander);
	int count = record(calls);
	close_scene();
	open_scene(&other);
	for (int i = 0; i < count; i++) {
		const struct member *member = begin();

		for (int j = 0; j <= i; j++)
			scene_expect(&scene, tracer_next(&tracer) >= 0);
		(void)kill(member->pid, SIGKILL);
		scene_await_end(&scene, member);
		tracer_detach(&tracer);
		scene_await_looks(&scene, 3);
		scene_expect(&scene, !scene.cast[0].ended_ns);
		scene_expect(&scene, !scene.cast[0].asked_ns);
		scene.length = 0;
		scene.heard = 0;
	}
	close_scene();
}
END_TEST

/* The kernel refuses: this one is left alone, and another is struck. */
START_TEST(test_a_refused_signal)
{
	const struct part second = { .role = "sit",
				     .comm = "second",
				     .amount_kib = 5120 };

	char refused[96];

	open_scene(&bystander);
	/* It rests before the hog comes: who is ended first is no question. */
	const struct member *other = scene_cast(&scene, &second);
	const struct member *member = cast_hog();
	while (tracer_next(&tracer) != SYS_pidfd_send_signal)
		;
	tracer_fail(&tracer, EPERM, false);
	tracer_detach(&tracer);
	snprintf(refused, sizeof(refused),
		 "degraded: the kernel refused: %d \"hog\"", (int)member->pid);
	scene_await_line(&scene, refused);
	scene_await_end(&scene, other);
	scene_expect(&scene, !member->ended_ns);
	/* What was not done is not told as done, nor counted. */
	scene_expect(&scene,
		     scene_count_of(&scene, "SIGKILL to", member->pid) == 0);
	scene_expect(&scene, scene_count_of(&scene, "strike 1: SIGKILL to",
					    other->pid) == 1);
	close_scene();
}
END_TEST

/* Whether tracing is permitted here at all. */
static bool can_trace(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			(void)pause();
	}
	int error = pid < 0 ? -errno : tracer_attach(&tracer, pid);
	if (error)
		printf("skipped: cannot trace a child: %s\n", strerror(-error));
	if (pid > 0) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	}
	return !error;
}

int main(void)
{
	if (!can_trace())
		return SKIPPED;
	Suite *suite = suite_create("faults");
	TCase *tcase = tcase_create("faults");
	SRunner *runner = srunner_create(suite);

	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, test_each_call_fails_once);
	tcase_add_test(tcase, test_each_kind_fails_for_a_while);
	tcase_add_test(tcase, test_the_victim_exits_at_each_call);
	tcase_add_test(tcase, test_a_refused_signal);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
