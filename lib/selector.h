/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SELECTOR_H
#define OOMGUARD_SELECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

#define SELECTOR_PATTERN_SIZE 160

enum selector_kind {
	SELECTOR_COMM,
	SELECTOR_EXE,
	SELECTOR_UNIT,
	SELECTOR_CGROUP,
	SELECTOR_USER,
};

/*
 * Names processes: `comm:java`, `exe:/usr/lib/postgresql/<star>/bin/postgres`,
 * `unit:nginx.service`, `cgroup:/kubepods*`, `user:postgres`; a bare pattern
 * is comm. A pattern is a glob: `*`, `?`, `[a-z]`, `[!a-z]`; `*` matches
 * slashes too, a backslash stands for itself (unit names contain \x2d).
 */
struct selector {
	enum selector_kind kind;
	uint32_t uid; /* of SELECTOR_USER */
	char pattern[SELECTOR_PATTERN_SIZE];
};

/* What selectors look at. Unknown strings are empty and match nothing. */
struct identity {
	const char *comm;
	const char *exe;
	const char *unit;
	const char *cgroup;
	uint32_t uid;
};

/*
 * Parses a selector. A comm longer than 15 bytes can never match, a path must
 * be absolute. The uid of a user name is not looked up here: it stays
 * SELECTOR_UID_UNKNOWN unless the pattern is a number. Returns 0, or -EINVAL
 * with what is wrong and what was expected appended to `why`.
 */
#define SELECTOR_UID_UNKNOWN UINT32_MAX
int selector_parse(const char *string, struct selector *out, struct text *why);

bool selector_matches(const struct selector *selector,
		      const struct identity *identity);

/* "comm:", "exe:" and so on. */
const char *selector_prefix(enum selector_kind kind);

/* Linear in both lengths times each other, whatever the pattern is. */
bool selector_glob(const char *pattern, const char *string);

#endif
