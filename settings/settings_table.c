/* SPDX-License-Identifier: MIT */
#include "settings_table.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "field.h"
#include "nearest.h"
#include "refuse.h"
#include "settings_rules.h"
#include "value.h"

#define SECOND 1000
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

#define MEMBER(type, member)                                                   \
	SETTING_##type, offsetof(struct settings, member), 0
#define WORD(member, ...) MEMBER(WORD, member), { __VA_ARGS__ }, 0, 0
#define NUMBER(member, least, most)                                            \
	MEMBER(NUMBER, member), { NULL }, least, most
#define AMOUNT(member) MEMBER(AMOUNT, member), { NULL }, 0, 0
#define PERCENT(member, least) MEMBER(PERCENT, member), { NULL }, least, 10000
#define DURATION(member, least, most)                                          \
	MEMBER(DURATION, member), { NULL }, least, most
#define RULES(effect) SETTING_RULES, 0, effect, { NULL }, 0, 0

/* The example file and the manual take order and help from here. */
static const struct setting table[] = {
	{ "guard", "mode", WORD(mode, "guard", "observe"), "guard",
	  "What is done about a shortage: guard ends processes, observe only "
	  "tells whom it would have ended." },
	{ "memory", "warn", AMOUNT(memory_warn), "15% or 4G",
	  "Warn when less memory than this is available. Percentages refer to "
	  "MemTotal less the pool of huge pages. Of two amounts the smaller "
	  "counts." },
	{ "memory", "term", AMOUNT(memory_term), "10% or 2G",
	  "Send SIGTERM to a process when less than this is available." },
	{ "memory", "kill", AMOUNT(memory_kill), "5% or 1G",
	  "Send SIGKILL at once when less than this is available." },
	{ "swap", "term", PERCENT(swap_term_permyriad, 0), "10%",
	  "On a machine with swap, memory below the term level counts only "
	  "when less of the swap than this is free, too, or when swapping "
	  "does not help any more. The lower, the longer free swap holds the "
	  "guard back; with 100% it hardly does." },
	{ "swap", "kill", PERCENT(swap_kill_permyriad, 0), "5%",
	  "The same for the kill level." },
	{ "pressure", "term-full", PERCENT(pressure_term_full_permyriad, 100),
	  "30%",
	  "Send SIGTERM when all tasks waited for memory in this share of "
	  "the term-window, and the machine itself reclaims. From 1% to "
	  "100%." },
	{ "pressure", "term-some", PERCENT(pressure_term_some_permyriad, 100),
	  "70%", "The same when some tasks waited. From 1% to 100%." },
	{ "pressure", "kill-full", PERCENT(pressure_kill_full_permyriad, 100),
	  "70%",
	  "Send SIGKILL at once when all tasks waited for memory in this "
	  "share of the kill-window. From 1% to 100%." },
	{ "pressure", "term-window",
	  DURATION(pressure_term_window_ms, 2 * SECOND, 10 * SECOND), "10s",
	  "The time over which term-full and term-some are measured." },
	{ "pressure", "kill-window",
	  DURATION(pressure_kill_window_ms, 1 * SECOND, 10 * SECOND), "5s",
	  "The time over which kill-full is measured." },
	{ "pressure", "below", PERCENT(pressure_below_permyriad, 0), "25%",
	  "Pressure counts only when less memory than this is available, or "
	  "when much of what was reclaimed is read back at once. With 0% "
	  "only then: pressure cannot be turned off altogether." },
	{ "trend", "warn-exhaustion",
	  DURATION(exhaustion_warn_ms, 0, 24 * HOUR), "10min",
	  "Warn when memory will be exhausted within this time if it goes on "
	  "as in the last minute. 0s turns the warning off." },
	{ "strike", "grace", DURATION(grace_ms, 0, 10 * MINUTE), "10s",
	  "How long a process has between SIGTERM and SIGKILL." },
	{ "strike", "pressure-grace",
	  DURATION(pressure_grace_ms, 0, 10 * MINUTE), "5s",
	  "The same when pressure is the reason." },
	{ "strike", "scope", WORD(scope, "auto", "process", "unit"), "auto",
	  "auto, process or unit: what one strike ends. unit is all "
	  "processes of the victim's cgroup, if none of them is protected or "
	  "never chosen; auto does that where memory.oom.group says so, where "
	  "many small processes grow together, and where three strikes in "
	  "30 s did not help." },
	{ "strike", "oom-mark", WORD(oom_mark, "no", "yes"), "yes",
	  "Whether a service gets systemd-oomd's mark before its main process "
	  "gets SIGTERM, so that systemd takes the end for oom-kill and "
	  "Restart=on-failure starts it again." },
	{ "victim", "prefer", RULES(RULE_PREFER), "",
	  "Where nobody is to blame for growing, these are chosen rather than "
	  "others: each is judged as if it held WEIGHT of the memory more. "
	  "Weights add up." },
	{ "victim", "avoid", RULES(RULE_AVOID), "",
	  "Where nobody is to blame for growing, these are chosen after "
	  "others: each is judged as if it held WEIGHT of the memory less. "
	  "Who is to blame is ended all the same: against that there are "
	  "never and [protect]." },
	{ "victim", "never", RULES(RULE_NEVER), "", "These are never chosen." },
	{ "victim", "never-defaults", WORD(never_defaults, "no", "yes"), "yes",
	  "Whether the built-in list of what is never chosen is used, too: "
	  "what keeps a machine reachable and recoverable." },
	{ "victim", "term-only", RULES(RULE_TERM_ONLY), "",
	  "These get SIGTERM and never SIGKILL." },
	{ "victim", "grace-for", RULES(RULE_GRACE), "",
	  "The time that these have between SIGTERM and SIGKILL, instead of "
	  "the general one. Of several the longest counts." },
	{ "victim", "scope-for", RULES(RULE_SCOPE), "",
	  "What one strike ends where it is one of these, instead of the "
	  "general scope: auto, process or unit. Of several the last counts." },
	{ "protect", "units", RULES(RULE_PROTECT_UNIT), "",
	  "All processes of these units are protected: they are never chosen, "
	  "and the kernel's OOM killer is kept off them by a lower "
	  "oom_score_adj. A name that ends in .slice is a slice and all that "
	  "is in it; a container is found by its scope, like docker-*, or by "
	  "its cgroup." },
	{ "protect", "processes", RULES(RULE_PROTECT_PROCESS), "",
	  "The same for processes, within 5 s after their start or exec." },
	{ "protect", "oom-score-adj", NUMBER(protect_adj, -1000, -1), "-900",
	  "The oom_score_adj of what is protected. A process that has a lower "
	  "one keeps it. With -1000 the kernel never ends them, and panics "
	  "when nobody else is left. From -1000 to -1." },
	{ "protect", "workers", WORD(workers, "keep", "protect"), "keep",
	  "keep or protect: whether a process of a protected unit that raises "
	  "its own value, as PostgreSQL does for its backends, keeps that, or "
	  "is protected all the same." },
	{ "protect", "last-resort",
	  WORD(last_resort, "none", "culprit", "largest"), "none",
	  "none, culprit or largest: whom of the protected to strike below "
	  "the kill level when nobody else brings relief. culprit is the one "
	  "that grows; as long as that is not known, the largest." },
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

static int set_word(uint32_t *target, const struct setting *setting,
		    const char *value, struct text *why)
{
	const char *const *words = setting->words;

	for (uint32_t i = 0; i < 3 && words[i]; i++) {
		if (strcmp(value, words[i]) != 0)
			continue;
		*target = i;
		return 0;
	}
	(void)refuse(why, "unknown word", value, words[0]);
	text_put(why, words[2] ? ", " : " or ");
	text_put(why, words[1]);
	text_put(why, words[2] ? " or " : "");
	text_put(why, words[2] ? words[2] : "");
	return -EINVAL;
}

static int set_number(int32_t *target, const struct setting *setting,
		      const char *value, struct text *why)
{
	struct field field = { value, value + strlen(value) };
	int64_t number;

	if (!field_i64(&field, &number) || field.at != field.end ||
	    number < setting->least || number > setting->most) {
		(void)refuse(why, "no such number:", value, "");
		text_put_int(why, setting->least);
		text_put(why, " to ");
		text_put_int(why, setting->most);
		return -EINVAL;
	}
	*target = (int32_t)number;
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
	void *target = (char *)settings + setting->offset;
	int64_t number = 0;
	int r;

	switch (setting->type) {
	case SETTING_WORD:
		return set_word(target, setting, value, why);
	case SETTING_NUMBER:
		return set_number(target, setting, value, why);
	case SETTING_AMOUNT:
		return value_parse_amount(value, target, why);
	case SETTING_PERCENT:
		r = value_parse_permyriad(value, setting->least, &number, why);
		if (!r)
			*(int32_t *)target = (int32_t)number;
		return r;
	case SETTING_DURATION:
		return value_parse_ms(value, setting->least, setting->most,
				      target, why);
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
	const char *hint = nearest(name, names, count);

	(void)refuse(why, wrong, name, hint ? "\"" : "one of ");
	if (hint) {
		text_put(why, hint);
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
		rules_put(out, rule);
		return true;
	}
	return false;
}

bool settings_value(const struct settings *settings,
		    const struct setting *setting, size_t nth, struct text *out)
{
	const void *source = (const char *)settings + setting->offset;

	if (setting->type == SETTING_RULES)
		return put_nth_rule(settings, setting->effect, nth, out);
	if (nth)
		return false;
	switch (setting->type) {
	case SETTING_WORD:
		text_put(out, setting->words[*(const uint32_t *)source]);
		break;
	case SETTING_NUMBER:
		text_put_int(out, *(const int32_t *)source);
		break;
	case SETTING_AMOUNT:
		value_put_amount(out, source);
		break;
	case SETTING_PERCENT:
		value_put_permyriad(out, *(const int32_t *)source);
		break;
	case SETTING_DURATION:
		value_put_ms(out, *(const int64_t *)source);
		break;
	case SETTING_RULES:
		break;
	}
	return true;
}
