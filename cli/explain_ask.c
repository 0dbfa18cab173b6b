/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "explain.h"
#include "query.h"

static enum urgency ask_urgency(const char *name)
{
	for (int i = URGENCY_NONE; i <= URGENCY_KILL; i++) {
		if (strcmp(urgency_name((enum urgency)i), name) == 0)
			return (enum urgency)i;
	}
	return URGENCY_NONE;
}

static enum reason ask_reason(const char *name)
{
	static const char *const names[] = {
		[REASON_NONE] = "none",
		[REASON_MEMORY] = "memory",
		[REASON_PRESSURE_SOME] = "pressure_some",
		[REASON_PRESSURE_FULL] = "pressure_full",
		[REASON_EXHAUSTION] = "exhaustion",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], name) == 0)
			return (enum reason)i;
	}
	return REASON_NONE;
}

/* In the unit that the reason has in the library. */
static int64_t ask_amount(enum reason reason, struct json_object *from,
			  const char *name)
{
	switch (reason) {
	case REASON_MEMORY:
		return (int64_t)(answer_number(from, name) / 1024);
	case REASON_PRESSURE_SOME:
	case REASON_PRESSURE_FULL:
		return (int64_t)(answer_number(from, name) * 100 + 0.5);
	case REASON_NONE:
	case REASON_EXHAUSTION:
		break;
	}
	return (int64_t)answer_number(from, name);
}

static void ask_levels(struct levels *levels, struct json_object *from)
{
	levels->warn_kib = answer_kib(from, "warn");
	levels->term_kib = answer_kib(from, "term");
	levels->kill_kib = answer_kib(from, "kill");
	levels->swap_term_kib = answer_kib(from, "swapTerm");
	levels->swap_kill_kib = answer_kib(from, "swapKill");
	levels->swap_warn_kib = levels->swap_term_kib * 3 / 2;
}

static void ask_decision(struct decision *decision, struct json_object *from)
{
	enum reason reason = ask_reason(answer_string(from, "reason"));

	decision->urgency = ask_urgency(answer_string(from, "urgency"));
	decision->reason = reason;
	decision->observed = ask_amount(reason, from, "observed");
	decision->limit = ask_amount(reason, from, "limit");
	decision->window_ms = answer_int(from, "window");
	decision->available_kib = answer_kib(from, "available");
	decision->swap_free_kib = answer_kib(from, "swapFree");
	decision->swap_is_held = answer_bool(from, "swapIsHeld");
	decision->swap_is_disbelieved = answer_bool(from, "swapIsDisbelieved");
	decision->fill_kib_s = answer_kib(from, "fillRate");
	decision->exhaustion_ms = answer_has(from, "exhaustion")
					  ? answer_int(from, "exhaustion")
					  : INT64_MAX;
	ask_levels(&decision->levels, answer_object(from, "levels"));
	decision->gap_kib = decision->levels.term_kib - decision->available_kib;
}

/* As the guard told it: window by window. */
static void ask_growth(struct grown *grown, struct json_object *from)
{
	struct json_object *list = answer_array(from, "growth");
	size_t count = answer_count(list);
	int64_t window_ms = answer_int(from, "culpritWindow");

	if (count > GROWTH_WINDOWS)
		count = GROWTH_WINDOWS;
	for (size_t i = 0; i < count; i++) {
		struct json_object *one = json_object_array_get_idx(list, i);
		int64_t own_kib = answer_kib(one, "process");

		grown->is_known = grown->has_history = true;
		grown->own_kib[i] = (uint32_t)own_kib;
		grown->size_kib =
			(uint32_t)(answer_kib(one, "baseline") + own_kib);
		grown->leaf_kib[i] = (uint32_t)answer_kib(one, "cgroup");
		grown->share_permyriad[i] =
			(int32_t)(answer_number(one, "share") * 100 + 0.5);
		if (growth_window_ms((enum growth_window)i) == window_ms)
			grown->window = (enum growth_window)i;
	}
}

static void ask_group(struct group *group, struct json_object *from)
{
	const char *name = answer_string(from, "group");

	for (int rule = GROUP_KERNEL; rule <= GROUP_AGAIN; rule++)
		if (strcmp(name, group_rule_name((enum group_rule)rule)) == 0)
			group->rule = (enum group_rule)rule;
	group->members = (uint32_t)answer_int(from, "groupProcesses");
	group->relief_kib = answer_kib(from, "groupRelief");
}

static void ask_candidate(struct candidate *candidate, struct json_object *from)
{
	const char *reason = answer_string(from, "exemption");

	candidate->pid = (int32_t)answer_int(from, "pid");
	candidate->uid = (uint32_t)answer_int(from, "uid");
	snprintf(candidate->status.comm, sizeof(candidate->status.comm), "%s",
		 answer_string(from, "comm"));
	snprintf(candidate->unit, sizeof(candidate->unit), "%s",
		 answer_string(from, "unit"));
	candidate->badness_kib = answer_kib(from, "badness");
	candidate->relief_kib = answer_kib(from, "relief");
	candidate->adj_kib = answer_kib(from, "adj");
	candidate->weight_kib = answer_kib(from, "weight");
	candidate->score = answer_int(from, "oomScore");
	candidate->score_adj = answer_int(from, "oomScoreAdj");
	ask_growth(&candidate->grown, from);
	ask_group(&candidate->group, from);
	candidate->is_culprit = answer_has(from, "culpritWindow");
	candidate->choice =
		candidate->is_culprit ? CHOICE_CULPRIT : CHOICE_BADNESS;
	candidate->ruling.never = -1;
	candidate->ruling.protect = -1;
	candidate->ruling.grace_ms = SETTINGS_UNSET;
	if (*reason)
		candidate->exemption =
			strcmp(reason, exemption_name(EXEMPT_NO_RELIEF)) == 0
				? EXEMPT_NO_RELIEF
				: EXEMPT_NEVER;
}

/* Those of one kind, behind the others. */
static void ask_add(struct explain *explain, struct json_object *list,
		    bool is_exempt, bool is_passed_over)
{
	for (size_t i = 0; i < answer_count(list); i++) {
		struct json_object *from = json_object_array_get_idx(list, i);
		struct candidate candidate = { 0 };

		ask_candidate(&candidate, from);
		if ((candidate.exemption != EXEMPT_NOT) != is_exempt ||
		    (candidate.exemption == EXEMPT_NO_RELIEF) != is_passed_over)
			continue;
		explain->everybody[explain->count] = candidate;
		explain->told[explain->count] = from;
		explain->count++;
	}
}

static int ask_candidates(struct explain *explain, struct json_object *list)
{
	struct quest quest = explain_quest(explain);
	size_t room = answer_count(list) + 1;
	int64_t best_kib = 0;

	explain->everybody = calloc(room, sizeof(*explain->everybody));
	explain->told = calloc(room, sizeof(struct json_object *));
	if (!explain->everybody || !explain->told)
		return -ENOMEM;
	ask_add(explain, list, false, false);
	explain->candidates = explain->count;
	ask_add(explain, list, true, true);
	explain->ranked = explain->count;
	ask_add(explain, list, true, false);
	for (uint32_t i = 0; i < explain->candidates; i++) {
		if (explain->everybody[i].relief_kib > best_kib)
			best_kib = explain->everybody[i].relief_kib;
	}
	explain->floor_kib = victim_floor_kib(&quest, best_kib);
	return 0;
}

static int ask_status(struct explain *explain, const char *socket)
{
	struct query_reply reply;
	struct json_object *status;
	int64_t base_kib;

	query_call(&reply, socket, "io.oomguard.Status", NULL,
		   QUERY_TIMEOUT_MS);
	status = answer_object(reply.parameters, "status");
	base_kib = answer_kib(status, "memoryBase");
	if (reply.trouble != QUERY_FINE || base_kib <= 0) {
		query_finish(&reply);
		return -ENOTCONN;
	}
	ask_decision(&explain->decision, answer_object(status, "decision"));
	explain->decision.levels.base_kib = base_kib;
	explain->sample.memory.swap_total_kib = answer_kib(status, "swapTotal");
	explain->chosen =
		(int32_t)answer_int(answer_object(status, "chosen"), "pid");
	query_finish(&reply);
	return 0;
}

int explain_ask(struct explain *explain, const char *socket)
{
	struct query_reply reply;
	struct json_object *list;
	int rc = ask_status(explain, socket);

	if (rc < 0)
		return rc;
	explain->is_running = true;
	if (explain->decision.urgency == URGENCY_NONE)
		return -ESTALE;
	query_call(&reply, socket, "io.oomguard.Candidates", NULL,
		   QUERY_TIMEOUT_MS);
	list = answer_array(reply.parameters, "candidates");
	explain->answer = reply.parameters;
	explain->age_ms = answer_int(reply.parameters, "age");
	if (reply.trouble != QUERY_FINE)
		return -ENOTCONN;
	if (answer_count(list) == 0 || explain->age_ms > EXPLAIN_FRESH_MS)
		return -ESTALE;
	explain->is_asked = true;
	return ask_candidates(explain, list);
}

void explain_finish(struct explain *explain)
{
	json_object_put(explain->answer);
	free(explain->told);
	free(explain->everybody);
	explain->answer = NULL;
	explain->told = NULL;
	explain->everybody = NULL;
}
