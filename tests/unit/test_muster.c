/* SPDX-License-Identifier: MIT */
#include "muster.h"

#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "elsewhere.h"
#include "given.h"
#include "stage.h"
#include "tree.h"

static struct settings settings;
static struct procfs procfs;
static struct procfs_walk walk;
static struct census census;
static struct stage stage;

static void set_up(void)
{
	given_settings(&settings);
	census_init(&census, 16 * GIB);
	tree_begin();
	tree_put("meminfo", "MemTotal: 9 kB\n");
	ck_assert_int_eq(procfs_open(&procfs, tree), 0);
}

static void tear_down(void)
{
	procfs_close(&procfs);
	tree_end();
}

static void take_census(const struct procfs *from)
{
	ck_assert_int_eq(muster(&(struct muster){ .procfs = from,
						  .walk = &walk,
						  .census = &census,
						  .settings = &settings }),
			 0);
}

static const struct person *find(int32_t pid)
{
	const struct person *person = census_find(&census, pid);

	ck_assert_ptr_nonnull(person);
	return person;
}

/* What the census reads of a process that has so many pages. */
static void put_process(int pid, const char *comm, int64_t rss_pages,
			const char *statm)
{
	tree_put_of(pid, "stat",
		    "%d (%s) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %d 4096 "
		    "%lld 0\n",
		    pid, comm, pid * 10, (long long)rss_pages);
	tree_put_of(pid, "status",
		    "Name:\t%s\nState:\tS (sleeping)\nPPid:\t1\n"
		    "Uid:\t5\t5\t5\t5\n",
		    comm);
	tree_put_of(pid, "cgroup", "0::/system.slice/%s.service\n", comm);
	tree_put_of(pid, "statm", "%s", statm);
}

/* 16 MiB and more: of the smaller ones it does not matter. */
static const struct {
	const char *name;
	int64_t rss_kib;
	const char *statm; /* of pages of 4 KiB */
	uint32_t expected_kib;
} sizes[] = {
	{ "a backend", 32 << 10, "9000 8192 6000 1 0 1 0\n", 24000 },
	{ "just 16 MiB", 16 << 10, "9000 4096 1000 1 0 1 0\n", 4000 },
	{ "just less", (16 << 10) - 4, "9000 4095 1000 1 0 1 0\n", 0 },
	{ "garbage", 32 << 10, "9000 8192 -\n", 0 },
	{ "more than a number of 32 bits holds", 32 << 10,
	  "9000 8192 1073741824 1 0 1 0\n", UINT32_MAX - 1 },
};

START_TEST(test_shared)
{
	int64_t page_kib = sysconf(_SC_PAGESIZE) / 1024;

	put_process(9, "postgres", sizes[_i].rss_kib / page_kib,
		    sizes[_i].statm);
	take_census(&procfs);
	ck_assert_msg(find(9)->rss_kib == sizes[_i].rss_kib, "%s",
		      sizes[_i].name);
	if (page_kib == 4)
		ck_assert_msg(find(9)->shared_kib == sizes[_i].expected_kib,
			      "%s: %u", sizes[_i].name, find(9)->shared_kib);
}
END_TEST

/* Known or not: who starts to share is seen with the next round. */
START_TEST(test_shared_is_measured_each_time)
{
	for (int round = 0; round < 4; round++) {
		char statm[64];

		(void)snprintf(statm, sizeof(statm), "99999 90000 %d 0\n",
			       5000 + round);
		put_process(9, "postgres", 90000, statm);
		take_census(&procfs);
		ck_assert_uint_eq(find(9)->shared_kib,
				  (uint32_t)((5000 + round) *
					     (sysconf(_SC_PAGESIZE) / 1024)));
	}
}
END_TEST

/* By its flags: nothing else of it is read, and a pid is nobody's for ever. */
START_TEST(test_a_kernel_thread)
{
	for (int round = 0; round < 3; round++) {
		put_process(9, "app", 0, "1 1 1 1\n");
		tree_put_of(
			9, "stat",
			"9 (kworker/%d:0) I 2 0 0 0 -1 69238880 0 0 0 0 0 0 "
			"0 0 20 0 1 0 90 0 0 0\n",
			round);
		take_census(&procfs);
		ck_assert_uint_eq(find(9)->uid, 0);
		ck_assert_uint_eq(find(9)->cgroup, 0);
		ck_assert(!find(9)->is_stale);
	}
	put_process(9, "app", 90000, "1 1 1 1\n");
	take_census(&procfs);
	ck_assert_uint_eq(find(9)->uid, 5);
	ck_assert_uint_ne(find(9)->cgroup, 0);
}
END_TEST

static const struct {
	bool is_calm;
	unsigned int turn;
	bool is_looked_at;
} turns[] = {
	{ false, 0, true }, { true, 0, false }, { true, 1, true },
	{ true, 2, false }, { true, 3, false }, { true, 5, true },
};

/* Somebody else has the pid of a kernel thread by now. */
START_TEST(test_kernel_threads_in_turn)
{
	struct muster look = { .procfs = &procfs,
			       .walk = &walk,
			       .census = &census,
			       .settings = &settings };

	put_process(9, "app", 0, "1 1 1 1\n");
	tree_put_of(9, "stat",
		    "9 (kworker/1:0) I 2 0 0 0 -1 69238880 0 0 0 0 0 0 "
		    "0 0 20 0 1 0 90 0 0 0\n");
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(muster(&look), 0);
	put_process(9, "app", 90000, "1 1 1 1\n");
	look.is_calm = turns[_i].is_calm;
	look.turn = turns[_i].turn;
	ck_assert_int_eq(muster(&look), 0);
	ck_assert_int_eq(find(9)->uid == 5, turns[_i].is_looked_at);
}
END_TEST

/* systemd moves what it has started a moment later. */
START_TEST(test_a_young_one_is_looked_at_twice)
{
	char unit[CGROUP_UNIT_SIZE];
	struct identity identity;

	put_process(9, "app", 90000, "1 1 1 1\n");
	tree_put_of(9, "cgroup", "0::/init.scope\n");
	take_census(&procfs);
	tree_put_of(9, "cgroup", "0::/system.slice/app.service\n");
	take_census(&procfs);
	census_identity(&census, find(9), unit, &identity);
	ck_assert_str_eq(unit, "app.service");
	/* From then on the slow file is left alone. */
	tree_put_of(9, "cgroup", "0::/system.slice/other.service\n");
	take_census(&procfs);
	census_identity(&census, find(9), unit, &identity);
	ck_assert_str_eq(unit, "app.service");
}
END_TEST

static int watch_cgroups(int32_t first, int32_t last)
{
	int notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	for (int32_t pid = first; pid <= last; pid++) {
		char path[512], name[64];

		(void)snprintf(name, sizeof(name), "%d/cgroup", (int)pid);
		tree_path(path, name);
		ck_assert_int_ge(inotify_add_watch(notify, path, IN_OPEN), 0);
	}
	return notify;
}

static size_t count_events(int notify)
{
	struct inotify_event events[64];
	ssize_t length = read(notify, events, sizeof(events));

	return length < 0 ? 0 : (size_t)length / sizeof(events[0]);
}

/* The first tells how large one must be; then slow files are left alone. */
START_TEST(test_who_does_not_fit_costs_few_files)
{
	struct sighting sighting = { .pid = 1, .cgroup = "", .exe = "" };
	struct sizes large = { .rss_kib = 1 << 30 };
	int notify;

	for (int32_t pid = 20001; pid <= 20020; pid++)
		put_process(pid, "small", 5000, "1 1 1 1\n");
	notify = watch_cgroups(20001, 20020);
	census_begin(&census, 0);
	for (int32_t i = 0; i < CENSUS_PROCESSES; i++, sighting.pid++)
		census_add(&census, &settings, &sighting, &large);
	take_census(&procfs);
	ck_assert_uint_eq(census.left_out, 20);
	ck_assert_uint_eq(count_events(notify), 1);
	/* None of the large ones was seen: now there is room. */
	take_census(&procfs);
	ck_assert_uint_eq(census.left_out, 0);
	ck_assert_uint_eq(count_events(notify), 20);
	(void)close(notify);
}
END_TEST

static pid_t start_sharer(size_t shared, size_t own)
{
	int ends[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		char *memory[2] = {
			mmap(NULL, shared, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0),
			mmap(NULL, own, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		};
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		memset(memory[0], 1, shared);
		memset(memory[1], 1, own);
		if (write(ends[1], "", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	(void)close(ends[1]);
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	(void)close(ends[0]);
	return pid;
}

/* A real one: what it shares is in rss_kib, and told apart. */
START_TEST(test_a_process_with_shared_memory)
{
	enum {
		SHARED_KIB = 32 << 10,
		OWN_KIB = 24 << 10,
		OTHER_KIB = 20 << 10
	};
	pid_t pid = start_sharer(SHARED_KIB << 10, OWN_KIB << 10);
	struct procfs real;

	ck_assert_int_eq(stage_open(&stage, 1 << 20), 0);
	ck_assert_int_eq(procfs_open(&real, stage.path), 0);
	ck_assert_int_eq(stage_add(&stage, pid), 0);
	take_census(&real);
	ck_assert_uint_ge(find(pid)->rss_kib, SHARED_KIB + OWN_KIB);
	ck_assert_uint_ge(find(pid)->shared_kib, SHARED_KIB);
	ck_assert_uint_le(find(pid)->shared_kib, SHARED_KIB + OTHER_KIB);
	elsewhere_end(pid);
	procfs_close(&real);
	stage_close(&stage);
}
END_TEST

static void ck_exe(int32_t pid, const char *expected)
{
	char unit[CGROUP_UNIT_SIZE];
	struct identity identity;

	census_identity(&census, find(pid), unit, &identity);
	ck_assert_str_eq(identity.exe, expected);
}

/* Here it is another file: anybody can call a program sshd over there. */
START_TEST(test_an_executable_of_another_mount_namespace)
{
	char ours[512], theirs[512];
	struct procfs real;
	pid_t pid, native = start_sharer(4096, 4096);

	tree_path(ours, "sbin/sshd");
	tree_path(theirs, "fake");
	elsewhere_copy("/bin/sleep", theirs);
	elsewhere_copy("/bin/true", ours);
	pid = elsewhere_start(theirs, ours);
	ck_assert_int_eq(stage_open(&stage, 1 << 20), 0);
	ck_assert_int_eq(procfs_open(&real, stage.path), 0);
	ck_assert_int_eq(stage_add(&stage, native), 0);
	if (pid > 0)
		ck_assert_int_eq(stage_add(&stage, pid), 0);
	take_census(&real);
	char link[512] = "";
	ck_assert_int_gt(readlink("/proc/self/exe", link, sizeof(link) - 1), 0);
	ck_exe(native, link);
	if (pid > 0) {
		ck_exe(pid, "");
		ck_assert_str_eq(find(pid)->comm, "sshd");
		elsewhere_end(pid);
	} else {
		printf("skipped: no mount namespace: %s\n", strerror(-pid));
	}
	elsewhere_end(native);
	procfs_close(&real);
	stage_close(&stage);
}
END_TEST

/* A directory in its place: it is there, and reading it fails. */
static void spoil(const char *name)
{
	char path[512];

	tree_path(path, name);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void mend(const char *name)
{
	char path[512];

	tree_path(path, name);
	ck_assert_int_eq(rmdir(path), 0);
}

/* The kernel may have no memory left for its answer. */
START_TEST(test_what_cannot_be_read_stays_as_it_was)
{
	static const char *const files[] = { "9/stat", "9/status", "9/cgroup" };
	char unit[CGROUP_UNIT_SIZE];
	struct identity identity;

	put_process(9, "app", 90000, "1 1 1 1\n");
	take_census(&procfs);
	spoil(files[_i]);
	take_census(&procfs);
	census_identity(&census, find(9), unit, &identity);
	ck_assert_str_eq(unit, "app.service");
	ck_assert(!find(9)->is_stale);
}
END_TEST

/* Whose unit it is counts at once, where that could be read. */
static const struct {
	const char *file;
	const char *unit;
} never_read[] = { { "8/status", "old.service" }, { "8/cgroup", "" } };

START_TEST(test_what_was_never_read_is_looked_for_again)
{
	char unit[CGROUP_UNIT_SIZE];
	struct identity identity;

	put_process(8, "old", 90000, "1 1 1 1\n");
	put_process(9000, "new", 90000, "1 1 1 1\n");
	spoil(never_read[_i].file);
	take_census(&procfs);
	census_identity(&census, find(8), unit, &identity);
	ck_assert_str_eq(unit, never_read[_i].unit);
	ck_assert(find(8)->is_stale);
	mend(never_read[_i].file);
	put_process(8, "old", 90000, "1 1 1 1\n");
	take_census(&procfs);
	census_identity(&census, find(8), unit, &identity);
	ck_assert_str_eq(unit, "old.service");
	ck_assert_uint_eq(find(8)->uid, 5);
	ck_assert(!find(8)->is_stale);
}
END_TEST

static void look_briefly(const struct cgroupfs *cgroupfs, int64_t now_ms)
{
	const struct muster look = { .procfs = &procfs,
				     .walk = &walk,
				     .census = &census,
				     .settings = &settings,
				     .cgroupfs = cgroupfs,
				     .is_brief = now_ms > 0,
				     .now_ms = now_ms };

	ck_assert_int_eq(muster(&look), 0);
}

/* One that is old beside one that is young: so the first is at home. */
static void put_household(int64_t pages)
{
	put_process(9, "app", pages, "1 1 1 1\n");
	put_process(20001, "youth", 5000, "1 1 1 1\n");
}

/* Without charges each is looked at in its turn, and newcomers at once. */
START_TEST(test_brief_look)
{
	int looks = 2;

	put_household(5000);
	look_briefly(NULL, 0);
	look_briefly(NULL, 1000);
	put_household(50000);
	for (int64_t rss_kib = find(9)->rss_kib;
	     find(9)->rss_kib == rss_kib && looks < 100; looks++)
		look_briefly(NULL, looks * 1000);
	ck_assert_int_ge(looks, 4);
	ck_assert_int_le(looks, 19);
	/* It grew: from now on each time. */
	put_household(90000);
	put_process(20002, "new", 5000, "1 1 1 1\n");
	look_briefly(NULL, looks * 1000);
	ck_assert_uint_eq(find(9)->rss_kib,
			  90000 * (uint32_t)(sysconf(_SC_PAGESIZE) / 1024));
	find(20002);
}
END_TEST

static void remove_process(int pid)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -r %s/%d", tree, pid);
	ck_assert_int_eq(system(command), 0);
}

/* Who has just been met is looked at again by the next look. */
START_TEST(test_brief_looks_begin_with_all)
{
	put_household(5000);
	look_briefly(NULL, 0);
	put_household(50000);
	look_briefly(NULL, 1000);
	ck_assert_uint_gt(find(9)->rss_kib, 40000);
}
END_TEST

/* What comes back from swap is no growth. */
START_TEST(test_swap_is_its_own)
{
	struct muster look = { .procfs = &procfs,
			       .walk = &walk,
			       .census = &census,
			       .settings = &settings,
			       .has_swap = true };

	put_process(9, "app", 0, "1 1 1 1\n");
	tree_put_of(9, "status",
		    "Name:\tapp\nState:\tS (sleeping)\nPPid:\t1\n"
		    "Uid:\t5\t5\t5\t5\nRssAnon:\t0 kB\nVmSwap:\t777 kB\n");
	ck_assert_int_eq(muster(&look), 0);
	ck_assert_uint_eq(find(9)->rss_kib, 777);
	look.has_swap = false;
	ck_assert_int_eq(muster(&look), 0);
	ck_assert_uint_eq(find(9)->rss_kib, 0);
}
END_TEST

START_TEST(test_brief_look_drops_the_gone)
{
	put_household(5000);
	look_briefly(NULL, 0);
	remove_process(9);
	look_briefly(NULL, 1000);
	ck_assert_ptr_null(census_find(&census, 9));
	find(20001);
}
END_TEST

static void put_charge(const char *bytes)
{
	tree_put("cgroups/system.slice/app.service/memory.current", bytes);
	tree_put("cgroups/system.slice/youth.service/memory.current", "9\n");
}

static void open_cgroups(struct cgroupfs *cgroupfs)
{
	char path[512];

	tree_path(path, "cgroups");
	ck_assert_int_eq(cgroupfs_open(cgroupfs, path), 0);
}

/* With charges nobody is looked at whose cgroup rests. */
START_TEST(test_brief_look_where_a_cgroup_grows)
{
	struct cgroupfs cgroupfs;

	put_household(5000);
	put_charge("104857600\n");
	open_cgroups(&cgroupfs);
	look_briefly(&cgroupfs, 0);
	const struct leaf *leaf = census_leaf(&census, find(9));
	ck_assert(leaf->is_charged && !leaf->is_newborn);
	ck_assert_uint_eq(leaf->size_kib, 102400);
	look_briefly(&cgroupfs, 1000);
	put_household(50000);
	for (int i = 2; i < 40; i++)
		look_briefly(&cgroupfs, i * 1000);
	ck_assert_uint_lt(find(9)->rss_kib, 40000);
	put_charge("304857600\n");
	look_briefly(&cgroupfs, 40000);
	ck_assert_uint_gt(find(9)->rss_kib, 40000);
	ck_assert_uint_gt(leaf->grown_kib[GROWTH_SHORT], 190000);
	ck_assert_uint_lt(leaf->grown_kib[GROWTH_SHORT], 200000);
	/* A change of less than 1 MiB is not worth a look at the rest. */
	put_charge("304858600\n");
	look_briefly(&cgroupfs, 41000);
	ck_assert_uint_eq(leaf->read_kib, 304857600 / 1024);
	/* Whoever has no charge grows by his processes. */
	ck_assert_int_eq(unlinkat(cgroupfs.root,
				  "system.slice/app.service/memory.current", 0),
			 0);
	look_briefly(&cgroupfs, 42000);
	ck_assert(!leaf->is_charged);
	cgroupfs_close(&cgroupfs);
}
END_TEST

static const struct {
	const char *name;
	const char *most; /* memory.swap.max, "": there is none */
	const char *above;
	const char *swapped;
	int64_t kib;
	int64_t others_kib; /* each has 19,996 of its own */
} swapless[] = {
	{ "no limit", "max\n", "max\n", "0\n", 0, 39992 },
	{ "no file, as at the root", "", "", "0\n", 0, 39992 },
	{ "none at all", "0\n", "max\n", "0\n", 102400, 19996 },
	{ "none above it, and the others", "max\n", "0\n", "0\n", 102400, 0 },
	{ "some is left", "1052672\n", "max\n", "1048576\n", 0, 38968 },
	{ "no more: what is swapped is none of it", "1048576\n", "max\n",
	  "1048576\n", 102400, 19996 },
	{ "no more above it", "max\n", "1048576\n", "1048576\n", 102400,
	  19996 },
};

START_TEST(test_without_cgroups_any_memory_may_be_such)
{
	const struct muster look = { .procfs = &procfs,
				     .walk = &walk,
				     .census = &census,
				     .settings = &settings,
				     .may_swap = true };

	put_household(5000);
	ck_assert_int_eq(muster(&look), 0);
	ck_assert_int_eq(census.swapless_kib, INT64_MAX);
	ck_assert_int_eq(census.swappable_kib, INT64_MAX);
}
END_TEST

START_TEST(test_memory_that_may_not_be_swapped_is_summed_up)
{
	struct cgroupfs cgroupfs;
	struct muster look = { .procfs = &procfs,
			       .walk = &walk,
			       .census = &census,
			       .settings = &settings,
			       .cgroupfs = &cgroupfs,
			       .has_swap = true,
			       .may_swap = true,
			       .now_ms = 5000 };

	put_household(5000);
	put_charge("104857600\n");
	if (swapless[_i].most[0])
		tree_put("cgroups/system.slice/app.service/memory.swap.max",
			 swapless[_i].most);
	if (swapless[_i].above[0])
		tree_put("cgroups/system.slice/memory.swap.max",
			 swapless[_i].above);
	tree_put("cgroups/system.slice/app.service/memory.swap.current",
		 swapless[_i].swapped);
	open_cgroups(&cgroupfs);
	ck_assert_int_eq(muster(&look), 0);
	ck_assert_msg(census.swapless_kib == swapless[_i].kib, "%s: %lld",
		      swapless[_i].name, (long long)census.swapless_kib);
	ck_assert_msg(census.swappable_kib == swapless[_i].others_kib,
		      "%s: %lld others", swapless[_i].name,
		      (long long)census.swappable_kib);
	ck_assert_int_eq(census.swappable_ms, look.now_ms);
	/* Who is gone counts no more. */
	remove_process(9);
	ck_assert_int_eq(muster(&look), 0);
	ck_assert_int_eq(census.swapless_kib, 0);
	cgroupfs_close(&cgroupfs);
}
END_TEST

/* What it writes is swapped out as fast: in memory it stays as large. */
START_TEST(test_a_cgroup_that_grows_in_swap_alone)
{
	struct muster look = { .procfs = &procfs,
			       .walk = &walk,
			       .census = &census,
			       .settings = &settings,
			       .has_swap = true,
			       .is_brief = true };
	struct cgroupfs cgroupfs;

	put_household(5000);
	put_charge("104857600\n");
	open_cgroups(&cgroupfs);
	look.cgroupfs = &cgroupfs;
	ck_assert_int_eq(muster(&look), 0);
	const struct leaf *leaf = census_leaf(&census, find(9));
	tree_put("cgroups/system.slice/app.service/memory.swap.current",
		 "1048575\n");
	look.now_ms = 1000;
	ck_assert_int_eq(muster(&look), 0);
	ck_assert(!leaf->is_writing);
	ck_assert_uint_eq(leaf->swap_kib, 0);
	tree_put("cgroups/system.slice/app.service/memory.swap.current",
		 "1048576\n");
	look.now_ms = 2000;
	ck_assert_int_eq(muster(&look), 0);
	ck_assert(leaf->is_writing);
	ck_assert_uint_eq(leaf->size_kib, 102400 + 1024);
	cgroupfs_close(&cgroupfs);
}
END_TEST

/* A unit that starts: all that it takes is growth. */
START_TEST(test_a_new_cgroup_grew_from_nothing)
{
	struct cgroupfs cgroupfs;

	put_process(20001, "youth", 5000, "1 1 1 1\n");
	put_charge("104857600\n");
	open_cgroups(&cgroupfs);
	look_briefly(&cgroupfs, 0);
	put_process(20009, "app", 5000, "1 1 1 1\n");
	look_briefly(&cgroupfs, 1000);
	const struct leaf *leaf = census_leaf(&census, find(20009));
	ck_assert(leaf->is_charged && leaf->is_newborn);
	ck_assert_uint_gt(leaf->grown_kib[GROWTH_LONG], 102000);
	cgroupfs_close(&cgroupfs);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("muster");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_loop_test(cases, test_shared, 0, ROWS(sizes));
	tcase_add_test(cases, test_shared_is_measured_each_time);
	tcase_add_test(cases, test_a_kernel_thread);
	tcase_add_loop_test(cases, test_kernel_threads_in_turn, 0, ROWS(turns));
	tcase_add_test(cases, test_a_young_one_is_looked_at_twice);
	tcase_add_loop_test(cases, test_what_cannot_be_read_stays_as_it_was, 0,
			    3);
	tcase_add_loop_test(cases, test_what_was_never_read_is_looked_for_again,
			    0, ROWS(never_read));
	tcase_add_test(cases, test_who_does_not_fit_costs_few_files);
	tcase_add_test(cases, test_a_process_with_shared_memory);
	tcase_add_test(cases, test_an_executable_of_another_mount_namespace);
	tcase_add_test(cases, test_brief_look);
	tcase_add_test(cases, test_brief_looks_begin_with_all);
	tcase_add_test(cases, test_swap_is_its_own);
	tcase_add_test(cases, test_brief_look_drops_the_gone);
	tcase_add_test(cases, test_brief_look_where_a_cgroup_grows);
	tcase_add_test(cases, test_a_cgroup_that_grows_in_swap_alone);
	tcase_add_test(cases, test_without_cgroups_any_memory_may_be_such);
	tcase_add_loop_test(cases,
			    test_memory_that_may_not_be_swapped_is_summed_up, 0,
			    ROWS(swapless));
	tcase_add_test(cases, test_a_new_cgroup_grew_from_nothing);
	return fixture_run(cases, "muster");
}
