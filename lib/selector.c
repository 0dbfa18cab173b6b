/* SPDX-License-Identifier: MIT */
#include "selector.h"

#include <stddef.h>

#include "hot.h"

size_t selector_part(const char *pattern)
{
	size_t at = pattern[0] && pattern[1] == '!' ? 2 : 1;

	if (*pattern != '[')
		return 1;
	/* A bracket that comes first is a member, as in glob(7). */
	if (pattern[at] == ']')
		at++;
	while (pattern[at] && pattern[at] != ']')
		at++;
	return pattern[at] ? at + 1 : 0;
}

static bool class_has(const char *class, size_t length, char byte)
{
	unsigned char wanted = (unsigned char)byte;
	bool negated = class[1] == '!';

	for (size_t at = negated ? 2 : 1; at < length - 1; at++) {
		unsigned char low = (unsigned char)class[at];
		unsigned char high = low;

		if (class[at + 1] == '-' && at + 2 < length - 1) {
			high = (unsigned char)class[at + 2];
			at += 2;
		}
		if (low <= wanted && wanted <= high)
			return !negated;
	}
	return negated;
}

/* The length of the pattern's part that matches this byte, or 0. */
static size_t match_byte(const char *pattern, char byte)
{
	size_t length;

	if (*pattern != '[')
		return *pattern == '?' || *pattern == byte;
	length = selector_part(pattern);
	return length && class_has(pattern, length, byte) ? length : 0;
}

bool selector_glob(const char *pattern, const char *string)
{
	const char *star = NULL;
	const char *resume = NULL;

	while (*string) {
		size_t matched;

		if (*pattern == '*') {
			star = ++pattern;
			resume = string;
			continue;
		}
		matched = match_byte(pattern, *string);
		if (matched) {
			pattern += matched;
			string++;
			continue;
		}
		if (!star)
			return false;
		/*
		 * Only the last star takes one byte more: what an earlier one
		 * took was enough for all that stands between the two.
		 */
		pattern = star;
		string = ++resume;
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

static bool glob_known(const char *pattern, const char *string)
{
	return *string && selector_glob(pattern, string);
}

bool selector_matches(const struct selector *selector,
		      const struct identity *identity)
{
	switch (selector->kind) {
	case SELECTOR_COMM:
		return glob_known(selector->pattern, identity->comm);
	case SELECTOR_EXE:
		return glob_known(selector->pattern, identity->exe);
	case SELECTOR_UNIT:
		return glob_known(selector->pattern, identity->unit);
	case SELECTOR_CGROUP:
		return glob_known(selector->pattern, identity->cgroup);
	case SELECTOR_USER:
		return selector->uid != SELECTOR_UID_UNKNOWN &&
		       selector->uid == identity->uid;
	}
	return false;
}
