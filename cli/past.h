/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_PAST_H
#define OOMGUARD_PAST_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#define PAST_STATE "/var/lib/oomguard"

/* Records (io.oomguard), the oldest first. */
struct past {
	struct json_object *records; /* an array */
	int64_t dropped;
	bool is_file; /* of the state directory: no guard answered */
};

/*
 * The records that the service keeps in its state directory, from a moment on.
 * Returns 0, or -errno.
 */
int past_read(struct past *past, const char *directory, int64_t since_us);

/* The last `most` of them as a table; the older are counted. */
void past_show(const struct past *past, int most);

/* One record with everything that is known. */
void past_show_one(const struct past *past, struct json_object *record);

#endif
