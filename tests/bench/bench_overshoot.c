/* SPDX-License-Identifier: MIT */
/*
 * How far below the term level memory falls before a leak at the fastest rate
 * of this machine is signalled, and how often the kernel is first: the guard,
 * and the rule by which earlyoom sleeps, take turns on one stage. Its meminfo
 * follows a memory cgroup of 1 GiB, so that nothing but the leak is in danger.
 * Prints `name number` lines. Needs root and a memory controller.
 */
#include <errno.h>
#include <fcntl.h>
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
#include <time.h>
#include <unistd.h>

#include "crowd.h"
#include "guarded.h"

#define RUNS_MOST 100
#define BUDGET_KIB (1024 * 1024)
#define TERM_KIB (BUDGET_KIB / 10)
#define KILL_KIB (BUDGET_KIB / 20)
#define STEP_BYTES (2 << 20)
#define FOLLOW_NS 200000
#define WAIT_MS 20000

/* What the follower writes down, and the victim or its judge. */
struct seen {
	_Atomic int64_t available_kib;
	_Atomic int64_t at_signal_kib; /* -1: none came */
};

static struct seen *seen; /* shared with the children */
static struct stage stage;
static struct guard_child guard;
static char cgroup[64];
static int usage, ooms;
static pid_t victim; /* 0: none now */

static void write_to(const char *file, const char *text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", cgroup, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		bench_die(path, errno);
	(void)close(fd);
}

static int open_of(const char *file)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", cgroup, file);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Version 1 where it is mounted so, else version 2. */
static void make_cgroup(void)
{
	bool is_v1 = access("/sys/fs/cgroup/memory/memory.limit_in_bytes",
			    R_OK) == 0;

	snprintf(cgroup, sizeof(cgroup), "/sys/fs/cgroup%s/oomguard-bench-%d",
		 is_v1 ? "/memory" : "", getpid());
	if (mkdir(cgroup, 0700) < 0)
		bench_die(cgroup, errno);
	write_to(is_v1 ? "memory.limit_in_bytes" : "memory.max", "1G");
	usage = open_of(is_v1 ? "memory.usage_in_bytes" : "memory.current");
	ooms = open_of(is_v1 ? "memory.oom_control" : "memory.events");
	if (usage < 0 || ooms < 0)
		bench_die(cgroup, errno);
}

static void end(pid_t pid)
{
	siginfo_t info;

	(void)kill(pid, SIGKILL);
	while (waitid(P_PID, (id_t)pid, &info, WEXITED) < 0 && errno == EINTR)
		continue;
}

static void remove_cgroup(void)
{
	if (victim > 0)
		end(victim);
	stage_close(&stage);
	for (int i = 0; i < 1000 && rmdir(cgroup) < 0 && errno == EBUSY; i++)
		(void)poll(NULL, 0, 10);
}

static int64_t read_number(int fd, const char *name)
{
	char bytes[1024];
	ssize_t length = pread(fd, bytes, sizeof(bytes) - 1, 0);
	const char *found = bytes;

	if (length <= 0)
		bench_die(cgroup, errno);
	bytes[length] = '\0';
	if (*name)
		found = strstr(bytes, name);
	return found ? strtoll(found + strlen(name), NULL, 10) : 0;
}

static void follow(void)
{
	int64_t left_kib = BUDGET_KIB - read_number(usage, "") / 1024;

	atomic_store(&seen->available_kib, left_kib);
	if (stage_show(&stage, left_kib > 0 ? left_kib : 0) < 0)
		bench_die("stage", errno);
}

static void note_signal(int signal)
{
	(void)signal;
	atomic_store(&seen->at_signal_kib, atomic_load(&seen->available_kib));
	_exit(0);
}

static void leak(int go)
{
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGTERM, note_signal);
	if (read(go, &byte, 1) != 1)
		_exit(1);
	for (;;) {
		char *more = mmap(NULL, STEP_BYTES, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (more == MAP_FAILED)
			_exit(1);
		memset(more, 1, STEP_BYTES);
	}
}

static pid_t start_leak(int *go)
{
	char number[16];
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		bench_die("pipe", errno);
	pid_t pid = fork();
	if (pid < 0)
		bench_die("fork", errno);
	if (pid == 0)
		leak(ends[0]);
	(void)close(ends[0]);
	*go = ends[1];
	snprintf(number, sizeof(number), "%d", pid);
	write_to("cgroup.procs", number);
	return pid;
}

static int64_t meminfo_available_kib(int meminfo)
{
	char bytes[4096];
	ssize_t length = pread(meminfo, bytes, sizeof(bytes) - 1, 0);

	if (length <= 0)
		_exit(1);
	bytes[length] = '\0';
	const char *found = strstr(bytes, "MemAvailable:");
	return found ? strtoll(found + 13, NULL, 10) : -1;
}

/*
 * earlyoom's rule as its documentation gives it: it sleeps the time in which
 * 6000 MiB/s would fill what is left above the level, but 0.1 to 1 s; SIGTERM
 * below 10 %, SIGKILL below 5 %. It has found its victim already here.
 */
static void be_earlyoom(void)
{
	char path[STAGE_PATH_SIZE + sizeof("/meminfo")];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(path, sizeof(path), "%s/meminfo", stage.path);
	int meminfo = open(path, O_RDONLY | O_CLOEXEC);
	for (;;) {
		int64_t available_kib = meminfo_available_kib(meminfo);
		int64_t ms = (available_kib - TERM_KIB) / 6000;

		if (available_kib <= KILL_KIB)
			(void)kill(victim, SIGKILL);
		else if (available_kib <= TERM_KIB)
			(void)kill(victim, SIGTERM);
		(void)poll(NULL, 0,
			   ms < 100    ? 100
			   : ms > 1000 ? 1000
				       : (int)ms);
	}
}

static pid_t start_earlyoom(void)
{
	pid_t pid = fork();

	if (pid < 0)
		bench_die("fork", errno);
	if (pid == 0)
		be_earlyoom();
	return pid;
}

static pid_t start_guard(const char *path)
{
	guarded_begin(&guard, path, &stage, "config");
	return guard.pid;
}

struct result {
	int64_t least_kib;
	int64_t rate_mib_s;
	bool kernel_was_first;
};

/* At moments that have nothing to do with when the other looks. */
static void rest(uint32_t run)
{
	int64_t until_ns =
		bench_now_ns() + INT64_C(1000000) * (1500 + run * 137 % 1000);

	while (bench_now_ns() < until_ns) {
		follow();
		(void)poll(NULL, 0, 5);
	}
}

static void watch_it_fall(struct result *result)
{
	const struct timespec moment = { .tv_nsec = FOLLOW_NS };
	int64_t begun_ns = bench_now_ns(), low_ns = 0;
	siginfo_t info = { .si_pid = 0 };
	int64_t begun_kib = atomic_load(&seen->available_kib);

	result->least_kib = BUDGET_KIB;
	do {
		follow();
		int64_t left_kib = atomic_load(&seen->available_kib);
		if (left_kib < result->least_kib) {
			result->least_kib = left_kib;
			low_ns = bench_now_ns();
		}
		(void)nanosleep(&moment, NULL);
		if (bench_now_ns() - begun_ns > WAIT_MS * INT64_C(1000000))
			bench_die("the leak lives on", ETIMEDOUT);
	} while (!stage_reap(&stage, &info) || info.si_pid != victim);
	result->rate_mib_s = (begun_kib - result->least_kib) * 1000000 /
			     ((low_ns - begun_ns) / 1000 + 1) / 1024;
}

static struct result run(const char *path, uint32_t number)
{
	struct result result;
	int go;
	int64_t before = read_number(ooms, "oom_kill ");
	victim = start_leak(&go);

	atomic_store(&seen->at_signal_kib, -1);
	if (stage_add_uncounted(&stage, victim) < 0)
		bench_die("stage", errno);
	follow();
	pid_t watcher = path ? start_guard(path) : start_earlyoom();
	rest(number);
	if (write(go, "", 1) != 1)
		bench_die("leak", errno);
	watch_it_fall(&result);
	victim = 0;
	(void)close(go);
	end(watcher);
	if (path)
		guard_child_close(&guard);
	result.kernel_was_first = read_number(ooms, "oom_kill ") > before;
	/* Who signalled saw more than what was left when the leak had ended. */
	if (!result.kernel_was_first && atomic_load(&seen->at_signal_kib) >= 0)
		result.least_kib = atomic_load(&seen->at_signal_kib);
	return result;
}

static void tell(const char *name, const struct result *results, uint32_t runs)
{
	int64_t below_kib[RUNS_MOST], rate[RUNS_MOST];
	uint32_t lost = 0;

	for (uint32_t i = 0; i < runs; i++) {
		below_kib[i] = TERM_KIB - results[i].least_kib;
		rate[i] = results[i].rate_mib_s;
		lost += results[i].kernel_was_first;
	}
	int64_t median_kib = bench_median(below_kib, runs);
	printf("%s_below_kib %" PRId64 "\n%s_below_most_kib %" PRId64 "\n"
	       "%s_below_low_kib %" PRId64 "\n%s_below_high_kib %" PRId64 "\n"
	       "%s_kernel_first %" PRIu32 "\n%s_mib_s %" PRId64 "\n",
	       name, median_kib, name, below_kib[runs - 1], name,
	       below_kib[runs / 4], name, below_kib[runs * 3 / 4], name, lost,
	       name, bench_median(rate, runs));
}

/* Nobody is to hinder what shows the memory as it is. */
static void run_first(void)
{
	const struct sched_param first = { .sched_priority = 2 };

	if (sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &first) < 0)
		fputs("no real time: the numbers lag behind\n", stderr);
}

int main(int argc, char **argv)
{
	static struct result ours[RUNS_MOST], theirs[RUNS_MOST];
	uint32_t runs = argc > 2 ? (uint32_t)atoi(argv[2]) : 20;

	if (argc < 2 || runs < 1 || runs > RUNS_MOST)
		bench_die("usage: bench_overshoot OOMGUARDD [RUNS]", EINVAL);
	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (seen == MAP_FAILED || stage_open(&stage, BUDGET_KIB) < 0 ||
	    stage_put(&stage, "config", "") < 0)
		bench_die("stage", errno);
	make_cgroup();
	(void)atexit(remove_cgroup);
	run_first();
	for (uint32_t i = 0; i < runs; i++) {
		ours[i] = run(argv[1], i);
		theirs[i] = run(NULL, i);
	}
	tell("overshoot", ours, runs);
	tell("overshoot_earlyoom", theirs, runs);
	return EXIT_SUCCESS;
}
