/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_PIECE_H
#define OOMGUARD_PIECE_H

#include "text.h"

#define PIECE_SIZE 1024

/* One piece of text in its own buffer, for printf. */
struct piece {
	char bytes[PIECE_SIZE];
	struct text text;
};

struct text *piece_begin(struct piece *piece);

/* Each begins the piece anew and returns its bytes. */
const char *piece_kib(struct piece *piece, int64_t kib);
const char *piece_ms(struct piece *piece, int64_t ms);
const char *piece_quoted(struct piece *piece, const char *string);
const char *piece_format(struct piece *piece, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Formats behind what is there. */
void piece_add(struct piece *piece, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
