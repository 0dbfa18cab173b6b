/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_GUARD_CHILD_H
#define OOMGUARD_GUARD_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define GUARD_CHILD_PATH_SIZE 4096
#define GUARD_CHILD_LINE_SIZE 512

/* A guard that was started as a child, and what it writes. */
struct guard_child {
	pid_t pid; /* 0: not started, or gone */
	pid_t was; /* its pid, also afterwards */
	int output;
	size_t length;
	char line[GUARD_CHILD_LINE_SIZE];
};

/*
 * Finds oomguardd: beside this program, or in ../sbin from there. Returns 0,
 * or -ENOENT.
 */
int guard_child_find(char path[GUARD_CHILD_PATH_SIZE]);

/*
 * Starts `path --proc PROC --config CONFIG`, its output into a pipe. It dies
 * with the caller, however the caller ends. Returns 0 or -errno.
 */
int guard_child_start(struct guard_child *guard, const char *path,
		      const char *proc, const char *config);

/*
 * The next whole line that it wrote, or NULL when there is none yet. Whatever
 * is not printable ASCII is a question mark; what is too long is cut.
 */
const char *guard_child_line(struct guard_child *guard);

void guard_child_close(struct guard_child *guard);

#endif
