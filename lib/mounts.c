/* SPDX-License-Identifier: MIT */
#include "mounts.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "door.h"

#include "hot.h"

#define CHUNK_SIZE 8192 /* a line that is longer is not read */

static bool take_device(struct field *from, struct mount *mount)
{
	uint64_t major, minor;

	if (!field_u64(from, &major) || !field_skip(from, ":") ||
	    !field_u64(from, &minor))
		return false;
	mount->major = (uint32_t)major;
	mount->minor = (uint32_t)minor;
	return true;
}

/* Blanks and the like are \040: three octal digits. */
static char take_byte(struct field *from)
{
	unsigned int value = 0;

	if (*from->at != '\\' || from->end - from->at < 4)
		return *from->at++;
	for (int i = 1; i < 4; i++)
		value = value * 8 + (unsigned int)(from->at[i] - '0') % 8;
	from->at += 4;
	return (char)value;
}

static bool take_path(struct field word, char path[MOUNT_PATH_SIZE])
{
	size_t length = 0;

	while (word.at < word.end && length < MOUNT_PATH_SIZE - 1)
		path[length++] = take_byte(&word);
	path[length] = '\0';
	return word.at == word.end && path[0] == '/';
}

static bool is(const struct field *word, const char *string)
{
	size_t length = strlen(string);

	return (size_t)(word->end - word->at) == length &&
	       memcmp(word->at, string, length) == 0;
}

/* id, parent, device, root, path, options, any number of tags, -, type. */
bool mounts_parse(struct field line, struct mount *out)
{
	struct mount mount = { .used_kib = 0 };
	struct field word, path;

	if (!field_skip_words(&line, 2) || !take_device(&line, &mount) ||
	    !field_skip_words(&line, 1) || !field_word(&line, &path))
		return false;
	do
		if (!field_word(&line, &word))
			return false;
	while (!is(&word, "-"));
	if (!field_word(&line, &word) || !is(&word, "tmpfs") ||
	    !take_path(path, mount.path))
		return false;
	*out = mount;
	return true;
}

/* It may be hidden by what was mounted there later. */
static void measure(int root, struct mount *mount)
{
	struct stat stat;
	struct statfs statfs;
	int fd = openat(root, mount->path[1] ? mount->path + 1 : ".",
			O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return;
	if (fstat(fd, &stat) == 0 && major(stat.st_dev) == mount->major &&
	    minor(stat.st_dev) == mount->minor && fstatfs(fd, &statfs) == 0 &&
	    statfs.f_type == TMPFS_MAGIC)
		mount->used_kib = (int64_t)(statfs.f_blocks - statfs.f_bfree) *
				  (statfs.f_bsize / 1024);
	(void)close(fd);
}

static void keep(struct mounts *mounts, const struct mount *mount)
{
	struct mount *largest = mounts->largest;
	int at = MOUNTS_LARGEST - 1;

	for (int i = 0; i < MOUNTS_LARGEST; i++)
		if (largest[i].major == mount->major &&
		    largest[i].minor == mount->minor)
			return;
	if (mount->used_kib <= largest[at].used_kib)
		return;
	for (; at > 0 && largest[at - 1].used_kib < mount->used_kib; at--)
		largest[at] = largest[at - 1];
	largest[at] = *mount;
}

/* All whole lines of a chunk. Returns how many bytes these were. */
static size_t read_lines(const char *bytes, size_t length, int root,
			 struct mounts *out)
{
	struct field text = { bytes, bytes + length }, line;
	struct mount mount;

	while (field_line(&text, &line)) {
		if (!mounts_parse(line, &mount))
			continue;
		measure(root, &mount);
		keep(out, &mount);
	}
	return (size_t)(text.at - bytes);
}

void mounts_read(int proc, struct mounts *out)
{
	char bytes[CHUNK_SIZE];
	size_t offset = 0, used = 1;
	int file = door_open(proc, "1/mountinfo");
	int root = openat(proc, "1/root", O_PATH | O_DIRECTORY | O_CLOEXEC);

	memset(out, 0, sizeof(*out));
	while (file >= 0 && root >= 0 && used > 0) {
		ssize_t length = door_read(file, bytes, sizeof(bytes), offset);
		used = length > 0 ? read_lines(bytes, (size_t)length, root, out)
				  : 0;
		offset += used;
	}
	if (root >= 0)
		(void)close(root);
	if (file >= 0)
		(void)close(file);
}
