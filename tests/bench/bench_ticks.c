/* SPDX-License-Identifier: MIT */
/*
 * Whether the guard grows: a million ticks in synthetic time on a stage, calm
 * and urgent in turn, with censuses, scans, kept descriptors and strikes on
 * real processes. Prints `name value` lines: memory and descriptors after a
 * tenth of it, and how much more there is at the end.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crowd.h"
#include "guard.h"
#include "settings_table.h"
#include "stage.h"

#define BUDGET_KIB (1024 * 1024)
#define CALM_KIB (BUDGET_KIB / 2)
#define SHORT_KIB (BUDGET_KIB / 100 * 9)
#define HOG_BYTES (32 << 20)
#define BYSTANDERS 50
#define TICK_MS 100
#define CYCLE_TICKS 10000 /* a strike in each: the fuse holds */
#define URGENT_MOST_MS 10000

static struct guard guard;
static struct stage stage;
static struct crowd bystanders;
static int64_t now_ms;
static uint64_t ticks_count;

struct footprint {
	int64_t rss_kib;
	int64_t data_kib;
	int64_t descriptors;
};

static _Noreturn void be_the_hog(void)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (mmap(NULL, HOG_BYTES, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1,
		 0) == MAP_FAILED)
		_exit(1);
	for (;;)
		(void)pause();
}

static void start_hog(void)
{
	struct process_status status;
	pid_t pid = fork();

	if (pid < 0)
		bench_die("fork", errno);
	if (pid == 0)
		be_the_hog();
	if (stage_add_uncounted(&stage, pid) < 0)
		bench_die("stage", errno);
	do {
		(void)poll(NULL, 0, 1);
		if (procfs_read_status(&stage.real, pid, &status) < 0)
			bench_die("hog", ESRCH);
	} while (status.anon_kib < HOG_BYTES / 1024);
}

static void show(int64_t available_kib)
{
	if (stage_show(&stage, available_kib) < 0)
		bench_die("stage", errno);
}

static void tick(void)
{
	guard_tick(&guard, now_ms);
	now_ms += TICK_MS;
	ticks_count++;
}

/* What the loop does: the time that a death takes is real. */
static void await_victims(void)
{
	for (uint32_t i = 0; i < STRIKES_MAX; i++) {
		struct pollfd victim = { .fd = guard.victims[i].pidfd,
					 .events = POLLIN };
		if (victim.fd >= 0 && poll(&victim, 1, URGENT_MOST_MS) == 1)
			guard_victim_exited(&guard, i, now_ms);
	}
}

/* Returns the number of ticks that it took. */
static uint32_t strike_once(void)
{
	siginfo_t info;

	start_hog();
	show(SHORT_KIB);
	for (uint32_t ticks = 1; ticks < CYCLE_TICKS / 2; ticks++) {
		tick();
		await_victims();
		if (!stage_reap(&stage, &info))
			continue;
		show(CALM_KIB);
		return ticks;
	}
	bench_die("the hog lives", ETIMEDOUT);
}

static void cycle(void)
{
	for (uint32_t ticks = strike_once(); ticks < CYCLE_TICKS; ticks++)
		tick();
}

static int64_t own_kib(const char *name)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[128];
	int64_t kib = -1;

	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, name, strlen(name)) == 0)
			kib = atoll(line + strlen(name));
	if (file)
		fclose(file);
	return kib;
}

static int64_t count_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int64_t count = 0;

	while (directory && readdir(directory))
		count++;
	if (directory)
		closedir(directory);
	return count;
}

/* The least of some counts: a thread may have a file open for a moment. */
static struct footprint measure(void)
{
	const struct timespec moment = { .tv_nsec = 5000000 };
	struct footprint footprint = { .rss_kib = own_kib("VmRSS:"),
				       .data_kib = own_kib("VmData:"),
				       .descriptors = count_descriptors() };

	for (int i = 0; i < 20; i++) {
		(void)nanosleep(&moment, NULL);
		int64_t count = count_descriptors();
		if (count < footprint.descriptors)
			footprint.descriptors = count;
	}
	return footprint;
}

static void close_stage(void)
{
	stage_close(&stage);
}

static void prepare(void)
{
	const struct sched_param none = { 0 };

	if (stage_open(&stage, BUDGET_KIB) < 0)
		bench_die("stage", errno);
	(void)atexit(close_stage);
	show(CALM_KIB);
	crowd_sleep(&bystanders, BYSTANDERS);
	for (uint32_t i = 0; i < bystanders.count; i++)
		if (stage_add_uncounted(&stage, bystanders.pids[i]) < 0)
			bench_die("stage", errno);
	settings_init(&guard.settings);
	int error = guard_start(&guard, stage.path, NULL, "none");
	if (error)
		bench_die("guard", error);
	/* Unlike the guard this never sleeps, and it reaps its children. */
	(void)sched_setscheduler(0, SCHED_OTHER, &none);
	(void)signal(SIGCHLD, SIG_DFL);
	now_ms = clock_now_ms();
}

int main(int argc, char **argv)
{
	uint32_t cycles =
		(argc > 1 ? (uint32_t)atoi(argv[1]) : 1000000) / CYCLE_TICKS;

	if (cycles < 10)
		bench_die("at least 100000 ticks", EINVAL);
	prepare();
	for (uint32_t i = 0; i < cycles / 10; i++)
		cycle();
	struct footprint before = measure();
	for (uint32_t i = cycles / 10; i < cycles; i++)
		cycle();
	struct footprint after = measure();
	printf("ticks %" PRIu64 "\nstrikes %" PRIu32 "\nscans %" PRIu32 "\n",
	       ticks_count, guard.strikes.total, guard.scores.round);
	printf("rss_kib %" PRId64 "\ndescriptors %" PRId64 "\n", before.rss_kib,
	       before.descriptors);
	printf("rss_growth_kib %" PRId64 "\ndata_growth_kib %" PRId64 "\n",
	       after.rss_kib - before.rss_kib,
	       after.data_kib - before.data_kib);
	printf("descriptors_growth %" PRId64 "\n",
	       after.descriptors - before.descriptors);
	return EXIT_SUCCESS;
}
