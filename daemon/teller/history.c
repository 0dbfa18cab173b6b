/* SPDX-License-Identifier: MIT */
#include "history.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sane.h"

#define NAME "history"
#define NAME_NEW "history.new"
#define NAME_BAD "history.bad"
#define MODE 0600 /* Command lines may hold secrets. */

/*
 * One of these, then frames to the end, the oldest record first. Numbers are
 * as this machine has them: the file does not travel.
 */
struct head {
	char magic[8];
	uint32_t format;
	uint32_t record_version;
	uint32_t size; /* of a frame */
	uint32_t reserved;
};

struct frame {
	uint64_t checksum; /* of what follows */
	struct told_record told;
};

static const struct head our_head = {
	.magic = "oomghist",
	.format = 1,
	.record_version = RECORD_VERSION,
	.size = sizeof(struct frame),
};

/* FNV-1a: against accidents, not against somebody who may write the file. */
static uint64_t checksum(const struct told_record *told)
{
	const unsigned char *bytes = (const unsigned char *)told;
	uint64_t sum = 0xcbf29ce484222325;

	for (size_t i = 0; i < sizeof(*told); i++)
		sum = (sum ^ bytes[i]) * 0x100000001b3;
	return sum;
}

static void put(struct history *history, const struct told_record *told)
{
	history->records[history->next] = *told;
	history->next = (history->next + 1) % HISTORY_RECORDS;
	if (history->count < HISTORY_RECORDS)
		history->count++;
}

/* Returns how many bytes there were, or -errno. */
static ssize_t read_all(int fd, void *bytes, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t got = read(fd, (char *)bytes + done, size - done);
		if (got < 0 && errno != EINTR)
			return -errno;
		if (got == 0)
			break;
		done += got > 0 ? (size_t)got : 0;
	}
	return (ssize_t)done;
}

static int write_all(int fd, const void *bytes, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t put_now =
			write(fd, (const char *)bytes + done, size - done);
		if (put_now < 0 && errno != EINTR)
			return -errno;
		done += put_now > 0 ? (size_t)put_now : 0;
	}
	return 0;
}

/* The next record: 1, 0 at the end, or -errno. */
static int read_frame(int fd, struct frame *frame)
{
	ssize_t got = read_all(fd, frame, sizeof(*frame));

	if (got <= 0)
		return (int)got;
	if (got != sizeof(*frame) || frame->checksum != checksum(&frame->told))
		return -EBADMSG;
	return sane_told(&frame->told) ? 1 : -EBADMSG;
}

static int read_frames(struct history *history, int fd)
{
	struct head head;
	struct frame frame;
	ssize_t got = read_all(fd, &head, sizeof(head));
	int result;

	if (got < 0)
		return (int)got;
	if (got != sizeof(head) || memcmp(&head, &our_head, sizeof(head)) != 0)
		return -EBADMSG;
	while ((result = read_frame(fd, &frame)) > 0) {
		if (history->count == HISTORY_RECORDS)
			return -EBADMSG;
		put(history, &frame.told);
	}
	return result;
}

/* A pipe or a device in its place must not hold us up. */
static int load(struct history *history)
{
	struct stat status;
	int result = -EBADMSG;
	int fd = openat(history->directory, NAME,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		result = read_frames(history, fd);
	(void)close(fd);
	return result;
}

/* The records themselves stay as they are: 1 MB is not cleared for nothing. */
static int begin(struct history *history, const char *directory)
{
	history->directory = -1;
	history->count = 0;
	history->next = 0;
	history->is_dirty = false;
	history->error = 0;
	if (!directory)
		return 0;
	history->directory =
		open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return history->directory < 0 ? -errno : 0;
}

int history_open(struct history *history, const char *directory)
{
	int result = begin(history, directory);

	if (result != 0 || !directory)
		return result;
	result = load(history);
	if (result == 0)
		return 0;
	history->is_dirty = true;
	if (renameat(history->directory, NAME, history->directory, NAME_BAD))
		history->error = -errno;
	return result;
}

int history_read(struct history *history, const char *directory)
{
	int result = begin(history, directory);

	if (result == 0 && directory)
		result = load(history);
	history_close(history);
	return result;
}

void history_close(struct history *history)
{
	if (history->directory >= 0)
		(void)close(history->directory);
	history->directory = -1;
}

const struct told_record *history_get(const struct history *history,
				      uint32_t nth)
{
	uint32_t oldest = history->next + HISTORY_RECORDS - history->count;

	if (nth >= history->count)
		return NULL;
	return &history->records[(oldest + nth) % HISTORY_RECORDS];
}

static bool has(const struct history *history, const struct record *record)
{
	for (uint32_t i = 0; i < history->count; i++) {
		const struct record *other = &history_get(history, i)->record;
		if (other->number == record->number &&
		    other->realtime_us == record->realtime_us)
			return true;
	}
	return false;
}

bool history_add(struct history *history, const struct told_record *told)
{
	if (has(history, &told->record))
		return false;
	put(history, told);
	history->is_dirty = true;
	return true;
}

/*
 * The temporary file is the lock. Whoever gets it after another one has renamed
 * it holds the history itself, and must not touch it.
 */
static int lock_new(const struct history *history)
{
	struct stat ours;
	struct stat there;
	int error = 0;
	int fd = openat(
		history->directory, NAME_NEW,
		O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, MODE);

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0 || fstat(fd, &ours) != 0)
		error = errno == EWOULDBLOCK ? -EBUSY : -errno;
	else if (fstatat(history->directory, NAME_NEW, &there,
			 AT_SYMLINK_NOFOLLOW) != 0 ||
		 ours.st_ino != there.st_ino)
		error = -EBUSY;
	if (error == 0)
		return fd;
	(void)close(fd);
	return error;
}

static int write_frames(const struct history *history, int fd)
{
	struct frame frame;
	int error = ftruncate(fd, 0) == 0 ? 0 : -errno;

	if (error == 0)
		error = write_all(fd, &our_head, sizeof(our_head));
	for (uint32_t i = 0; i < history->count && error == 0; i++) {
		frame.told = *history_get(history, i);
		frame.checksum = checksum(&frame.told);
		error = write_all(fd, &frame, sizeof(frame));
	}
	if (error == 0 && fsync(fd) != 0)
		error = -errno;
	return error;
}

static int replace(const struct history *history)
{
	int directory = history->directory;
	int fd = lock_new(history);
	int error;

	if (fd < 0)
		return fd;
	error = write_frames(history, fd);
	if (error == 0 && renameat(directory, NAME_NEW, directory, NAME) != 0)
		error = -errno;
	if (error == 0)
		(void)fsync(directory); /* Without it the old one is whole. */
	else
		(void)unlinkat(directory, NAME_NEW, 0); /* It was no use. */
	(void)close(fd);
	return error;
}

int history_save(struct history *history)
{
	if (!history->is_dirty || history->directory < 0)
		return 0;
	history->error = replace(history);
	history->is_dirty = history->error != 0;
	return history->error;
}
