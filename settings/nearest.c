/* SPDX-License-Identifier: MIT */
#include "nearest.h"

#include <string.h>

#define NAME_SIZE 32 /* longer names are near to nothing */

static size_t least(size_t a, size_t b, size_t c)
{
	size_t less = a < b ? a : b;

	return less < c ? less : c;
}

/* The number of bytes to add, take away or change (Levenshtein). */
static size_t edit_distance(const char *one, const char *other)
{
	size_t row[NAME_SIZE];
	size_t length = strlen(other);

	for (size_t j = 0; j <= length; j++)
		row[j] = j;
	for (size_t i = 0; one[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 1; j <= length; j++) {
			size_t above = row[j];

			row[j] = least(above + 1, row[j - 1] + 1,
				       diagonal + (one[i] != other[j - 1]));
			diagonal = above;
		}
	}
	return row[length];
}

const char *nearest(const char *name, const char *const *names, size_t count)
{
	size_t length = strlen(name);
	size_t best = length / 3 > 2 ? length / 3 : 2;
	const char *found = NULL;

	if (length >= NAME_SIZE)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t distance;

		if (strlen(names[i]) >= NAME_SIZE)
			continue;
		distance = edit_distance(name, names[i]);
		/* Not when nothing of the name would be left. */
		if (distance >= length || distance > best ||
		    (found && distance == best))
			continue;
		best = distance;
		found = names[i];
	}
	return found;
}
