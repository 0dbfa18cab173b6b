/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_ARGUMENTS_H
#define OOMGUARD_ARGUMENTS_H

#include <stdbool.h>

/*
 * `--NAME VALUE`, or `--NAME` alone, which gives an empty value; the last of a
 * table has no name.
 */
struct argument {
	const char *name;
	const char **value;
	bool is_alone;
};

/*
 * Reads the arguments of a program. --help prints `help`, which begins with its
 * name, --version the version; these, and mistakes, end the program.
 */
void arguments_read(int argc, char **argv, const struct argument *known,
		    const char *help);

#endif
