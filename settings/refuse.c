/* SPDX-License-Identifier: MIT */
#include "refuse.h"

#include <errno.h>

int refuse(struct text *text, const char *wrong, const char *string,
	   const char *expected)
{
	text_put(text, wrong);
	text_put(text, " ");
	text_put_quoted(text, string);
	text_put(text, ": expected ");
	text_put(text, expected);
	return -EINVAL;
}
