/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_FIELD_H
#define OOMGUARD_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Walks over the text of a kernel file: lines, words, numbers. The bytes need
 * no NUL at the end, may contain NULs and may stop anywhere.
 */
struct field {
	const char *at;
	const char *end;
};

/*
 * Takes the next line, without its newline. False when nothing is left: a last
 * line without a newline was cut off, and half a number is a wrong number.
 */
bool field_line(struct field *from, struct field *line);

/* Skips `prefix` if the field starts with it. */
bool field_skip(struct field *field, const char *prefix);

/* Takes the next word, delimited by spaces and tabs. False at the end. */
bool field_word(struct field *from, struct field *word);

/* Skips so many. False if there were fewer. */
bool field_skip_words(struct field *from, int count);

/*
 * Takes a decimal number after optional spaces and tabs. False, and the field
 * is where it was, when there are no digits or they overflow 64 bits.
 */
bool field_u64(struct field *from, uint64_t *value);

/* The same with an optional minus sign. */
bool field_i64(struct field *from, int64_t *value);

/*
 * An unsigned number that is never more than 2^53, so that sums of it cannot
 * overflow. What is larger (a counter that wrapped below zero) makes it false.
 */
bool field_count(struct field *from, int64_t *count);

/*
 * A number of KiB as meminfo and status print it, " kB" included: at most 2^43,
 * so that shares of it in hundredths of a percent cannot overflow.
 */
bool field_kib(struct field *from, int64_t *kib);

/*
 * What becomes of a line that begins with `name`: `take` gets the rest of it
 * and the member at `offset`, and returns false for garbage.
 */
struct field_row {
	const char *name;
	bool (*take)(struct field rest, void *member);
	size_t offset;
};

/* Takes in all lines. Returns the bits of the rows that were found. */
unsigned int field_rows(struct field text, const struct field_row *rows,
			size_t count, void *out);

#endif
