/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_HISTORY_H
#define OOMGUARD_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "extra.h"

#define HISTORY_RECORDS 256

/*
 * The last records, in memory and in the file `history` of the state directory,
 * so that they survive a restart of the service. The file is bounded (about a
 * megabyte), replaced atomically (temporary file, fsync, rename) and carries a
 * version; one that is garbage, truncated or of another version is set aside
 * as `history.bad` and begun anew, and the whole records before the damage are
 * kept. A full disk loses the file's newest state, never the memory's. Of two
 * writers each replaces the file as a whole, one after the other.
 */
struct history {
	int directory; /* -1: only in memory */
	uint32_t count;
	uint32_t next;
	bool is_dirty;
	int error; /* of the last attempt to write, or 0 */
	struct told_record records[HISTORY_RECORDS];
};

/*
 * `directory` NULL: only in memory. Returns 0 or -errno, -EBADMSG if the file
 * was damaged; usable either way.
 */
int history_open(struct history *history, const char *directory);
void history_close(struct history *history);

/*
 * Adds in memory. False when this very record is there already: a teller that
 * was started again reads the board from its oldest record.
 */
bool history_add(struct history *history, const struct told_record *told);

/*
 * Writes, if there is anything new; waits for the disk, so it is called when
 * there is time. -EBUSY: another one is writing, try again. Returns 0 or
 * -errno.
 */
int history_save(struct history *history);

/* The nth of those that are kept, the oldest first, or NULL. */
const struct told_record *history_get(const struct history *history,
				      uint32_t nth);

/*
 * Reads such a file without a service, for `oomguard history`, and changes
 * nothing. Returns 0 or -errno; what could be read is there either way.
 */
int history_read(struct history *history, const char *directory);

#endif
