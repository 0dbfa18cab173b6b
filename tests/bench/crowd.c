/* SPDX-License-Identifier: MIT */
#include "crowd.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void bench_die(const char *what, int error)
{
	fprintf(stderr, "%s: %s\n", what, strerror(error < 0 ? -error : error));
	exit(EXIT_FAILURE);
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now); /* Cannot fail for these clocks. */
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

int64_t bench_now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

int64_t bench_cpu_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

static int compare(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

int64_t bench_median(int64_t *values, uint32_t count)
{
	qsort(values, count, sizeof(*values), compare);
	return values[count / 2];
}

void bench_tell(const char *name, int64_t *values, uint32_t count)
{
	printf("%s_us %" PRId64 "\n", name, bench_median(values, count));
	printf("%s_low_us %" PRId64 "\n", name, values[count / 4]);
	printf("%s_high_us %" PRId64 "\n", name, values[count * 3 / 4]);
}

static _Noreturn void be_there(int spin)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		if (!spin)
			(void)pause();
	}
}

static void start(struct crowd *crowd, uint32_t count, int spin)
{
	crowd->count = 0;
	while (crowd->count < count && crowd->count < CROWD_MOST) {
		pid_t pid = fork();

		if (pid == 0)
			be_there(spin);
		if (pid < 0)
			bench_die("fork", errno);
		crowd->pids[crowd->count++] = pid;
	}
}

void crowd_sleep(struct crowd *crowd, uint32_t count)
{
	start(crowd, count, 0);
}

void crowd_spin(struct crowd *crowd, uint32_t count)
{
	start(crowd, count, 1);
}

void crowd_end(struct crowd *crowd)
{
	for (uint32_t i = 0; i < crowd->count; i++)
		(void)kill(crowd->pids[i], SIGKILL);
	for (uint32_t i = 0; i < crowd->count; i++)
		(void)waitpid(crowd->pids[i], NULL, 0);
	crowd->count = 0;
}

static int64_t thread_cpu_ns(pid_t pid, const char *thread)
{
	char path[300];
	int64_t ns = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%s/schedstat", (int)pid,
		 thread);
	FILE *file = fopen(path, "re");

	if (!file)
		return 0;
	if (fscanf(file, "%" SCNd64, &ns) != 1)
		ns = 0;
	fclose(file);
	return ns;
}

int64_t crowd_cpu_ns(pid_t pid)
{
	struct dirent *entry;
	int64_t sum = 0;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	DIR *directory = opendir(path);

	if (!directory)
		return -1;
	while ((entry = readdir(directory)))
		sum += thread_cpu_ns(pid, entry->d_name);
	closedir(directory);
	return sum;
}
