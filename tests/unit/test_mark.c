/* SPDX-License-Identifier: MIT */
#include "mark.h"

#include <sys/xattr.h>

#include "cgroupfs.h"
#include "given.h"
#include "muster.h"
#include "tree.h"

#define SERVICE "/system.slice/shop.service"

static struct settings settings;
static struct procfs procfs;
static struct procfs_walk walk;
static struct census census;
static struct mark mark;

static void set_up(void)
{
	given_settings(&settings);
	census_init(&census, 16 << 20);
	tree_begin();
	tree_put("meminfo", "MemTotal: 9 kB\n");
	ck_assert_int_eq(procfs_open(&procfs, tree), 0);
}

static void tear_down(void)
{
	procfs_close(&procfs);
	tree_end();
}

static void put_process(int pid, const char *comm, int parent, int start_ticks,
			const char *cgroup)
{
	tree_put_of(pid, "stat",
		    "%d (%s) S %d 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %d 0 9 0 "
		    "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
		    pid, comm, parent, start_ticks);
	tree_put_of(pid, "status",
		    "Name:\t%s\nState:\tS (sleeping)\nPPid:\t%d\n"
		    "Uid:\t0\t0\t0\t0\nNSpid:\t%d\nVmRSS:\t9 kB\n"
		    "RssAnon:\t9 kB\nRssFile:\t0 kB\nRssShmem:\t0 kB\n"
		    "VmPTE:\t0 kB\nVmSwap:\t0 kB\n"
		    "SigBlk:\t0\nSigIgn:\t0\nSigCgt:\t0\n",
		    comm, parent, pid);
	tree_put_of(pid, "cgroup", "0::%s\n", cgroup);
}

static const struct {
	const char *name;
	const char *parent;
	const char *parent_cgroup;
	const char *cgroup;
	int result;
} founds[] = {
	{ "a user's manager", "systemd", "/user/init.scope", SERVICE, 0 },
	{ "somebody else", "sh", "/user/init.scope", SERVICE, -ENOENT },
	{ "who only calls itself so", "systemd", SERVICE, SERVICE, -ENOENT },
	{ "a scope", "systemd", "/init.scope", "/a.scope", -ENOENT },
	{ "below a service", "systemd", "/init.scope", SERVICE "/a", -ENOENT },
	{ "only the suffix", "systemd", "/init.scope", ".service", -EBADMSG },
	{ "the root", "systemd", "/init.scope", "/", -ENOENT },
};

START_TEST(test_find)
{
	put_process(7, founds[_i].parent, 1, 5, founds[_i].parent_cgroup);
	put_process(42, "hog", 7, 99, founds[_i].cgroup);
	ck_assert_int_eq(mark_find(&procfs, 42, &mark), founds[_i].result);
}
END_TEST

START_TEST(test_find_below_pid_1)
{
	put_process(42, "hog", 1, 99, SERVICE);
	ck_assert_int_eq(mark_find(&procfs, 42, &mark), 0);
	ck_assert_str_eq(mark.cgroup, SERVICE);
	ck_assert_int_eq(mark.parent, 1);
	ck_assert_uint_eq(mark.start_ticks, 99);
	ck_assert_int_eq(mark_find(&procfs, 43, &mark), -ENOENT);
}
END_TEST

static const struct {
	const char *name;
	int pid; /* of the other */
	int parent;
	int start_ticks;
	const char *cgroup;
	bool is_main;
} others[] = {
	{ "started before", 43, 1, 98, SERVICE, false },
	{ "started in the same moment before", 41, 1, 99, SERVICE, false },
	{ "started in the same moment after", 43, 1, 99, SERVICE, true },
	{ "started after", 41, 1, 100, SERVICE, true },
	{ "before, elsewhere", 41, 1, 98, SERVICE "/a", true },
	{ "before, by somebody else", 41, 40, 98, SERVICE, true },
};

START_TEST(test_is_main)
{
	put_process(42, "hog", 1, 99, SERVICE);
	put_process(others[_i].pid, "other", others[_i].parent,
		    others[_i].start_ticks, others[_i].cgroup);
	ck_assert_int_eq(muster(&(struct muster){ .procfs = &procfs,
						  .walk = &walk,
						  .census = &census,
						  .settings = &settings }),
			 0);
	ck_assert_uint_eq(census.count, 2);
	ck_assert_int_eq(mark_find(&procfs, 42, &mark), 0);
	ck_assert_int_eq(mark_is_main(&mark, &census), others[_i].is_main);
}
END_TEST

static void put_number(const char *name, const char *value)
{
	char path[512];

	tree_path(path, "a.slice/b.service");
	(void)mkdir(path, 0700);
	if (value)
		ck_assert_int_eq(setxattr(path, name, value, strlen(value), 0),
				 0);
}

static const char *number(const char *name)
{
	static char bytes[64];
	char path[512];
	ssize_t length;

	tree_path(path, "a.slice/b.service");
	length = getxattr(path, name, bytes, sizeof(bytes) - 1);
	bytes[length > 0 ? length : 0] = '\0';
	return bytes;
}

static const struct {
	const char *name;
	const char *before;
	int more;
	const char *after;
} numbers[] = {
	{ "the first", NULL, 1, "1" },
	{ "one more", "9", 1, "10" },
	{ "one less", "10", -1, "9" },
	{ "none to take", "0", -1, "0" },
	{ "not there, none to take", NULL, -1, "" },
	{ "garbage", "x7", 1, "1" },
	{ "garbage behind", "7x", 1, "1" },
	{ "empty", "", 1, "1" },
	{ "as long as the buffer", "999999999999999999999999", 1, "1" },
	{ "longer", "9999999999999999999999999", 1, "1" },
};

START_TEST(test_number)
{
	struct cgroupfs cgroupfs;

	put_number("user.oomd_ooms", numbers[_i].before);
	put_number("user.oomd_kill", numbers[_i].before);
	ck_assert_int_eq(cgroupfs_open(&cgroupfs, tree), 0);
	ck_assert_int_eq(cgroupfs_mark(&cgroupfs, "/a.slice/b.service",
				       numbers[_i].more),
			 0);
	ck_assert_str_eq(number("user.oomd_ooms"), numbers[_i].after);
	ck_assert_str_eq(number("user.oomd_kill"), numbers[_i].after);
	cgroupfs_close(&cgroupfs);
}
END_TEST

static const struct {
	const char *path;
	int result;
} outsides[] = {
	{ "/", -EINVAL },          { "", -EINVAL },
	{ "a.slice", -EINVAL },    { "/..", -EINVAL },
	{ "/../other", -EINVAL },  { "//a.slice", -EINVAL },
	{ "/not-there", -ENOENT },
};

START_TEST(test_outside)
{
	struct cgroupfs cgroupfs;

	ck_assert_int_eq(cgroupfs_open(&cgroupfs, tree), 0);
	ck_assert_int_eq(cgroupfs_mark(&cgroupfs, outsides[_i].path, 1),
			 outsides[_i].result);
	cgroupfs_close(&cgroupfs);
	ck_assert_int_eq(cgroupfs_mark(&cgroupfs, "/a.slice", 1), -EBADF);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("mark");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_loop_test(cases, test_find, 0, ROWS(founds));
	tcase_add_test(cases, test_find_below_pid_1);
	tcase_add_loop_test(cases, test_is_main, 0, ROWS(others));
	tcase_add_loop_test(cases, test_outside, 0, ROWS(outsides));
	if (tree_has_attributes())
		tcase_add_loop_test(cases, test_number, 0, ROWS(numbers));
	else
		puts("skipped: no attributes of users in /tmp");
	return fixture_run(cases, "mark");
}
