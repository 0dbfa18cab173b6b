/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_EXTRA_H
#define OOMGUARD_EXTRA_H

#include <stdint.h>

#include "record.h"

#define EXTRA_CMDLINE_SIZE 512

/*
 * What the teller adds to a record, because the guard has no time to find out:
 * empty where it is not known. Any byte may be in the command line.
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

#endif
