/* SPDX-License-Identifier: MIT */
#include "value.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "refuse.h"

/* As the parsers of /proc: sums and shares of it cannot overflow. */
#define VALUE_MOST ((int64_t)1 << 53)

enum kind { KIND_PERCENT, KIND_SIZE, KIND_DURATION };

/* The longer unit first where one begins like another: for printing, too. */
static const struct unit {
	const char *name;
	enum kind kind;
	int64_t factor; /* permyriad, KiB or ms */
} units[] = {
	{ "%", KIND_PERCENT, 100 },      { "T", KIND_SIZE, (int64_t)1 << 30 },
	{ "G", KIND_SIZE, 1 << 20 },     { "M", KIND_SIZE, 1 << 10 },
	{ "K", KIND_SIZE, 1 },           { "TiB", KIND_SIZE, (int64_t)1 << 30 },
	{ "GiB", KIND_SIZE, 1 << 20 },   { "MiB", KIND_SIZE, 1 << 10 },
	{ "KiB", KIND_SIZE, 1 },         { "h", KIND_DURATION, 3600000 },
	{ "min", KIND_DURATION, 60000 }, { "s", KIND_DURATION, 1000 },
	{ "ms", KIND_DURATION, 1 },
};

#define UNITS (sizeof(units) / sizeof(units[0]))

struct quantity {
	enum kind kind;
	int64_t value;
};

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static void skip_blanks(const char **at)
{
	*at += strspn(*at, " \t");
}

static char lower(char byte)
{
	return byte >= 'A' && byte <= 'Z' ? (char)(byte | 0x20) : byte;
}

/* In any case, by ASCII: strncasecmp() would follow the locale. */
static bool is_same(const char *one, const char *other, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (lower(one[i]) != lower(other[i]) || !one[i])
			return false;
	}
	return true;
}

static const struct unit *find_unit(const char *name, size_t length)
{
	for (size_t i = 0; i < UNITS; i++) {
		if (strlen(units[i].name) == length &&
		    is_same(units[i].name, name, length))
			return &units[i];
	}
	return NULL;
}

/* Thousandths of a number. Returns what is wrong with it, or NULL. */
static const char *take_number(const char **at, int64_t *thousandths)
{
	int64_t value = 0;
	int decimals = 0;

	if (!is_digit(**at))
		return "no number in";
	for (; is_digit(**at); (*at)++) {
		value = value * 10 + (**at - '0');
		if (value > VALUE_MOST / 1000)
			return "too large a number in";
	}
	if (**at == '.') {
		(*at)++;
		if (!is_digit(**at))
			return "no digit after the point in";
		for (; is_digit(**at); (*at)++) {
			value = value * 10 + (**at - '0');
			if (++decimals > 3)
				return "more than three decimals in";
		}
	}
	for (; decimals < 3; decimals++)
		value *= 10;
	*thousandths = value;
	return NULL;
}

/* The same for a number with its unit. */
static const char *take_quantity(const char **at, struct quantity *out)
{
	const struct unit *unit;
	const char *wrong;
	int64_t thousandths;
	int64_t part;
	size_t length;

	skip_blanks(at);
	wrong = take_number(at, &thousandths);
	if (wrong)
		return wrong;
	skip_blanks(at);
	length = strcspn(*at, " \t0123456789.");
	if (!length)
		return **at ? "no unit after the first number in"
			    : "no unit in";
	unit = find_unit(*at, length);
	if (!unit)
		return "unknown unit in";
	*at += length;
	if (thousandths / 1000 > VALUE_MOST / unit->factor)
		return "too large a number in";
	part = thousandths % 1000 * unit->factor;
	if (part % 1000 && unit->kind != KIND_SIZE)
		return "too fine a number in";
	out->kind = unit->kind;
	out->value = thousandths / 1000 * unit->factor + part / 1000;
	return NULL;
}

/* In the largest unit that gives a whole number. */
static void put_whole(struct text *out, enum kind kind, int64_t value)
{
	const struct unit *unit = units;

	while (unit->kind != kind || value % unit->factor)
		unit++;
	text_put_int(out, value / unit->factor);
	text_put(out, unit->name);
}

static int parse_one(const char *string, enum kind kind, const char *expected,
		     struct quantity *out, struct text *why)
{
	const char *at = string;
	const char *wrong = take_quantity(&at, out);

	if (wrong)
		return refuse(why, wrong, string, expected);
	if (out->kind != kind)
		return refuse(why, "wrong unit in", string, expected);
	skip_blanks(&at);
	if (*at)
		return refuse(why, "more than one value in", string, expected);
	return 0;
}

static int check_bounds(const char *string, int64_t value, int64_t least,
			int64_t most,
			void (*put)(struct text *out, int64_t value),
			struct text *why)
{
	if (value >= least && value <= most)
		return 0;
	(void)refuse(why, "out of bounds:", string, "");
	put(why, least);
	text_put(why, " to ");
	put(why, most);
	return -EINVAL;
}

int value_parse_permyriad(const char *string, int64_t least, int64_t *out,
			  struct text *why)
{
	struct quantity quantity;
	int r = parse_one(string, KIND_PERCENT,
			  "0% to 100%, e.g. \"10%\" or \"2.5%\"", &quantity,
			  why);

	if (!r)
		r = check_bounds(string, quantity.value, least, 10000,
				 value_put_permyriad, why);
	if (!r)
		*out = quantity.value;
	return r;
}

int value_parse_ms(const char *string, int64_t least, int64_t most,
		   int64_t *out, struct text *why)
{
	struct quantity quantity;
	int r = parse_one(string, KIND_DURATION,
			  "ms, s, min (not m) or h, e.g. \"10min\"", &quantity,
			  why);

	if (!r)
		r = check_bounds(string, quantity.value, least, most,
				 value_put_ms, why);
	if (!r)
		*out = quantity.value;
	return r;
}

bool value_is_one(const char *string)
{
	struct quantity quantity;

	return !take_quantity(&string, &quantity) && !*string &&
	       quantity.kind != KIND_SIZE;
}

/* Puts one part in place. Returns what is wrong with it, or NULL. */
static const char *set_part(struct amount *amount,
			    const struct quantity *quantity)
{
	switch (quantity->kind) {
	case KIND_PERCENT:
		if (amount->permyriad != SETTINGS_UNSET)
			return "two percentages in";
		if (quantity->value > 10000)
			return "more than all in";
		amount->permyriad = (int32_t)quantity->value;
		return NULL;
	case KIND_SIZE:
		if (amount->kib != SETTINGS_UNSET)
			return "two sizes in";
		amount->kib = quantity->value;
		return NULL;
	case KIND_DURATION:
		break;
	}
	return "wrong unit in";
}

/* The word between two parts. False when something else stands there. */
static bool take_or(const char **at)
{
	skip_blanks(at);
	if (!is_same(*at, "or", 2) || !strchr(" \t", (*at)[2]))
		return false;
	*at += 2;
	return true;
}

static const char *take_amount(const char *string, struct amount *out)
{
	const char *wrong;
	struct quantity quantity;

	for (;;) {
		wrong = take_quantity(&string, &quantity);
		if (!wrong)
			wrong = set_part(out, &quantity);
		if (wrong)
			return wrong;
		skip_blanks(&string);
		if (!*string)
			return NULL;
		if (!take_or(&string))
			return "no \"or\" between two values in";
	}
}

int value_parse_amount(const char *string, struct amount *out, struct text *why)
{
	struct amount amount = { SETTINGS_UNSET, SETTINGS_UNSET };
	const char *wrong = take_amount(string, &amount);

	if (wrong)
		return refuse(why, wrong, string,
			      "e.g. \"10%\" or \"2G\" or \"10% or 2G\"");
	*out = amount;
	return 0;
}

void value_put_permyriad(struct text *out, int64_t permyriad)
{
	int64_t rest = permyriad % 100;

	text_put_int(out, permyriad / 100);
	if (rest) {
		text_put(out, rest < 10 ? ".0" : ".");
		text_put_int(out, rest % 10 ? rest : rest / 10);
	}
	text_put(out, "%");
}

void value_put_ms(struct text *out, int64_t ms)
{
	if (ms)
		put_whole(out, KIND_DURATION, ms);
	else
		text_put(out, "0s");
}

void value_put_amount(struct text *out, const struct amount *amount)
{
	if (amount->permyriad != SETTINGS_UNSET)
		value_put_permyriad(out, amount->permyriad);
	if (amount->permyriad != SETTINGS_UNSET &&
	    amount->kib != SETTINGS_UNSET)
		text_put(out, " or ");
	if (amount->kib != SETTINGS_UNSET)
		put_whole(out, KIND_SIZE, amount->kib);
}
