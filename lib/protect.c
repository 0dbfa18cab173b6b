/* SPDX-License-Identifier: MIT */
#include "protect.h"

#include <string.h>

#include "selector.h"

#include "hot.h"

#define DEPTH_MOST 16

bool protect_name(const char *pattern, enum cgroup_place place,
		  const char *name, size_t length)
{
	bool is_of_slices = cgroup_is_kind(pattern, strlen(pattern), ".slice");
	char copy[CGROUP_UNIT_SIZE];

	if (place == CGROUP_INSIDE || is_of_slices != (place == CGROUP_SLICE))
		return false;
	/* systemd escapes what looks like a kernel file: _cpu.service. */
	if (place == CGROUP_UNIT && *name == '_') {
		name++;
		length--;
	}
	if (length >= sizeof(copy))
		return false;
	memcpy(copy, name, length);
	copy[length] = '\0';
	return selector_glob(pattern, copy);
}

/* One component after the other, and what each is. */
struct walk {
	const char *at; /* behind the component */
	const char *name;
	size_t length;
	enum cgroup_place place;
	int depth;
};

static bool next(struct walk *walk)
{
	walk->at += strspn(walk->at, "/");
	walk->name = walk->at;
	walk->length = strcspn(walk->at, "/");
	walk->at += walk->length;
	walk->place = cgroup_step(walk->place, walk->name, walk->length);
	return walk->length > 0 && walk->place != CGROUP_INSIDE &&
	       walk->depth++ < DEPTH_MOST;
}

bool protect_matches(const char *pattern, const char *path)
{
	struct walk walk = { .at = path };

	while (next(&walk))
		if (protect_name(pattern, walk.place, walk.name, walk.length))
			return true;
	return false;
}

static int32_t find_rule(const struct settings *settings,
			 const struct walk *walk)
{
	for (uint32_t i = 0; i < settings->rules_count; i++) {
		const struct rule *rule = &settings->rules[i];

		if (rule->effect == RULE_PROTECT_UNIT &&
		    protect_name(rule->selector.pattern, walk->place,
				 walk->name, walk->length))
			return (int32_t)i;
	}
	return -1;
}

int32_t protect_path(const struct settings *settings, const char *path,
		     char name[CGROUP_UNIT_SIZE])
{
	struct walk walk = { .at = path };
	int32_t found = -1;

	name[0] = '\0';
	while (next(&walk)) {
		int32_t rule = find_rule(settings, &walk);

		if (walk.place != CGROUP_SLICE &&
		    walk.length < CGROUP_UNIT_SIZE && (found < 0 || !name[0])) {
			memcpy(name, walk.name, walk.length);
			name[walk.length] = '\0';
		}
		found = found < 0 ? rule : found;
	}
	return found;
}

/* Listed, and its value is its own. */
static struct protect_plan plan_own(const struct settings *settings,
				    const struct protect_case *given)
{
	struct protect_plan plan = { .former = given->present,
				     .value = settings->protect_adj,
				     .is_wish = given->is_known ||
						given->is_raised };

	/* What it forked before, or forks by the value it noted, has ours. */
	if (given->present <= plan.value)
		plan.act = given->is_known ? PROTECT_LEAVE : PROTECT_NOTHING;
	else if (settings->workers == WORKERS_PROTECT)
		plan.act = PROTECT_SET;
	else if (given->is_known)
		plan.act = PROTECT_LEAVE;
	else
		plan.act = given->is_raised ? PROTECT_NOTHING : PROTECT_SET;
	return plan;
}

/* Listed, and its value is ours. */
static struct protect_plan plan_ours(const struct settings *settings,
				     const struct protect_case *given)
{
	struct protect_plan plan = { .former = given->former,
				     .value = settings->protect_adj,
				     .is_wish = given->is_over };

	if (given->former <= plan.value ||
	    (given->is_over && settings->workers == WORKERS_KEEP)) {
		plan.act = PROTECT_PUT_BACK;
		plan.value = given->former;
	} else if (given->present != plan.value) {
		plan.act = PROTECT_SET;
	} else {
		plan.act = given->is_known ? PROTECT_NOTHING : PROTECT_ADOPT;
	}
	return plan;
}

struct protect_plan protect_plan(const struct settings *settings,
				 const struct protect_case *given)
{
	bool is_ours = (given->is_known || given->inherits) &&
		       given->present == given->ours;

	if (given->is_covered)
		return is_ours ? plan_ours(settings, given)
			       : plan_own(settings, given);
	if (is_ours)
		return (struct protect_plan){ PROTECT_PUT_BACK, given->former,
					      given->former, false };
	return (struct protect_plan){ .act = given->is_known
						     ? PROTECT_FORGET
						     : PROTECT_NOTHING };
}
