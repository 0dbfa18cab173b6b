/* SPDX-License-Identifier: MIT */
#include "procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "door.h"
#include "field.h"
#include "text.h"

#include "hot.h"

#define PATH_SIZE 64
#define NUMBER_SIZE 32
#define STAT_SIZE 1024
#define STATUS_SIZE 4096
#define CGROUP_SIZE 4096

#define THREADS_MAX 64 /* that are asked for the memory of a process */
#define ROUNDS_MAX 256 /* 65,536 groups of 11 bytes need 190 */

static void put_path(char path[PATH_SIZE], int32_t pid, const char *file)
{
	struct text text;

	text_init(&text, path, PATH_SIZE);
	text_put_int(&text, pid);
	text_put(&text, file);
}

void procfs_walk_begin(struct procfs_walk *walk, const struct procfs *procfs)
{
	walk->walk = (struct door_walk){ .directory = procfs->root,
					 .size = sizeof(walk->bytes),
					 .bytes = walk->bytes };
	/* It is a directory, which can always be rewound. */
	(void)lseek(procfs->root, 0, SEEK_SET);
}

int32_t procfs_walk_next(struct procfs_walk *walk)
{
	return door_walk_next(&walk->walk);
}

/*
 * Drops the line that begins at `from`, of which the first bytes are in the
 * buffer, and fills it with what follows. Only reads forward: going back makes
 * the kernel write the text anew, and "S (sleeping)" moves all that follows.
 * Returns the length of the text, or -errno.
 */
static ssize_t drop_line(int fd, char bytes[STATUS_SIZE], size_t from)
{
	size_t offset = STATUS_SIZE;
	size_t end = STATUS_SIZE;

	for (int i = 0; i < ROUNDS_MAX; i++) {
		char *newline = memchr(bytes + from, '\n', end - from);
		ssize_t more;

		if (newline != NULL) {
			end -= (size_t)(newline + 1 - bytes);
			memmove(bytes + from, newline + 1, end);
			from += end;
		}
		more = door_read(fd, bytes + from, STATUS_SIZE - from, offset);
		if (more <= 0 || newline != NULL)
			return more < 0 ? more : (ssize_t)from + more;
		offset += (size_t)more;
		end = from + (size_t)more;
	}
	return -EBADMSG;
}

/*
 * Reads status without the list of groups where that does not fit: a user
 * namespace may give a process 65,536 of them, and nobody shall hide the size
 * of his memory behind them.
 */
static ssize_t read_status_bytes(int fd, char bytes[STATUS_SIZE])
{
	static const char label[] = "\nGroups:";
	ssize_t length = door_read(fd, bytes, STATUS_SIZE, 0);
	const char *groups;

	if (length < STATUS_SIZE)
		return length;
	groups = memmem(bytes, STATUS_SIZE, label, sizeof(label) - 1);
	if (groups == NULL)
		return length;
	return drop_line(fd, bytes, (size_t)(groups + 1 - bytes));
}

static int read_status(int directory, const char *path,
		       struct process_status *out)
{
	char bytes[STATUS_SIZE];
	int fd = door_open(directory, path);
	ssize_t length;

	if (fd < 0)
		return fd;
	length = read_status_bytes(fd, bytes);
	(void)close(fd);
	if (length < 0)
		return (int)length;
	return process_parse_status(bytes, (size_t)length, out);
}

static void take_memory(const struct process_status *thread,
			struct process_status *out)
{
	out->has_memory = thread->has_memory;
	out->anon_kib = thread->anon_kib;
	out->file_kib = thread->file_kib;
	out->shmem_kib = thread->shmem_kib;
	out->swap_kib = thread->swap_kib;
	out->tables_kib = thread->tables_kib;
}

/* Looks for the thread that still has the memory of a dead leader. */
static void ask_threads(int root, int32_t pid, struct process_status *out)
{
	_Alignas(8) char bytes[1024];
	struct door_walk walk = { .size = sizeof(bytes), .bytes = bytes };
	struct process_status thread;
	char path[PATH_SIZE];

	put_path(path, pid, "/task");
	walk.directory = door_open(root, path);
	if (walk.directory < 0)
		return;
	for (int i = 0; i < THREADS_MAX && !out->has_memory; i++) {
		int32_t tid = door_walk_next(&walk);

		if (tid <= 0)
			break;
		put_path(path, tid, "/status");
		if (tid != pid &&
		    read_status(walk.directory, path, &thread) == 0 &&
		    thread.has_memory)
			take_memory(&thread, out);
	}
	(void)close(walk.directory);
}

int procfs_read_status(const struct procfs *procfs, int32_t pid,
		       struct process_status *out)
{
	struct process_status status;
	char path[PATH_SIZE];
	int error;

	put_path(path, pid, "/status");
	error = read_status(procfs->root, path, &status);
	if (error < 0)
		return error;
	if (status.state == 'Z' && !status.has_memory)
		ask_threads(procfs->root, pid, &status);
	*out = status;
	return 0;
}

/* These come whole with one read: no second one has to ask for the end. */
static ssize_t read_file(const struct procfs *procfs, int32_t pid,
			 const char *file, char *bytes, size_t size)
{
	char path[PATH_SIZE];
	ssize_t length;
	int fd;

	put_path(path, pid, file);
	fd = door_open(procfs->root, path);
	if (fd < 0)
		return fd;
	length = door_read_once(fd, bytes, size, 0);
	(void)close(fd);
	return length;
}

int procfs_read_stat(const struct procfs *procfs, int32_t pid,
		     struct process_stat *out)
{
	char bytes[STAT_SIZE];
	ssize_t length = read_file(procfs, pid, "/stat", bytes, sizeof(bytes));

	if (length < 0)
		return (int)length;
	return process_parse_stat(bytes, (size_t)length, out);
}

int procfs_read_score_adj(const struct procfs *procfs, int32_t pid,
			  int64_t *out)
{
	char bytes[NUMBER_SIZE];
	ssize_t length =
		read_file(procfs, pid, "/oom_score_adj", bytes, sizeof(bytes));

	if (length < 0)
		return (int)length;
	return process_parse_adj(bytes, (size_t)length, out);
}

int procfs_read_cgroup(const struct procfs *procfs, int32_t pid,
		       char path[CGROUP_PATH_SIZE])
{
	char bytes[CGROUP_SIZE];
	ssize_t length =
		read_file(procfs, pid, "/cgroup", bytes, sizeof(bytes));

	if (length < 0)
		return (int)length;
	return cgroup_parse(bytes, (size_t)length, path);
}

int procfs_read_exe(const struct procfs *procfs, int32_t pid,
		    char exe[PROCFS_EXE_SIZE])
{
	static const char deleted[] = " (deleted)";
	const ssize_t suffix = sizeof(deleted) - 1;
	char bytes[PROCFS_EXE_SIZE];
	char path[PATH_SIZE];
	ssize_t length;

	put_path(path, pid, "/exe");
	length = readlinkat(procfs->root, path, bytes, sizeof(bytes));
	if (length < 0)
		return -errno;
	if (length >= (ssize_t)sizeof(bytes))
		return -ENAMETOOLONG;
	if (length > suffix &&
	    memcmp(bytes + length - suffix, deleted, (size_t)suffix) == 0)
		length -= suffix;
	memcpy(exe, bytes, (size_t)length);
	exe[length] = '\0';
	return 0;
}

int procfs_read_shared(const struct procfs *procfs, int32_t pid, int64_t *pages)
{
	char bytes[STAT_SIZE];
	ssize_t length = read_file(procfs, pid, "/statm", bytes, sizeof(bytes));
	struct field field = { bytes, bytes + (length > 0 ? length : 0) };
	int64_t size, resident;

	if (length < 0)
		return (int)length;
	return field_count(&field, &size) && field_count(&field, &resident) &&
			       field_count(&field, pages)
		       ? 0
		       : -EBADMSG;
}

static ssize_t read_mount_namespace(const struct procfs *procfs, int32_t pid,
				    char bytes[NUMBER_SIZE])
{
	char path[PATH_SIZE];

	put_path(path, pid, "/ns/mnt");
	return readlinkat(procfs->root, path, bytes, NUMBER_SIZE);
}

bool procfs_is_at_home(const struct procfs *procfs, int32_t pid)
{
	char own[NUMBER_SIZE], first[NUMBER_SIZE];
	ssize_t length = read_mount_namespace(procfs, pid, own);

	return length > 0 && read_mount_namespace(procfs, 1, first) == length &&
	       memcmp(own, first, (size_t)length) == 0;
}

bool procfs_exe_is_native(const struct procfs *procfs, int32_t pid,
			  const char *exe)
{
	struct stat theirs, ours;
	char path[PATH_SIZE];

	if (procfs_is_at_home(procfs, pid))
		return true;
	put_path(path, pid, "/exe");
	return fstatat(procfs->root, path, &theirs, 0) == 0 &&
	       stat(exe, &ours) == 0 && theirs.st_dev == ours.st_dev &&
	       theirs.st_ino == ours.st_ino;
}

int procfs_open_score(const struct procfs *procfs, int32_t pid)
{
	char path[PATH_SIZE];

	put_path(path, pid, "/oom_score");
	return door_open(procfs->root, path);
}

int procfs_read_score(int score_fd, int64_t *out)
{
	char bytes[NUMBER_SIZE];
	ssize_t length = door_read_once(score_fd, bytes, sizeof(bytes), 0);

	if (length < 0)
		return (int)length;
	return process_parse_score(bytes, (size_t)length, out);
}

bool procfs_is_gone(int error)
{
	return error == -ENOENT || error == -ESRCH;
}

bool procfs_is_unread(int error)
{
	return error && !procfs_is_gone(error) && error != -EBADMSG &&
	       error != -ENAMETOOLONG;
}
