/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_GROWTH_H
#define OOMGUARD_GROWTH_H

#include <stdbool.h>
#include <stdint.h>

/* Growth is what a size is above its least in a window: 10 s, 5 min, 6 h. */
enum growth_window {
	GROWTH_SHORT,
	GROWTH_MIDDLE,
	GROWTH_LONG,
	GROWTH_WINDOWS,
};

/*
 * The least size in the present and in the past turn of each window, in units
 * of 1/65536 of memory: 12 bytes for each process and cgroup.
 */
struct growth {
	uint16_t least[GROWTH_WINDOWS][2];
};

/*
 * Common to all of them. A window reaches back from one to two of its lengths;
 * less until it has been watched for so long, and it starts anew where nobody
 * looked for two of its lengths, the shortest where nobody did for one.
 */
struct growth_clock {
	uint32_t unit_kib;
	int64_t looked_ms;                 /* the last look; -1: none */
	int64_t turned_ms[GROWTH_WINDOWS]; /* when the present turn began */
	int64_t since_ms[GROWTH_WINDOWS];  /* what the least goes back to */
	uint8_t turns[GROWTH_WINDOWS];     /* at this look; 2: all is too old */
};

void growth_clock_init(struct growth_clock *clock, int64_t total_kib);

/* A look begins. True: growth_turn() is due for everybody. */
bool growth_clock_look(struct growth_clock *clock, int64_t now_ms);

/* How far back a window goes, as of the last look. */
int64_t growth_reach_ms(const struct growth_clock *clock,
			enum growth_window window);

/* Forgets what is too old by now. */
void growth_turn(const struct growth_clock *clock, struct growth *growth);

/* Nothing is known but that it began with this size. */
void growth_begin(const struct growth_clock *clock, struct growth *growth,
		  uint32_t size_kib);

/* It was its parent, which has this size; what that was is not all known. */
void growth_inherit(const struct growth_clock *clock, struct growth *growth,
		    const struct growth *parent, uint32_t parent_kib);

/* It has this size now. */
void growth_note(const struct growth_clock *clock, struct growth *growth,
		 uint32_t size_kib);

/* How much it is above its least in the window; at least 0. */
uint32_t growth_kib(const struct growth_clock *clock,
		    const struct growth *growth, enum growth_window window,
		    uint32_t size_kib);

/* 10000, 300000, 21600000. */
int64_t growth_window_ms(enum growth_window window);

#endif
