/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <string.h>

#include "hot.h"

void text_init(struct text *text, char *bytes, size_t size)
{
	*text = (struct text){ .bytes = bytes, .size = size };
	bytes[0] = '\0';
}

static size_t room(const struct text *text)
{
	return text->cut ? 0 : text->size - 1 - text->length;
}

static void append(struct text *text, const char *bytes, size_t length)
{
	if (length == 0)
		return;
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	text->bytes[text->length] = '\0';
}

/* All of it or nothing. */
static void put_whole(struct text *text, const char *bytes, size_t length)
{
	if (length <= room(text))
		append(text, bytes, length);
	else
		text->cut = true;
}

void text_put_bytes(struct text *text, const char *bytes, size_t length)
{
	size_t most = room(text);

	if (length > most) {
		/* A character of UTF-8 has at most three more bytes. */
		for (int i = 0; i < 3 && most > 0; i++, most--)
			if (((unsigned char)bytes[most] & 0xc0) != 0x80)
				break;
		length = most;
		text->cut = true;
	}
	append(text, bytes, length);
}

void text_put(struct text *text, const char *string)
{
	text_put_bytes(text, string, strlen(string));
}

static void put_u64(struct text *text, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	put_whole(text, digits + at, sizeof(digits) - at);
}

/* Puts the sign and returns what follows it. */
static uint64_t put_sign(struct text *text, int64_t value)
{
	if (value >= 0)
		return (uint64_t)value;
	put_whole(text, "-", 1);
	return -(uint64_t)value;
}

void text_put_int(struct text *text, int64_t value)
{
	put_u64(text, put_sign(text, value));
}

static void put_escaped(struct text *text, char byte)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char value = (unsigned char)byte;
	const char escape[] = { '\\', 'x', digits[value >> 4],
				digits[value & 15] };

	put_whole(text, escape, sizeof(escape));
}

void text_put_quoted(struct text *text, const char *string)
{
	put_whole(text, "\"", 1);
	for (; *string != '\0' && !text->cut; string++)
		if (*string >= ' ' && *string <= '~' && *string != '"' &&
		    *string != '\\')
			put_whole(text, string, 1);
		else
			put_escaped(text, *string);
	put_whole(text, "\"", 1);
}

/* Whole ones and tenths, cut and not rounded: 1.99 GiB is below 2.0 GiB. */
static void put_tenths(struct text *text, uint64_t value, uint64_t unit)
{
	put_u64(text, value / unit);
	put_whole(text, ".", 1);
	put_u64(text, value % unit * 10 / unit);
}

void text_put_kib(struct text *text, int64_t kib)
{
	static const char *const names[] = { " KiB", " MiB", " GiB", " TiB",
					     " PiB" };
	uint64_t value = put_sign(text, kib);
	uint64_t unit = 1;
	size_t name = 0;

	for (; name < 4 && value / unit >= 1024; name++)
		unit *= 1024;
	if (unit == 1 || value / unit >= 100)
		put_u64(text, value / unit);
	else
		put_tenths(text, value, unit);
	text_put(text, names[name]);
}

void text_put_permyriad(struct text *text, int64_t permyriad)
{
	uint64_t value = put_sign(text, permyriad);

	put_u64(text, value / 100);
	if (value % 100 > 0) {
		put_whole(text, ".", 1);
		put_u64(text, value % 100 / 10);
		if (value % 10 > 0)
			put_u64(text, value % 10);
	}
	text_put(text, " %");
}

void text_put_ms(struct text *text, int64_t ms)
{
	static const struct {
		uint64_t unit_ms;
		const char *name;
	} units[] = { { 3600000, " h" }, { 60000, " min" }, { 1000, " s" } };
	uint64_t value = put_sign(text, ms);

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		uint64_t unit = units[i].unit_ms;

		if (value < unit)
			continue;
		if (value % unit >= unit / 10)
			put_tenths(text, value, unit);
		else
			put_u64(text, value / unit);
		text_put(text, units[i].name);
		return;
	}
	put_u64(text, value);
	text_put(text, " ms");
}

uint64_t text_hash(const char *string)
{
	uint64_t hash = 14695981039346656037U;

	for (; *string; string++)
		hash = (hash ^ (unsigned char)*string) * 1099511628211U;
	return hash;
}
