/* SPDX-License-Identifier: MIT */
#include "field.h"

#include <string.h>

#include "hot.h"

#define COUNT_MAX (UINT64_C(1) << 53)
#define KIB_MAX (INT64_C(1) << 43) /* 8 PiB; x86 ends at 4 */

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t';
}

static void skip_blanks(struct field *field)
{
	while (field->at < field->end && is_blank(*field->at))
		field->at++;
}

bool field_line(struct field *from, struct field *line)
{
	size_t left = (size_t)(from->end - from->at);
	const char *newline = left > 0 ? memchr(from->at, '\n', left) : NULL;

	if (newline == NULL)
		return false;
	*line = (struct field){ from->at, newline };
	from->at = newline + 1;
	return true;
}

bool field_skip(struct field *field, const char *prefix)
{
	const char *at = field->at;

	/* Most differ in the first byte: faster than strlen and memcmp. */
	for (; *prefix != '\0'; prefix++, at++)
		if (at == field->end || *at != *prefix)
			return false;
	field->at = at;
	return true;
}

bool field_word(struct field *from, struct field *word)
{
	skip_blanks(from);
	word->at = from->at;
	while (from->at < from->end && !is_blank(*from->at))
		from->at++;
	word->end = from->at;
	return word->at < word->end;
}

bool field_skip_words(struct field *from, int count)
{
	struct field word;

	while (count-- > 0)
		if (!field_word(from, &word))
			return false;
	return true;
}

static bool take_digits(struct field *from, uint64_t *value)
{
	const char *at = from->at;
	uint64_t sum = 0;

	for (; at < from->end && *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(sum, 10, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)(*at - '0'), &sum))
			return false;
	if (at == from->at)
		return false;
	from->at = at;
	*value = sum;
	return true;
}

bool field_u64(struct field *from, uint64_t *value)
{
	struct field rest = *from;

	skip_blanks(&rest);
	if (!take_digits(&rest, value))
		return false;
	*from = rest;
	return true;
}

bool field_i64(struct field *from, int64_t *value)
{
	struct field rest = *from;
	uint64_t digits;
	bool is_negative;

	skip_blanks(&rest);
	is_negative = field_skip(&rest, "-");
	if (!take_digits(&rest, &digits) ||
	    digits > (uint64_t)INT64_MAX + is_negative)
		return false;
	*from = rest;
	*value = (int64_t)(is_negative ? -digits : digits);
	return true;
}

bool field_count(struct field *from, int64_t *count)
{
	struct field rest = *from;
	uint64_t value;

	if (!field_u64(&rest, &value) || value > COUNT_MAX)
		return false;
	*from = rest;
	*count = (int64_t)value;
	return true;
}

bool field_kib(struct field *from, int64_t *kib)
{
	struct field rest = *from;
	int64_t value;

	if (!field_count(&rest, &value) || value > KIB_MAX ||
	    !field_skip(&rest, " kB"))
		return false;
	*from = rest;
	*kib = value;
	return true;
}

static unsigned int take_row(struct field line, const struct field_row *rows,
			     size_t count, char *out)
{
	for (size_t i = 0; i < count; i++)
		if (field_skip(&line, rows[i].name))
			return rows[i].take(line, out + rows[i].offset)
				       ? 1U << i
				       : 0;
	return 0;
}

unsigned int field_rows(struct field text, const struct field_row *rows,
			size_t count, void *out)
{
	unsigned int found = 0;
	struct field line;

	while (field_line(&text, &line))
		found |= take_row(line, rows, count, out);
	return found;
}
