/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_BENCH_FLOOD_H
#define OOMGUARD_BENCH_FLOOD_H

#include <stdint.h>
#include <sys/types.h>

#define FLOOD_A_SECOND 1000

/* A client of the teller that asks for the status all the time. */
struct flood {
	pid_t pid;
	int64_t begun_ns;
	_Atomic int64_t *answers; /* shared with it */
};

/* How long one answer takes, without the connection. Ends as below. */
int64_t flood_ask_us(const char *socket_path);

/*
 * Starts it; what it cannot reach within ten seconds ends this program. It
 * ends with its parent.
 */
void flood_begin(struct flood *flood, const char *socket_path);

/* Ends it. Returns how many answers it had in a second. */
int64_t flood_end(struct flood *flood);

#endif
