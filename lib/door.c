/* SPDX-License-Identifier: MIT */
#include "door.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "field.h"

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

/* Returns 0 for names that are not numbers, and for numbers that no pid has. */
static int32_t parse_pid(const char *name, size_t size)
{
	struct field field = { name, name + strnlen(name, size) };
	uint64_t pid;

	if (field.at == field.end || *name < '1' || *name > '9' ||
	    !field_u64(&field, &pid) || field.at != field.end ||
	    pid > INT32_MAX)
		return 0;
	return (int32_t)pid;
}

/* Returns the bytes in the buffer, 0 at the end, or -errno. */
static int32_t fill(struct door_walk *walk)
{
	long length = syscall(SYS_getdents64, walk->directory, walk->bytes,
			      walk->size);

	if (length < 0)
		return -errno;
	walk->at = 0;
	walk->length = (size_t)length;
	return (int32_t)length;
}

/* The next entry: 1, 0 at the end, or -errno. */
static int32_t next_entry(struct door_walk *walk, const char **name,
			  size_t *most)
{
	const size_t header = offsetof(struct dirent64, d_name);
	const char *entry;
	unsigned short size;

	if (walk->at >= walk->length) {
		int32_t filled = fill(walk);

		if (filled <= 0)
			return filled;
	}
	entry = walk->bytes + walk->at;
	memcpy(&size, entry + offsetof(struct dirent64, d_reclen),
	       sizeof(size));
	walk->at += size;
	*name = entry + header;
	*most = size - header;
	return 1;
}

int32_t door_walk_next(struct door_walk *walk)
{
	const char *name;
	size_t most;

	for (;;) {
		int32_t result = next_entry(walk, &name, &most);

		if (result <= 0)
			return result;
		result = parse_pid(name, most);
		if (result > 0)
			return result;
	}
}

const char *door_walk_name(struct door_walk *walk)
{
	const char *name;
	size_t most;

	return next_entry(walk, &name, &most) > 0 ? name : NULL;
}

void door_put_path(struct text *path, int fd)
{
	text_put(path, "/proc/self/fd/");
	text_put_int(path, fd);
}
