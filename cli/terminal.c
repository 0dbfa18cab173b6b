/* SPDX-License-Identifier: MIT */
#include "terminal.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct terminal plain = {
	.dim = "",
	.bold = "",
	.good = "",
	.poor = "",
	.bad = "",
	.off = "",
};

static const struct terminal coloured = {
	.dim = "\033[2m",
	.bold = "\033[1m",
	.good = "\033[32m",
	.poor = "\033[33m",
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
	(void)setlocale(LC_CTYPE, ""); /* One that is not there stays "C". */
	terminal->is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}
