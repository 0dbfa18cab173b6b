/* SPDX-License-Identifier: MIT */
/*
 * How long it takes from a number below the term level to SIGTERM in the hog,
 * on a stage with many bystanders: at rest, and with four busy loops on each
 * core. In most of the runs memory passes the warn level first, as it does in
 * life; in others warn is so near to term that it is never seen, and the guard
 * has nothing prepared. With a teller it is asked once at rest, and there are
 * runs in which it is asked all the time. Prints `name microseconds` lines.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crowd.h"
#include "flood.h"
#include "guarded.h"

#define RUNS_MOST 100
#define BUDGET_KIB (1024 * 1024)
#define HOG_BYTES (96 << 20)
#define WAIT_MS 10000
#define TERM_IS_NEAR_KIB (BUDGET_KIB / 1000 * 110)
#define WARN_IS_NEAR_KIB (BUDGET_KIB / 1000 * 160)
#define BELOW_TERM_KIB (BUDGET_KIB / 1000 * 95)
#define STEPS 100
#define STEP_MS 20
#define AT_REST_MS 1500 /* longer than the fill rate looks back */

static _Atomic int64_t *asked_ns; /* shared with the hog; 0: not yet */
static struct crowd sleepers, spinners;
static struct stage stage;
static struct guard_child guard;
static struct flood flood;
static int64_t answer_us;        /* to the last single question */
static int64_t answers_a_second; /* in the last flood */

enum manner {
	MANNER_THROUGH_WARN,
	MANNER_AT_ONCE,
	MANNER_ASKED,   /* through warn, and once before */
	MANNER_FLOODED, /* through warn, and all the time */
};

static void note_signal(int signal)
{
	(void)signal;
	atomic_store(asked_ns, bench_now_ns());
	_exit(0);
}

/*
 * The busy cores are to hinder the guard, not the clock: where it is allowed,
 * the hog and this program run before all others.
 */
static bool run_first(void)
{
	const struct sched_param first = { .sched_priority = 2 };

	return sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &first) ==
	       0;
}

static pid_t start_hog(void)
{
	int ready[2];
	char byte;

	if (pipe(ready) < 0)
		bench_die("pipe", errno);
	pid_t pid = fork();
	if (pid < 0)
		bench_die("fork", errno);
	if (pid > 0) {
		close(ready[1]);
		if (read(ready[0], &byte, 1) != 1)
			bench_die("hog", EIO);
		close(ready[0]);
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)run_first();
	signal(SIGTERM, note_signal);
	if (mmap(NULL, HOG_BYTES, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1,
		 0) == MAP_FAILED)
		_exit(1);
	(void)!write(ready[1], "", 1); /* The parent waits for it. */
	for (;;)
		(void)pause();
}

static void end_guard(void)
{
	siginfo_t info;

	(void)kill(guard.pid, SIGTERM);
	while (waitid(P_PID, (id_t)guard.pid, &info, WEXITED) < 0)
		continue;
	guard_child_close(&guard);
}

static void show(int64_t available_kib)
{
	if (stage_show(&stage, available_kib) < 0)
		bench_die("stage", errno);
}

/* A fast fall raises the levels, so this one takes its time. */
static void fall_slowly(int64_t from_kib, int64_t to_kib)
{
	for (int step = 1; step <= STEPS; step++) {
		show(from_kib + (to_kib - from_kib) * step / STEPS);
		(void)poll(NULL, 0, STEP_MS);
	}
}

/* One that has a teller, which has its socket on the stage. */
static void put_guard(const char *path, const char *teller)
{
	char text[3 * STAGE_PATH_SIZE + 128], file[STAGE_PATH_SIZE + 16];

	snprintf(text, sizeof(text),
		 "#!/bin/sh\nexec %s --socket %s/socket --state %s\n", teller,
		 stage.path, stage.path);
	if (stage_put(&stage, "teller", text) < 0)
		bench_die("stage", errno);
	snprintf(text, sizeof(text),
		 "#!/bin/sh\nexec %s --teller %s/teller \"$@\"\n", path,
		 stage.path);
	if (stage_put(&stage, "guard", text) < 0)
		bench_die("stage", errno);
	snprintf(file, sizeof(file), "%s/teller", stage.path);
	(void)chmod(file, 0700);
	snprintf(file, sizeof(file), "%s/guard", stage.path);
	(void)chmod(file, 0700);
}

static void wait_for_signal(void)
{
	const char *line;

	for (int ms = 0; !atomic_load(asked_ns) && ms < WAIT_MS; ms++)
		(void)poll(NULL, 0, 1);
	if (atomic_load(asked_ns))
		return;
	while ((line = guard_child_line(&guard)))
		fprintf(stderr, "guard: %s\n", line);
	bench_die("no signal came", ETIMEDOUT);
}

static int64_t run_us(const char *path, enum manner manner)
{
	bool passes_warn = manner != MANNER_AT_ONCE;
	char file[STAGE_PATH_SIZE + 16];
	siginfo_t info;
	pid_t hog = start_hog();

	atomic_store(asked_ns, 0);
	if (stage_add_uncounted(&stage, hog) < 0)
		bench_die("stage", errno);
	show(passes_warn ? WARN_IS_NEAR_KIB : TERM_IS_NEAR_KIB);
	guarded_begin(&guard, path, &stage,
		      passes_warn ? "through-warn" : "at-once");
	snprintf(file, sizeof(file), "%s/socket", stage.path);
	if (manner == MANNER_ASKED)
		answer_us = flood_ask_us(file);
	if (manner == MANNER_FLOODED)
		flood_begin(&flood, file);
	if (passes_warn)
		fall_slowly(WARN_IS_NEAR_KIB, TERM_IS_NEAR_KIB);
	(void)poll(NULL, 0, AT_REST_MS);
	int64_t crossed_ns = bench_now_ns();
	show(BELOW_TERM_KIB);
	wait_for_signal();
	while (!stage_reap(&stage, &info) || info.si_pid != hog)
		(void)poll(NULL, 0, 1);
	if (manner == MANNER_FLOODED)
		answers_a_second = flood_end(&flood);
	end_guard();
	return (atomic_load(asked_ns) - crossed_ns) / 1000;
}

static void tell(const char *name, int64_t *values, uint32_t count)
{
	bench_tell(name, values, count);
	printf("%s_most_us %" PRId64 "\n", name, values[count - 1]);
}

/* The entries of a stage go before their processes. */
static void close_stage(void)
{
	stage_close(&stage);
}

static void prepare(int argc, char **argv, uint32_t count)
{
	asked_ns = mmap(NULL, sizeof(*asked_ns), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (asked_ns == MAP_FAILED || stage_open(&stage, BUDGET_KIB) < 0)
		bench_die("stage", errno);
	(void)atexit(close_stage); /* Whoever is left is killed after it. */
	if (stage_put(&stage, "through-warn", "") < 0 ||
	    stage_put(&stage, "at-once", "[memory]\nwarn = 10.1%\n") < 0)
		bench_die("stage", errno);
	if (argc > 4)
		put_guard(argv[1], argv[4]);
	crowd_sleep(&sleepers, count);
	for (uint32_t i = 0; i < sleepers.count; i++)
		if (stage_add_uncounted(&stage, sleepers.pids[i]) < 0)
			bench_die("stage", errno);
	if (!run_first())
		fputs("no real time: the victim's own delay counts too\n",
		      stderr);
}

static void measure_at_rest(const char *path, uint32_t runs, bool has_teller)
{
	static int64_t at_rest[RUNS_MOST], answers_us[RUNS_MOST];

	for (uint32_t i = 0; i < runs; i++) {
		at_rest[i] = run_us(path, has_teller ? MANNER_ASKED
						     : MANNER_THROUGH_WARN);
		answers_us[i] = answer_us;
	}
	tell("at_rest", at_rest, runs);
	if (has_teller)
		tell("answer", answers_us, runs);
}

static void measure_busy(const char *path, const char *script, uint32_t runs,
			 bool has_teller)
{
	static int64_t through_warn[RUNS_MOST], at_once[RUNS_MOST];
	static int64_t flooded[RUNS_MOST], answers[RUNS_MOST];

	crowd_spin(&spinners, 4 * (uint32_t)sysconf(_SC_NPROCESSORS_ONLN));
	for (uint32_t i = 0; i < runs; i++) {
		through_warn[i] = run_us(path, MANNER_THROUGH_WARN);
		at_once[i] = run_us(path, MANNER_AT_ONCE);
		if (has_teller)
			flooded[i] = run_us(script, MANNER_FLOODED);
		answers[i] = answers_a_second;
	}
	crowd_end(&spinners);
	tell("through_warn", through_warn, runs);
	tell("at_once", at_once, runs);
	if (!has_teller)
		return;
	tell("flooded", flooded, runs);
	printf("answers_a_second %" PRId64 "\n", bench_median(answers, runs));
}

int main(int argc, char **argv)
{
	char script[STAGE_PATH_SIZE + 16];
	uint32_t count = argc > 2 ? (uint32_t)atoi(argv[2]) : 2000;
	uint32_t runs = argc > 3 ? (uint32_t)atoi(argv[3]) : 10;
	bool has_teller = argc > 4;

	if (argc < 2 || runs < 1 || runs > RUNS_MOST)
		bench_die(
			"usage: bench_signal OOMGUARDD [COUNT [RUNS [TELLER]]]",
			EINVAL);
	prepare(argc, argv, count);
	snprintf(script, sizeof(script), "%s/guard", stage.path);
	measure_at_rest(has_teller ? script : argv[1], runs, has_teller);
	measure_busy(argv[1], script, runs, has_teller);
	return EXIT_SUCCESS;
}
