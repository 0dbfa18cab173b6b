/* SPDX-License-Identifier: MIT */
#include "ward_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "door.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

static void read_boot(char boot[WARDS_BOOT_SIZE])
{
	memset(boot, 0, WARDS_BOOT_SIZE);
	/* All zeros where it is not there: as good as any other boot. */
	(void)door_read_at(AT_FDCWD, BOOT_ID, boot, WARDS_BOOT_SIZE - 1);
}

/* The first of several, as systemd gives them. */
static int open_directory(void)
{
	const char *path = getenv("RUNTIME_DIRECTORY");
	char first[256];
	size_t length = path ? strcspn(path, ":") : 0;
	int fd;

	if (length == 0 || length >= sizeof(first) || *path != '/')
		return -ENOENT;
	memcpy(first, path, length);
	first[length] = '\0';
	fd = open(first, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Nobody else may have been able to write to it. */
static bool is_ours(int fd)
{
	struct stat file;

	return fstat(fd, &file) == 0 && S_ISREG(file.st_mode) &&
	       (file.st_uid == geteuid() || file.st_uid == 0) &&
	       (file.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static int open_file(int directory)
{
	int fd = openat(directory, WARD_FILE,
			O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
			0600);

	if (fd < 0)
		return -errno;
	if (!is_ours(fd)) {
		(void)close(fd);
		return -EPERM;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	(void)close(fd);
	return -EBUSY;
}

static uint32_t count(const struct wards *wards)
{
	uint32_t counted = 0;

	for (int i = 0; i < WARDS_MOST; i++)
		counted += wards->wards[i].pid != 0;
	return counted;
}

/* Takes what is there if it is valid. Returns whether it was spoilt. */
static bool adopt(int fd, struct wards *wards, char boot[WARDS_BOOT_SIZE])
{
	ssize_t length = door_read(fd, (char *)wards, sizeof(*wards), 0);

	/* Where one could not be read: a runtime directory is of this boot. */
	if (length == sizeof(*wards) && (!boot[0] || !wards->boot[0]))
		memcpy(boot, wards->boot, WARDS_BOOT_SIZE);
	bool is_valid =
		length == sizeof(*wards) && wards_are_valid(wards, boot);
	bool is_old = length == sizeof(*wards) &&
		      memcmp(wards->boot, boot, WARDS_BOOT_SIZE) != 0;

	if (is_valid) {
		wards->count = count(wards);
		return false;
	}
	wards_init(wards, boot);
	return length != 0 && !is_old;
}

int ward_file_open(struct wards *wards, bool *was_spoilt)
{
	char boot[WARDS_BOOT_SIZE];
	int directory, fd;

	read_boot(boot);
	wards_init(wards, boot);
	*was_spoilt = false;
	directory = open_directory();
	if (directory < 0)
		return directory;
	fd = open_file(directory);
	(void)close(directory);
	if (fd < 0)
		return fd;
	*was_spoilt = adopt(fd, wards, boot);
	if (ftruncate(fd, sizeof(*wards)) == 0 &&
	    posix_fallocate(fd, 0, sizeof(*wards)) == 0 &&
	    pwrite(fd, wards, sizeof(*wards), 0) == sizeof(*wards))
		return fd;
	(void)close(fd);
	return -ENOSPC;
}

static void save(int fd, const struct wards *wards, const void *part,
		 size_t size)
{
	/* Its blocks are there: it can fail only where nothing would help. */
	(void)!pwrite(fd, part, size, (const char *)part - (const char *)wards);
}

void ward_file_save(int fd, const struct wards *wards, const struct ward *ward)
{
	if (fd < 0)
		return;
	if (ward->pid && ward->unit >= 0)
		save(fd, wards, wards->units[ward->unit], WARDS_UNIT_SIZE);
	save(fd, wards, ward, sizeof(*ward));
}

void ward_file_remove(int fd)
{
	int directory = open_directory();

	if (directory >= 0) {
		(void)unlinkat(directory, WARD_FILE, 0);
		(void)close(directory);
	}
	(void)close(fd);
}
