/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_DOOR_H
#define OOMGUARD_DOOR_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "text.h"

/*
 * Small kernel files and directories of numbers, read through a directory that
 * is open, into memory of the caller.
 */

/* Opens for reading. Returns the descriptor, owned by the caller, or -errno. */
int door_open(int directory, const char *path);

/* One read at `offset`, again when a signal interrupts it; bytes or -errno. */
ssize_t door_read_once(int fd, char *bytes, size_t size, size_t offset);

/*
 * Reads from `offset` to the end, or until `size` bytes are there; the offset
 * of the descriptor stays. Returns the number of bytes, or -errno.
 */
ssize_t door_read(int fd, char *bytes, size_t size, size_t offset);

/* Opens, reads from the beginning, closes. */
ssize_t door_read_at(int directory, const char *path, char *bytes, size_t size);

/* A walk over the entries of a directory. */
struct door_walk {
	int directory;
	size_t at;
	size_t length;
	size_t size;
	char *bytes; /* aligned to 8 */
};

/* The next number, or 0 at the end, or -errno. */
int32_t door_walk_next(struct door_walk *walk);

/* The next name of any kind; NULL at the end, and when it fails. */
const char *door_walk_name(struct door_walk *walk);

/* The path of an own descriptor, for calls that take only paths. */
void door_put_path(struct text *path, int fd);

#endif
