/* SPDX-License-Identifier: MIT */
#include "piece.h"

#include <stdarg.h>
#include <stdio.h>

struct text *piece_begin(struct piece *piece)
{
	text_init(&piece->text, piece->bytes, sizeof(piece->bytes));
	return &piece->text;
}

const char *piece_kib(struct piece *piece, int64_t kib)
{
	struct text *text = piece_begin(piece);

	text_put(text, kib < 0 ? "-" : "");
	text_put_kib(text, kib < 0 ? -kib : kib);
	return piece->bytes;
}

const char *piece_ms(struct piece *piece, int64_t ms)
{
	text_put_ms(piece_begin(piece), ms < 0 ? 0 : ms);
	return piece->bytes;
}

const char *piece_quoted(struct piece *piece, const char *string)
{
	text_put_quoted(piece_begin(piece), string);
	return piece->bytes;
}

static void piece_add_list(struct piece *piece, const char *format,
			   va_list arguments)
{
	char bytes[PIECE_SIZE];

	vsnprintf(bytes, sizeof(bytes), format, arguments);
	text_put(&piece->text, bytes);
}

const char *piece_format(struct piece *piece, const char *format, ...)
{
	va_list arguments;

	piece_begin(piece);
	va_start(arguments, format);
	piece_add_list(piece, format, arguments);
	va_end(arguments);
	return piece->bytes;
}

void piece_add(struct piece *piece, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	piece_add_list(piece, format, arguments);
	va_end(arguments);
}
