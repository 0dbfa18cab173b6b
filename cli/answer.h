/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_ANSWER_H
#define OOMGUARD_ANSWER_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Looks into what came over the socket, which may be anything: a member that
 * is not there, or of another type, is as good as none. NULL is an object
 * without members.
 */
struct json_object *answer_object(struct json_object *from, const char *name);
struct json_object *answer_array(struct json_object *from, const char *name);

/* How many elements; 0 of NULL. */
size_t answer_count(struct json_object *array);

/* The nth of an array of strings; "?" where it is none. */
const char *answer_element(struct json_object *array, size_t nth);

/* "" where there is none. Valid as long as `from`. */
const char *answer_string(struct json_object *from, const char *name);

bool answer_bool(struct json_object *from, const char *name);
bool answer_has(struct json_object *from, const char *name);

/* 0 where there is none. A size in bytes gives KiB. */
int64_t answer_int(struct json_object *from, const char *name);
int64_t answer_kib(struct json_object *from, const char *name);
double answer_number(struct json_object *from, const char *name);

#endif
