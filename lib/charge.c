/* SPDX-License-Identifier: MIT */
#include "charge.h"

#include <errno.h>

#include "field.h"

#include "hot.h"

static int take_bytes(struct field *field, int64_t *kib)
{
	int64_t count;

	if (!field_count(field, &count))
		return -EBADMSG;
	*kib = count / 1024;
	return 0;
}

int charge_parse_bytes(const char *bytes, size_t length, int64_t *kib)
{
	struct field field = { bytes, bytes + length };

	if (!field_skip(&field, "max"))
		return take_bytes(&field, kib);
	*kib = INT64_MAX;
	return 0;
}

static int parse_line(const char *bytes, size_t length, const char *name,
		      int64_t *kib)
{
	struct field text = { bytes, bytes + length }, line;

	while (field_line(&text, &line))
		if (field_skip(&line, name))
			return take_bytes(&line, kib);
	return -EBADMSG;
}

int charge_parse_idle(const char *bytes, size_t length, int64_t *kib)
{
	return parse_line(bytes, length, "inactive_file ", kib);
}

int charge_parse_shmem(const char *bytes, size_t length, int64_t *kib)
{
	return parse_line(bytes, length, "shmem ", kib);
}
