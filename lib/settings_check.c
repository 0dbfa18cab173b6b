/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "settings.h"

#include "hot.h"

#define NAME_SIZE 32 /* longer names are near to nothing */

/* The first must not be above the second; both have the same type. */
static const struct {
	const char *section, *lesser, *greater;
} orders[] = {
	{ "memory", "term", "warn" },
	{ "memory", "kill", "term" },
	{ "swap", "kill", "term" },
	{ "pressure", "term-full", "kill-full" },
	{ "pressure", "kill-window", "term-window" },
};

static const void *peek(const struct settings *settings,
			const struct setting *setting)
{
	return (const char *)settings + setting->offset;
}

static bool is_zero(const struct amount *amount)
{
	return !amount->permyriad || !amount->kib;
}

/*
 * Like is compared with like: of `5% or 3G` and `10% or 2G` the first is the
 * greater one on large machines. A share and a size contradict each other only
 * when one of them is nothing.
 */
static bool amount_exceeds(const struct amount *amount,
			   const struct amount *limit)
{
	if (amount->permyriad != SETTINGS_UNSET &&
	    limit->permyriad != SETTINGS_UNSET &&
	    amount->permyriad > limit->permyriad)
		return true;
	if (amount->kib != SETTINGS_UNSET && limit->kib != SETTINGS_UNSET &&
	    amount->kib > limit->kib)
		return true;
	return is_zero(limit) && !is_zero(amount);
}

static bool exceeds(const struct settings *settings,
		    const struct setting *setting, const struct setting *limit)
{
	const void *one = peek(settings, setting);
	const void *other = peek(settings, limit);

	switch (setting->type) {
	case SETTING_AMOUNT:
		return amount_exceeds(one, other);
	case SETTING_PERCENT:
		return *(const int32_t *)one > *(const int32_t *)other;
	case SETTING_DURATION:
		return *(const int64_t *)one > *(const int64_t *)other;
	case SETTING_SWITCH:
	case SETTING_MODE:
	case SETTING_RULES:
		break;
	}
	return false;
}

static void put_named(struct text *out, const struct settings *settings,
		      const struct setting *setting)
{
	text_put(out, setting->section);
	text_put(out, ".");
	text_put(out, setting->key);
	text_put(out, " ");
	(void)settings_value(settings, setting, 0, out);
}

/* As in the table: what the operator wrote is to blame, not a default. */
static bool is_initial(const struct settings *settings,
		       const struct setting *setting)
{
	char bytes[64];
	struct text value;

	text_init(&value, bytes, sizeof(bytes));
	(void)settings_value(settings, setting, 0, &value);
	return !strcmp(bytes, setting->initial);
}

const struct setting *settings_conflict(const struct settings *settings,
					size_t nth, struct text *why)
{
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		const struct setting *lesser =
			settings_find(orders[i].section, orders[i].lesser);
		const struct setting *greater =
			settings_find(orders[i].section, orders[i].greater);

		if (!exceeds(settings, lesser, greater) || nth--)
			continue;
		put_named(why, settings, lesser);
		text_put(why, " is above ");
		put_named(why, settings, greater);
		text_put(why, ": expected ");
		text_put(why, lesser->key);
		text_put(why, " not above ");
		text_put(why, greater->key);
		return is_initial(settings, lesser) ? greater : lesser;
	}
	return NULL;
}

bool settings_resolve(struct settings *settings, const struct setting *reset[2])
{
	char bytes[64];
	struct text why;

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		reset[0] = settings_find(orders[i].section, orders[i].lesser);
		reset[1] = settings_find(orders[i].section, orders[i].greater);
		if (!exceeds(settings, reset[0], reset[1]))
			continue;
		text_init(&why, bytes, sizeof(bytes));
		for (int one = 0; one < 2; one++)
			(void)settings_set(settings, reset[one]->section,
					   reset[one]->key, reset[one]->initial,
					   &why);
		return true;
	}
	return false;
}

static size_t least(size_t a, size_t b, size_t c)
{
	size_t less = a < b ? a : b;

	return less < c ? less : c;
}

/* The number of bytes to add, take away or change (Levenshtein). */
static size_t edit_distance(const char *one, const char *other)
{
	size_t row[NAME_SIZE];
	size_t length = strlen(other);

	for (size_t j = 0; j <= length; j++)
		row[j] = j;
	for (size_t i = 0; one[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 1; j <= length; j++) {
			size_t above = row[j];

			row[j] = least(above + 1, row[j - 1] + 1,
				       diagonal + (one[i] != other[j - 1]));
			diagonal = above;
		}
	}
	return row[length];
}

const char *settings_nearest(const char *name, const char *const *names,
			     size_t count)
{
	size_t length = strlen(name);
	size_t best = length / 3 > 2 ? length / 3 : 2;
	const char *nearest = NULL;

	if (length >= NAME_SIZE)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t distance;

		if (strlen(names[i]) >= NAME_SIZE)
			continue;
		distance = edit_distance(name, names[i]);
		/* Not when nothing of the name would be left. */
		if (distance >= length || distance > best ||
		    (nearest && distance == best))
			continue;
		best = distance;
		nearest = names[i];
	}
	return nearest;
}
