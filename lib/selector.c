/* SPDX-License-Identifier: MIT */
#include "selector.h"

#include <errno.h>
#include <string.h>

#include "process.h"

#include "hot.h"

static const char *const prefixes[] = {
	[SELECTOR_COMM] = "comm:", [SELECTOR_EXE] = "exe:",
	[SELECTOR_UNIT] = "unit:", [SELECTOR_CGROUP] = "cgroup:",
	[SELECTOR_USER] = "user:",
};

#define KINDS (sizeof(prefixes) / sizeof(prefixes[0]))

const char *selector_prefix(enum selector_kind kind)
{
	return prefixes[kind];
}

/* The length of a class `[...]`, or 0 when it is not closed. */
static size_t class_length(const char *class)
{
	size_t at = class[1] == '!' ? 2 : 1;

	/* A bracket that comes first is a member, as in glob(7). */
	if (class[at] == ']')
		at++;
	while (class[at] && class[at] != ']')
		at++;
	return class[at] ? at + 1 : 0;
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
	if (*pattern == '[') {
		size_t length = class_length(pattern);

		return length && class_has(pattern, length, byte) ? length : 0;
	}
	return *pattern == '?' || *pattern == byte ? 1 : 0;
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

/* Takes the prefix off. A bare pattern is comm, unless it has a colon. */
static int parse_kind(const char **string, enum selector_kind *kind,
		      struct text *why)
{
	for (size_t i = 0; i < KINDS; i++) {
		size_t length = strlen(prefixes[i]);

		if (strncmp(*string, prefixes[i], length) != 0)
			continue;
		*string += length;
		*kind = (enum selector_kind)i;
		return 0;
	}
	if (strchr(*string, ':'))
		return text_refuse(why, "unknown kind of selector", *string,
				   "comm:, exe:, unit:, cgroup: or user:");
	*kind = SELECTOR_COMM;
	return 0;
}

/* The least number of bytes that a pattern matches, or -1 if unclosed. */
static int least_length(const char *pattern)
{
	int least = 0;

	while (*pattern) {
		size_t part = *pattern == '[' ? class_length(pattern) : 1;

		if (!part)
			return -1;
		if (*pattern != '*')
			least++;
		pattern += part;
	}
	return least;
}

static int parse_user(struct selector *selector, struct text *why)
{
	const char *name = selector->pattern;
	uint64_t uid = 0;

	if (strpbrk(name, "*?["))
		return text_refuse(why, "pattern in user:", name,
				   "one name or number");
	if (name[strspn(name, "0123456789")])
		return 0;
	for (; *name && uid < SELECTOR_UID_UNKNOWN; name++)
		uid = uid * 10 + (uint64_t)(*name - '0');
	if (uid >= SELECTOR_UID_UNKNOWN)
		return text_refuse(why, "too large a number in user:",
				   selector->pattern, "at most 4294967294");
	selector->uid = (uint32_t)uid;
	return 0;
}

static int check_pattern(struct selector *selector, struct text *why)
{
	const char *pattern = selector->pattern;
	int least = least_length(pattern);

	if (least < 0)
		return text_refuse(why, "\"[\" is not closed in", pattern,
				   "e.g. [a-z]");
	switch (selector->kind) {
	case SELECTOR_COMM:
		if (least >= PROCESS_COMM_SIZE)
			return text_refuse(why, "too long for a comm:", pattern,
					   "at most 15 bytes, or exe:");
		return 0;
	case SELECTOR_EXE:
	case SELECTOR_CGROUP:
		if (*pattern != '/' && *pattern != '*')
			return text_refuse(why, "no absolute path:", pattern,
					   "\"/\" or \"*\" at its start");
		return 0;
	case SELECTOR_UNIT:
		if (!strpbrk(pattern, ".*?["))
			return text_refuse(why, "no type in the unit", pattern,
					   "e.g. \"nginx.service\"");
		return 0;
	case SELECTOR_USER:
		return parse_user(selector, why);
	}
	return -EINVAL;
}

int selector_parse(const char *string, struct selector *out, struct text *why)
{
	struct selector selector = { .uid = SELECTOR_UID_UNKNOWN };
	const char *pattern = string;
	size_t length;
	int r;

	r = parse_kind(&pattern, &selector.kind, why);
	if (r < 0)
		return r;
	length = strlen(pattern);
	if (!length)
		return text_refuse(why, "empty selector", string,
				   "e.g. \"unit:nginx.service\"");
	if (length >= sizeof(selector.pattern))
		return text_refuse(why, "too long a selector", string,
				   "at most 159 bytes");
	memcpy(selector.pattern, pattern, length);
	r = check_pattern(&selector, why);
	if (r < 0)
		return r;
	*out = selector;
	return 0;
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
