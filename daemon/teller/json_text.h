/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_JSON_TEXT_H
#define OOMGUARD_JSON_TEXT_H

#include <json-c/json.h>
#include <stddef.h>

/* Bytes of the well-formed character at `at` (RFC 3629); 0: there is none. */
size_t json_text_character(const char *at, size_t left);

/*
 * The object that these bytes are, without a NUL behind them, or NULL: not
 * JSON, not an object, not UTF-8, deeper than `depth`. Integers beyond 64 bits
 * become the nearest that there is; a comma too much and zeros in front of a
 * number are forgiven. The same with every version of json-c: what its strict
 * mode refuses is not (0.17 and 0.18 refuse all that is not ASCII).
 */
json_object *json_text_parse(const char *bytes, size_t length, int depth);

#endif
