/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_PROGRESS_H
#define OOMGUARD_PROGRESS_H

#include <stdint.h>

/*
 * How far the records of one guard have been told. It lives in memory that the
 * guard gives to one teller after the other and never looks at itself, so that
 * none is told twice, or lost without being counted, when a teller is killed.
 */
struct progress {
	uint64_t begun; /* number of the record that was about to be told */
	uint64_t done;  /* number of the newest that was told, or counted */
	uint64_t dropped;
	uint64_t dropped_told;
	int64_t muted_until_ms;
};

/*
 * Maps it. A record that was begun and not done may have been told: it is
 * counted as dropped, and not told again. Returns 0 or -errno.
 */
int progress_open(struct progress **progress, int fd);
void progress_close(struct progress *progress);

#endif
