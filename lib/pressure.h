/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_PRESSURE_H
#define OOMGUARD_PRESSURE_H

#include <stddef.h>
#include <stdint.h>

/*
 * The totals of a PSI file (Documentation/accounting/psi.rst): the time that
 * some, or all, tasks that were not idle have been stalled since boot. Its
 * averages are not used: they lag by ten seconds and more.
 */
struct pressure {
	int64_t some_us;
	int64_t full_us;
};

/* Both lines must be there. Returns 0, or -EBADMSG with *out unchanged. */
int pressure_parse(const char *bytes, size_t length, struct pressure *out);

#endif
