/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SETTINGS_TABLE_H
#define OOMGUARD_SETTINGS_TABLE_H

#include "settings.h"
#include "text.h"

enum setting_type {
	SETTING_WORD,     /* uint32_t: which of several words */
	SETTING_NUMBER,   /* int32_t */
	SETTING_AMOUNT,   /* struct amount */
	SETTING_PERCENT,  /* int32_t, permyriad */
	SETTING_DURATION, /* int64_t, ms */
	SETTING_RULES,    /* selectors, and a value where the effect has one */
};

/* One row: parser, default, bounds, documentation of one key. */
struct setting {
	const char *section;
	const char *key;
	enum setting_type type;
	size_t offset;           /* in struct settings; not for RULES */
	enum rule_effect effect; /* only for RULES */
	const char *words[3];    /* only for WORD; NULL where there are two */
	int64_t least;           /* bounds of NUMBER, PERCENT, DURATION */
	int64_t most;
	const char *initial; /* the default, as it is written in a file */
	const char *help;    /* sentences for example and manual */
};

const struct setting *settings_table(size_t *count);

/* The row of a key, or NULL. */
const struct setting *settings_find(const char *section, const char *key);

/* All defaults, the built-in never list included. */
void settings_init(struct settings *settings);

/*
 * Sets one key from its text. A value for RULES is added to the list; an empty
 * one empties the list of that effect (not the built-in part). Returns 0, or
 * -EINVAL (settings unchanged) with "what is wrong: what was expected"
 * appended to `why`, with the nearest section or key as a hint.
 */
int settings_set(struct settings *settings, const char *section,
		 const char *key, const char *value, struct text *why);

/*
 * Contradictions between two keys (kill above term, and so on), numbered from
 * 0: the first row is above the second. False when there are no more than
 * `nth`, and else the reason is appended to `why`.
 */
bool settings_conflict(const struct settings *settings, size_t nth,
		       const struct setting *rows[2], struct text *why);

/*
 * The value of a row as it would be written in a file. For RULES the `nth`
 * entry that is not built in. False when there is none.
 */
bool settings_value(const struct settings *settings,
		    const struct setting *setting, size_t nth,
		    struct text *out);

#endif
