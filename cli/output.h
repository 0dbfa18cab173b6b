/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_OUTPUT_H
#define OOMGUARD_OUTPUT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#define OUTPUT_SCHEMA 1

/*
 * What --json prints: one object (RFC 8259) on one line, with its schema
 * number first. Members come out in the order in which they were added.
 */
struct json_object *output_begin(void);

/* As long as it lives. */
const char *output_text(struct json_object *out);

/* Prints and releases it. */
void output_end(struct json_object *out);

/* Any bytes: what is no UTF-8 comes out as U+FFFD. */
void output_string(struct json_object *out, const char *name,
		   const char *value);
/* "" comes out as null. */
void output_known(struct json_object *out, const char *name, const char *value);
void output_int(struct json_object *out, const char *name, int64_t value);
/* In bytes. */
void output_kib(struct json_object *out, const char *name, int64_t kib);
void output_bool(struct json_object *out, const char *name, bool value);
/* Gives `value` away; NULL comes out as null. */
void output_add(struct json_object *out, const char *name,
		struct json_object *value);

#endif
