/* SPDX-License-Identifier: MIT */
#include "swaps.h"

#include <errno.h>
#include <string.h>

#include "field.h"

#include "hot.h"

/* The number of "/dev/zram0" in whatever directory it is shown, or false. */
static bool take_zram(struct field path, uint64_t *device)
{
	const char *slash = memrchr(path.at, '/', (size_t)(path.end - path.at));

	if (slash != NULL)
		path.at = slash + 1;
	return field_skip(&path, "zram") && field_u64(&path, device) &&
	       path.at == path.end;
}

/* Path, type, size, used, priority. False for garbage. */
static bool take_swap(struct field line, struct swaps *out)
{
	struct field path, type;
	uint64_t device;
	int64_t size, used;

	if (!field_word(&line, &path) || !field_word(&line, &type) ||
	    !field_count(&line, &size) || !field_count(&line, &used) ||
	    used > size)
		return false;
	if (!field_skip(&type, "partition") || !take_zram(path, &device))
		return true;
	out->zram_size_kib += size;
	out->zram_used_kib += used;
	if (device < 32)
		out->zram_devices |= UINT32_C(1) << device;
	return true;
}

int swaps_parse(const char *bytes, size_t length, struct swaps *out)
{
	struct field text = { bytes, bytes + length };
	struct swaps found = { 0 };
	struct field line;

	if (!field_line(&text, &line) || !field_skip(&line, "Filename"))
		return -EBADMSG;
	while (field_line(&text, &line))
		if (!take_swap(line, &found))
			return -EBADMSG;
	*out = found;
	return 0;
}
