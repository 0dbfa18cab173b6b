/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SELECTOR_PARSE_H
#define OOMGUARD_SELECTOR_PARSE_H

#include "selector.h"
#include "text.h"

/*
 * Parses a selector. A comm longer than 15 bytes can never match, a path must
 * be absolute. The uid of a user name is not looked up here: it stays
 * SELECTOR_UID_UNKNOWN unless the pattern is a number. Returns 0, or -EINVAL
 * with what is wrong and what was expected appended to `why`.
 */
int selector_parse(const char *string, struct selector *out, struct text *why);

/* "comm:", "exe:" and so on. */
const char *selector_prefix(enum selector_kind kind);

#endif
