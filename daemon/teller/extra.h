/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_EXTRA_H
#define OOMGUARD_EXTRA_H

#include <stdint.h>

#include "board.h"
#include "record.h"

#include "finder.h"

#define EXTRA_CMDLINE_SIZE 512

/*
 * What the teller adds to a record, because the guard has no time to find out:
 * empty where it is not known. Any byte but NUL may be in the command line.
 */
struct extra {
	char cmdline[EXTRA_CMDLINE_SIZE]; /* cached since warn */
	char user[64];
	char container[80]; /* its id, from the cgroup */
	char restart[32];   /* Restart= of the unit */
};

/* A record as it is kept, sent and shown. */
struct told_record {
	struct record record;
	struct extra extra;
};

/*
 * From warn on: has everything found out about those who may be struck, for
 * afterwards it is gone. Does nothing while it is calm. Nothing here waits, and
 * a finder that is NULL knows nothing.
 */
void extra_remember(struct finder *finder, const struct snapshot *snapshot);

/*
 * What is known of a process now, and has found out what is not, so that it is
 * known the next time. `cgroup` is NULL or empty where it is not known.
 */
void extra_of(struct finder *finder, const struct candidate *candidate,
	      const char *cgroup, int64_t now_ms, struct extra *out);

/* The same for the victim of a record; all empty where there is none. */
void extra_fill(struct finder *finder, const struct record *record,
		struct extra *out);

#endif
