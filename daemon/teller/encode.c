/* SPDX-License-Identifier: MIT */
#include "encode.h"

#include "report.h"
#include "varlink.h"

#define SENTENCE_SIZE 512

void put_int(json_object *object, const char *name, int64_t value)
{
	json_object_object_add(object, name, json_object_new_int64(value));
}

static int64_t bytes_of(int64_t kib)
{
	if (kib > INT64_MAX / 1024)
		return INT64_MAX;
	return kib < INT64_MIN / 1024 ? INT64_MIN : kib * 1024;
}

void put_bytes(json_object *object, const char *name, int64_t kib)
{
	put_int(object, name, bytes_of(kib));
}

/* Hundredths as they are, not as the nearest binary fraction. */
void put_percent(json_object *object, const char *name, int64_t permyriad)
{
	json_object *number = json_object_new_double((double)permyriad / 100);

	json_object_set_serializer(number, json_object_double_to_json_string,
				   (void *)"%.2f", NULL);
	json_object_object_add(object, name, number);
}

void put_bool(json_object *object, const char *name, bool value)
{
	json_object_object_add(object, name, json_object_new_boolean(value));
}

static void put_always(json_object *object, const char *name, const char *bytes,
		       size_t size)
{
	json_object_object_add(object, name, varlink_string(bytes, size));
}

void put_text(json_object *object, const char *name, const char *bytes,
	      size_t size)
{
	if (bytes[0] != '\0')
		put_always(object, name, bytes, size);
}

static json_object *encode_levels(const struct levels *levels)
{
	json_object *object = json_object_new_object();

	put_bytes(object, "warn", levels->warn_kib);
	put_bytes(object, "term", levels->term_kib);
	put_bytes(object, "kill", levels->kill_kib);
	if (levels->swap_warn_kib > 0) {
		put_bytes(object, "swapTerm", levels->swap_term_kib);
		put_bytes(object, "swapKill", levels->swap_kill_kib);
	}
	return object;
}

/* The name of the reason, with what was compared in its unit. */
static void put_reason(json_object *object, const struct decision *decision)
{
	const char *name = "none";

	switch (decision->reason) {
	case REASON_NONE:
		break;
	case REASON_MEMORY:
		name = "memory";
		put_bytes(object, "observed", decision->observed);
		put_bytes(object, "limit", decision->limit);
		break;
	case REASON_PRESSURE_SOME:
	case REASON_PRESSURE_FULL:
		name = decision->reason == REASON_PRESSURE_SOME
			       ? "pressure_some"
			       : "pressure_full";
		put_percent(object, "observed", decision->observed);
		put_percent(object, "limit", decision->limit);
		put_int(object, "window", decision->window_ms);
		break;
	case REASON_EXHAUSTION:
		name = "exhaustion";
		put_int(object, "observed", decision->observed);
		put_int(object, "limit", decision->limit);
		break;
	}
	json_object_object_add(object, "reason", json_object_new_string(name));
}

json_object *encode_decision(const struct decision *decision)
{
	json_object *object = json_object_new_object();
	char bytes[SENTENCE_SIZE];
	struct text sentence;

	json_object_object_add(
		object, "urgency",
		json_object_new_string(urgency_name(decision->urgency)));
	put_reason(object, decision);
	put_bytes(object, "available", decision->available_kib);
	if (decision->levels.swap_warn_kib > 0)
		put_bytes(object, "swapFree", decision->swap_free_kib);
	put_bool(object, "swapIsHeld", decision->swap_is_held);
	put_bool(object, "swapIsDisbelieved", decision->swap_is_disbelieved);
	put_bytes(object, "fillRate", decision->fill_kib_s);
	if (decision->exhaustion_ms != INT64_MAX)
		put_int(object, "exhaustion", decision->exhaustion_ms);
	json_object_object_add(object, "levels",
			       encode_levels(&decision->levels));
	text_init(&sentence, bytes, sizeof(bytes));
	report_decision(&sentence, decision);
	put_always(object, "sentence", bytes, sizeof(bytes));
	return object;
}

static bool may_see(const struct viewer *viewer, uint32_t uid)
{
	return !viewer->proc_hides || viewer->uid == 0 || viewer->uid == uid;
}

static void put_extra(json_object *object, const struct candidate *candidate,
		      const struct extra *extra, const struct viewer *viewer)
{
	if (may_see(viewer, candidate->uid))
		put_text(object, "cmdline", extra->cmdline,
			 sizeof(extra->cmdline));
	put_text(object, "user", extra->user, sizeof(extra->user));
	put_text(object, "container", extra->container,
		 sizeof(extra->container));
}

/* A window each; none where nobody has watched it yet. */
static void put_growth(json_object *object, const struct grown *grown)
{
	json_object *array;

	if (!grown_is_told(grown))
		return;
	array = json_object_new_array();
	for (int i = 0; i < GROWTH_WINDOWS; i++) {
		json_object *growth = json_object_new_object();

		put_int(growth, "window",
			growth_window_ms((enum growth_window)i));
		put_bytes(growth, "process", grown->own_kib[i]);
		put_bytes(growth, "baseline",
			  grown_baseline_kib(grown, (enum growth_window)i));
		put_bytes(growth, "cgroup", grown->leaf_kib[i]);
		put_percent(growth, "share", grown->share_permyriad[i]);
		json_object_array_add(array, growth);
	}
	json_object_object_add(object, "growth", array);
}

static void put_group(json_object *object, const struct group *group)
{
	if (group->rule == GROUP_NONE)
		return;
	put_text(object, "group", group_rule_name(group->rule), 32);
	put_int(object, "groupProcesses", group->members);
	put_bytes(object, "groupRelief", group->relief_kib);
}

json_object *encode_candidate(const struct candidate *candidate,
			      const char *cgroup, const struct extra *extra,
			      const struct viewer *viewer)
{
	json_object *object = json_object_new_object();

	put_int(object, "pid", candidate->pid);
	put_always(object, "comm", candidate->status.comm,
		   sizeof(candidate->status.comm));
	put_int(object, "uid", candidate->uid);
	if (extra)
		put_extra(object, candidate, extra, viewer);
	put_text(object, "unit", candidate->unit, sizeof(candidate->unit));
	if (cgroup)
		put_text(object, "cgroup", cgroup, CGROUP_PATH_SIZE);
	put_bytes(object, "badness", candidate->badness_kib);
	put_bytes(object, "relief", candidate->relief_kib);
	put_bytes(object, "adj", candidate->adj_kib);
	put_bytes(object, "weight", candidate->weight_kib);
	put_int(object, "oomScore", candidate->score);
	put_int(object, "oomScoreAdj", candidate->score_adj);
	put_growth(object, &candidate->grown);
	put_group(object, &candidate->group);
	if (candidate->is_culprit)
		put_int(object, "culpritWindow",
			growth_window_ms(candidate->grown.window));
	if (candidate->exemption != EXEMPT_NOT)
		json_object_object_add(object, "exemption",
				       json_object_new_string(exemption_name(
					       candidate->exemption)));
	return object;
}

static const char *stage_name(enum strike_stage stage)
{
	switch (stage) {
	case STAGE_ASKED:
		return "asked";
	case STAGE_KILLED:
		return "killed";
	case STAGE_EXITED:
	case STAGE_NONE:
		break;
	}
	return "exited";
}

json_object *encode_strike(const struct strike *strike, json_object *victim,
			   int64_t now_ms)
{
	json_object *object = json_object_new_object();

	put_int(object, "number", strike->number);
	json_object_object_add(
		object, "stage",
		json_object_new_string(stage_name(strike->stage)));
	json_object_object_add(object, "victim", victim);
	put_int(object, "age", now_ms - strike->asked_ms);
	return object;
}
