/* SPDX-License-Identifier: MIT */
#ifndef TRACER_H
#define TRACER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Holds the main thread of a child at each of its system calls, and makes one
 * fail. Its other threads run on. Only on x86-64.
 */
struct tracer {
	pid_t pid;
	int error; /* for the call that it is in; 0: none */
};

/* Takes hold and stops it. Returns 0, or -errno where that is not permitted. */
int tracer_attach(struct tracer *tracer, pid_t pid);

/* Lets it run into its next call. Returns the number, or -ESRCH: it is gone. */
int64_t tracer_next(struct tracer *tracer);

/*
 * The call that it has just entered will fail with `error`; with `is_done` it
 * is done nevertheless.
 */
void tracer_fail(struct tracer *tracer, int error, bool is_done);

/* Lets it go. */
void tracer_detach(struct tracer *tracer);

#endif
