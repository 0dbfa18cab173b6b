/* SPDX-License-Identifier: MIT */
#include "growth.h"

#include <string.h>

#include "hot.h"

#define UNITS 65536
#define NOT_SEEN UINT16_MAX /* larger than any size */

int64_t growth_window_ms(enum growth_window window)
{
	static const int64_t windows_ms[GROWTH_WINDOWS] = { 10000, 300000,
							    21600000 };

	return window < GROWTH_WINDOWS ? windows_ms[window] : 0;
}

void growth_clock_init(struct growth_clock *clock, int64_t total_kib)
{
	memset(clock, 0, sizeof(*clock));
	clock->unit_kib = (uint32_t)(total_kib / UNITS) + 1;
	clock->looked_ms = -1;
}

bool growth_clock_look(struct growth_clock *clock, int64_t now_ms)
{
	bool is_due = false;

	for (int i = 0; i < GROWTH_WINDOWS; i++) {
		int64_t window_ms = growth_window_ms((enum growth_window)i);
		int64_t since_ms = now_ms - clock->turned_ms[i];
		int64_t blind_ms =
			i == GROWTH_SHORT ? window_ms : window_ms * 2;
		bool is_old = clock->looked_ms < 0 ||
			      now_ms - clock->looked_ms > blind_ms ||
			      since_ms < 0;

		clock->turns[i] = is_old ? 2 : since_ms >= window_ms;
		if (clock->turns[i] == 0)
			continue;
		clock->since_ms[i] = is_old ? now_ms : clock->turned_ms[i];
		clock->turned_ms[i] = now_ms;
		is_due = true;
	}
	clock->looked_ms = now_ms;
	return is_due;
}

int64_t growth_reach_ms(const struct growth_clock *clock,
			enum growth_window window)
{
	return clock->looked_ms - clock->since_ms[window];
}

void growth_turn(const struct growth_clock *clock, struct growth *growth)
{
	for (int i = 0; i < GROWTH_WINDOWS; i++) {
		uint16_t *least = growth->least[i];

		if (clock->turns[i] == 0)
			continue;
		least[1] = clock->turns[i] == 1 ? least[0] : NOT_SEEN;
		least[0] = NOT_SEEN;
	}
}

static uint16_t units(const struct growth_clock *clock, uint32_t size_kib)
{
	uint32_t count = size_kib / clock->unit_kib;

	return (uint16_t)(count < NOT_SEEN ? count : NOT_SEEN - 1);
}

void growth_begin(const struct growth_clock *clock, struct growth *growth,
		  uint32_t size_kib)
{
	for (int i = 0; i < GROWTH_WINDOWS; i++) {
		growth->least[i][0] = units(clock, size_kib);
		growth->least[i][1] = growth->least[i][0];
	}
}

void growth_inherit(const struct growth_clock *clock, struct growth *growth,
		    const struct growth *parent, uint32_t parent_kib)
{
	uint16_t count = units(clock, parent_kib);

	*growth = *parent;
	for (int i = 0; i < GROWTH_WINDOWS; i++)
		if (growth->least[i][0] == NOT_SEEN &&
		    growth->least[i][1] == NOT_SEEN)
			growth->least[i][0] = count;
}

void growth_note(const struct growth_clock *clock, struct growth *growth,
		 uint32_t size_kib)
{
	uint16_t count = units(clock, size_kib);

	for (int i = 0; i < GROWTH_WINDOWS; i++)
		if (count < growth->least[i][0])
			growth->least[i][0] = count;
}

uint32_t growth_kib(const struct growth_clock *clock,
		    const struct growth *growth, enum growth_window window,
		    uint32_t size_kib)
{
	const uint16_t *least = growth->least[window];
	uint16_t base = least[0] < least[1] ? least[0] : least[1];
	uint16_t count = units(clock, size_kib);

	return count > base ? (uint32_t)(count - base) * clock->unit_kib : 0;
}
