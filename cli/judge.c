/* SPDX-License-Identifier: MIT */
#include "judge.h"

#include <stdlib.h>

#include "explain.h"
#include "output.h"
#include "piece.h"
#include "report.h"

static void judge_count(void *user, const char *message)
{
	(void)user;
	(void)message; /* How many there are is told; `check` says which. */
}

static struct json_object *judge_levels(const struct explain *explain)
{
	const struct levels *levels = &explain->decision.levels;
	struct json_object *out = json_object_new_object();

	output_kib(out, "warn", levels->warn_kib);
	output_kib(out, "term", levels->term_kib);
	output_kib(out, "kill", levels->kill_kib);
	if (explain->sample.memory.swap_total_kib > 0) {
		output_kib(out, "swapTerm", levels->swap_term_kib);
		output_kib(out, "swapKill", levels->swap_kill_kib);
	}
	return out;
}

/* One look knows of memory only: no pressure, no speed. */
static struct json_object *judge_decision(const struct explain *explain)
{
	const struct decision *decision = &explain->decision;
	struct json_object *out = json_object_new_object();
	struct piece sentence;

	output_string(out, "urgency", urgency_name(decision->urgency));
	if (decision->reason == REASON_MEMORY) {
		output_string(out, "reason", "memory");
		output_kib(out, "observed", decision->observed);
		output_kib(out, "limit", decision->limit);
	} else {
		output_string(out, "reason", "none");
	}
	output_kib(out, "available", decision->available_kib);
	if (explain->sample.memory.swap_total_kib > 0)
		output_kib(out, "swapFree", decision->swap_free_kib);
	output_bool(out, "swapIsHeld", decision->swap_is_held);
	output_bool(out, "swapIsDisbelieved", decision->swap_is_disbelieved);
	output_kib(out, "fillRate", 0);
	output_add(out, "levels", judge_levels(explain));
	report_decision(piece_begin(&sentence), decision);
	output_string(out, "sentence", sentence.bytes);
	return out;
}

static struct json_object *judge_candidate(const struct candidate *candidate)
{
	struct json_object *out = json_object_new_object();
	char user[EXPLAIN_USER_SIZE];

	output_int(out, "pid", candidate->pid);
	output_string(out, "comm", candidate->status.comm);
	output_int(out, "uid", candidate->uid);
	output_string(out, "user", explain_user(candidate->uid, user));
	if (candidate->unit[0])
		output_string(out, "unit", candidate->unit);
	output_kib(out, "badness", candidate->badness_kib);
	output_kib(out, "relief", candidate->relief_kib);
	output_kib(out, "adj", candidate->adj_kib);
	output_kib(out, "weight", candidate->weight_kib);
	output_int(out, "oomScore", candidate->score);
	output_int(out, "oomScoreAdj", candidate->score_adj);
	return out;
}

static void judge_chosen(struct json_object *out, const struct explain *explain)
{
	for (uint32_t i = 0; i < explain->count; i++) {
		const struct candidate *candidate = &explain->everybody[i];

		if (candidate->pid != explain->chosen)
			continue;
		output_add(out, "chosen", judge_candidate(candidate));
		output_int(out, "chosenAge", 0);
		return;
	}
}

static struct json_object *judge_status(const struct explain *explain)
{
	const struct sample *sample = &explain->sample;
	struct json_object *out = json_object_new_object();

	output_kib(out, "memoryTotal", sample->memory.total_kib);
	output_kib(out, "memoryBase", explain->decision.levels.base_kib);
	output_kib(out, "swapTotal", sample->memory.swap_total_kib);
	output_add(out, "decision", judge_decision(explain));
	judge_chosen(out, explain);
	output_int(out, "mistakes", explain->config.mistakes);
	return out;
}

struct json_object *judge_machine(const char *command, const char *proc,
				  const char *file)
{
	struct explain *explain = calloc(1, sizeof(*explain));
	struct json_object *out = NULL;

	if (!explain)
		return NULL;
	explain->question = (struct explain_question){
		.command = command,
		.proc = proc ? proc : "/proc",
		.file = file,
	};
	(void)config_load(&explain->config, file ? file : CONFIG_FILE,
			  file ? NULL : CONFIG_DIRECTORY, judge_count, NULL);
	if (explain_look(explain) == 0)
		out = judge_status(explain);
	explain_finish(explain);
	free(explain);
	return out;
}
