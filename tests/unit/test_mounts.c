/* SPDX-License-Identifier: MIT */
#include "mounts.h"

#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include "given.h"
#include "tree.h"

static const struct {
	const char *name;
	const char *line;
	const char *path; /* NULL: it is none */
} rows[] = {
	{ "plain", "36 35 0:98 / /tmp rw,nosuid - tmpfs tmpfs rw,size=1k",
	  "/tmp" },
	{ "tags", "36 35 0:98 / /tmp rw shared:1 master:2 - tmpfs x rw",
	  "/tmp" },
	{ "blanks in the path", "1 2 0:98 / /a\\040b\\011 rw - tmpfs x rw",
	  "/a b\t" },
	{ "a backslash alone", "1 2 0:98 / /a\\ rw - tmpfs x rw", "/a\\" },
	{ "the root", "1 2 0:98 / / rw - tmpfs x rw", "/" },
	{ "another type", "1 2 0:98 / /tmp rw - ext4 tmpfs rw", NULL },
	{ "a longer type", "1 2 0:98 / /dev rw - devtmpfs tmpfs rw", NULL },
	{ "no path", "1 2 0:98 / tmp rw - tmpfs x rw", NULL },
	{ "no dash", "1 2 0:98 / /tmp rw tmpfs tmpfs rw", NULL },
	{ "no type", "1 2 0:98 / /tmp rw -", NULL },
	{ "no device", "1 2 x / /tmp rw - tmpfs x rw", NULL },
	{ "cut off", "1 2 0:98", NULL },
	{ "empty", "", NULL },
};

START_TEST(test_parse)
{
	size_t length = strlen(rows[_i].line);
	char *copy = fixture_copy(rows[_i].line, length);
	struct mount mount = { .used_kib = -1 };
	bool is_tmpfs =
		mounts_parse((struct field){ copy, copy + length }, &mount);

	free(copy);
	ck_assert_msg(is_tmpfs == (rows[_i].path != NULL), "%s", rows[_i].name);
	if (!is_tmpfs) {
		ck_assert_int_eq(mount.used_kib, -1);
		return;
	}
	ck_assert_msg(strcmp(mount.path, rows[_i].path) == 0, "%s: %s",
		      rows[_i].name, mount.path);
	ck_assert_uint_eq(mount.major, 0);
	ck_assert_uint_eq(mount.minor, 98);
}
END_TEST

START_TEST(test_path_that_does_not_fit)
{
	char line[256], path[MOUNT_PATH_SIZE + 1];
	struct mount mount;

	memset(path, 'x', sizeof(path));
	path[0] = '/';
	for (size_t length = sizeof(path) - 2; length < sizeof(path);
	     length++) {
		path[length] = '\0';
		int size = snprintf(line, sizeof(line),
				    "1 2 0:9 / %s rw - tmpfs x rw", path);
		ck_assert(mounts_parse((struct field){ line, line + size },
				       &mount) == (length < MOUNT_PATH_SIZE));
		path[length] = 'x';
	}
}
END_TEST

/* What this machine has at /dev/shm, once, and nothing that only says so. */
START_TEST(test_sizes)
{
	struct mounts mounts;
	struct stat shm, other;
	struct statfs kind;
	char bytes[512], path[512];
	int proc;

	if (stat("/dev/shm", &shm) < 0 || stat("/proc", &other) < 0 ||
	    statfs("/dev/shm", &kind) < 0)
		return;
	tree_begin();
	(void)snprintf(bytes, sizeof(bytes),
		       "1 2 %u:%u / /dev/shm rw - tmpfs x rw\n"
		       "1 2 %u:%u / /proc rw - tmpfs x rw\n"
		       "1 2 %u:%u / /dev/./shm rw - tmpfs x rw\n"
		       "1 2 0:9999 / /dev/shm rw - tmpfs x rw\n"
		       "1 2 0:9999 / /dev/shm rw - tmp",
		       major(shm.st_dev), minor(shm.st_dev),
		       major(other.st_dev), minor(other.st_dev),
		       major(shm.st_dev), minor(shm.st_dev));
	tree_put("1/mountinfo", bytes);
	tree_path(path, "1/root");
	ck_assert_int_eq(symlink("/", path), 0);
	proc = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int file = open("/dev/shm/oomguard-test", O_CREAT | O_RDWR | O_CLOEXEC,
			0600);
	bool has_shm = kind.f_type == TMPFS_MAGIC && file >= 0 &&
		       write(file, bytes, sizeof(bytes)) > 0;
	mounts_read(proc, &mounts);
	if (has_shm) {
		ck_assert_str_eq(mounts.largest[0].path, "/dev/shm");
		ck_assert_int_gt(mounts.largest[0].used_kib, 0);
	}
	ck_assert_int_eq(mounts.largest[1].used_kib, 0);
	(void)unlink("/dev/shm/oomguard-test");
	(void)close(file);
	(void)close(proc);
	tree_end();
}
END_TEST

START_TEST(test_nothing_there)
{
	struct mounts mounts = { .largest[0].used_kib = 1 };

	mounts_read(-1, &mounts);
	ck_assert_int_eq(mounts.largest[0].used_kib, 0);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("mounts");

	tcase_add_loop_test(cases, test_parse, 0, ROWS(rows));
	tcase_add_test(cases, test_path_that_does_not_fit);
	tcase_add_test(cases, test_sizes);
	tcase_add_test(cases, test_nothing_there);
	return fixture_run(cases, "mounts");
}
