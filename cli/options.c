/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nearest.h"

#define OPTIONS_MAX 16

static int options_mistake(const char *command, const char *option,
			   const char *what)
{
	fprintf(stderr, "oomguard %s: %s: %s: see oomguard %s --help\n",
		command, option, what, command);
	return -EINVAL;
}

static const struct option_row *options_find(const struct option_row *rows,
					     size_t count, const char *arg)
{
	size_t length = strcspn(arg, "=");

	for (size_t i = 0; i < count; i++) {
		if (arg[1] != '-') {
			if (rows[i].letter == arg[1] &&
			    (arg[2] == '\0' || rows[i].type != OPTION_FLAG))
				return &rows[i];
			continue;
		}
		if (strlen(rows[i].name) == length - 2 &&
		    strncmp(rows[i].name, arg + 2, length - 2) == 0)
			return &rows[i];
	}
	return NULL;
}

static int options_unknown(const char *command, const struct option_row *rows,
			   size_t count, const char *arg)
{
	const char *names[OPTIONS_MAX];
	const char *near;
	char what[80];

	for (size_t i = 0; i < count && i < OPTIONS_MAX; i++)
		names[i] = rows[i].name;
	near = nearest(arg + strspn(arg, "-"), names,
		       count < OPTIONS_MAX ? count : OPTIONS_MAX);
	if (!near)
		return options_mistake(command, arg, "unknown option");
	snprintf(what, sizeof(what), "unknown option, did you mean --%s?",
		 near);
	return options_mistake(command, arg, what);
}

static int options_set(const char *command, const struct option_row *row,
		       const char *value)
{
	char *end;
	long number;

	switch (row->type) {
	case OPTION_FLAG:
		*(bool *)row->value = true;
		return 0;
	case OPTION_STRING:
		*(const char **)row->value = value;
		return 0;
	case OPTION_NUMBER:
		errno = 0;
		number = strtol(value, &end, 10);
		if (errno || *end || end == value || number < 1 ||
		    number > 1000000)
			return options_mistake(command, row->name,
					       "expected a number from 1");
		*(int *)row->value = (int)number;
		return 0;
	}
	return -EINVAL;
}

/* Takes the option at argv[at]; returns how many arguments that were. */
static int options_take(int argc, char **argv, int at,
			const struct option_row *row)
{
	bool is_short = argv[at][1] != '-';
	const char *equals = strchr(argv[at], '=');
	const char *value = equals ? equals + 1 : NULL;
	int taken = 1;
	int rc;

	if (is_short)
		value = argv[at][2] ? argv[at] + 2 : NULL;

	if (row->type == OPTION_FLAG && value)
		return options_mistake(argv[0], argv[at], "takes no value");
	if (row->type != OPTION_FLAG && !value) {
		if (at + 1 >= argc)
			return options_mistake(argv[0], argv[at],
					       "expected a value");
		value = argv[at + 1];
		taken = 2;
	}
	rc = options_set(argv[0], row, value);
	return rc < 0 ? rc : taken;
}

int options_parse(int argc, char **argv, const struct option_row *rows,
		  size_t count, int operands_max)
{
	bool is_over = false;
	int operands = 0;
	int at = 1;

	while (at < argc) {
		char *arg = argv[at];
		const struct option_row *row;
		int taken = 1;

		if (is_over || arg[0] != '-' || arg[1] == '\0') {
			if (operands == operands_max)
				return options_mistake(argv[0], arg,
						       "not expected");
			argv[++operands] = arg;
		} else if (strcmp(arg, "--") == 0) {
			is_over = true;
		} else {
			row = options_find(rows, count, arg);
			if (!row)
				return options_unknown(argv[0], rows, count,
						       arg);
			taken = options_take(argc, argv, at, row);
			if (taken < 0)
				return taken;
		}
		at += taken;
	}
	return operands;
}
