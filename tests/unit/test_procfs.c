/* SPDX-License-Identifier: MIT */
#include "procfs.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "elsewhere.h"
#include "fixture.h"
#include "tree.h"

static unsigned int read_all(const struct procfs *from, struct sample *sample)
{
	return procfs_read_sample(from, sample) |
	       procfs_read_vmstat(from, sample);
}

#define HOG_BYTES (16 << 20)

static struct procfs procfs;

static void open_fixture(const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", FIXTURES, name);
	ck_assert_int_eq(procfs_open(&procfs, path), 0);
}

static void open_kernel(void)
{
	ck_assert_int_eq(procfs_open(&procfs, "/proc"), 0);
	ck_assert(procfs.is_kernel);
}

static void put_fixture(const char *name)
{
	char bytes[16384];
	char from[128];
	size_t length;

	(void)snprintf(from, sizeof(from), "machine/%s", name);
	length = fixture_read(from, bytes, sizeof(bytes) - 1);
	bytes[length] = '\0';
	tree_put(name, bytes);
}

static void end_tree(void)
{
	procfs_close(&procfs);
	tree_end();
}

/* What must be closed again: the next descriptor is always the same. */
static int next_fd(void)
{
	int fd = dup(0);

	(void)close(fd);
	return fd;
}

START_TEST(test_captured_machine)
{
	struct sample sample = { .at_ms = 7 };

	open_fixture("machine");
	ck_assert(!procfs.is_kernel);
	ck_assert_uint_eq(read_all(&procfs, &sample), 0);
	ck_assert_int_eq(sample.at_ms, 7);
	ck_assert_int_eq(sample.memory.available_kib, 24259248);
	ck_assert(sample.has_pressure && sample.has_vmstat);
	ck_assert_int_eq(sample.pressure.full_us, 3987261);
	ck_assert_int_eq(sample.vmstat.oom_kills, 3);
	ck_assert_int_eq(sample.arc_kib, 0);
	procfs_close(&procfs);
}
END_TEST

static const struct {
	const char *tree;
	unsigned int trouble;
} hostile[] = {
	{ "hostile/empty", PROCFS_MEMINFO | PROCFS_VMSTAT },
	{ "hostile/truncated", PROCFS_MEMINFO | PROCFS_VMSTAT },
	{ "hostile/wrapped", PROCFS_MEMINFO | PROCFS_VMSTAT },
	{ "hostile/garbage", PROCFS_MEMINFO | PROCFS_VMSTAT },
	{ "hostile/no-unit", PROCFS_MEMINFO },
	{ "hostile/overcommitted", PROCFS_MEMINFO },
};

START_TEST(test_garbage_keeps_the_last_good_values)
{
	struct sample sample = { .memory = { .available_kib = 77 },
				 .vmstat = { .oom_kills = 78 } };

	open_fixture(hostile[_i].tree);
	ck_assert_msg(read_all(&procfs, &sample) == hostile[_i].trouble, "%s",
		      hostile[_i].tree);
	ck_assert_int_eq(sample.memory.available_kib, 77);
	ck_assert_int_eq(sample.vmstat.oom_kills,
			 hostile[_i].trouble & PROCFS_VMSTAT ? 78 : 3);
	procfs_close(&procfs);
}
END_TEST

START_TEST(test_files_that_go_bad_and_recover)
{
	struct sample sample = { 0 };

	tree_begin();
	put_fixture("meminfo");
	put_fixture("vmstat");
	put_fixture("pressure/memory");
	ck_assert_int_eq(procfs_open(&procfs, tree), 0);
	ck_assert_uint_eq(read_all(&procfs, &sample), 0);
	tree_put("meminfo", "MemTotal: 1 kB\n");
	tree_put("pressure/memory", "");
	ck_assert_uint_eq(read_all(&procfs, &sample),
			  PROCFS_MEMINFO | PROCFS_PRESSURE);
	ck_assert_int_eq(sample.memory.available_kib, 24259248);
	ck_assert_int_eq(sample.pressure.some_us, 4106282);
	ck_assert(sample.has_pressure);
	put_fixture("meminfo");
	tree_put("pressure/memory", "some total=1\nfull total=2\n");
	ck_assert_uint_eq(read_all(&procfs, &sample), 0);
	ck_assert_int_eq(sample.pressure.some_us, 1);
	end_tree();
}
END_TEST

START_TEST(test_only_meminfo)
{
	struct sample sample = { .has_pressure = true, .has_vmstat = true };

	tree_begin();
	put_fixture("meminfo");
	ck_assert_int_eq(procfs_open(&procfs, tree), 0);
	ck_assert_uint_eq(read_all(&procfs, &sample), 0);
	ck_assert(!sample.has_pressure && !sample.has_vmstat);
	procfs_read_swaps(&procfs, -1, &sample);
	ck_assert_int_eq(sample.swaps.zram_size_kib, 0);
	end_tree();
}
END_TEST

START_TEST(test_no_root_and_no_meminfo)
{
	int before = next_fd();

	ck_assert_int_eq(procfs_open(&procfs, "/nonexistent"), -ENOENT);
	ck_assert_int_eq(procfs_open(&procfs, "/dev/null"), -ENOTDIR);
	ck_assert_int_eq(procfs_open(&procfs, "/dev"), -ENOENT);
	ck_assert_int_eq(next_fd(), before);
	open_kernel();
	procfs_close(&procfs);
	procfs_close(&procfs);
	ck_assert_int_eq(next_fd(), before);
}
END_TEST

static const struct {
	const char *name;
	const char *arcstats;
	int64_t expected_kib;
} arcs[] = {
	{ "more than the least",
	  "9 1 0x01 2 3 4 5\nname type data\n"
	  "c_min  4  1048576\nc_max 4 9\nsize  4  5242880\nhdr_size 4 7\n",
	  4096 },
	{ "the least", "c_min 4 1048576\nsize 4 1048576\n", 0 },
	{ "below the least", "c_min 4 1048576\nsize 4 1024\n", 0 },
	{ "no least", "size 4 1048576\n", 55 },
	{ "wrapped", "c_min 4 0\nsize 4 18446744073709551612\n", 55 },
	{ "nothing", "", 55 },
};

START_TEST(test_zfs_cache)
{
	struct sample sample = { .arc_kib = 55 };

	tree_begin();
	put_fixture("meminfo");
	tree_put("spl/kstat/zfs/arcstats", arcs[_i].arcstats);
	ck_assert_int_eq(procfs_open(&procfs, tree), 0);
	ck_assert_uint_eq(read_all(&procfs, &sample), 0);
	ck_assert_msg(sample.arc_kib == arcs[_i].expected_kib, "%s",
		      arcs[_i].name);
	end_tree();
}
END_TEST

static const struct {
	const char *name;
	const char *mm_stat; /* stored, compressed, taken */
	int32_t expected_permyriad;
} zrams[] = {
	{ "saves three quarters", "134217728 1 33554432 0 0\n", 7500 },
	{ "saves nothing", "134217728 1 134217728 0\n", 0 },
	{ "costs more than it stores", "134217728 1 268435456\n", 0 },
	{ "stores as much as tells", "67108864 1 16777216\n", 7500 },
	{ "stores a little less", "67107840 1 16777216\n", 5000 },
	{ "stores nothing", "0 0 0 0\n", 5000 },
	{ "garbage", "134217728 x\n", 5000 },
	{ "wrapped", "18446744073709551612 1 1\n", 5000 },
	{ "it is not there", NULL, 5000 },
};

START_TEST(test_what_zram_saves)
{
	struct sample sample = { 0 };
	int sys;

	tree_begin();
	put_fixture("meminfo");
	put_fixture("swaps");
	tree_put("block/zram1/mm_stat", "1073741824 1 1073741824\n");
	if (zrams[_i].mm_stat != NULL)
		tree_put("block/zram0/mm_stat", zrams[_i].mm_stat);
	sys = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(procfs_open(&procfs, tree), 0);
	procfs_read_swaps(&procfs, sys, &sample);
	ck_assert_msg(sample.zram_saves_permyriad ==
			      zrams[_i].expected_permyriad,
		      "%s: %d", zrams[_i].name, sample.zram_saves_permyriad);
	ck_assert_int_eq(sample.swaps.zram_used_kib, 1048576);
	tree_put("swaps", "garbage\n");
	procfs_read_swaps(&procfs, -1, &sample);
	ck_assert_int_eq(sample.swaps.zram_used_kib, 1048576);
	(void)close(sys);
	end_tree();
}
END_TEST

START_TEST(test_captured_process)
{
	struct process_status status;
	struct process_stat stat;
	char path[CGROUP_PATH_SIZE];
	int64_t number;
	int score_fd;

	open_fixture("machine");
	ck_assert_int_eq(procfs_read_status(&procfs, 4242, &status), 0);
	ck_assert_str_eq(status.comm, "java");
	ck_assert_int_eq(procfs_read_stat(&procfs, 4242, &stat), 0);
	ck_assert_uint_eq(stat.start_ticks, 112684);
	ck_assert_int_eq(procfs_read_cgroup(&procfs, 4242, path), 0);
	ck_assert_str_eq(path, "/system.slice/tomcat.service");
	ck_assert_int_eq(procfs_read_score_adj(&procfs, 4242, &number), 0);
	ck_assert_int_eq(number, 0);
	score_fd = procfs_open_score(&procfs, 4242);
	ck_assert_int_eq(procfs_read_score(score_fd, &number), 0);
	ck_assert_int_eq(number, 666);
	ck_assert_int_eq(procfs_read_score(score_fd, &number), 0);
	(void)close(score_fd);
	procfs_close(&procfs);
}
END_TEST

static void ck_unreadable(int32_t pid, int error)
{
	struct process_status status = { .uid = 77 };
	struct process_stat stat = { .parent = 77 };
	char path[CGROUP_PATH_SIZE] = "before";
	int64_t number = 77;
	int fd = procfs_open_score(&procfs, pid);

	ck_assert_int_eq(procfs_read_status(&procfs, pid, &status), error);
	ck_assert_int_eq(procfs_read_stat(&procfs, pid, &stat), error);
	ck_assert_int_eq(procfs_read_cgroup(&procfs, pid, path), error);
	ck_assert_int_eq(procfs_read_score_adj(&procfs, pid, &number), error);
	ck_assert_int_eq(fd < 0 ? fd : procfs_read_score(fd, &number), error);
	ck_assert_uint_eq(status.uid, 77);
	ck_assert_int_eq(stat.parent, 77);
	ck_assert_str_eq(path, "before");
	ck_assert_int_eq(number, 77);
	if (fd >= 0)
		(void)close(fd);
}

START_TEST(test_garbage_processes)
{
	int before = next_fd();

	open_fixture("hostile/process");
	for (int32_t pid = 10; pid <= 13; pid++)
		ck_unreadable(pid, -EBADMSG);
	ck_unreadable(14, -ENOENT);
	procfs_close(&procfs);
	ck_assert_int_eq(next_fd(), before);
}
END_TEST

START_TEST(test_walk_takes_pids_only)
{
	static const char *const names[] = {
		"1",          "4242",       "0",    "007",
		"12a",        "-5",         "self", "2147483647",
		"2147483648", "4294967297", "+3",   "99999999999999999999",
	};
	struct procfs_walk walk;
	bool linked = false;
	int count = 0;
	int32_t pid;

	tree_begin();
	put_fixture("meminfo");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		tree_put(names[i], "");
	ck_assert_int_eq(procfs_open(&procfs, tree), 0);
	ck_assert_int_eq(symlinkat("/proc/self", procfs.root, "77"), 0);
	procfs_walk_begin(&walk, &procfs);
	while ((pid = procfs_walk_next(&walk)) != 0) {
		ck_assert(pid == 1 || pid == 4242 || pid == INT32_MAX ||
			  pid == 77);
		linked = linked || pid == 77;
		count++;
	}
	ck_assert_int_eq(count, 4);
	ck_assert(linked);
	ck_assert_int_eq(procfs_walk_next(&walk), 0);
	end_tree();
}
END_TEST

/* More entries than one buffer holds, walked twice. */
START_TEST(test_walk_over_a_crowd)
{
	struct procfs_walk walk;
	char name[16];

	tree_begin();
	tree_put("meminfo", "");
	ck_assert_int_eq(procfs_open(&procfs, tree), 0);
	for (int i = 1; i <= 3000; i++) {
		(void)snprintf(name, sizeof(name), "%d", i);
		ck_assert_int_eq(mkdirat(procfs.root, name, 0700), 0);
	}
	for (int round = 0; round < 2; round++) {
		int64_t sum = 0;
		int32_t pid;

		procfs_walk_begin(&walk, &procfs);
		while ((pid = procfs_walk_next(&walk)) > 0)
			sum += pid;
		ck_assert_int_eq(pid, 0);
		ck_assert_int_eq(sum, 3000 * 3001 / 2);
	}
	end_tree();
}
END_TEST

/* The end of the pipe with which a child says that it has done its act. */
static int ready_fd;

static void tell_ready(void)
{
	if (write(ready_fd, "", 1) != 1)
		_exit(1);
	for (;;)
		(void)pause();
}

/* A child that acts, says so, and lives until it is killed. */
static pid_t start_child(void (*act)(void))
{
	int pipes[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe2(pipes, O_CLOEXEC), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		ready_fd = pipes[1];
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		act();
		tell_ready();
	}
	(void)close(pipes[1]);
	ck_assert_msg(read(pipes[0], &byte, 1) == 1, "it could not act");
	(void)close(pipes[0]);
	return pid;
}

static void end_child(pid_t pid)
{
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	(void)fixture_reap(pid);
}

/* Where a child shows what it has. */
static char *fill_memory(void)
{
	char *bytes = mmap(NULL, HOG_BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (bytes == MAP_FAILED)
		_exit(1);
	memset(bytes, 1, HOG_BYTES);
	return bytes;
}

static void act_nothing(void)
{
}

static void act_hog(void)
{
	(void)fill_memory();
}

static void *live_as_thread(void *unused)
{
	(void)unused;
	(void)fill_memory();
	tell_ready();
	return NULL;
}

static void act_without_main_thread(void)
{
	pthread_t thread;

	(void)prctl(PR_SET_NAME, "headless");
	if (pthread_create(&thread, NULL, live_as_thread, NULL) != 0)
		_exit(1);
	pthread_exit(NULL);
}

static void act_vfork(void)
{
	(void)fill_memory();
	if (vfork() == 0) {
		(void)!write(ready_fd, "", 1);
		for (;;)
			(void)pause();
	}
	_exit(0);
}

static const char *hostile_name;

static void act_hostile_name(void)
{
	(void)prctl(PR_SET_NAME, hostile_name);
}

static void act_many_groups(void)
{
	static gid_t groups[NGROUPS_MAX];

	for (size_t i = 0; i < NGROUPS_MAX; i++)
		groups[i] = (gid_t)(4000000000U + i);
	if (setgroups(NGROUPS_MAX, groups) != 0)
		_exit(1);
	(void)fill_memory();
	if (write(ready_fd, "", 1) != 1)
		_exit(1);
	/* "running" and "sleeping" move what follows by a byte. */
	for (unsigned int i = 0;; i++)
		if (i % 2000 == 0)
			(void)poll(NULL, 0, 1);
}

static int64_t read_score(pid_t pid)
{
	int fd = procfs_open_score(&procfs, pid);
	int64_t score = -1;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(procfs_read_score(fd, &score), 0);
	(void)close(fd);
	return score;
}

START_TEST(test_kernel_machine)
{
	struct sample sample = { 0 };

	open_kernel();
	ck_assert_uint_eq(read_all(&procfs, &sample), 0);
	ck_assert_int_gt(sample_available_kib(&sample), 0);
	ck_assert_int_le(sample_available_kib(&sample),
			 sample.memory.total_kib);
	ck_assert(sample.has_vmstat);
	ck_assert(sample.has_pressure == (procfs.pressure >= 0));
	procfs_close(&procfs);
}
END_TEST

START_TEST(test_hog)
{
	struct process_status status;
	struct process_stat stat;
	pid_t pid = start_child(act_hog);

	open_kernel();
	ck_assert_int_eq(procfs_read_status(&procfs, pid, &status), 0);
	ck_assert(status.has_memory);
	ck_assert_int_ge(status.anon_kib, HOG_BYTES / 1024);
	ck_assert_int_gt(status.tables_kib, 0);
	ck_assert_int_eq(status.parent, getpid());
	ck_assert_uint_eq(status.uid, getuid());
	ck_assert_int_eq(procfs_read_stat(&procfs, pid, &stat), 0);
	ck_assert_int_ge(stat.rss_pages, HOG_BYTES / sysconf(_SC_PAGESIZE));
	ck_assert_uint_gt(stat.start_ticks, 0);
	ck_assert_int_gt(read_score(pid), 0);
	end_child(pid);
	procfs_close(&procfs);
}
END_TEST

/* Its status is that of a zombie, its memory is with the other thread. */
START_TEST(test_hog_without_main_thread)
{
	pid_t pid = start_child(act_without_main_thread);
	struct process_status status;
	int waited_ms = 0;

	open_kernel();
	for (;;) {
		ck_assert_int_eq(procfs_read_status(&procfs, pid, &status), 0);
		if (status.state == 'Z')
			break;
		fixture_wait(&waited_ms);
	}
	ck_assert(status.has_memory);
	ck_assert_int_ge(status.anon_kib, HOG_BYTES / 1024);
	ck_assert_str_eq(status.comm, "headless");
	ck_assert_int_eq(status.parent, getpid());
	ck_assert_int_gt(read_score(pid), 0);
	end_child(pid);
	procfs_close(&procfs);
}
END_TEST

START_TEST(test_zombie)
{
	struct process_status status;
	int waited_ms = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	open_kernel();
	for (;;) {
		ck_assert_int_eq(procfs_read_status(&procfs, pid, &status), 0);
		if (status.state == 'Z')
			break;
		fixture_wait(&waited_ms);
	}
	ck_assert(!status.has_memory);
	ck_assert_int_eq(status.anon_kib, 0);
	ck_assert_int_eq(read_score(pid), PROCESS_SCORE_NEVER);
	(void)fixture_reap(pid);
	procfs_close(&procfs);
}
END_TEST

static int32_t find_child_of(pid_t parent)
{
	struct procfs_walk walk;
	struct process_stat stat;
	int32_t pid;

	procfs_walk_begin(&walk, &procfs);
	while ((pid = procfs_walk_next(&walk)) > 0)
		if (procfs_read_stat(&procfs, pid, &stat) == 0 &&
		    stat.parent == parent)
			return pid;
	return 0;
}

/* It shows its parent's memory, and the kernel never chooses it. */
START_TEST(test_vfork_child)
{
	pid_t parent = start_child(act_vfork);
	struct process_status status;
	int32_t pid;

	open_kernel();
	pid = find_child_of(parent);
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(procfs_read_status(&procfs, pid, &status), 0);
	ck_assert_int_ge(status.anon_kib, HOG_BYTES / 1024);
	ck_assert_int_eq(read_score(pid), PROCESS_SCORE_NEVER);
	ck_assert_int_gt(read_score(parent), 0);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	(void)fixture_reap(parent);
	procfs_close(&procfs);
}
END_TEST

static const char *const hostile_names[] = {
	"x\n Killed sshd",
	"a) R 1 1 1 (",
	"\\n\\",
	"\xff\xfe\xc3(",
	") S 1\n)",
	" ",
	"\n",
	"\t(",
};

START_TEST(test_hostile_name)
{
	struct process_status status;
	struct process_stat stat;
	pid_t pid;

	hostile_name = hostile_names[_i];
	pid = start_child(act_hostile_name);
	open_kernel();
	ck_assert_int_eq(procfs_read_status(&procfs, pid, &status), 0);
	ck_assert_str_eq(status.comm, hostile_name);
	ck_assert_int_eq(status.parent, getpid());
	ck_assert_int_eq(procfs_read_stat(&procfs, pid, &stat), 0);
	ck_assert_str_eq(stat.comm, hostile_name);
	ck_assert_int_eq(stat.parent, getpid());
	end_child(pid);
	procfs_close(&procfs);
}
END_TEST

START_TEST(test_memory_behind_many_groups)
{
	const gid_t group = 4000000000U;
	struct process_status status;
	pid_t pid;

	if (setgroups(1, &group) != 0) {
		(void)fprintf(stderr, "skipped: groups need root\n");
		return;
	}
	pid = start_child(act_many_groups);
	open_kernel();
	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(procfs_read_status(&procfs, pid, &status), 0);
		ck_assert(status.has_memory);
		ck_assert_int_ge(status.anon_kib, HOG_BYTES / 1024);
		ck_assert_int_gt(status.tables_kib, 0);
	}
	end_child(pid);
	procfs_close(&procfs);
}
END_TEST

/* The same without root: a list of each length around the buffer's end. */
START_TEST(test_groups_of_every_length)
{
	static char bytes[20000];
	struct process_status status;
	int step;

	tree_begin();
	put_fixture("meminfo");
	ck_assert_int_eq(procfs_open(&procfs, tree), 0);
	for (int length = 3800; length < 12500; length += step) {
		step = length % 4096 > 4000 || length % 4096 < 60 ? 1 : 57;
		(void)snprintf(bytes, sizeof(bytes),
			       "Name:\tx\nState:\tS\nPPid:\t1\nUid:\t7\n"
			       "Groups:\t%0*d \nRssAnon:\t64 kB\n"
			       "VmSwap:\t32 kB\n",
			       length, 7);
		tree_put("9/status", bytes);
		ck_assert_int_eq(procfs_read_status(&procfs, 9, &status), 0);
		ck_assert_msg(status.has_memory && status.anon_kib == 64 &&
				      status.swap_kib == 32,
			      "%d", length);
	}
	end_tree();
}
END_TEST

START_TEST(test_a_process_that_vanished)
{
	pid_t pid = start_child(act_nothing);
	int64_t number = 77;
	int score_fd;

	open_kernel();
	score_fd = procfs_open_score(&procfs, pid);
	ck_assert_int_eq(procfs_read_score(score_fd, &number), 0);
	end_child(pid);
	number = 77;
	ck_assert_int_eq(procfs_read_score(score_fd, &number), -ESRCH);
	ck_assert_int_eq(number, 77);
	ck_unreadable(pid, -ENOENT);
	(void)close(score_fd);
	procfs_close(&procfs);
}
END_TEST

/* A stage: a plain directory whose entry leads to the real process. */
START_TEST(test_stage)
{
	pid_t pid = start_child(act_hog);
	struct process_status status;
	struct procfs_walk walk;
	char target[32];

	tree_begin();
	put_fixture("meminfo");
	ck_assert_int_eq(procfs_open(&procfs, tree), 0);
	(void)snprintf(target, sizeof(target), "/proc/%d", (int)pid);
	ck_assert_int_eq(symlinkat(target, procfs.root, target + 6), 0);
	procfs_walk_begin(&walk, &procfs);
	ck_assert_int_eq(procfs_walk_next(&walk), pid);
	ck_assert_int_eq(procfs_walk_next(&walk), 0);
	ck_assert_int_eq(procfs_read_status(&procfs, pid, &status), 0);
	ck_assert_int_ge(status.anon_kib, HOG_BYTES / 1024);
	ck_assert_int_gt(read_score(pid), 0);
	end_child(pid);
	end_tree();
}
END_TEST

START_TEST(test_executable)
{
	char expected[PATH_MAX] = "";
	char path[PROCFS_EXE_SIZE];

	open_kernel();
	ck_assert_int_gt(
		readlink("/proc/self/exe", expected, sizeof(expected) - 1), 0);
	ck_assert_int_eq(procfs_read_exe(&procfs, getpid(), path), 0);
	ck_assert_str_eq(path, expected);
	/* A kernel thread has none, and may be hidden in a container. */
	ck_assert_int_lt(procfs_read_exe(&procfs, INT32_MAX, path), 0);
	ck_assert_str_eq(path, expected);
	procfs_close(&procfs);
}
END_TEST

static bool link_fits(size_t length)
{
	char target[PROCFS_EXE_SIZE + 16];
	char path[PROCFS_EXE_SIZE];
	int error;

	memset(target, 'a', length);
	target[length] = '\0';
	target[0] = '/';
	(void)unlinkat(procfs.root, "9/exe", 0);
	ck_assert_int_eq(symlinkat(target, procfs.root, "9/exe"), 0);
	error = procfs_read_exe(&procfs, 9, path);
	ck_assert(error == -ENAMETOOLONG ||
		  (error == 0 && strcmp(path, target) == 0));
	return error == 0;
}

START_TEST(test_executable_that_was_replaced)
{
	char path[PROCFS_EXE_SIZE];

	tree_begin();
	put_fixture("meminfo");
	tree_put("9/status", "");
	ck_assert_int_eq(procfs_open(&procfs, tree), 0);
	ck_assert(link_fits(PROCFS_EXE_SIZE - 1));
	ck_assert(!link_fits(PROCFS_EXE_SIZE));
	ck_assert_int_eq(unlinkat(procfs.root, "9/exe", 0), 0);
	ck_assert_int_eq(
		symlinkat("/usr/sbin/sshd (deleted)", procfs.root, "9/exe"), 0);
	ck_assert_int_eq(procfs_read_exe(&procfs, 9, path), 0);
	ck_assert_str_eq(path, "/usr/sbin/sshd");
	end_tree();
}
END_TEST

static const struct {
	const char *name;
	const char *statm;
	int64_t expected; /* -1: none */
} statms[] = {
	{ "usual", "1000 500 300 1 0 200 0\n", 300 },
	{ "nothing is shared", "1000 500 0 1 0 200 0\n", 0 },
	{ "a kernel thread", "0 0 0 0 0 0 0\n", 0 },
	{ "cut", "1000 500", -1 },
	{ "empty", "", -1 },
	{ "garbage", "1000 500 x", -1 },
	{ "negative", "1000 500 -3 1", -1 },
	{ "wrapped", "1000 500 18446744073709551615 1", -1 },
};

START_TEST(test_shared)
{
	int64_t pages = 77;
	int error;

	tree_begin();
	put_fixture("meminfo");
	tree_put("9/statm", statms[_i].statm);
	ck_assert_int_eq(procfs_open(&procfs, tree), 0);
	error = procfs_read_shared(&procfs, 9, &pages);
	if (statms[_i].expected < 0)
		ck_assert_msg(error == -EBADMSG, "%s", statms[_i].name);
	else
		ck_assert_msg(error == 0 && pages == statms[_i].expected, "%s",
			      statms[_i].name);
	ck_assert_int_lt(procfs_read_shared(&procfs, 10, &pages), 0);
	end_tree();
}
END_TEST

static const struct {
	const char *name;
	const char *first; /* mount namespaces, NULL: cannot be read */
	const char *own;
	bool expected;
} homes[] = {
	{ "that of pid 1", "mnt:[4026531840]", "mnt:[4026531840]", true },
	{ "its own", "mnt:[4026531840]", "mnt:[4026531841]", false },
	{ "longer", "mnt:[402653184]", "mnt:[4026531840]", false },
	{ "that of pid 1 is not known", NULL, "mnt:[4026531840]", false },
	{ "its own is not known", "mnt:[4026531840]", NULL, false },
	{ "none is known", NULL, NULL, false },
};

START_TEST(test_home)
{
	tree_begin();
	put_fixture("meminfo");
	if (homes[_i].first)
		tree_link("1/ns/mnt", homes[_i].first);
	if (homes[_i].own)
		tree_link("9/ns/mnt", homes[_i].own);
	ck_assert_int_eq(procfs_open(&procfs, tree), 0);
	ck_assert_msg(procfs_is_at_home(&procfs, 9) == homes[_i].expected, "%s",
		      homes[_i].name);
	end_tree();
}
END_TEST

/* Here it is an empty file; there it is `sleep` under the name of sshd. */
START_TEST(test_executable_of_another_mount_namespace)
{
	char ours[512], theirs[512], exe[PROCFS_EXE_SIZE];
	pid_t pid;

	tree_begin();
	tree_path(ours, "sbin/sshd");
	tree_path(theirs, "fake");
	elsewhere_copy("/bin/sleep", theirs);
	elsewhere_copy("/bin/true", ours);
	pid = elsewhere_start(theirs, ours);
	open_kernel();
	if (pid < 0) {
		printf("skipped: no mount namespace: %s\n", strerror(-pid));
	} else {
		ck_assert_int_eq(procfs_read_exe(&procfs, pid, exe), 0);
		ck_assert_str_eq(exe, ours);
		ck_assert(!procfs_is_at_home(&procfs, pid));
		ck_assert(!procfs_exe_is_native(&procfs, pid, exe));
		/* The very same file, seen from there and from here. */
		ck_assert(procfs_exe_is_native(&procfs, pid, theirs));
		ck_assert(!procfs_exe_is_native(&procfs, pid, "/nonexistent"));
		elsewhere_end(pid);
	}
	end_tree();
}
END_TEST

/* A descriptor without a trigger would poll POLLERR at once. */
START_TEST(test_trigger)
{
	struct pollfd poller = { .events = POLLPRI };
	int64_t window_ms = 0;

	open_kernel();
	poller.fd = procfs_open_trigger(&procfs, &window_ms);
	if (poller.fd < 0) {
		(void)fprintf(stderr, "skipped: no trigger: %s\n",
			      strerror(-poller.fd));
		ck_assert_int_eq(window_ms, 0);
	} else {
		ck_assert(window_ms == 1000 || window_ms == 2000);
		ck_assert_int_ge(poll(&poller, 1, 0), 0);
		ck_assert_int_eq(poller.revents & POLLERR, 0);
		(void)close(poller.fd);
	}
	procfs_close(&procfs);
}
END_TEST

START_TEST(test_no_trigger_on_a_plain_directory)
{
	struct sample sample = { 0 };
	int64_t window_ms = 77;

	tree_begin();
	put_fixture("meminfo");
	put_fixture("pressure/memory");
	ck_assert_int_eq(procfs_open(&procfs, tree), 0);
	ck_assert_int_eq(procfs_open_trigger(&procfs, &window_ms), -ENOTSUP);
	ck_assert_int_eq(window_ms, 77);
	ck_assert_uint_eq(read_all(&procfs, &sample), 0);
	ck_assert_int_eq(sample.pressure.some_us, 4106282);
	end_tree();
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("procfs");

	tcase_add_test(cases, test_captured_machine);
	tcase_add_loop_test(cases, test_garbage_keeps_the_last_good_values, 0,
			    ROWS(hostile));
	tcase_add_test(cases, test_files_that_go_bad_and_recover);
	tcase_add_test(cases, test_only_meminfo);
	tcase_add_test(cases, test_no_root_and_no_meminfo);
	tcase_add_loop_test(cases, test_zfs_cache, 0, ROWS(arcs));
	tcase_add_loop_test(cases, test_what_zram_saves, 0, ROWS(zrams));
	tcase_add_test(cases, test_captured_process);
	tcase_add_test(cases, test_garbage_processes);
	tcase_add_test(cases, test_walk_takes_pids_only);
	tcase_add_test(cases, test_walk_over_a_crowd);
	tcase_add_test(cases, test_kernel_machine);
	tcase_add_test(cases, test_hog);
	tcase_add_test(cases, test_hog_without_main_thread);
	tcase_add_test(cases, test_zombie);
	tcase_add_test(cases, test_vfork_child);
	tcase_add_loop_test(cases, test_hostile_name, 0, ROWS(hostile_names));
	tcase_add_test(cases, test_memory_behind_many_groups);
	tcase_add_test(cases, test_groups_of_every_length);
	tcase_add_test(cases, test_a_process_that_vanished);
	tcase_add_test(cases, test_stage);
	tcase_add_test(cases, test_executable);
	tcase_add_test(cases, test_executable_that_was_replaced);
	tcase_add_loop_test(cases, test_shared, 0, ROWS(statms));
	tcase_add_loop_test(cases, test_home, 0, ROWS(homes));
	tcase_add_test(cases, test_executable_of_another_mount_namespace);
	tcase_add_test(cases, test_trigger);
	tcase_add_test(cases, test_no_trigger_on_a_plain_directory);
	return fixture_run(cases, "procfs");
}
