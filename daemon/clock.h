/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_CLOCK_H
#define OOMGUARD_CLOCK_H

#include <stdint.h>

/*
 * The only clocks. Whoever decides gets the time as an argument; loops and
 * threads read it here.
 */

/* CLOCK_MONOTONIC, in ms. */
int64_t clock_now_ms(void);

/* CLOCK_BOOTTIME, which also runs while the machine is suspended, in ms. */
int64_t clock_boottime_ms(void);

/* The wall clock in microseconds, for records only. */
int64_t clock_realtime_us(void);

#endif
