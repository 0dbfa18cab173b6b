/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SETTINGS_H
#define OOMGUARD_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "selector.h"
#include "text.h"

#define SETTINGS_RULES_MAX 160
#define SETTINGS_UNSET (-1)

/*
 * An amount of memory: a share of a base, a size, or both, and then the
 * smaller one counts. What is not given is SETTINGS_UNSET.
 */
struct amount {
	int32_t permyriad; /* hundredths of a percent */
	int64_t kib;
};

enum mode { MODE_GUARD, MODE_OBSERVE };

enum rule_effect {
	RULE_PREFER, /* value: weight in permyriad of memory, added */
	RULE_AVOID,  /* value: weight in permyriad of memory, taken off */
	RULE_NEVER,
	RULE_TERM_ONLY, /* never SIGKILL */
	RULE_GRACE,     /* value: milliseconds between SIGTERM and SIGKILL */
};

struct rule {
	enum rule_effect effect;
	bool is_built_in;
	int64_t value;
	struct selector selector;
};

/*
 * Everything the operator can choose. A plain value without pointers: it is
 * copied, compared, sent through a pipe. What each member means, its key,
 * default and bounds: the table in settings.c, and nowhere else.
 */
struct settings {
	enum mode mode;
	struct amount memory_warn;
	struct amount memory_term;
	struct amount memory_kill;
	int32_t swap_term_permyriad;
	int32_t swap_kill_permyriad;
	int32_t pressure_term_full_permyriad;
	int32_t pressure_term_some_permyriad;
	int32_t pressure_kill_full_permyriad;
	int64_t pressure_term_window_ms;
	int64_t pressure_kill_window_ms;
	int32_t pressure_below_permyriad;
	int64_t exhaustion_warn_ms;
	int64_t grace_ms;
	int64_t pressure_grace_ms;
	bool oom_mark;
	bool never_defaults;
	uint32_t rules_count;
	struct rule rules[SETTINGS_RULES_MAX];
};

enum setting_type {
	SETTING_AMOUNT,   /* struct amount */
	SETTING_PERCENT,  /* int32_t, permyriad */
	SETTING_DURATION, /* int64_t, ms */
	SETTING_SWITCH,   /* bool */
	SETTING_MODE,     /* enum mode */
	SETTING_RULES,    /* selectors, and a value where the effect has one */
};

/* One row: parser, default, bounds, documentation of one key. */
struct setting {
	const char *section;
	const char *key;
	enum setting_type type;
	size_t offset;           /* in struct settings; not for RULES */
	enum rule_effect effect; /* only for RULES */
	const char *initial;     /* the default, as it is written in a file */
	int64_t least;           /* bounds, in the unit of the type */
	int64_t most;
	const char *help; /* sentences for example and manual */
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
 * Contradictions between keys (kill above term, and so on), numbered from 0.
 * Returns the row to blame with the reason appended to `why`, or NULL when
 * there are no more than `nth`.
 */
const struct setting *settings_conflict(const struct settings *settings,
					size_t nth, struct text *why);

/*
 * Resolves the first contradiction: both rows of it have their defaults then,
 * so that neither alone sets what nobody meant. They are put into `reset`.
 * False when there is none.
 */
bool settings_resolve(struct settings *settings,
		      const struct setting *reset[2]);

/*
 * The value of a row as it would be written in a file. For RULES the `nth`
 * entry that is not built in. False when there is none.
 */
bool settings_value(const struct settings *settings,
		    const struct setting *setting, size_t nth,
		    struct text *out);

/* The nearest of `count` names to a mistyped one, or NULL if none is near. */
const char *settings_nearest(const char *name, const char *const *names,
			     size_t count);

/* One rule as text: `unit:sshd.service`, `comm:chrome* 10%`. */
void settings_put_rule(struct text *out, const struct rule *rule);

/* What the amount is on a machine with this base. */
int64_t settings_amount_kib(const struct amount *amount, int64_t base_kib);

/* What the rules say about one process. */
struct ruling {
	int32_t never;            /* index of the rule that exempts, or -1 */
	int32_t weight_permyriad; /* prefer less avoid */
	bool term_only;
	int64_t grace_ms; /* SETTINGS_UNSET: no rule */
};

/* Weights add up; of several graces the longest counts. */
void settings_judge(const struct settings *settings,
		    const struct identity *identity, struct ruling *out);

#endif
