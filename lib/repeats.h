/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_REPEATS_H
#define OOMGUARD_REPEATS_H

#include <stdbool.h>
#include <stdint.h>

#define REPEATS_MOST 16
#define REPEAT_MS 3600000 /* after so long it is not again */

struct repeat {
	uint64_t hash; /* of a unit or a program; 0: the place is free */
	int64_t struck_ms;
	uint32_t count;
};

/* Who was struck, and how often, each time within an hour of the one before. */
struct repeats {
	struct repeat of[REPEATS_MOST];
};

/* It is struck. Returns how often it was, with this one. */
uint32_t repeats_note(struct repeats *repeats, const char *name,
		      int64_t now_ms);

/* How often it was, up to an hour ago. */
uint32_t repeats_count(const struct repeats *repeats, const char *name,
		       int64_t now_ms);

/* Whether anybody was struck twice. */
bool repeats_any(const struct repeats *repeats, int64_t now_ms);

#endif
