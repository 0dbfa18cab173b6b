/* SPDX-License-Identifier: MIT */
#include "door.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "hot.h"

int door_open(int directory, const char *path)
{
	int fd = openat(directory, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? -errno : fd;
}

ssize_t door_read_once(int fd, char *bytes, size_t size, size_t offset)
{
	ssize_t length;

	do
		length = pread(fd, bytes, size, (off_t)offset);
	while (length < 0 && errno == EINTR);
	return length < 0 ? -errno : length;
}

ssize_t door_read(int fd, char *bytes, size_t size, size_t offset)
{
	size_t length = 0;

	while (length < size) {
		ssize_t more = door_read_once(fd, bytes + length, size - length,
					      offset + length);

		if (more < 0)
			return more;
		if (more == 0)
			break;
		length += (size_t)more;
	}
	return (ssize_t)length;
}

ssize_t door_read_at(int directory, const char *path, char *bytes, size_t size)
{
	int fd = door_open(directory, path);
	ssize_t length;

	if (fd < 0)
		return fd;
	length = door_read(fd, bytes, size, 0);
	(void)close(fd);
	return length;
}
