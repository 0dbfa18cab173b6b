/* SPDX-License-Identifier: MIT */
#include "procfs.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "field.h"

#include "hot.h"

void procfs_walk_begin(struct procfs_walk *walk, const struct procfs *procfs)
{
	walk->directory = procfs->root;
	walk->at = 0;
	walk->length = 0;
	/* It is a directory, which can always be rewound. */
	(void)lseek(procfs->root, 0, SEEK_SET);
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
static int32_t fill(struct procfs_walk *walk)
{
	long length = syscall(SYS_getdents64, walk->directory, walk->bytes,
			      sizeof(walk->bytes));

	if (length < 0)
		return -errno;
	walk->at = 0;
	walk->length = (size_t)length;
	return (int32_t)length;
}

int32_t procfs_walk_next(struct procfs_walk *walk)
{
	const size_t header = offsetof(struct dirent64, d_name);

	for (;;) {
		const char *entry = walk->bytes + walk->at;
		unsigned short size;
		int32_t pid;

		if (walk->at >= walk->length) {
			int32_t filled = fill(walk);

			if (filled <= 0)
				return filled;
			continue;
		}
		memcpy(&size, entry + offsetof(struct dirent64, d_reclen),
		       sizeof(size));
		walk->at += size;
		pid = parse_pid(entry + header, size - header);
		if (pid > 0)
			return pid;
	}
}
