/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_VALUE_H
#define OOMGUARD_VALUE_H

#include <stdint.h>

#include "settings.h"
#include "text.h"

/*
 * Values as they stand in a configuration file: a number with up to three
 * decimals and a unit, which is never left out. Percentages are `%`; sizes
 * `K`, `M`, `G`, `T` or `KiB` and so on, always binary; durations `ms`, `s`,
 * `min`, `h`. Units are read in any case.
 *
 * The parsers return 0, or -EINVAL with "what is wrong: what was expected"
 * appended to `why`. Sizes are rounded down to KiB; a percentage finer than
 * 0.01 % or a duration finer than 1 ms is refused.
 */
int value_parse_permyriad(const char *string, int64_t least, int64_t *out,
			  struct text *why);
int value_parse_ms(const char *string, int64_t least, int64_t most,
		   int64_t *out, struct text *why);

/* `10%`, `2G`, or both in any order with `or` between them. */
int value_parse_amount(const char *string, struct amount *out,
		       struct text *why);

/* Whether it is a percentage or a duration. */
bool value_is_one(const char *string);

/* The shortest text that is read as the same value again. */
void value_put_permyriad(struct text *out, int64_t permyriad);
void value_put_ms(struct text *out, int64_t ms);
void value_put_amount(struct text *out, const struct amount *amount);

#endif
