/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SELECTOR_H
#define OOMGUARD_SELECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SELECTOR_PATTERN_SIZE 160
#define SELECTOR_UID_UNKNOWN UINT32_MAX

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
	uint32_t uid; /* of SELECTOR_USER: UNKNOWN matches nobody */
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

bool selector_matches(const struct selector *selector,
		      const struct identity *identity);

/* The bytes of the first part of a pattern; 0: a class that is not closed. */
size_t selector_part(const char *pattern);

/* Linear in both lengths times each other, whatever the pattern is. */
bool selector_glob(const char *pattern, const char *string);

#endif
