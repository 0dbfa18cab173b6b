/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_BOARDMAP_H
#define OOMGUARD_BOARDMAP_H

#include "board.h"

/* The guard's board, mapped read-only, and how far its records were taken. */
struct boardmap {
	const struct board *board;
	uint64_t next; /* number of the record to be taken next */
	uint64_t lost; /* overwritten before they could be taken */
};

/*
 * Begins with the oldest record that is there. Returns 0, -EPROTO for another
 * build's board, or -errno.
 */
int boardmap_open(struct boardmap *map, int fd);
void boardmap_close(struct boardmap *map);

/* Takes the next record. False when there is none. */
bool boardmap_take(struct boardmap *map, struct record *out);
bool boardmap_has_more(const struct boardmap *map);

#endif
