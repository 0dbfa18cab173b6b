/* SPDX-License-Identifier: MIT */
#include "clock.h"

#include <time.h>

#include "hot.h"

/* Cannot fail for these clocks. */
static struct timespec read_clock(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return now;
}

static int64_t to_ms(struct timespec time)
{
	return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

int64_t clock_now_ms(void)
{
	return to_ms(read_clock(CLOCK_MONOTONIC));
}

int64_t clock_boottime_ms(void)
{
	return to_ms(read_clock(CLOCK_BOOTTIME));
}

int64_t clock_realtime_us(void)
{
	struct timespec now = read_clock(CLOCK_REALTIME);

	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}
