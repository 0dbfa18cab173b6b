/* SPDX-License-Identifier: MIT */
#include "selector_parse.h"

#include <errno.h>
#include <string.h>

#include "process.h"
#include "refuse.h"

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

/* Whoever means a program or a unit would name what nobody is called. */
static int check_bare(const char *pattern, struct text *why)
{
	static const char *const types[] = { ".service", ".scope", ".slice",
					     ".socket", ".target" };
	size_t length = strlen(pattern);

	if (*pattern == '/')
		return refuse(why, "path without a kind", pattern,
			      "\"exe:\" or \"cgroup:\" before it");
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		size_t type = strlen(types[i]);

		if (length > type && !strcmp(pattern + length - type, types[i]))
			return refuse(why, "unit without a kind", pattern,
				      "\"unit:\" before it, or \"comm:\"");
	}
	return 0;
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
		return refuse(why, "unknown kind of selector", *string,
			      "comm:, exe:, unit:, cgroup: or user:");
	*kind = SELECTOR_COMM;
	return check_bare(*string, why);
}

/* The least number of bytes that a pattern matches, or -1 if unclosed. */
static int least_length(const char *pattern)
{
	int least = 0;

	while (*pattern) {
		size_t part = selector_part(pattern);

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
		return refuse(why, "pattern in user:", name,
			      "one name or number");
	if (name[strspn(name, "0123456789")])
		return 0;
	for (; *name && uid < SELECTOR_UID_UNKNOWN; name++)
		uid = uid * 10 + (uint64_t)(*name - '0');
	if (uid >= SELECTOR_UID_UNKNOWN)
		return refuse(why,
			      "too large a number in user:", selector->pattern,
			      "at most 4294967294");
	selector->uid = (uint32_t)uid;
	return 0;
}

/* What a unit is called (systemd.unit(5)), and what patterns are made of. */
static const char *strange_in_unit(const char *pattern)
{
	static const char known[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789:-_.\\@*?[]!^";

	pattern += strspn(pattern, known);
	return *pattern ? pattern : NULL;
}

/* Other files have lists with these, and here they would match nothing. */
static int check_ends(const char *pattern, struct text *why)
{
	size_t length = strlen(pattern);

	if (strchr(",;", pattern[length - 1]))
		return refuse(why, "\",\" or \";\" at the end of", pattern,
			      "blanks alone between selectors");
	if (strchr("\"'", pattern[0]) || strchr("\"'", pattern[length - 1]))
		return refuse(why, "quote in", pattern,
			      "\"?\" for a blank, and no quotes");
	return 0;
}

static int check_pattern(struct selector *selector, struct text *why)
{
	const char *pattern = selector->pattern;
	const char *strange;
	int least = least_length(pattern);
	int r = check_ends(pattern, why);

	if (r < 0)
		return r;
	if (least < 0)
		return refuse(why, "\"[\" is not closed in", pattern,
			      "e.g. [a-z]");
	switch (selector->kind) {
	case SELECTOR_COMM:
		if (least >= PROCESS_COMM_SIZE)
			return refuse(why, "too long for a comm:", pattern,
				      "at most 15 bytes, or exe:");
		return 0;
	case SELECTOR_EXE:
	case SELECTOR_CGROUP:
		if (*pattern != '/' && *pattern != '*')
			return refuse(why, "no absolute path:", pattern,
				      "\"/\" or \"*\" at its start");
		return 0;
	case SELECTOR_UNIT:
		if (!strpbrk(pattern, ".*?["))
			return refuse(why, "no type in the unit", pattern,
				      "e.g. \"nginx.service\"");
		strange = strange_in_unit(pattern);
		if (strange)
			return refuse(why,
				      "not for the name of a unit:", strange,
				      "letters, digits and :-_.\\@");
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
		return refuse(why, "empty selector", string,
			      "e.g. \"unit:nginx.service\"");
	if (length >= sizeof(selector.pattern))
		return refuse(why, "too long a selector", string,
			      "at most 159 bytes");
	memcpy(selector.pattern, pattern, length);
	r = check_pattern(&selector, why);
	if (r < 0)
		return r;
	*out = selector;
	return 0;
}
