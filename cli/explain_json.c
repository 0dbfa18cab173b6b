/* SPDX-License-Identifier: MIT */
#include "explain.h"

#include <stdio.h>
#include <string.h>

#include "json.h"

static void explain_bytes(struct json *json, const char *name, int64_t kib)
{
	json_int(json, name, kib * 1024);
}

static void explain_state(struct json *json, const struct explain *explain)
{
	const struct decision *decision = &explain->decision;
	const struct levels *levels = &decision->levels;

	json_string(json, "urgency", urgency_name(decision->urgency));
	explain_bytes(json, "base_bytes", levels->base_kib);
	explain_bytes(json, "available_bytes", decision->available_kib);
	explain_bytes(json, "warn_bytes", levels->warn_kib);
	explain_bytes(json, "term_bytes", levels->term_kib);
	explain_bytes(json, "kill_bytes", levels->kill_kib);
	explain_bytes(json, "swap_total_bytes",
		      explain->sample.memory.swap_total_kib);
	explain_bytes(json, "swap_free_bytes", decision->swap_free_kib);
	json_bool(json, "swap_is_held", decision->swap_is_held);
	explain_bytes(json, "gap_bytes", explain_quest(explain).gap_kib);
	explain_bytes(json, "floor_bytes", explain->floor_kib);
	if (explain->chosen)
		json_int(json, "chosen", explain->chosen);
	else
		json_null(json, "chosen");
}

static void explain_process(struct json *json, const struct explain *explain,
			    const struct candidate *candidate)
{
	const struct process_status *status = &candidate->status;
	char user[EXPLAIN_USER_SIZE], why[EXPLAIN_WHY_SIZE];

	json_begin(json, NULL, '{');
	json_int(json, "pid", candidate->pid);
	json_string(json, "comm", status->comm);
	json_int(json, "uid", candidate->uid);
	json_string(json, "user", explain_user(candidate->uid, user));
	if (candidate->unit[0])
		json_string(json, "unit", candidate->unit);
	else
		json_null(json, "unit");
	explain_bytes(json, "badness_bytes", candidate->badness_kib);
	explain_bytes(json, "relief_bytes", candidate->relief_kib);
	explain_bytes(json, "anonymous_bytes", status->anon_kib);
	explain_bytes(json, "swap_bytes", status->swap_kib);
	explain_bytes(json, "page_tables_bytes", status->tables_kib);
	explain_bytes(json, "oom_score_adj_bytes", candidate->adj_kib);
	explain_bytes(json, "weight_bytes", candidate->weight_kib);
	json_int(json, "oom_score", candidate->score);
	json_int(json, "oom_score_adj", candidate->score_adj);
	json_bool(json, "sigterm_is_futile", candidate->sigterm_is_futile);
	json_bool(json, "term_only", candidate->ruling.term_only);
	if (candidate->exemption == EXEMPT_NOT)
		json_null(json, "exempt");
	else
		json_string(json, "exempt",
			    explain_why(explain, candidate, why));
	json_end(json, '}');
}

static void explain_list(struct json *json, const struct explain *explain,
			 uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++)
		explain_process(json, explain, &explain->everybody[i]);
}

void explain_json(const struct explain *explain, const struct candidate *only)
{
	uint32_t most = (uint32_t)explain->question.most;
	struct json json;

	if (most > explain->ranked)
		most = explain->ranked;
	json_init(&json, stdout);
	json_begin(&json, NULL, '{');
	json_int(&json, "schema", 1);
	explain_state(&json, explain);
	if (only) {
		json_begin(&json, "processes", '[');
		explain_process(&json, explain, only);
		json_end(&json, ']');
	} else {
		json_int(&json, "candidates_count", explain->candidates);
		json_begin(&json, "candidates", '[');
		explain_list(&json, explain, 0, most);
		json_end(&json, ']');
		json_begin(&json, "exempt", '[');
		explain_list(&json, explain, explain->ranked, explain->count);
		json_end(&json, ']');
		json_int(&json, "without_memory_count",
			 explain->without_memory);
	}
	json_end(&json, '}');
	fputc('\n', stdout);
}
