/* SPDX-License-Identifier: MIT */
#include "grip.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "door.h"
#include "text.h"

#include "hot.h"

#define FILE_SIZE 1024
#define NUMBER_SIZE 16

static int open_process(const struct procfs *procfs, int32_t pid)
{
	char path[NUMBER_SIZE];
	struct text text;
	int fd;

	text_init(&text, path, sizeof(path));
	text_put_int(&text, pid);
	fd = openat(procfs->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int read_files(struct grip *grip)
{
	char bytes[FILE_SIZE];
	ssize_t length =
		door_read_at(grip->directory, "stat", bytes, sizeof(bytes));
	int error = length < 0 ? (int)length
			       : process_parse_stat(bytes, (size_t)length,
						    &grip->stat);

	if (error)
		return error;
	length = door_read_at(grip->directory, "oom_score_adj", bytes,
			      sizeof(bytes));
	if (length < 0)
		return (int)length;
	return process_parse_number(bytes, (size_t)length, &grip->present);
}

void grip_release(struct grip *grip)
{
	(void)close(grip->directory);
}

int grip_take(const struct procfs *procfs, int32_t pid, struct grip *grip)
{
	int error;

	grip->pid = pid;
	grip->directory = open_process(procfs, pid);
	if (grip->directory < 0)
		return grip->directory;
	error = read_files(grip);
	if (error)
		grip_release(grip);
	return error;
}

int grip_write(const struct grip *grip, int32_t value)
{
	char bytes[NUMBER_SIZE];
	struct text text;
	int error = 0;
	int fd = openat(grip->directory, "oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	text_init(&text, bytes, sizeof(bytes));
	text_put_int(&text, value);
	if (write(fd, bytes, text.length) < 0)
		error = -errno;
	(void)close(fd);
	return error;
}
