/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_TELL_H
#define OOMGUARD_TELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

#define TELL_LINE_SIZE 1024

/* What the guard says, one line each, to stderr. */
struct tell {
	uint64_t dropped; /* lines that nobody took, since the last one told */
};

/*
 * Writes the text as one line if that is possible at once; otherwise drops and
 * counts it, and says so with the next line that gets through. Never waits:
 * a journal that hangs must not hold up a strike.
 */
void tell_line(struct tell *tell, const struct text *text);

/* The same for a string of one line or more. */
void tell_lines(struct tell *tell, const char *lines);

/* Writes up to PIPE_BUF bytes to stderr at once, or nothing and says so. */
bool tell_now(const char *bytes, size_t length);

#endif
