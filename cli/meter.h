/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_METER_H
#define OOMGUARD_METER_H

#include <stdbool.h>
#include <stdint.h>

#define METER_WIDTH 40
#define METER_SIZE (METER_WIDTH * 3 + 1) /* three bytes of UTF-8 each */

/* What is full, and the levels of what is free; a level of 0 has no mark. */
struct meter {
	int64_t total;
	int64_t free;
	int64_t warn;
	int64_t term;
	int64_t kill;
};

/*
 * Draws what is used from the left, toward the marks w, t and k, which never
 * hide each other: on a large machine all levels are in the last columns.
 */
void meter_draw(const struct meter *meter, bool is_utf8,
		char bytes[METER_SIZE]);

#endif
