/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_TERMINAL_H
#define OOMGUARD_TERMINAL_H

#include <stdbool.h>

/* How to write to a descriptor. The strings are empty without colour. */
struct terminal {
	bool is_terminal; /* one that can rewrite its line */
	bool is_utf8;     /* the locale; else only ASCII is shown */
	const char *dim;
	const char *bold;
	const char *good;
	const char *poor;
	const char *bad;
	const char *off;
};

/*
 * Colour only on a terminal that is not dumb, and without NO_COLOR. Takes the
 * character set, and nothing else, from the locale of the environment.
 */
void terminal_init(struct terminal *terminal, int fd);

#endif
