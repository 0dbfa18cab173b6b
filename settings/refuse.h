/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_REFUSE_H
#define OOMGUARD_REFUSE_H

#include "text.h"

/*
 * What is wrong with a text of the operator: `wrong "string": expected ...`.
 * Returns -EINVAL, so that a parser can end with it.
 */
int refuse(struct text *why, const char *wrong, const char *string,
	   const char *expected);

#endif
