/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "doctor.h"
#include "settings_rules.h"
#include "unmatched.h"

#define PROTECT_NAMED 5 /* of a list; the rest is a number */

/* A list for one finding: "a, b and 3 more". */
struct names {
	struct piece text;
	uint32_t count;
};

static void names_add(struct names *names, const char *name)
{
	if (names->count++ < PROTECT_NAMED)
		piece_add(&names->text, "%s%s", names->count > 1 ? ", " : "",
			  name);
}

static const char *names_end(struct names *names)
{
	if (names->count > PROTECT_NAMED)
		piece_add(&names->text, " and %u more",
			  names->count - PROTECT_NAMED);
	return names->text.bytes;
}

static bool protect_is_rule(const struct rule *rule)
{
	return rule->effect == RULE_PROTECT_UNIT ||
	       rule->effect == RULE_PROTECT_PROCESS;
}

static uint32_t protect_count(const struct settings *settings)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < settings->rules_count; i++)
		count += protect_is_rule(&settings->rules[i]);
	return count;
}

/* Where executables are hidden from us, nothing is said of these. */
static void protect_say_unmatched(struct doctor *doctor,
				  const struct unmatched *unmatched)
{
	const struct settings *settings = &doctor->config.settings;
	struct names names = { .count = 0 };
	struct piece one;

	piece_begin(&names.text);
	for (uint32_t i = 0; i < settings->rules_count; i++) {
		const struct rule *rule = &settings->rules[i];

		if (!protect_is_rule(rule) || unmatched->matches[i] ||
		    (rule->selector.kind == SELECTOR_EXE && unmatched->hidden))
			continue;
		rules_put(piece_begin(&one), rule);
		names_add(&names, one.bytes);
	}
	if (names.count)
		doctor_say(doctor, "protect", VERDICT_WARNING,
			   "Does it run, and is its name right? oomguard check "
			   "says where it is written.",
			   "%u of %u entries match no process now: %s",
			   names.count, protect_count(settings),
			   names_end(&names));
}

static void protect_say_bare(struct doctor *doctor,
			     const struct unmatched *unmatched)
{
	const uint64_t needed = UINT64_C(1) << CAP_SYS_RESOURCE |
				UINT64_C(1) << CAP_DAC_OVERRIDE;
	bool is_kept = doctor->config.settings.workers == WORKERS_KEEP;
	const struct bare *bare = &unmatched->bare;
	enum verdict verdict = VERDICT_WARNING;
	struct piece comm, unit;
	const char *remedy;
	uint64_t set;

	if (!doctor->status) {
		remedy = "The guard would lower it, but does not run.";
	} else if (doctor_read_rights(doctor, &set) &&
		   (set & needed) != needed) {
		remedy = "The guard has no right to lower it: see rights.";
	} else if (is_kept) {
		verdict = VERDICT_NOTE;
		remedy = "Left alone is what raised it itself, as workers of "
			 "databases do; workers = protect overrules that.";
	} else {
		remedy = "journalctl -u oomguard has the reason.";
	}
	doctor_say(doctor, "protect", verdict, remedy,
		   "the kernel may take %u of %u protected processes, such as "
		   "%d %s (%s): its oom_score_adj is %d",
		   unmatched->bare_count, unmatched->covered, bare->pid,
		   piece_quoted(&comm, bare->comm),
		   *bare->unit ? piece_quoted(&unit, bare->unit) : "no unit",
		   (int)bare->adj);
}

/* Of several processes of a unit only the first one names it. */
static bool protect_is_named(struct json_object *list, size_t before,
			     const char *unit)
{
	for (size_t i = 0; i < before; i++)
		if (strcmp(answer_string(json_object_array_get_idx(list, i),
					 "unit"),
			   unit) == 0)
			return true;
	return false;
}

/* A drop-in does the same, from the first moment and without a guard. */
static void protect_say_dropins(struct doctor *doctor, struct json_object *list)
{
	struct names names = { .count = 0 };
	struct piece quoted;

	piece_begin(&names.text);
	for (size_t i = 0; i < answer_count(list); i++) {
		const char *unit = answer_string(
			json_object_array_get_idx(list, i), "unit");
		const char *end = strrchr(unit, '.');

		if (end && strcmp(end, ".service") == 0 &&
		    !protect_is_named(list, i, unit))
			names_add(&names, piece_quoted(&quoted, unit));
	}
	if (names.count)
		doctor_say(doctor, "protect", VERDICT_NOTE,
			   "oomguard protect --print-dropin UNIT has systemd "
			   "do it, from the first moment and without a guard.",
			   "only the guard protects from the kernel: %s",
			   names_end(&names));
}

static void protect_ask(struct doctor *doctor)
{
	struct query_reply reply;

	if (!doctor->status)
		return;
	query_call(&reply, doctor->reply.path, "io.oomguard.Protected", NULL,
		   QUERY_TIMEOUT_MS);
	protect_say_dropins(doctor,
			    answer_array(reply.parameters, "processes"));
	query_finish(&reply);
}

void doctor_check_protect(struct doctor *doctor)
{
	uint32_t before = doctor->count;
	struct unmatched unmatched;

	if (!protect_count(&doctor->config.settings)) {
		doctor_say(doctor, "protect", VERDICT_NOTE,
			   "units = under [protect] lists what must not go.",
			   "nothing is listed as critical");
		return;
	}
	if (!doctor->has_proc ||
	    unmatched_find(&unmatched, &doctor->config.settings,
			   &doctor->procfs) < 0)
		return;
	protect_say_unmatched(doctor, &unmatched);
	if (unmatched.bare_count)
		protect_say_bare(doctor, &unmatched);
	if (doctor->count == before)
		doctor_say(doctor, "protect", VERDICT_OK, "",
			   "the kernel spares all that is protected: %u "
			   "processes",
			   unmatched.covered);
	protect_ask(doctor);
}
