/* SPDX-License-Identifier: MIT */
#include "json_text.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

size_t json_text_character(const char *bytes, size_t left)
{
	static const struct {
		unsigned char first, last; /* of the leading byte */
		unsigned char low, high;   /* of the byte after it */
		unsigned char length;
	} forms[] = {
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	const unsigned char *at = (const unsigned char *)bytes;

	if (at[0] < 0x80)
		return 1;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (at[0] < forms[i].first || at[0] > forms[i].last)
			continue;
		if (left < forms[i].length || at[1] < forms[i].low ||
		    at[1] > forms[i].high)
			return 0;
		for (size_t k = 2; k < forms[i].length; k++)
			if ((at[k] & 0xc0) != 0x80)
				return 0;
		return forms[i].length;
	}
	return 0;
}

/* The end of the string that begins at `at`, or `length`: it is none. */
static size_t string_end(const char *bytes, size_t at, size_t length)
{
	for (at++; at < length && bytes[at] != '"';) {
		size_t taken = json_text_character(bytes + at, length - at);

		if (taken == 0 || (unsigned char)bytes[at] < ' ')
			return length;
		at += bytes[at] == '\\' && at + 1 < length ? 2 : taken;
	}
	return at;
}

/* json-c alone would take comments, single quotes, NaN and control bytes. */
static bool is_plain(const char *bytes, size_t length)
{
	static const char outside[] = " \t\r\n{}[]:,+-.0123456789eEtrufalsn";

	for (size_t at = 0; at < length; at++) {
		if (bytes[at] == '"')
			at = string_end(bytes, at, length);
		else if (!memchr(outside, bytes[at], sizeof(outside) - 1))
			return false;
		if (at == length)
			return false;
	}
	return true;
}

json_object *json_text_parse(const char *bytes, size_t length, int depth)
{
	struct json_tokener *tokener;
	json_object *object;
	size_t end;

	if (length > INT_MAX || !is_plain(bytes, length))
		return NULL;
	tokener = json_tokener_new_ex(depth);
	if (!tokener)
		return NULL;
	object = json_tokener_parse_ex(tokener, bytes, (int)length);
	end = json_tokener_get_parse_end(tokener);
	json_tokener_free(tokener);
	if (end == length && json_object_is_type(object, json_type_object))
		return object;
	json_object_put(object);
	return NULL;
}
