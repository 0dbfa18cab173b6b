/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_READING_H
#define OOMGUARD_READING_H

#include <stdint.h>

#include "request.h"
#include "settings.h"

/* What a reading of the configuration gives. */
struct reading {
	struct settings settings; /* of every valid line */
	int32_t mistakes;
	char text[REQUEST_ANSWER_TEXT]; /* which they are, one a line */
};

/*
 * Starts to read the configuration in a child without rights: files and user
 * names (a name service in the network) may block, and what they load into
 * memory stays out of the guard. `file` NULL: the system's files. Without
 * `users` none is looked up, and rules for a user stay without effect. Returns
 * a descriptor to poll and read, or -errno.
 */
int reading_start(const char *file, bool users);

/*
 * Takes what has come so far into *reading; *length starts at 0. Returns 0
 * while there is more to come, 1 when all of it is there, or -EIO.
 */
int reading_take(int fd, struct reading *reading, uint32_t *length);

/*
 * Reads and waits, at most as long as the child may take; then without users.
 * For the start: from then on SIGCHLD is ignored. Returns 0 or -errno.
 */
int reading_wait(const char *file, struct reading *reading);

/* So long a child may take before it is ended. */
#define READING_MOST_MS 10000

#endif
