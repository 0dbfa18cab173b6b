/* SPDX-License-Identifier: MIT */
#include "terminal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct terminal plain = {
	.dim = "",
	.bold = "",
	.good = "",
	.bad = "",
	.off = "",
};

static const struct terminal coloured = {
	.dim = "\033[2m",
	.bold = "\033[1m",
	.good = "\033[32m",
	.bad = "\033[31m",
	.off = "\033[0m",
};

void terminal_init(struct terminal *terminal, int fd)
{
	const char *name = getenv("TERM");
	const char *refused = getenv("NO_COLOR");
	bool is_able = isatty(fd) && name && strcmp(name, "dumb") != 0;

	*terminal = is_able && !(refused && *refused) ? coloured : plain;
	terminal->is_terminal = is_able;
}
