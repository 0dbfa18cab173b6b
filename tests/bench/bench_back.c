/* SPDX-License-Identifier: MIT */
/*
 * How long it takes from SIGKILL until 95 % of a victim's memory is free again:
 * by the signal alone, and as the guard does it, with a reaper that waits for
 * the victim to die. In turn, so that a drift hits both alike. Prints `name
 * microseconds` lines.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crowd.h"
#include "kill.h"
#include "procfs.h"
#include "reaper.h"

#define RUNS_MOST 100
#define THREADS 64
#define WAIT_NS INT64_C(4000000000)
#define MOMENT_NS 500000
#define NICE_MOST 19

static const struct {
	const char *name;
	int advice;
	bool has_threads;
	bool is_niced; /* and all cores are busy */
} kinds[] = {
	{ "small_pages", MADV_NOHUGEPAGE, false, false },
	{ "huge_pages", MADV_HUGEPAGE, false, false },
	{ "threads", MADV_NOHUGEPAGE, true, false },
	{ "niced", MADV_NOHUGEPAGE, false, true },
};

static struct procfs procfs;
static struct reaper_world world = { .procfs = &procfs,
				     .cgroupfs = { .root = -1 } };
static struct reaper reapers[REAPERS];
static size_t victim_bytes;

static char group[96];
static int usage = -1;

static void remove_group(void)
{
	(void)rmdir(group);
}

/* What others do with the machine's memory meanwhile does not count. */
static void open_group(void)
{
	static const char *const roots[][2] = {
		{ "/sys/fs/cgroup/memory", "memory.usage_in_bytes" },
		{ "/sys/fs/cgroup", "memory.current" },
	};
	char path[160];

	for (int i = 0; i < 2 && usage < 0; i++) {
		(void)snprintf(group, sizeof(group), "%s/oomguard-bench-%d",
			       roots[i][0], (int)getpid());
		if (mkdir(group, 0700) != 0)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", group, roots[i][1]);
		usage = open(path, O_RDONLY | O_CLOEXEC);
		if (usage < 0)
			(void)rmdir(group);
	}
	if (usage < 0)
		bench_die("a memory cgroup (root?)", EACCES);
	(void)atexit(remove_group);
}

static void join_group(void)
{
	char path[160];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/cgroup.procs", group);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		_exit(1);
	(void)close(fd);
}

static int64_t used_bytes(void)
{
	char bytes[32];
	ssize_t length = pread(usage, bytes, sizeof(bytes) - 1, 0);

	bytes[length > 0 ? length : 0] = '\0';
	return atoll(bytes);
}

static void *rest(void *unused)
{
	(void)unused;
	while (pause() < 0)
		;
	return NULL;
}

static _Noreturn void become_victim(size_t kind, int ready)
{
	char *memory = mmap(NULL, victim_bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_t thread;

	join_group();
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (memory == MAP_FAILED)
		_exit(1);
	(void)madvise(memory, victim_bytes, kinds[kind].advice);
	memset(memory, 1, victim_bytes);
	for (int i = 0; kinds[kind].has_threads && i < THREADS; i++)
		(void)pthread_create(&thread, NULL, rest, NULL);
	if (kinds[kind].is_niced)
		(void)setpriority(PRIO_PROCESS, 0, NICE_MOST);
	(void)!write(ready, "", 1);
	(void)rest(NULL);
	_exit(0);
}

static pid_t start_victim(size_t kind)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe(ready) < 0)
		bench_die("pipe", errno);
	pid = fork();
	if (pid < 0)
		bench_die("fork", errno);
	if (pid == 0)
		become_victim(kind, ready[1]);
	(void)close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		bench_die("victim", ENOMEM);
	(void)close(ready[0]);
	return pid;
}

static int64_t run_us(size_t kind, bool is_reaped)
{
	const struct timespec moment = { .tv_nsec = MOMENT_NS };
	pid_t pid = start_victim(kind);
	int64_t wanted = (int64_t)victim_bytes / 20;
	struct job job = {
		.pidfd = (int)syscall(SYS_pidfd_open, pid, 0U),
	};
	int64_t from_ns = bench_now_ns(), took_ns = 0;

	if (job.pidfd < 0)
		bench_die("pidfd_open", errno);
	if (is_reaped)
		(void)reapers_do(reapers, &job, REAPERS_READY_MS);
	(void)kill_signal(job.pidfd, SIGKILL);
	while (used_bytes() > wanted && took_ns < WAIT_NS) {
		(void)nanosleep(&moment, NULL);
		took_ns = bench_now_ns() - from_ns;
	}
	took_ns = bench_now_ns() - from_ns;
	(void)close(job.pidfd);
	/* A niced one would not get to its end while all cores are busy. */
	(void)setpriority(PRIO_PROCESS, (id_t)pid, 0);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return took_ns / 1000;
}

static void measure(size_t kind, uint32_t runs)
{
	static int64_t plain[RUNS_MOST], ours[RUNS_MOST];
	struct crowd spinners = { 0 };

	for (uint32_t i = 0; i < runs; i++) {
		if (kinds[kind].is_niced)
			crowd_spin(&spinners,
				   2 * (uint32_t)sysconf(_SC_NPROCESSORS_ONLN));
		plain[i] = run_us(kind, false);
		ours[i] = run_us(kind, true);
		if (kinds[kind].is_niced)
			crowd_end(&spinners);
	}
	int64_t plain_us = bench_median(plain, runs);

	printf("%s_plain_us %" PRId64 "\n", kinds[kind].name, plain_us);
	bench_tell(kinds[kind].name, ours, runs);
	(void)fflush(stdout);
}

/* The guard itself runs before all others, where it is allowed. */
static void run_first(void)
{
	const struct sched_param first = { .sched_priority = 1 };

	(void)sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &first);
}

int main(int argc, char **argv)
{
	uint32_t mib = argc > 1 ? (uint32_t)atoi(argv[1]) : 2048;
	uint32_t runs = argc > 2 ? (uint32_t)atoi(argv[2]) : 20;

	if (mib < 1 || mib > 2048 || runs < 1 || runs > RUNS_MOST)
		bench_die("usage: bench_back [MIB [RUNS [KIND]]]", EINVAL);
	victim_bytes = (size_t)mib << 20;
	if (procfs_open(&procfs, "/proc") != 0 ||
	    reapers_start(reapers, &world) < 1)
		bench_die("reapers", EAGAIN);
	open_group();
	run_first();
	for (size_t kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++)
		if (argc <= 3 || strcmp(argv[3], kinds[kind].name) == 0)
			measure(kind, runs);
	return EXIT_SUCCESS;
}
