/* SPDX-License-Identifier: MIT */
#include "history.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "told.h"

#define HEAD_SIZE 24
#define FRAME_SIZE (sizeof(struct told_record) + 8)

static char directory[] = "/tmp/oomguard-history-XXXXXX";
static struct history history;
static struct history other;

static void remove_file(const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	if (unlink(path) != 0)
		(void)rmdir(path);
}

static void setup(void)
{
	(void)snprintf(directory + sizeof(directory) - 7, 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(history_open(&history, directory), 0);
}

static void teardown(void)
{
	history_close(&history);
	(void)chmod(directory, 0700);
	remove_file("history");
	remove_file("history.new");
	remove_file("history.bad");
	ck_assert_int_eq(rmdir(directory), 0);
}

static void add(struct history *to, uint64_t first, uint64_t last)
{
	struct told_record told = told_full(RECORD_OUTCOME);

	for (uint64_t i = first; i <= last; i++) {
		told.record.number = i;
		ck_assert(history_add(to, &told));
	}
}

static int open_file(const char *name, int flags)
{
	int fd = openat(history.directory, name, flags | O_CLOEXEC, 0600);

	ck_assert_msg(fd >= 0, "%s", name);
	return fd;
}

static bool exists(const char *name)
{
	return faccessat(history.directory, name, F_OK, 0) == 0;
}

/* What one reads who comes after; the numbers are from first to last. */
static void ck_reads(const char *row, int result, uint64_t first, uint64_t last)
{
	ck_assert_msg(history_read(&other, directory) == result, "%s", row);
	ck_assert_msg(other.count == last + 1 - first, "%s: %u", row,
		      other.count);
	for (uint32_t i = 0; i < other.count; i++)
		ck_assert_msg(history_get(&other, i)->record.number ==
				      first + i,
			      "%s", row);
	ck_assert_ptr_null(history_get(&other, other.count));
}

static const struct {
	const char *name;
	uint64_t added;
	uint64_t oldest;
} kept[] = {
	{ "one", 1, 1 },
	{ "it is just full", HISTORY_RECORDS, 1 },
	{ "one too many", HISTORY_RECORDS + 1, 2 },
	{ "twice around and one", 2 * HISTORY_RECORDS + 1,
	  HISTORY_RECORDS + 2 },
};

START_TEST(test_kept)
{
	struct stat status;

	add(&history, 1, kept[_i].added);
	ck_assert_int_eq(history_save(&history), 0);
	ck_assert_int_eq(fstatat(history.directory, "history", &status, 0), 0);
	ck_assert_int_eq(status.st_mode & 07777, 0600);
	ck_assert_int_eq(status.st_size,
			 HEAD_SIZE + (int64_t)(history.count * FRAME_SIZE));
	ck_reads(kept[_i].name, 0, kept[_i].oldest, kept[_i].added);
	ck_assert_mem_eq(history_get(&other, 0), history_get(&history, 0),
			 sizeof(struct told_record));
	ck_assert(!exists("history.new"));
	ck_assert(!exists("history.bad"));
}
END_TEST

START_TEST(test_only_when_dirty)
{
	ck_assert_int_eq(history_save(&history), 0);
	ck_assert(!exists("history"));
	add(&history, 1, 1);
	ck_assert_int_eq(history_save(&history), 0);
	ck_assert_int_eq(unlinkat(history.directory, "history", 0), 0);
	ck_assert_int_eq(history_save(&history), 0);
	ck_assert(!exists("history"));
}
END_TEST

START_TEST(test_added_twice)
{
	struct told_record told = told_least(RECORD_STATE);

	ck_assert(history_add(&history, &told));
	ck_assert(!history_add(&history, &told));
	told.record.realtime_us++;
	ck_assert(history_add(&history, &told));
	told.record.number++;
	ck_assert(history_add(&history, &told));
	ck_assert_uint_eq(history.count, 3);
}
END_TEST

/* After a restart it goes on where it was. */
START_TEST(test_goes_on)
{
	add(&history, 1, 3);
	ck_assert_int_eq(history_save(&history), 0);
	ck_assert_int_eq(history_open(&other, directory), 0);
	add(&other, 4, 5);
	ck_assert_int_eq(history_save(&other), 0);
	history_close(&other);
	ck_reads("both", 0, 1, 5);
}
END_TEST

static const struct {
	const char *name;
	int64_t length; /* what is left of three records; -1: all of it */
	int64_t at;     /* the byte that is changed; -1: none */
	uint64_t whole;
} damages[] = {
	{ "empty", 0, -1, 0 },
	{ "half of a head", HEAD_SIZE - 1, -1, 0 },
	{ "half of a record", HEAD_SIZE + 1, -1, 0 },
	{ "one byte is missing", HEAD_SIZE + 3 * (int64_t)FRAME_SIZE - 1, -1,
	  2 },
	{ "one byte too many", HEAD_SIZE + 3 * (int64_t)FRAME_SIZE + 1, -1, 3 },
	{ "another program's", -1, 0, 0 },
	{ "another format", -1, 8, 0 },
	{ "another version", -1, 12, 0 },
	{ "another size", -1, 16, 0 },
	{ "the first record", -1, HEAD_SIZE + 8, 0 },
	{ "the second checksum", -1, HEAD_SIZE + FRAME_SIZE, 1 },
	{ "the last byte", -1, HEAD_SIZE + 3 * (int64_t)FRAME_SIZE - 1, 2 },
};

static void damage(int64_t size, int64_t at)
{
	int fd = open_file("history", O_RDWR);
	char byte;

	if (size >= 0)
		ck_assert_int_eq(ftruncate(fd, size), 0);
	if (at >= 0) {
		ck_assert_int_eq(pread(fd, &byte, 1, at), 1);
		byte ^= 0x10;
		ck_assert_int_eq(pwrite(fd, &byte, 1, at), 1);
	}
	(void)close(fd);
}

START_TEST(test_damaged)
{
	const char *name = damages[_i].name;

	add(&history, 1, 3);
	ck_assert_int_eq(history_save(&history), 0);
	damage(damages[_i].length, damages[_i].at);
	ck_reads(name, -EBADMSG, 1, damages[_i].whole);
	ck_assert_msg(!exists("history.bad"), "%s: reading moves it", name);

	ck_assert_int_eq(history_open(&other, directory), -EBADMSG);
	ck_assert_msg(exists("history.bad") && !exists("history"), "%s", name);
	ck_assert_int_eq(other.error, 0);
	ck_assert_int_eq(history_save(&other), 0);
	history_close(&other);
	ck_reads(name, 0, 1, damages[_i].whole);
}
END_TEST

/* More than fits: the first ones are kept, the rest is damage. */
START_TEST(test_too_long)
{
	static char frame[FRAME_SIZE];
	int fd;

	add(&history, 1, HISTORY_RECORDS);
	ck_assert_int_eq(history_save(&history), 0);
	fd = open_file("history", O_RDWR | O_APPEND);
	ck_assert_int_eq(pread(fd, frame, sizeof(frame), HEAD_SIZE),
			 sizeof(frame));
	ck_assert_int_eq(write(fd, frame, sizeof(frame)), sizeof(frame));
	(void)close(fd);
	ck_reads("too long", -EBADMSG, 1, HISTORY_RECORDS);
}
END_TEST

/* The checksum is right, and what it covers is not. */
START_TEST(test_insane)
{
	struct told_record told = told_full(RECORD_OUTCOME);

	add(&history, 1, 2);
	memset(told.record.text, 'x', sizeof(told.record.text));
	ck_assert(history_add(&history, &told));
	ck_assert_int_eq(history_save(&history), 0);
	ck_reads("a text without an end", -EBADMSG, 1, 2);
}
END_TEST

enum in_place { DIRECTORY, FIFO, LINK, LOOP };

static const struct {
	const char *name;
	enum in_place kind;
	int result;
} in_place[] = {
	{ "a directory", DIRECTORY, -EBADMSG },
	{ "a pipe that nobody writes to", FIFO, -EBADMSG },
	{ "a link to somewhere else", LINK, -ELOOP },
	{ "a link to itself", LOOP, -ELOOP },
};

START_TEST(test_something_else)
{
	int in = history.directory;
	const char *name = in_place[_i].name;

	switch (in_place[_i].kind) {
	case DIRECTORY:
		ck_assert_int_eq(mkdirat(in, "history", 0700), 0);
		break;
	case FIFO:
		ck_assert_int_eq(mkfifoat(in, "history", 0600), 0);
		break;
	case LINK:
		ck_assert_int_eq(symlinkat("/etc/passwd", in, "history"), 0);
		break;
	case LOOP:
		ck_assert_int_eq(symlinkat("history", in, "history"), 0);
		break;
	}
	ck_assert_msg(history_open(&other, directory) == in_place[_i].result,
		      "%s", name);
	add(&other, 1, 1);
	ck_assert_msg(history_save(&other) == 0, "%s", name);
	history_close(&other);
	ck_reads(name, 0, 1, 1);
}
END_TEST

START_TEST(test_no_directory)
{
	ck_assert_int_eq(history_open(&other, "/nonexistent"), -ENOENT);
	add(&other, 1, 2);
	ck_assert_int_eq(history_save(&other), 0);
	ck_assert_uint_eq(history_get(&other, 1)->record.number, 2);
	history_close(&other);
	ck_assert_int_eq(history_read(&other, "/nonexistent"), -ENOENT);
	ck_assert_int_eq(history_read(&other, "/etc/passwd"), -ENOTDIR);
	ck_assert_int_eq(history_open(&other, NULL), 0);
	ck_assert_int_eq(other.directory, -1);
}
END_TEST

START_TEST(test_directory_goes)
{
	ck_assert_int_eq(rmdir(directory), 0);
	add(&history, 1, 1);
	ck_assert_int_eq(history_save(&history), -ENOENT);
	ck_assert_int_eq(history.error, -ENOENT);
	ck_assert_int_eq(mkdir(directory, 0700), 0);
	ck_assert_uint_eq(history.count, 1);
}
END_TEST

/*
 * What a child does with the history where it cannot be written: it must not
 * harm what is there, and works again as soon as it can.
 */
static void fails_then_works(int expected, void (*mend)(void))
{
	struct stat before;
	struct stat after;

	ck_assert_int_eq(fstatat(history.directory, "history", &before, 0), 0);
	add(&history, 4, 6);
	ck_assert_int_eq(history_save(&history), expected);
	ck_assert_int_eq(history.error, expected);
	ck_assert(history.is_dirty);
	ck_assert(!exists("history.new"));
	ck_assert_int_eq(fstatat(history.directory, "history", &after, 0), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	ck_reads("the former ones", 0, 1, 3);
	mend();
	ck_assert_int_eq(history_save(&history), 0);
	ck_reads("the new ones, too", 0, 1, 6);
}

static void set_limit(rlim_t bytes)
{
	const struct rlimit limit = { .rlim_cur = bytes,
				      .rlim_max = RLIM_INFINITY };

	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void lift_limit(void)
{
	set_limit(RLIM_INFINITY);
}

START_TEST(test_no_room)
{
	(void)signal(SIGXFSZ, SIG_IGN);
	add(&history, 1, 3);
	ck_assert_int_eq(history_save(&history), 0);
	set_limit(HEAD_SIZE + 4 * FRAME_SIZE + 100);
	fails_then_works(-EFBIG, lift_limit);
}
END_TEST

static void remove_ballast(void)
{
	remove_file("ballast");
}

/* Takes all the room that there is but for some bytes. */
static void fill_disk(void)
{
	static const char page[4096];
	int fd = open_file("ballast", O_WRONLY | O_CREAT);

	while (write(fd, page, sizeof(page)) == sizeof(page))
		;
	ck_assert_int_eq(ftruncate(fd, lseek(fd, 0, SEEK_CUR) - 4 * 4096), 0);
	(void)close(fd);
}

/* A small file system of its own; needs the right to mount. */
START_TEST(test_full_disk)
{
	if (unshare(CLONE_NEWNS) != 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("none", directory, "tmpfs", 0, "size=256k") != 0) {
		(void)fprintf(stderr, "full disk: skipped, cannot mount\n");
		return;
	}
	history_close(&history);
	ck_assert_int_eq(history_open(&history, directory), 0);
	add(&history, 1, 3);
	ck_assert_int_eq(history_save(&history), 0);
	fill_disk();
	fails_then_works(-ENOSPC, remove_ballast);
	history_close(&history);
	ck_assert_int_eq(umount(directory), 0);
}
END_TEST

static void remount_writable(void)
{
	ck_assert_int_eq(mount(NULL, directory, NULL, MS_REMOUNT, NULL), 0);
}

START_TEST(test_read_only)
{
	if (unshare(CLONE_NEWNS) != 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("none", directory, "tmpfs", 0, "size=256k") != 0) {
		(void)fprintf(stderr, "read-only: skipped, cannot mount\n");
		return;
	}
	history_close(&history);
	ck_assert_int_eq(history_open(&history, directory), 0);
	add(&history, 1, 3);
	ck_assert_int_eq(history_save(&history), 0);
	ck_assert_int_eq(
		mount(NULL, directory, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	fails_then_works(-EROFS, remount_writable);
	history_close(&history);
	ck_assert_int_eq(umount(directory), 0);
}
END_TEST

/* The rights, for one who is not root. */
START_TEST(test_no_rights)
{
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(directory, 65534, 65534), 0);
		ck_assert_int_eq(seteuid(65534), 0);
	}
	add(&history, 1, 1);
	ck_assert_int_eq(chmod(directory, 0500), 0);
	ck_assert_int_eq(history_save(&history), -EACCES);
	ck_assert_int_eq(chmod(directory, 0700), 0);
	ck_assert_int_eq(history_save(&history), 0);
	ck_assert_int_eq(seteuid(getuid()), 0);
}
END_TEST

START_TEST(test_writer_holds)
{
	int fd = open_file("history.new", O_WRONLY | O_CREAT);

	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	add(&history, 1, 1);
	ck_assert_int_eq(history_save(&history), -EBUSY);
	ck_assert(exists("history.new"));
	(void)close(fd);
	ck_assert_int_eq(history_save(&history), 0);
	ck_reads("afterwards", 0, 1, 1);
}
END_TEST

static const uint64_t starts[] = { 1, 1001 };

static _Noreturn void write_often(uint64_t first)
{
	struct told_record told = told_full(RECORD_STRIKE);

	if (history_open(&other, directory) != 0)
		_exit(1);
	for (uint64_t i = first; i < first + 100; i++) {
		int error;
		told.record.number = i;
		(void)history_add(&other, &told);
		error = history_save(&other);
		if (error != 0 && error != -EBUSY)
			_exit(2);
	}
	_exit(0);
}

/* Whoever reads meanwhile always reads something whole. */
START_TEST(test_two_writers)
{
	pid_t children[2];
	int ended = 0;

	for (int i = 0; i < 2; i++) {
		children[i] = fork();
		if (children[i] == 0)
			write_often(starts[i]);
	}
	while (ended < 2) {
		int status;
		ck_assert_int_eq(history_read(&other, directory), 0);
		if (waitpid(children[ended], &status, WNOHANG) > 0) {
			ck_assert_int_eq(status, 0);
			ended++;
		}
	}
	ck_assert_int_eq(history_read(&other, directory), 0);
	ck_assert_uint_gt(other.count, 0);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("history");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_loop_test(cases, test_kept, 0, ROWS(kept));
	tcase_add_test(cases, test_only_when_dirty);
	tcase_add_test(cases, test_added_twice);
	tcase_add_test(cases, test_goes_on);
	tcase_add_loop_test(cases, test_damaged, 0, ROWS(damages));
	tcase_add_test(cases, test_too_long);
	tcase_add_test(cases, test_insane);
	tcase_add_loop_test(cases, test_something_else, 0, ROWS(in_place));
	tcase_add_test(cases, test_no_directory);
	tcase_add_test(cases, test_directory_goes);
	tcase_add_test(cases, test_no_room);
	tcase_add_test(cases, test_full_disk);
	tcase_add_test(cases, test_read_only);
	tcase_add_test(cases, test_no_rights);
	tcase_add_test(cases, test_writer_holds);
	tcase_add_test(cases, test_two_writers);
	return fixture_run(cases, "history");
}
