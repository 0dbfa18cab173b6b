/* SPDX-License-Identifier: MIT */
/*
 * Ticks of the guard, so many as are asked for, under synthetic time on a stage
 * whose numbers rise and fall: through all levels, with garbage, with strikes
 * on real children and with reloads. Fails when memory or descriptors grow.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guard.h"
#include "note.h"
#include "settings_table.h"
#include "stage.h"

#define BUDGET_KIB 65536
#define CALM_KIB 60000
#define DIRE_KIB 1000
#define STRIKE_EVERY 1000
#define RELOAD_EVERY 20000
#define LATER_MS 300000 /* then no descriptor is kept any more */
#define PATIENCE 100000 /* turns that an event may take */
#define TURN_MS 10

/*
 * Counted only roughly before Linux 6.16; a leak in each tick is far more. A
 * sanitizer keeps what this program itself has freed.
 */
#ifdef SANITIZED
#define RSS_SLACK_KIB 4096
#else
#define RSS_SLACK_KIB 256
#endif

static const char config[] = "[guard]\nmode = observe\n"
			     "[memory]\nwarn = 10%\nterm = 8%\nkill = 5%\n"
			     "[victim]\nnever = comm:base\n";

struct size {
	long rss_kib;
	long locked_kib;
	int descriptors;
};

static struct guard guard;
static struct stage stage;
static int64_t now_ms;
static uint32_t seed = 1;
static long bad_reads;

static _Noreturn void fail(const char *what)
{
	printf("FAILED: %s\n", what);
	stage_close(&stage);
	exit(EXIT_FAILURE);
}

static void expect(bool condition, const char *what)
{
	if (!condition)
		fail(what);
}

/* Waits for what comes by itself, a moment at a time. */
static void turn(int *turns)
{
	expect((*turns)++ < PATIENCE / TURN_MS, "waited in vain");
	(void)poll(NULL, 0, TURN_MS);
}

/* Always the same row of numbers. */
static uint32_t random_below(uint32_t limit)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % limit;
}

static long read_kib(const char *bytes, const char *label)
{
	const char *at = strstr(bytes, label);

	expect(at != NULL, label);
	return strtol(at + strlen(label), NULL, 10);
}

static int count_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int count = 0;

	expect(directory != NULL, "/proc/self/fd");
	while (readdir(directory))
		count++;
	(void)closedir(directory);
	return count;
}

/* The clerk may have one open for a moment. */
static int least_descriptors(void)
{
	int least = count_descriptors();

	for (int i = 0; i < 10; i++) {
		(void)poll(NULL, 0, TURN_MS);
		int count = count_descriptors();
		least = count < least ? count : least;
	}
	return least;
}

static void tick(int64_t available_kib)
{
	expect(stage_show(&stage, available_kib) == 0, "stage_show");
	guard_tick(&guard, now_ms);
	bad_reads += guard.is_stale;
	now_ms += guard_sleep_ms(&guard, now_ms);
}

static void await_reapers(void)
{
	int turns = 0;

	for (int i = 0; i < REAPERS; i++)
		while (atomic_load(&guard.reapers[i].is_busy))
			turn(&turns);
}

/* In calm and after a while, so that nothing is kept for a strike. */
static struct size measure(void)
{
	char bytes[8192] = "";
	struct size size;

	tick(CALM_KIB);
	now_ms += LATER_MS;
	tick(CALM_KIB);
	await_reapers();
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	expect(read(fd, bytes, sizeof(bytes) - 1) > 0, "/proc/self/status");
	(void)close(fd);
	size.rss_kib = read_kib(bytes, "VmRSS:");
	size.locked_kib = read_kib(bytes, "VmLck:");
	size.descriptors = least_descriptors();
	return size;
}

/* Starts a player and waits until it is ready. */
static pid_t cast(const char *comm, const char *amount)
{
	extern char **environ;
	char parent[24];
	const char *const argv[] = { PLAYER, "sit", comm,   amount,
				     "500",  "-1",  parent, NULL };
	posix_spawn_file_actions_t actions;
	struct note note;
	int ends[2];
	pid_t pid;

	snprintf(parent, sizeof(parent), "%d", (int)getpid());
	expect(pipe2(ends, O_CLOEXEC) == 0, "pipe2");
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_adddup2(&actions, ends[1],
					       STDOUT_FILENO);
	expect(posix_spawn(&pid, PLAYER, &actions, NULL, (char *const *)argv,
			   environ) == 0,
	       "posix_spawn");
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)close(ends[1]);
	expect(read(ends[0], &note, sizeof(note)) == sizeof(note), "a note");
	(void)close(ends[0]);
	expect(stage_add(&stage, pid) == 0, "stage_add");
	return pid;
}

static int find_victim(void)
{
	for (int i = 0; i < STRIKES_MAX; i++)
		if (guard.victims[i].pidfd >= 0)
			return i;
	return -1;
}

/* The same way as a real one goes, but for the clock. */
static void strike(void)
{
	pid_t pid = cast("hog", "8192");
	siginfo_t info;
	int slot = -1;

	guard.settings.mode = MODE_GUARD;
	for (int i = 0; i < PATIENCE && slot < 0; i++) {
		tick(DIRE_KIB);
		slot = find_victim();
	}
	expect(slot >= 0, "nobody was struck");
	struct pollfd gone = { .fd = guard.victims[slot].pidfd,
			       .events = POLLIN };
	expect(poll(&gone, 1, PATIENCE) == 1, "the victim does not exit");
	guard_victim_exited(&guard, (uint32_t)slot, now_ms);
	do /* The child of a reload may come first. */
		expect(stage_reap(&stage, &info), "the victim is not there");
	while (info.si_pid != pid);
	expect(info.si_status == SIGKILL, "it did not exit by SIGKILL");
	for (int i = 0; i < PATIENCE; i++) {
		tick(CALM_KIB);
		if (guard.strikes.slots[slot].stage == STAGE_NONE)
			break;
	}
	expect(guard.strikes.slots[slot].stage == STAGE_NONE, "not settled");
	guard.settings.mode = MODE_OBSERVE;
}

static void reload(void)
{
	(void)guard_reload(&guard, 0, now_ms);
	while (guard.reload >= 0) {
		struct pollfd sent = { .fd = guard.reload, .events = POLLIN };

		expect(poll(&sent, 1, PATIENCE) == 1, "no reload");
		guard_reload_read(&guard, now_ms);
	}
	expect(guard.settings.mode == MODE_OBSERVE, "reload was refused");
}

/* Falls slowly, rises at once, and is garbage now and then. */
static int64_t next_available_kib(int64_t available_kib)
{
	available_kib -= random_below(600);
	return available_kib < 0 ? CALM_KIB : available_kib;
}

static void run(long ticks)
{
	int64_t available_kib = CALM_KIB;

	for (long i = 0; i < ticks; i++) {
		available_kib = next_available_kib(available_kib);
		tick(i % 777 == 0 ? 2 * BUDGET_KIB : available_kib);
		if (i % STRIKE_EVERY == STRIKE_EVERY / 2)
			strike();
		if (i % RELOAD_EVERY == RELOAD_EVERY / 3)
			reload();
	}
}

static void start(void)
{
	static char path[STAGE_PATH_SIZE + 16];
	int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);

	expect(stage_open(&stage, BUDGET_KIB) == 0, "stage_open");
	expect(stage_put(&stage, "oomguard.conf", config) == 0, "stage_put");
	snprintf(path, sizeof(path), "%s/oomguard.conf", stage.path);
	guard.config_file = path;
	settings_init(&guard.settings);
	guard.settings.mode = MODE_OBSERVE;
	(void)cast("base", "4096");
	expect(guard_start(&guard, stage.path, NULL, "none") == 0,
	       "guard_start");
	/* It left its children to nobody, but the stage reaps them. */
	(void)signal(SIGCHLD, SIG_DFL);
	(void)dup2(nothing, STDERR_FILENO);
	(void)close(nothing);
	now_ms = clock_now_ms();
	reload();
}

static double now_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	long ticks = argc > 1 ? strtol(argv[1], NULL, 10) : 100000;

	start();
	run(ticks / 10);
	(void)measure();
	struct size before = measure();
	double begun_s = now_s();
	run(ticks);
	double took_s = now_s() - begun_s;
	struct size after = measure();
	printf("%ld ticks, %" PRIu32 " strikes, %" PRIu32 " scans, %.1f s: "
	       "VmRSS %ld to %ld KiB, VmLck %ld to %ld KiB, descriptors "
	       "%d to %d\n",
	       ticks, guard.strikes.total, guard.scores.round, took_s,
	       before.rss_kib, after.rss_kib, before.locked_kib,
	       after.locked_kib, before.descriptors, after.descriptors);
	expect(bad_reads > 0, "no garbage was read");
	expect(after.rss_kib <= before.rss_kib + RSS_SLACK_KIB, "VmRSS grew");
	expect(after.locked_kib <= before.locked_kib, "VmLck grew");
	expect(after.descriptors <= before.descriptors, "descriptors grew");
	stage_close(&stage);
	return EXIT_SUCCESS;
}
