/* SPDX-License-Identifier: MIT */
#include "settings_table.h"

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
		    const struct setting *const rows[2])
{
	const void *one = (const char *)settings + rows[0]->offset;
	const void *other = (const char *)settings + rows[1]->offset;

	if (rows[0]->type == SETTING_AMOUNT)
		return amount_exceeds(one, other);
	if (rows[0]->type == SETTING_PERCENT)
		return *(const int32_t *)one > *(const int32_t *)other;
	return *(const int64_t *)one > *(const int64_t *)other;
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

bool settings_conflict(const struct settings *settings, size_t nth,
		       const struct setting *rows[2], struct text *why)
{
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		rows[0] = settings_find(orders[i].section, orders[i].lesser);
		rows[1] = settings_find(orders[i].section, orders[i].greater);
		if (!exceeds(settings, rows) || nth--)
			continue;
		put_named(why, settings, rows[0]);
		text_put(why, " is above ");
		put_named(why, settings, rows[1]);
		text_put(why, ": expected ");
		text_put(why, rows[0]->key);
		text_put(why, " not above ");
		text_put(why, rows[1]->key);
		return true;
	}
	return false;
}
