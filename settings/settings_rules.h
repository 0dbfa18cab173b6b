/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SETTINGS_RULES_H
#define OOMGUARD_SETTINGS_RULES_H

#include "settings.h"
#include "text.h"

/*
 * The rules within the settings: what settings_set() and settings_init() do
 * for keys of SETTING_RULES. What is behind rules_count is all zeros.
 */

/* Puts the built-in never list in front of an empty list. */
void rules_init(struct settings *settings);

/*
 * Adds the rules of one value, selectors and then the effect's own value.
 * All of them or none: 0, or -EINVAL with the reason appended to `why`.
 */
int rules_add(struct settings *settings, enum rule_effect effect,
	      const char *value, struct text *why);

/* Takes away the rules with this effect that are not built in. */
void rules_clear(struct settings *settings, enum rule_effect effect);

/* One rule as text: `unit:sshd.service`, `comm:chrome* 10%`. */
void rules_put(struct text *out, const struct rule *rule);

#endif
