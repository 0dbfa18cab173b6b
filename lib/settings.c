/* SPDX-License-Identifier: MIT */
#include "settings.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "settings_rules.h"
#include "value.h"

#include "hot.h"

#define SECOND 1000
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

#define AMOUNT(member) SETTING_AMOUNT, offsetof(struct settings, member)
#define PERCENT(member) SETTING_PERCENT, offsetof(struct settings, member)
#define DURATION(member) SETTING_DURATION, offsetof(struct settings, member)
#define RULES(effect) SETTING_RULES, 0, effect, "", 0, 0

/* The example file and the manual take order and help from here. */
static const struct setting table[] = {
	{ "guard", "mode", SETTING_MODE, offsetof(struct settings, mode), 0,
	  "guard", 0, 0,
	  "What is done about a shortage: guard ends processes, observe only "
	  "tells whom it would have ended." },
	{ "memory", "warn", AMOUNT(memory_warn), 0, "15% or 4G", 0, 10000,
	  "Warn when less memory than this is available. Percentages refer to "
	  "MemTotal less the pool of huge pages. Of two amounts the smaller "
	  "counts." },
	{ "memory", "term", AMOUNT(memory_term), 0, "10% or 2G", 0, 10000,
	  "Send SIGTERM to a process when less than this is available." },
	{ "memory", "kill", AMOUNT(memory_kill), 0, "5% or 1G", 0, 10000,
	  "Send SIGKILL at once when less than this is available." },
	{ "swap", "term", PERCENT(swap_term_permyriad), 0, "10%", 0, 10000,
	  "On a machine with swap, memory below the term level counts only "
	  "when less of the swap than this is free, too." },
	{ "swap", "kill", PERCENT(swap_kill_permyriad), 0, "5%", 0, 10000,
	  "The same for the kill level." },
	{ "pressure", "term-full", PERCENT(pressure_term_full_permyriad), 0,
	  "30%", 100, 10000,
	  "Send SIGTERM when all tasks waited for memory in this share of "
	  "the term-window, and the machine itself reclaims." },
	{ "pressure", "term-some", PERCENT(pressure_term_some_permyriad), 0,
	  "70%", 100, 10000, "The same when some tasks waited." },
	{ "pressure", "kill-full", PERCENT(pressure_kill_full_permyriad), 0,
	  "70%", 100, 10000,
	  "Send SIGKILL at once when all tasks waited for memory in this "
	  "share of the kill-window." },
	{ "pressure", "term-window", DURATION(pressure_term_window_ms), 0,
	  "10s", 2 * SECOND, 10 * SECOND,
	  "The time over which term-full and term-some are measured." },
	{ "pressure", "kill-window", DURATION(pressure_kill_window_ms), 0, "5s",
	  1 * SECOND, 10 * SECOND,
	  "The time over which kill-full is measured." },
	{ "pressure", "below", PERCENT(pressure_below_permyriad), 0, "25%", 0,
	  10000,
	  "Pressure counts only when less memory than this is available, or "
	  "when much of what was reclaimed is read back at once." },
	{ "trend", "warn-exhaustion", DURATION(exhaustion_warn_ms), 0, "10min",
	  0, 24 * HOUR,
	  "Warn when memory will be exhausted within this time if it goes on "
	  "as in the last minute. 0s turns the warning off." },
	{ "strike", "grace", DURATION(grace_ms), 0, "10s", 0, 10 * MINUTE,
	  "How long a process has between SIGTERM and SIGKILL." },
	{ "strike", "pressure-grace", DURATION(pressure_grace_ms), 0, "5s", 0,
	  10 * MINUTE, "The same when pressure is the reason." },
	{ "strike", "oom-mark", SETTING_SWITCH,
	  offsetof(struct settings, oom_mark), 0, "yes", 0, 1,
	  "Whether a service gets systemd-oomd's mark before its main process "
	  "gets SIGTERM, so that systemd takes the end for oom-kill and "
	  "Restart=on-failure starts it again." },
	{ "victim", "prefer", RULES(RULE_PREFER),
	  "These are chosen rather than others: each is judged as if it held "
	  "WEIGHT of the memory more. Weights add up." },
	{ "victim", "avoid", RULES(RULE_AVOID),
	  "These are chosen after others: each is judged as if it held WEIGHT "
	  "of the memory less." },
	{ "victim", "never", RULES(RULE_NEVER), "These are never chosen." },
	{ "victim", "never-defaults", SETTING_SWITCH,
	  offsetof(struct settings, never_defaults), 0, "yes", 0, 1,
	  "Whether the built-in list of what is never chosen is used, too: "
	  "what keeps a machine reachable and recoverable." },
	{ "victim", "term-only", RULES(RULE_TERM_ONLY),
	  "These get SIGTERM and never SIGKILL." },
	{ "victim", "grace-for", RULES(RULE_GRACE),
	  "The time that these have between SIGTERM and SIGKILL, instead of "
	  "the general one. Of several the longest counts." },
};

#define ROWS (sizeof(table) / sizeof(table[0]))

const struct setting *settings_table(size_t *count)
{
	*count = ROWS;
	return table;
}

const struct setting *settings_find(const char *section, const char *key)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (!strcmp(table[i].section, section) &&
		    !strcmp(table[i].key, key))
			return &table[i];
	}
	return NULL;
}

static void *member(struct settings *settings, const struct setting *setting)
{
	return (char *)settings + setting->offset;
}

static const void *peek(const struct settings *settings,
			const struct setting *setting)
{
	return (const char *)settings + setting->offset;
}

/* One of two words. Returns its index, or -EINVAL. */
static int parse_word(const char *value, const char *zero, const char *one,
		      const char *expected, struct text *why)
{
	if (!strcmp(value, zero))
		return 0;
	if (!strcmp(value, one))
		return 1;
	return text_refuse(why, "unknown word", value, expected);
}

static void put_bound(struct text *why, bool is_duration, int64_t bound)
{
	if (is_duration)
		value_put_ms(why, bound);
	else
		value_put_permyriad(why, bound);
}

static int set_number(void *target, const struct setting *setting,
		      const char *value, struct text *why)
{
	bool is_duration = setting->type == SETTING_DURATION;
	int64_t number;
	int r;

	if (is_duration)
		r = value_parse_ms(value, &number, why);
	else
		r = value_parse_permyriad(value, &number, why);
	if (r < 0)
		return r;
	if (number < setting->least || number > setting->most) {
		text_refuse(why, "out of bounds:", value, "");
		put_bound(why, is_duration, setting->least);
		text_put(why, " to ");
		put_bound(why, is_duration, setting->most);
		return -EINVAL;
	}
	if (is_duration)
		*(int64_t *)target = number;
	else
		*(int32_t *)target = (int32_t)number;
	return 0;
}

static int set_rules(struct settings *settings, const struct setting *setting,
		     const char *value, struct text *why)
{
	if (value[strspn(value, " \t")])
		return rules_add(settings, setting->effect, value, why);
	rules_clear(settings, setting->effect);
	return 0;
}

static int set_row(struct settings *settings, const struct setting *setting,
		   const char *value, struct text *why)
{
	void *target = member(settings, setting);
	int r;

	switch (setting->type) {
	case SETTING_AMOUNT:
		return value_parse_amount(value, target, why);
	case SETTING_PERCENT:
	case SETTING_DURATION:
		return set_number(target, setting, value, why);
	case SETTING_SWITCH:
		r = parse_word(value, "no", "yes", "yes or no", why);
		if (r >= 0)
			*(bool *)target = r;
		return r < 0 ? r : 0;
	case SETTING_MODE:
		r = parse_word(value, "guard", "observe", "guard or observe",
			       why);
		if (r >= 0)
			*(enum mode *)target = r ? MODE_OBSERVE : MODE_GUARD;
		return r < 0 ? r : 0;
	case SETTING_RULES:
		return set_rules(settings, setting, value, why);
	}
	return -EINVAL;
}

/* The names to choose from: all sections, or the keys of one. */
static size_t list_names(const char *section, const char *names[ROWS])
{
	size_t count = 0;

	for (size_t i = 0; i < ROWS; i++) {
		const char *name = section ? table[i].key : table[i].section;

		if (section && strcmp(table[i].section, section) != 0)
			continue;
		if (!count || strcmp(names[count - 1], name) != 0)
			names[count++] = name;
	}
	return count;
}

static int refuse_name(const char *wrong, const char *name,
		       const char *const *names, size_t count, struct text *why)
{
	const char *nearest = settings_nearest(name, names, count);

	text_refuse(why, wrong, name, nearest ? "\"" : "one of ");
	if (nearest) {
		text_put(why, nearest);
		text_put(why, "\"");
		return -EINVAL;
	}
	for (size_t i = 0; i < count; i++) {
		text_put(why, i ? ", " : "");
		text_put(why, names[i]);
	}
	return -EINVAL;
}

int settings_set(struct settings *settings, const char *section,
		 const char *key, const char *value, struct text *why)
{
	const struct setting *setting = settings_find(section, key);
	const char *names[ROWS];
	size_t count;

	if (setting)
		return set_row(settings, setting, value, why);
	count = list_names(section, names);
	if (count)
		return refuse_name("unknown key", key, names, count, why);
	count = list_names(NULL, names);
	return refuse_name("unknown section", section, names, count, why);
}

void settings_init(struct settings *settings)
{
	memset(settings, 0, sizeof(*settings));
	for (size_t i = 0; i < ROWS; i++) {
		char bytes[128];
		struct text why;
		int r;

		text_init(&why, bytes, sizeof(bytes));
		r = set_row(settings, &table[i], table[i].initial, &why);
		assert(!r);
		(void)r; /* With NDEBUG nobody reads it. */
	}
	rules_init(settings);
}

static bool put_nth_rule(const struct settings *settings,
			 enum rule_effect effect, size_t nth, struct text *out)
{
	for (uint32_t i = 0; i < settings->rules_count; i++) {
		const struct rule *rule = &settings->rules[i];

		if (rule->effect != effect || rule->is_built_in || nth--)
			continue;
		settings_put_rule(out, rule);
		return true;
	}
	return false;
}

bool settings_value(const struct settings *settings,
		    const struct setting *setting, size_t nth, struct text *out)
{
	const void *source = peek(settings, setting);

	if (setting->type == SETTING_RULES)
		return put_nth_rule(settings, setting->effect, nth, out);
	if (nth)
		return false;
	switch (setting->type) {
	case SETTING_AMOUNT:
		value_put_amount(out, source);
		break;
	case SETTING_PERCENT:
		value_put_permyriad(out, *(const int32_t *)source);
		break;
	case SETTING_DURATION:
		value_put_ms(out, *(const int64_t *)source);
		break;
	case SETTING_SWITCH:
		text_put(out, *(const bool *)source ? "yes" : "no");
		break;
	case SETTING_MODE:
		text_put(out, *(const enum mode *)source == MODE_OBSERVE
				      ? "observe"
				      : "guard");
		break;
	case SETTING_RULES:
		break;
	}
	return true;
}

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
