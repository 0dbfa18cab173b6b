/* SPDX-License-Identifier: MIT */
#include "pressure.h"

#include <errno.h>

#include "field.h"

#include "hot.h"

static bool take_total(struct field *line, int64_t *total_us)
{
	struct field word;

	while (field_word(line, &word))
		if (field_skip(&word, "total="))
			return field_count(&word, total_us) &&
			       word.at == word.end;
	return false;
}

int pressure_parse(const char *bytes, size_t length, struct pressure *out)
{
	struct field text = { bytes, bytes + length };
	struct pressure found = { -1, -1 };
	struct field line;

	while (field_line(&text, &line)) {
		if (field_skip(&line, "some ") &&
		    !take_total(&line, &found.some_us))
			return -EBADMSG;
		if (field_skip(&line, "full ") &&
		    !take_total(&line, &found.full_us))
			return -EBADMSG;
	}
	if (found.some_us < 0 || found.full_us < 0)
		return -EBADMSG;
	*out = found;
	return 0;
}
