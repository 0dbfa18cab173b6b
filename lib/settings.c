/* SPDX-License-Identifier: MIT */
#include "settings.h"

#include "protect.h"

#include "hot.h"

int64_t settings_amount_kib(const struct amount *amount, int64_t base_kib)
{
	int64_t share = base_kib / 10000 * amount->permyriad +
			base_kib % 10000 * amount->permyriad / 10000;

	if (amount->permyriad == SETTINGS_UNSET)
		return amount->kib;
	if (amount->kib == SETTINGS_UNSET || share < amount->kib)
		return share;
	return amount->kib;
}

static void apply(const struct settings *settings, uint32_t index,
		  struct ruling *out)
{
	const struct rule *rule = &settings->rules[index];

	switch (rule->effect) {
	case RULE_PREFER:
		out->weight_permyriad += (int32_t)rule->value;
		return;
	case RULE_AVOID:
		out->weight_permyriad -= (int32_t)rule->value;
		return;
	case RULE_NEVER:
		if (out->never < 0)
			out->never = (int32_t)index;
		return;
	case RULE_TERM_ONLY:
		out->term_only = true;
		return;
	case RULE_GRACE:
		if (rule->value > out->grace_ms)
			out->grace_ms = rule->value;
		return;
	case RULE_SCOPE:
		out->scope = (enum scope)rule->value;
		return;
	case RULE_PROTECT_PROCESS:
		out->protect = (int32_t)index;
		return;
	case RULE_PROTECT_UNIT:
		if (out->protect < 0)
			out->protect = (int32_t)index;
		return;
	}
}

bool settings_rule_matches(const struct rule *rule,
			   const struct identity *identity)
{
	if (rule->effect != RULE_PROTECT_UNIT)
		return selector_matches(&rule->selector, identity);
	return protect_matches(rule->selector.pattern,
			       *identity->cgroup ? identity->cgroup
						 : identity->unit);
}

void settings_judge(const struct settings *settings,
		    const struct identity *identity, struct ruling *out)
{
	*out = (struct ruling){ .never = -1,
				.protect = -1,
				.scope = (enum scope)settings->scope,
				.grace_ms = SETTINGS_UNSET };
	for (uint32_t i = 0; i < settings->rules_count; i++) {
		const struct rule *rule = &settings->rules[i];

		if (rule->is_built_in && !settings->never_defaults)
			continue;
		if (settings_rule_matches(rule, identity))
			apply(settings, i, out);
	}
}
