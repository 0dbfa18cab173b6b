/* SPDX-License-Identifier: MIT */
/*
 * What it costs to find a victim among many processes: earlyoom's scan, our
 * first one and a later one within one urgency, in the same minute. Prints
 * `name microseconds` lines. Nobody is struck: earlyoom runs with --dryrun, and
 * ours stops at the choice. With "marked" it is for strace: one of each of ours
 * alone, with a word on stderr before each and at the end.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crowd.h"
#include "decide.h"
#include "muster.h"
#include "scan.h"
#include "settings_table.h"

#define SCANS_MOST 60
#define SCANS_LEAST 20 /* where they take long */
#define MANY 5000
#define SCANS_UNCOUNTED 5

static struct crowd crowd;
static int scans;

static FILE *start_earlyoom(pid_t *pid)
{
	int ends[2];

	if (pipe(ends) < 0)
		bench_die("pipe", errno);
	*pid = fork();
	if (*pid < 0)
		bench_die("fork", errno);
	if (*pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		execlp("earlyoom", "earlyoom", "--dryrun", "-r", "0", "-m",
		       "99,99", "-s", "100,100", (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	return fdopen(ends[0], "r");
}

static void await_scans(FILE *output, int count)
{
	char line[512];

	while (count > 0 && fgets(line, sizeof(line), output))
		count -= strncmp(line, "dryrun, not", 11) == 0;
	if (count > 0)
		bench_die("earlyoom has ended", ECHILD);
}

/* CPU time of all it does from one choice to the next. */
static int64_t earlyoom_us(void)
{
	pid_t pid;
	FILE *output = start_earlyoom(&pid);

	await_scans(output, SCANS_UNCOUNTED);
	int64_t before_ns = crowd_cpu_ns(pid);
	await_scans(output, scans);
	int64_t after_ns = crowd_cpu_ns(pid);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	fclose(output);
	if (before_ns <= 0 || after_ns <= before_ns)
		bench_die("schedstat", ENODATA);
	return (after_ns - before_ns) / scans / 1000;
}

/* All that the guard does in a tick that needs a victim. */
struct bench {
	struct procfs procfs;
	struct settings settings;
	struct sample sample;
	struct trend trend;
	struct watch watch;
	struct decision decision;
	struct strikes strikes;
	struct census census;
	struct scores scores;
	struct procfs_walk walk;
	struct candidate candidates[SHORTLIST_SIZE];
};

static void judge(struct bench *bench)
{
	(void)procfs_read_sample(&bench->procfs, &bench->sample);
	bench->sample.at_ms = bench_now_ns() / 1000000;
	trend_update(&bench->trend, &bench->sample);
	bench->decision = decide(&bench->settings, &bench->sample,
				 &bench->trend, &bench->watch);
}

static int64_t scan_us(struct bench *bench)
{
	uint32_t count;
	int64_t begun_ns = bench_cpu_ns();

	judge(bench);
	const struct levels *levels = &bench->decision.levels;
	const struct scan scan = {
		.procfs = &bench->procfs,
		.settings = &bench->settings,
		.strikes = &bench->strikes,
		.census = &bench->census,
		.scores = &bench->scores,
		.walk = &bench->walk,
		.cgroup_is_fast = true,
		.quest = {
			.self = getpid(),
			.base_kib = levels->base_kib,
			.margin_kib = (levels->warn_kib - levels->term_kib) / 2,
		},
	};
	(void)scan_choose(&scan, bench->candidates, &count);
	judge(bench);
	return (bench_cpu_ns() - begun_ns) / 1000;
}

static void measure(struct bench *bench, bool keeps, int64_t *values)
{
	for (int i = -SCANS_UNCOUNTED; i < scans; i++) {
		if (!keeps)
			scores_close(&bench->scores);
		int64_t us = scan_us(bench);
		if (i >= 0)
			values[i] = us;
	}
}

static void mark(const char *word)
{
	(void)!write(STDERR_FILENO, word, strlen(word));
}

static void scan_marked(struct bench *bench)
{
	(void)scan_us(bench);
	scores_close(&bench->scores);
	mark("first");
	(void)scan_us(bench);
	mark("again");
	(void)scan_us(bench);
	mark("end");
}

/* earlyoom takes no level above 99 %: so that it is met on any machine. */
static void take_ballast(void)
{
	size_t bytes = (size_t)sysconf(_SC_PHYS_PAGES) / 64 *
		       (size_t)sysconf(_SC_PAGESIZE);
	char *ballast = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (ballast == MAP_FAILED)
		bench_die("mmap", errno);
}

static void prepare(struct bench *bench)
{
	struct rlimit limit = { SCORES_MOST + 64, SCORES_MOST + 64 };
	int error = procfs_open(&bench->procfs, "/proc");

	if (error)
		bench_die("/proc", error);
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		bench_die("setrlimit", errno);
	settings_init(&bench->settings);
	trend_init(&bench->trend);
	watch_init(&bench->watch);
	strikes_init(&bench->strikes);
	census_init(&bench->census, 16 << 20);
	scores_init(&bench->scores, SCORES_MOST);
	error = muster(&(struct muster){ .procfs = &bench->procfs,
					 .walk = &bench->walk,
					 .census = &bench->census,
					 .settings = &bench->settings });
	if (error)
		bench_die("census", error);
}

int main(int argc, char **argv)
{
	static struct bench bench;
	static int64_t first[SCANS_MOST], again[SCANS_MOST];
	uint32_t count = argc > 1 ? (uint32_t)atoi(argv[1]) : 2000;

	scans = count > MANY ? SCANS_LEAST : SCANS_MOST;
	crowd_sleep(&crowd, count);
	take_ballast();
	prepare(&bench);
	if (argc > 2 && strcmp(argv[2], "marked") == 0) {
		scan_marked(&bench);
		printf("processes %u\n", bench.census.count);
		return EXIT_SUCCESS;
	}
	/* One before and one after, so that a drift hits both alike. */
	int64_t earlyoom_before_us = earlyoom_us();
	measure(&bench, false, first);
	measure(&bench, true, again);
	int64_t earlyoom_after_us = earlyoom_us();
	printf("processes %u\n", bench.census.count);
	printf("earlyoom_us %" PRId64 "\n",
	       (earlyoom_before_us + earlyoom_after_us) / 2);
	bench_tell("first", first, (uint32_t)scans);
	bench_tell("again", again, (uint32_t)scans);
	crowd_end(&crowd);
	return EXIT_SUCCESS;
}
