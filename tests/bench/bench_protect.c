/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "stage.h"
#include "warden.h"

/*
 * What protection costs while 200 processes in 20 units are restarted once a
 * second, and while nothing happens: CPU time of the warden's thread. In a
 * hierarchy of cgroups of its own, which takes root.
 */

#define UNITS 20
#define EACH 10
#define SECONDS_MOST 300
#define OWN "500"
#define OURS 300 /* between two values that need no right */

static struct stage stage;
static struct settings settings;
static struct clerk clerk;
static struct census census;
static struct warden warden;
static const struct cgroupfs nowhere = { .root = -1 };
static char root[STAGE_PATH_SIZE + 16];
static char runtime[STAGE_PATH_SIZE + 16];
static pid_t pids[UNITS][EACH];

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	(void)close(fd);
}

static double now_s(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* By vfork(): a fork would charge the warden for copying what it writes to. */
static pid_t spawn(const char *procs)
{
	pid_t pid = vfork();

	if (pid != 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	write_file("/proc/self/oom_score_adj", OWN);
	write_file(procs, "0");
	(void)execlp("sleep", "sleep", "infinity", (char *)NULL);
	_exit(EXIT_FAILURE);
}

static void reap(pid_t pid)
{
	const struct timespec moment = { 0, 200000 };
	siginfo_t info;

	(void)kill(pid, SIGKILL);
	while (kill(pid, 0) == 0)
		if (!stage_reap(&stage, &info))
			(void)nanosleep(&moment, NULL);
}

static void restart(int unit)
{
	char path[512];

	for (int i = 0; i < EACH; i++)
		if (pids[unit][i])
			reap(pids[unit][i]);
	(void)snprintf(path, sizeof(path), "%s/ogb.slice/u%d.service", root,
		       unit);
	(void)rmdir(path);
	if (mkdir(path, 0700) != 0)
		perror(path);
	(void)strcat(path, "/cgroup.procs");
	for (int i = 0; i < EACH; i++) {
		pids[unit][i] = spawn(path);
		(void)stage_add_uncounted(&stage, pids[unit][i]);
	}
}

static bool open_ground(void)
{
	char path[512];

	if (stage_open(&stage, 65536) != 0)
		return false;
	(void)snprintf(root, sizeof(root), "%s/cg", stage.path);
	(void)snprintf(runtime, sizeof(runtime), "%s/run", stage.path);
	(void)snprintf(path, sizeof(path), "%s/ogb.slice", root);
	return mkdir(root, 0700) == 0 && unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", root, "cgroup2", 0, NULL) == 0 &&
	       mkdir(runtime, 0700) == 0 &&
	       mount("none", runtime, "tmpfs", 0, "mode=0700") == 0 &&
	       setenv("RUNTIME_DIRECTORY", runtime, 1) == 0 &&
	       mkdir(path, 0700) == 0;
}

static bool start(void)
{
	struct rule *rule = &settings.rules[settings.rules_count++];
	int cgroups = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	rule->effect = RULE_PROTECT_UNIT;
	rule->selector.kind = SELECTOR_UNIT;
	(void)strcpy(rule->selector.pattern, "u*.service");
	settings.protect_adj = OURS;
	census_init(&census, 16 << 20);
	return clerk_start(&clerk, stage.path, &nowhere, &census, &settings,
			   1) == 0 &&
	       clerk_wait(&clerk, 10000) &&
	       warden_start(&warden, stage.path, cgroups, &clerk, &settings) ==
		       0;
}

static void sleep_until(double until_s)
{
	const struct timespec moment = { 0, 1000000 };

	while (now_s(CLOCK_MONOTONIC) < until_s)
		(void)nanosleep(&moment, NULL);
}

static int by_value(const void *one, const void *other)
{
	double a = *(const double *)one, b = *(const double *)other;

	return (a > b) - (a < b);
}

/* How much of a core it took in one second, in hundredths of a percent. */
static double measure_second(clockid_t cpu, bool restarts)
{
	double from_s = now_s(CLOCK_MONOTONIC), used_s = now_s(cpu);

	for (int i = 0; i < UNITS; i++) {
		if (restarts)
			restart(i);
		sleep_until(from_s + (i + 1) / (double)UNITS);
	}
	return (now_s(cpu) - used_s) / (now_s(CLOCK_MONOTONIC) - from_s) * 1e4;
}

/* The median of all seconds: others may be at work on this machine. */
static double measure(int seconds, bool restarts)
{
	double took[SECONDS_MOST] = { 0 };
	clockid_t cpu;

	(void)pthread_getcpuclockid(warden.thread, &cpu);
	for (int i = 0; i < seconds; i++)
		took[i] = measure_second(cpu, restarts);
	qsort(took, (size_t)seconds, sizeof(*took), by_value);
	return took[seconds / 2];
}

static void end(void)
{
	char path[512];

	for (int unit = 0; unit < UNITS; unit++) {
		for (int i = 0; i < EACH; i++)
			reap(pids[unit][i]);
		(void)snprintf(path, sizeof(path), "%s/ogb.slice/u%d.service",
			       root, unit);
		(void)rmdir(path);
	}
	(void)snprintf(path, sizeof(path), "%s/ogb.slice", root);
	(void)rmdir(path);
	(void)umount2(root, MNT_DETACH);
	(void)rmdir(root);
	(void)umount2(runtime, MNT_DETACH);
	(void)rmdir(runtime);
	stage_close(&stage);
}

int main(int argc, char **argv)
{
	int seconds = argc > 1 ? atoi(argv[1]) : 20;

	if (seconds < 1 || 2 * seconds > SECONDS_MOST)
		return 2;

	/* Above its children, as they would be raised by their own wish. */
	write_file("/proc/self/oom_score_adj", "600");
	if (!open_ground()) {
		perror("a hierarchy of cgroups (root?)");
		return 77;
	}
	for (int unit = 0; unit < UNITS; unit++)
		restart(unit);
	if (!start())
		return EXIT_FAILURE;
	sleep_until(now_s(CLOCK_MONOTONIC) + 1);
	printf("protected %u%s\n", warden.news.count,
	       warden.keeper.file < 0 ? ", no state file" : "");
	printf("protect_restarts_permyriad %.1f\n", measure(seconds, true));
	printf("protect_idle_permyriad %.2f\n", measure(2 * seconds, false));
	warden_stop(&warden, 3000);
	end();
	return EXIT_SUCCESS;
}
