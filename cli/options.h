/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_OPTIONS_H
#define OOMGUARD_OPTIONS_H

#include <stddef.h>

enum option_type {
	OPTION_FLAG,   /* bool * */
	OPTION_STRING, /* const char ** */
	OPTION_NUMBER, /* int *, at least 1 */
};

/* One row: `--name`, and `-letter` where that is not 0. */
struct option_row {
	const char *name;
	char letter;
	enum option_type type;
	void *value;
};

/*
 * Parses the options of a subcommand; argv[0] is its name. `--name=VALUE`,
 * `--name VALUE`, `-n VALUE` and `-nVALUE` are the same, `--` ends the options.
 * Operands
 * may stand between them and are moved to the front: argv[1] to argv[N].
 * Returns N, at most `operands_max`, or -EINVAL after it has told stderr.
 */
int options_parse(int argc, char **argv, const struct option_row *rows,
		  size_t count, int operands_max);

#endif
