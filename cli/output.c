/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Length of the UTF-8 character at `at` (RFC 3629), or 0 if it is none. */
static size_t output_utf8(const unsigned char *at)
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

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (at[0] < forms[i].first || at[0] > forms[i].last)
			continue;
		if (at[1] < forms[i].low || at[1] > forms[i].high)
			return 0;
		for (size_t k = 2; k < forms[i].length; k++) {
			if ((at[k] & 0xc0) != 0x80)
				return 0;
		}
		return forms[i].length;
	}
	return 0;
}

struct json_object *output_begin(void)
{
	struct json_object *out = json_object_new_object();

	output_int(out, "schema", OUTPUT_SCHEMA);
	return out;
}

const char *output_text(struct json_object *out)
{
	return json_object_to_json_string_ext(
		out, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

void output_end(struct json_object *out)
{
	puts(output_text(out));
	json_object_put(out);
}

/* The library prints bytes as they are. */
void output_string(struct json_object *out, const char *name, const char *value)
{
	static const char unknown[] = "\xef\xbf\xbd"; /* U+FFFD */
	char *bytes = malloc(strlen(value) * 3 + 1);
	char *end = bytes;

	if (!bytes)
		return;
	while (*value) {
		size_t length =
			(unsigned char)*value < 0x80
				? 1
				: output_utf8((const unsigned char *)value);

		end = mempcpy(end, length ? value : unknown,
			      length ? length : sizeof(unknown) - 1);
		value += length ? length : 1;
	}
	*end = '\0';
	output_add(out, name, json_object_new_string(bytes));
	free(bytes);
}

void output_known(struct json_object *out, const char *name, const char *value)
{
	if (*value)
		output_string(out, name, value);
	else
		output_add(out, name, NULL);
}

void output_int(struct json_object *out, const char *name, int64_t value)
{
	output_add(out, name, json_object_new_int64(value));
}

void output_kib(struct json_object *out, const char *name, int64_t kib)
{
	output_int(out, name, kib * 1024);
}

void output_bool(struct json_object *out, const char *name, bool value)
{
	output_add(out, name, json_object_new_boolean(value));
}

void output_add(struct json_object *out, const char *name,
		struct json_object *value)
{
	json_object_object_add(out, name, value);
}
