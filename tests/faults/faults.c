/* SPDX-License-Identifier: MIT */
/*
 * Whole lives of a guard and its teller - start, ticks, a strike, a reload,
 * another strike, stop - in which strace(1) makes a system call fail: the n-th
 * of its kind in each thread, or all of the first ones. A start may be refused,
 * for the service manager starts it again; from then on the guard lives, does
 * not spin, strikes when the failure is over, and ends when it is told to.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "../e2e/press.h"
#include "../e2e/scene.h"

#define SKIPPED 77
#define EACH_MOST 400 /* of one kind, in one thread */
#define WHILE 40      /* so many in a row are a while */
#define CALLS_A_SECOND_MOST 10000

static struct scene scene;
static struct press press;

static const struct part bystander = { .role = "sit", .amount_kib = 64 };
static const struct part hog = { .role = "sit",
				 .comm = "hog",
				 .amount_kib = 12288 };

/*
 * Not futex: a call that wakes never fails. Not pidfd_send_signal: whom the
 * kernel does not let be signalled is left alone, see test_faults.c.
 */
static const struct {
	const char *call;
	const char *errors[4];
} kinds[] = {
	{ "openat", { "EMFILE", "ENOMEM", "EACCES" } },
	{ "read", { "EINTR", "EIO", "ENOMEM" } },
	{ "pread64", { "EIO", "EINTR", "ENOMEM" } },
	{ "write", { "EIO", "ENOSPC", "EINTR", "EAGAIN" } },
	{ "pwrite64", { "EIO", "ENOSPC" } },
	{ "close", { "EIO", "EINTR" } },
	{ "getdents64", { "EIO", "ENOMEM" } },
	{ "lseek", { "EIO" } },
	{ "fcntl", { "EMFILE", "EPERM" } },
	{ "newfstatat", { "EIO", "EACCES" } },
	{ "fstatfs", { "EIO" } },
	{ "readlink", { "EACCES", "ENOMEM" } },
	{ "readlinkat", { "EACCES", "ENOMEM" } },
	{ "mmap", { "ENOMEM" } }, /* the loader's, too */
	{ "mlockall", { "EPERM", "ENOMEM" } },
	{ "clone3", { "EAGAIN", "ENOMEM" } },
	{ "clone", { "EAGAIN", "ENOMEM" } },
	{ "execve", { "ENOMEM", "EACCES" } },
	{ "prctl", { "EPERM" } },
	{ "capset", { "EPERM" } },
	{ "capget", { "EPERM" } },
	{ "sched_setscheduler", { "EPERM" } },
	{ "memfd_create", { "EMFILE", "ENOMEM" } },
	{ "ftruncate", { "EIO", "ENOSPC" } },
	{ "eventfd2", { "EMFILE", "ENOMEM" } },
	{ "signalfd4", { "EMFILE", "ENOMEM" } },
	{ "inotify_init1", { "EMFILE", "ENOMEM" } },
	{ "inotify_add_watch", { "ENOSPC", "ENOMEM" } },
	{ "pipe2", { "EMFILE" } },
	{ "socket", { "EMFILE", "EACCES" } },
	{ "socketpair", { "EMFILE", "ENOMEM" } },
	{ "bind", { "EACCES", "ENOSPC" } },
	{ "listen", { "EACCES" } },
	{ "accept4", { "EMFILE", "ENOMEM", "EINTR" } },
	{ "connect", { "EACCES", "EAGAIN" } },
	{ "sendto", { "ENOBUFS", "EAGAIN", "EINTR" } },
	{ "recvfrom", { "ENOMEM", "EINTR" } },
	{ "poll", { "EINTR", "ENOMEM" } },
	{ "ppoll", { "EINTR", "ENOMEM" } },
	{ "clock_nanosleep", { "EINTR" } },
	{ "pidfd_open", { "EMFILE", "ENOMEM" } },
	{ "process_mrelease", { "EAGAIN", "EINTR" } },
	{ "renameat", { "EIO", "ENOSPC" } },
	{ "fsync", { "EIO", "ENOSPC" } },
	{ "unlink", { "EACCES" } },
	{ "flock", { "EINTR", "ENOMEM" } },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* What came of the lives with one kind of failure; shared with each of them. */
struct row {
	int lives;
	int refused;  /* at start */
	int mute;     /* no teller: each new one met with the same failure */
	int harmless; /* there was no such call */
	int beyond;   /* no thread makes so many of them; 0: not known */
};

static struct row *rows;
static bool wants_all; /* --all */

struct fault {
	int kind;
	int error;
	int first; /* of all such calls of a thread, from 1 */
	int last;
};

static struct fault faults[KINDS * 4 * (EACH_MOST + 1)];
static int faults_count;

static void log_path(char path[64])
{
	snprintf(path, 64, "%s/strace", press.directory);
}

/* Whether a call has failed at all. */
static bool was_injected(void)
{
	char path[64], line[512];
	bool is_injected = false;
	FILE *file;

	log_path(path);
	file = fopen(path, "re");
	while (file && !is_injected && fgets(line, sizeof(line), file))
		is_injected = strstr(line, "(INJECTED)") != NULL;
	if (file)
		(void)fclose(file);
	return is_injected;
}

/* A stop for the tracer is a change of context, two for each call. */
static long switches(pid_t pid)
{
	char path[64], line[128];
	long count = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		(void)sscanf(line, "voluntary_ctxt_switches: %ld", &count);
	if (file)
		(void)fclose(file);
	return count;
}

/* Starts it. False: it has refused. */
static bool start(const struct fault *fault)
{
	char inject[96], log[64];
	const char *const tracer[] = { "strace", "-D", "-qq",  "-f", "-o",
				       log,      "-e", inject, NULL };
	int64_t from_ns = scene_now_ns();
	int until;

	log_path(log);
	snprintf(inject, sizeof(inject), "inject=%s:error=%s:when=%d..%d",
		 kinds[fault->kind].call,
		 kinds[fault->kind].errors[fault->error], fault->first,
		 fault->last);
	scene.tracer = tracer;
	scene.guard_may_end = true;
	scene_guard_unheard(&scene, HEARING_LINES);
	until = scene.looks_count + 5;
	while (scene.guard && scene.looks_count < until)
		scene_turn(&scene, from_ns, "a start, or its refusal");
	if (!scene.guard &&
	    (scene.guard_code != CLD_EXITED || scene.guard_status == 0))
		scene_fail(&scene, "it did not refuse to start, but ended");
	scene.guard_may_end = false;
	return scene.guard != 0;
}

static void strike(void)
{
	const struct member *member = scene_cast(&scene, &hog);

	scene_show(&scene, SCENE_DIRE_KIB);
	scene_await_end(&scene, member);
	ck_assert_int_eq(member->code, CLD_KILLED);
	scene_show(&scene, SCENE_CALM_KIB);
}

/* Whether somebody takes calls, within a second. */
static bool answers(void)
{
	int64_t from_ns = scene_now_ns();
	pid_t teller;
	int fd = -1;

	while (fd < 0 && scene_now_ns() - from_ns < 1000000000) {
		scene_turn(&scene, from_ns, "a teller");
		fd = press_connect(&press, &teller);
	}
	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

static void live(const struct fault *fault, struct row *row)
{
	int64_t from_ns = scene_now_ns();
	long calls;

	if (!start(fault)) {
		row->refused++;
		return;
	}
	strike();
	(void)kill(scene.guard, SIGHUP);
	strike();
	row->mute += !answers();
	calls = switches(scene.guard) / 2;
	scene_expect(
		&scene,
		calls < CALLS_A_SECOND_MOST *
				((scene_now_ns() - from_ns) / 1000000000 + 1));
	scene_expect(&scene, !scene.cast[0].ended_ns);
	scene_end_guard(&scene, SIGTERM);
	scene_expect(&scene,
		     scene.guard_code == CLD_EXITED && scene.guard_status == 0);
}

static const char *fault_name(const struct fault *fault)
{
	static char name[96];

	snprintf(name, sizeof(name),
		 "%s %s, call %d to %d: ", kinds[fault->kind].call,
		 kinds[fault->kind].errors[fault->error], fault->first,
		 fault->last);
	return name;
}

START_TEST(test_life)
{
	const struct fault *fault = &faults[_i];
	struct row *row = &rows[fault->kind];
	bool is_one = fault->first == fault->last;
	char path[64];

	if (is_one && row->beyond && fault->first >= row->beyond)
		return;
	row->lives++;
	scene_open(&scene);
	scene.name = fault_name(fault);
	scene_configure_raw(&scene, SCENE_LOW_LEVELS);
	press_open(&press, &scene);
	(void)scene_cast(&scene, &bystander);
	live(fault, row);
	if (!was_injected()) {
		row->harmless++;
		row->beyond = fault->first;
	}
	log_path(path);
	(void)unlink(path);
	scene_close(&scene);
	press_close(&press);
}
END_TEST

static void add(int kind, int error, int first, int last)
{
	faults[faults_count++] = (struct fault){ kind, error, first, last };
}

/*
 * All of the first ones; with --all each alone, too, and those that follow. So
 * long the loader does not start anything without mmap(), and without its very
 * first one that of glibc ends by SIGSEGV.
 */
static void plan(int kind)
{
	bool is_loading = strcmp(kinds[kind].call, "mmap") == 0;

	for (int error = 0; error < 4 && kinds[kind].errors[error]; error++) {
		if (wants_all)
			for (int nth = is_loading ? 2 : 1; nth <= EACH_MOST;
			     nth += 1 + nth / 16)
				add(kind, error, nth, nth);
		if ((wants_all || error == 0) && !is_loading)
			add(kind, error, 1, WHILE);
		if (wants_all || is_loading)
			add(kind, error, WHILE, 4 * WHILE);
	}
}

static bool is_wanted(int kind, char **names)
{
	for (char **name = names; *name; name++)
		if (strcmp(*name, kinds[kind].call) == 0)
			return true;
	return !*names;
}

static void print(SRunner *runner)
{
	int count = srunner_ntests_failed(runner);
	TestResult **failures = srunner_failures(runner);

	printf("%-18s %5s %8s %8s %8s\n", "call", "lives", "refused", "mute",
	       "no such");
	for (size_t i = 0; i < KINDS; i++)
		if (rows[i].lives)
			printf("%-18s %5d %8d %8d %8d\n", kinds[i].call,
			       rows[i].lives, rows[i].refused, rows[i].mute,
			       rows[i].harmless);
	printf("%d failed\n", count);
	for (int i = 0; i < count; i++)
		printf("%s\n", tr_msg(failures[i]));
	free(failures);
}

static int run(void)
{
	SRunner *runner = srunner_create(suite_create("faults"));
	TCase *lives = tcase_create("lives");
	Suite *suite = suite_create("faults");
	int failed;

	tcase_set_timeout(lives, 120);
	tcase_add_loop_test(lives, test_life, 0, faults_count);
	suite_add_tcase(suite, lives);
	srunner_add_suite(runner, suite);
	srunner_run_all(runner, CK_SILENT);
	print(runner);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	char **names = argv + 1;

	wants_all = argc > 1 && strcmp(argv[1], "--all") == 0;
	names += wants_all;
	if (system("strace -o /dev/null true 2>/dev/null") != 0) {
		printf("skipped: no strace, or it is not permitted\n");
		return SKIPPED;
	}
	rows = mmap(NULL, sizeof(*rows) * KINDS, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (rows == MAP_FAILED)
		return EXIT_FAILURE;
	for (int kind = 0; kind < (int)KINDS; kind++)
		if (is_wanted(kind, names))
			plan(kind);
	return run();
}
