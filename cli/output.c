/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"

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
		size_t length = json_text_character(value, strnlen(value, 4));

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
