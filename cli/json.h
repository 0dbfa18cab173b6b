/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_JSON_H
#define OOMGUARD_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Writes JSON (RFC 8259) to a stream as it is told, without keeping anything.
 * `name` is the member's name in an object, NULL in an array and at the top.
 * The caller nests correctly and checks the stream at the end.
 */
struct json {
	FILE *out;
	bool needs_comma;
};

void json_init(struct json *json, FILE *out);

/* `bracket` is '{' or '['; the end takes '}' or ']'. */
void json_begin(struct json *json, const char *name, char bracket);
void json_end(struct json *json, char bracket);

/* Bytes that are no UTF-8 come out as U+FFFD, control characters escaped. */
void json_string(struct json *json, const char *name, const char *value);
void json_int(struct json *json, const char *name, int64_t value);
void json_bool(struct json *json, const char *name, bool value);
void json_null(struct json *json, const char *name);

#endif
