/* SPDX-License-Identifier: MIT */
#include "meter.h"

#include <string.h>

static int meter_column(const struct meter *meter, int64_t free, int most)
{
	double share;
	int column;

	if (meter->total <= 0 || free <= 0)
		return most;
	share = 1.0 - (double)free / (double)meter->total;
	column = share > 0 ? (int)(share * METER_WIDTH) : 0;
	return column < most ? column : most;
}

/* The mark of each column, or a space. */
static void meter_mark(const struct meter *meter, char marks[METER_WIDTH])
{
	const struct {
		int64_t level;
		char mark;
	} levels[] = {
		{ meter->kill, 'k' },
		{ meter->term, 't' },
		{ meter->warn, 'w' },
	};
	int most = METER_WIDTH - 1;

	memset(marks, ' ', METER_WIDTH);
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (levels[i].level <= 0 || most < 0)
			continue;
		most = meter_column(meter, levels[i].level, most);
		marks[most] = levels[i].mark;
		most--;
	}
}

void meter_draw(const struct meter *meter, bool is_utf8, char bytes[METER_SIZE])
{
	const char *used = is_utf8 ? "\xe2\x96\x88" : "#";
	const char *left = is_utf8 ? "\xc2\xb7" : ".";
	int full = meter->free <= 0
			   ? METER_WIDTH
			   : meter_column(meter, meter->free, METER_WIDTH);
	char marks[METER_WIDTH];
	char *end = bytes;

	meter_mark(meter, marks);
	for (int i = 0; i < METER_WIDTH; i++) {
		if (marks[i] != ' ') {
			*end++ = marks[i];
			*end = '\0';
		} else {
			end = stpcpy(end, i < full ? used : left);
		}
	}
}
