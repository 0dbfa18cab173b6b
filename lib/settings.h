/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SETTINGS_H
#define OOMGUARD_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "selector.h"

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

/* What one strike ends: a process, its unit, or the unit where it must be. */
enum scope { SCOPE_AUTO, SCOPE_PROCESS, SCOPE_UNIT };

/* What a worker that has raised its own oom_score_adj gets. */
enum workers { WORKERS_KEEP, WORKERS_PROTECT };

/* Who is struck when only the protected are left. */
enum last_resort {
	LAST_RESORT_NONE,
	LAST_RESORT_CULPRIT,
	LAST_RESORT_LARGEST,
};

enum rule_effect {
	RULE_PREFER, /* value: weight in permyriad of memory, added */
	RULE_AVOID,  /* value: weight in permyriad of memory, taken off */
	RULE_NEVER,
	RULE_TERM_ONLY,    /* never SIGKILL */
	RULE_GRACE,        /* value: milliseconds between SIGTERM and SIGKILL */
	RULE_SCOPE,        /* value: enum scope */
	RULE_PROTECT_UNIT, /* the pattern is as in protect_name() */
	RULE_PROTECT_PROCESS, /* found by a look at every new process */
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
 * default and bounds: the table in settings/settings_table.c.
 */
struct settings {
	uint32_t mode; /* enum mode */
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
	uint32_t scope;    /* enum scope */
	uint32_t oom_mark; /* 0 or 1, as the next */
	uint32_t never_defaults;
	int32_t protect_adj;  /* oom_score_adj of the protected */
	uint32_t workers;     /* enum workers */
	uint32_t last_resort; /* enum last_resort */
	uint32_t rules_count;
	struct rule rules[SETTINGS_RULES_MAX];
};

/* What the amount is on a machine with this base. */
int64_t settings_amount_kib(const struct amount *amount, int64_t base_kib);

/* Where no cgroup is known, the unit still may be. */
bool settings_rule_matches(const struct rule *rule,
			   const struct identity *identity);

/* What the rules say about one process. */
struct ruling {
	int32_t never;            /* index of the rule that exempts, or -1 */
	int32_t protect;          /* the same of what protects */
	int32_t weight_permyriad; /* prefer less avoid */
	bool term_only;
	enum scope scope;
	int64_t grace_ms; /* SETTINGS_UNSET: no rule */
};

/*
 * Weights add up; of several graces the longest counts, of several scopes the
 * last. A process that is
 * protected by itself is so, whatever its unit is.
 */
void settings_judge(const struct settings *settings,
		    const struct identity *identity, struct ruling *out);

#endif
