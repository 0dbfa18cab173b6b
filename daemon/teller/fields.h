/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_FIELDS_H
#define OOMGUARD_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "extra.h"
#include "text.h"

/*
 * All that a record can hold, four times as long where it is escaped, is less
 * than 15 KiB: it always fits, and into one datagram.
 */
#define FIELDS_SIZE 16384

/*
 * Fields in the journal's native protocol: NAME=value and a newline or, where
 * the value has newlines itself, NAME, a newline, its length in 8 bytes, the
 * value and a newline.
 */
struct fields {
	size_t length;
	bool cut; /* something did not fit and was left out */
	char bytes[FIELDS_SIZE];
};

void fields_init(struct fields *fields);
void fields_put(struct fields *fields, const char *name, const char *value);
void fields_put_int(struct fields *fields, const char *name, int64_t value);

/*
 * Everything that is known of a record. Names from outside are escaped: what is
 * not printable ASCII comes out as \xNN.
 */
void fields_put_record(struct fields *fields, const struct told_record *told);

/* Escapes like that; quotes and backslashes stay as they are. */
void fields_escape(struct text *out, const char *string);

#endif
