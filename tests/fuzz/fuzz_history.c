/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fields.h"
#include "history.h"
#include "place.h"

static struct history history;
static struct history again;

static char directory[64];

static void remove_directory(void)
{
	static const char *const names[] = { "history", "history.new",
					     "history.bad" };
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; i < 3; i++)
		(void)unlinkat(fd, names[i], 0);
	(void)close(fd);
	(void)rmdir(directory);
}

static void make_directory(void)
{
	if (directory[0])
		return;
	place_make(directory);
	(void)atexit(remove_directory);
}

static void write_file(const uint8_t *bytes, size_t size)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "%s/history", directory);
	place_write(path, bytes, size);
}

/* Everything that is used of a record is used here. */
static void use_all(const struct history *read)
{
	struct fields fields;

	for (uint32_t i = 0; i < read->count; i++) {
		fields_init(&fields);
		fields_put_record(&fields, history_get(read, i));
		assert(!fields.cut);
	}
	assert(!history_get(read, read->count));
}

/* Padding included: both were copied from the same bytes. */
static bool is_same(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct told_record)) == 0;
}

/* What was read can be written, and read again without a mistake. */
static void round_trip(void)
{
	int opened = history_open(&history, directory);

	use_all(&history);
	assert(opened == 0 || history.is_dirty);
	history.is_dirty = true;
	if (history_save(&history) != 0)
		abort();
	history_close(&history);
	if (history_read(&again, directory) != 0)
		abort();
	assert(again.count == history.count);
	for (uint32_t i = 0; i < again.count; i++)
		assert(is_same(history_get(&again, i),
			       history_get(&history, i)));
}

/*
 * The checksum would keep everything out that is made up: so records are taken
 * from the input and written with the right one, too.
 */
static void write_records(const uint8_t *bytes, size_t size)
{
	struct told_record told;

	if (history_open(&history, NULL) != 0)
		abort();
	memset(&told, 0, sizeof(told));
	do {
		size_t length = size < sizeof(told) ? size : sizeof(told);
		memcpy(&told, bytes, length);
		(void)history_add(&history, &told);
		bytes += length;
		size -= length;
	} while (size > 0);
	history.directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (history_save(&history) != 0)
		abort();
	history_close(&history);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	make_directory();
	write_file(bytes, size);
	round_trip();
	write_records(bytes, size);
	round_trip();
	return 0;
}
