/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_HISTORY_H
#define OOMGUARD_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "extra.h"

#define HISTORY_RECORDS 256

/*
 * The last records, in memory and in one file of the state directory, so that
 * they survive a restart of the service. The file is bounded, replaced
 * atomically (temporary file, fsync, rename) and carries a version; one that is
 * garbage, truncated or of another version is set aside and begun anew, and
 * the whole records before the damage are kept. A full disk loses the file's
 * newest state, never the memory's.
 */
struct history {
	int directory; /* -1: only in memory */
	uint32_t count;
	uint32_t next;
	int error; /* of the last attempt to write, or 0 */
	struct told_record records[HISTORY_RECORDS];
};

/* `directory` NULL: only in memory. Returns 0 or -errno; usable either way. */
int history_open(struct history *history, const char *directory);
void history_close(struct history *history);

/* Adds in memory; history_save() writes, called when there is time. */
void history_add(struct history *history, const struct told_record *told);
int history_save(struct history *history);

/* The nth of those that are kept, the oldest first, or NULL. */
const struct told_record *history_get(const struct history *history,
				      uint32_t nth);

/* Reads such a file without a service, for `oomguard history`. */
int history_read(struct history *history, const char *directory);

#endif
