/* SPDX-License-Identifier: MIT */
#include "explain.h"
#include "output.h"

static void explain_state(struct json_object *out,
			  const struct explain *explain)
{
	const struct decision *decision = &explain->decision;
	const struct levels *levels = &decision->levels;

	output_string(out, "urgency", urgency_name(decision->urgency));
	output_kib(out, "base_bytes", levels->base_kib);
	output_kib(out, "available_bytes", decision->available_kib);
	output_kib(out, "warn_bytes", levels->warn_kib);
	output_kib(out, "term_bytes", levels->term_kib);
	output_kib(out, "kill_bytes", levels->kill_kib);
	output_kib(out, "swap_total_bytes",
		   explain->sample.memory.swap_total_kib);
	output_kib(out, "swap_free_bytes", decision->swap_free_kib);
	output_bool(out, "swap_is_held", decision->swap_is_held);
	output_kib(out, "gap_bytes", explain_quest(explain).gap_kib);
	output_kib(out, "floor_bytes", explain->floor_kib);
	output_add(out, "chosen",
		   explain->chosen ? json_object_new_int(explain->chosen)
				   : NULL);
}

/* What the running guard does not tell is null. */
static void explain_part(struct json_object *out, const struct explain *explain,
			 const char *name, int64_t kib)
{
	if (explain->is_asked)
		output_add(out, name, NULL);
	else
		output_kib(out, name, kib);
}

static void explain_known(struct json_object *out,
			  const struct explain *explain, const char *name,
			  bool value)
{
	if (explain->is_asked)
		output_add(out, name, NULL);
	else
		output_bool(out, name, value);
}

/* A window each; null where nobody has watched it yet. */
static void explain_group(struct json_object *out, const struct group *group)
{
	bool is_one = group->rule == GROUP_NONE;

	output_known(out, "group", is_one ? "" : group_rule_name(group->rule));
	output_add(out, "group_processes",
		   is_one ? NULL : json_object_new_int64(group->members));
	output_add(out, "group_relief_bytes",
		   is_one ? NULL
			  : json_object_new_int64(group->relief_kib * 1024));
}

static struct json_object *explain_growth(const struct grown *grown)
{
	struct json_object *list;

	if (!grown_is_told(grown))
		return NULL;
	list = json_object_new_array();
	for (int i = 0; i < GROWTH_WINDOWS; i++) {
		struct json_object *one = json_object_new_object();

		output_int(one, "window_ms",
			   growth_window_ms((enum growth_window)i));
		output_kib(one, "process_bytes", grown->own_kib[i]);
		output_kib(one, "baseline_bytes",
			   grown_baseline_kib(grown, (enum growth_window)i));
		output_kib(one, "cgroup_bytes", grown->leaf_kib[i]);
		output_add(one, "share_percent",
			   json_object_new_double(
				   (double)grown->share_permyriad[i] / 100));
		json_object_array_add(list, one);
	}
	return list;
}

static struct json_object *explain_process(const struct explain *explain,
					   const struct candidate *candidate)
{
	const struct process_status *status = &candidate->status;
	char user[EXPLAIN_USER_SIZE], why[EXPLAIN_WHY_SIZE];
	struct json_object *out = json_object_new_object();

	output_int(out, "pid", candidate->pid);
	output_string(out, "comm", status->comm);
	output_int(out, "uid", candidate->uid);
	output_string(out, "user", explain_owner(explain, candidate, user));
	output_known(out, "unit", candidate->unit);
	output_kib(out, "badness_bytes", candidate->badness_kib);
	output_kib(out, "relief_bytes", candidate->relief_kib);
	explain_part(out, explain, "anonymous_bytes", status->anon_kib);
	explain_part(out, explain, "swap_bytes", status->swap_kib);
	explain_part(out, explain, "page_tables_bytes", status->tables_kib);
	output_kib(out, "oom_score_adj_bytes", candidate->adj_kib);
	output_kib(out, "weight_bytes", candidate->weight_kib);
	output_int(out, "oom_score", candidate->score);
	output_int(out, "oom_score_adj", candidate->score_adj);
	explain_known(out, explain, "sigterm_is_futile",
		      candidate->sigterm_is_futile);
	explain_known(out, explain, "term_only", candidate->ruling.term_only);
	output_add(out, "growth", explain_growth(&candidate->grown));
	explain_group(out, &candidate->group);
	output_add(out, "culprit_window_ms",
		   candidate->is_culprit
			   ? json_object_new_int64(
				     growth_window_ms(candidate->grown.window))
			   : NULL);
	output_known(out, "exempt",
		     candidate->exemption == EXEMPT_NOT
			     ? ""
			     : explain_why(explain, candidate, why));
	return out;
}

static void explain_list(struct json_object *out, const char *name,
			 const struct explain *explain, uint32_t from,
			 uint32_t to)
{
	struct json_object *list = json_object_new_array();

	for (uint32_t i = from; i < to; i++)
		json_object_array_add(
			list, explain_process(explain, &explain->everybody[i]));
	output_add(out, name, list);
}

void explain_json(const struct explain *explain, const struct candidate *only)
{
	uint32_t most = (uint32_t)explain->question.most;
	struct json_object *out = output_begin();
	uint32_t at = only ? (uint32_t)(only - explain->everybody) : 0;

	if (most > explain->ranked)
		most = explain->ranked;
	explain_state(out, explain);
	if (only) {
		explain_list(out, "processes", explain, at, at + 1);
	} else {
		output_int(out, "candidates_count", explain->candidates);
		explain_list(out, "candidates", explain, 0, most);
		explain_list(out, "exempt", explain, explain->ranked,
			     explain->count);
		output_add(out, "without_memory_count",
			   explain->is_asked
				   ? NULL
				   : json_object_new_int64(
					     explain->without_memory));
	}
	output_string(out, "source", explain->is_asked ? "guard" : "command");
	output_int(out, "age_ms", explain->age_ms);
	output_end(out);
}
