/* SPDX-License-Identifier: MIT */
#include "grip.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "door.h"
#include "privilege.h"
#include "text.h"
#include "wards.h"

#include "hot.h"

#define PATH_SIZE 32
#define NUMBER_SIZE 16

/* Who may not write it may still be looked at. */
static int open_value(const struct procfs *procfs, int32_t pid)
{
	char path[PATH_SIZE];
	struct text text;
	int fd;

	text_init(&text, path, sizeof(path));
	text_put_int(&text, pid);
	text_put(&text, "/oom_score_adj");
	fd = openat(procfs->root, path, O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (fd >= 0)
		return fd;
	return errno == EACCES || errno == EPERM || errno == EROFS
		       ? door_open(procfs->root, path)
		       : -errno;
}

/*
 * The value is read last: that succeeds only as long as the process is there,
 * so that nobody else can have had its pid when stat was opened.
 */
static int read_files(const struct procfs *procfs, struct grip *grip)
{
	char bytes[NUMBER_SIZE];
	int error = procfs_read_stat(procfs, grip->pid, &grip->stat);
	ssize_t length;

	if (error)
		return error;
	length = door_read_once(grip->fd, bytes, sizeof(bytes), 0);
	if (length < 0)
		return (int)length;
	return process_parse_adj(bytes, (size_t)length, &grip->present);
}

void grip_release(struct grip *grip)
{
	(void)close(grip->fd);
}

int grip_take(const struct procfs *procfs, int32_t pid, struct grip *grip)
{
	int error;

	grip->pid = pid;
	grip->fd = open_value(procfs, pid);
	if (grip->fd < 0)
		return grip->fd;
	error = read_files(procfs, grip);
	if (error)
		grip_release(grip);
	return error;
}

static int write_value(const struct grip *grip, int32_t value)
{
	char bytes[NUMBER_SIZE];
	struct text text;

	text_init(&text, bytes, sizeof(bytes));
	text_put_int(&text, value);
	/* EBADF: it could be opened for reading only. */
	if (pwrite(grip->fd, bytes, text.length, 0) >= 0)
		return 0;
	return errno == EBADF ? -EACCES : -errno;
}

int grip_write(const struct grip *grip, int32_t value)
{
	bool is_nominee =
		value == WARDS_NOMINATED || grip->present == WARDS_NOMINATED;
	int error;

	if (!is_nominee)
		return write_value(grip, value);
	privilege_use_resource(false);
	error = write_value(grip, value);
	privilege_use_resource(true);
	return error;
}
