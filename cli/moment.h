/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_MOMENT_H
#define OOMGUARD_MOMENT_H

#include <stdint.h>

#define MOMENT_SIZE 40

/* Microseconds of the wall clock, as in the interface. */
int64_t moment_now_us(void);

/*
 * A duration as people write it: `90s`, `10min` or `10m`, `1h`, `1h30min`,
 * `2d`. Returns 0, or -EINVAL; at least 1 ms, at most 1000 days.
 */
int moment_parse_ms(const char *string, int64_t *ms);

/*
 * The beginning of a span: a duration (before `now_us`), `today`, `yesterday`,
 * `2026-11-22`, `2026-11-22 03:00` or with seconds, in local time. Returns 0,
 * or -EINVAL.
 */
int moment_parse_since(const char *string, int64_t now_us, int64_t *since_us);

/* "2026-11-22" and "03:12:09", local; "?" where no calendar has it. */
const char *moment_date(int64_t us, char bytes[MOMENT_SIZE]);
const char *moment_clock(int64_t us, char bytes[MOMENT_SIZE]);

#endif
