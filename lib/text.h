/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_TEXT_H
#define OOMGUARD_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Text that is put together in a buffer of the caller, without stdio, locale
 * or allocation, so that it may be used where memory has run out.
 *
 * The text is always NUL-terminated. What does not fit is cut at the end of a
 * whole character of UTF-8 and `cut` says so; nothing fails.
 */
struct text {
	char *bytes;
	size_t size;
	size_t length;
	bool cut;
};

/* Starts an empty text in `bytes`; `size` must be at least 1. */
void text_init(struct text *text, char *bytes, size_t size);

void text_put(struct text *text, const char *string);
void text_put_bytes(struct text *text, const char *bytes, size_t length);
void text_put_int(struct text *text, int64_t value);

/*
 * A name from outside, in double quotes. Quotes, backslashes and all that is
 * not printable ASCII come out as \xNN, so that a process name can neither
 * forge a line, nor look like another, nor reach a terminal.
 */
void text_put_quoted(struct text *text, const char *string);

/* An amount of memory for people: "812 KiB", "3.2 GiB". */
void text_put_kib(struct text *text, int64_t kib);

/* A ratio in hundredths of a percent for people: 1025 is "10.25 %". */
void text_put_permyriad(struct text *text, int64_t permyriad);

/* A duration for people: "80 ms", "2.5 s", "10 min", "3 h". */
void text_put_ms(struct text *text, int64_t ms);

/* FNV-1a, of 64 bits. */
uint64_t text_hash(const char *string);

#endif
