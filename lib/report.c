/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <string.h>

#include "hot.h"

/* Two amounts that would look the same are told to the KiB. */
static void put_less(struct text *out, int64_t less_kib, int64_t kib)
{
	char bytes[2][32];
	struct text texts[2];

	text_init(&texts[0], bytes[0], sizeof(bytes[0]));
	text_init(&texts[1], bytes[1], sizeof(bytes[1]));
	text_put_kib(&texts[0], less_kib);
	text_put_kib(&texts[1], kib);
	if (strcmp(bytes[0], bytes[1]) == 0) {
		text_init(&texts[0], bytes[0], sizeof(bytes[0]));
		text_init(&texts[1], bytes[1], sizeof(bytes[1]));
		text_put_int(&texts[0], less_kib);
		text_put_int(&texts[1], kib);
		text_put(&texts[0], " KiB");
		text_put(&texts[1], " KiB");
	}
	text_put(out, bytes[0]);
	text_put(out, " < ");
	text_put(out, bytes[1]);
}

/* The level of swap that the urgency of the memory reason stands for. */
static int64_t swap_limit_kib(const struct decision *decision)
{
	const struct levels *levels = &decision->levels;

	return decision->urgency == URGENCY_KILL   ? levels->swap_kill_kib
	       : decision->urgency == URGENCY_TERM ? levels->swap_term_kib
						   : levels->swap_warn_kib;
}

/* Memory is shorter than the urgency says: it is the swap's. */
static bool swap_is_reason(const struct decision *decision)
{
	return decision->swap_is_held && decision->reason == REASON_MEMORY;
}

static void put_swap(struct text *out, const struct decision *decision)
{
	const struct levels *levels = &decision->levels;

	if (levels->swap_warn_kib == 0)
		return;
	text_put(out, ", swap free ");
	if (swap_is_reason(decision))
		put_less(out, decision->swap_free_kib,
			 swap_limit_kib(decision));
	else
		text_put_kib(out, decision->swap_free_kib);
	if (decision->swap_is_held && decision->urgency == URGENCY_NONE)
		text_put(out, " (enough)");
	if (decision->swap_is_disbelieved)
		text_put(out, " (but it does not help)");
}

int64_t report_exhausted_ms(int64_t available_kib, int64_t fill_kib_s,
			    int64_t exhaustion_ms)
{
	int64_t at_rate_ms = INT64_MAX;

	/* A record of the state file may claim anything. */
	if (fill_kib_s > 0 && available_kib >= 0 &&
	    available_kib <= INT64_MAX / 1000)
		at_rate_ms = available_kib * 1000 / fill_kib_s;
	return at_rate_ms < exhaustion_ms ? at_rate_ms : exhaustion_ms;
}

static void put_rate(struct text *out, const struct decision *decision)
{
	if (decision->fill_kib_s > 0) {
		text_put(out, "; filling ");
		text_put_kib(out, decision->fill_kib_s);
		text_put(out, "/s");
	}
	if (decision->exhaustion_ms != INT64_MAX &&
	    decision->reason != REASON_EXHAUSTION) {
		text_put(out, ", exhausted in ");
		text_put_ms(out, report_exhausted_ms(decision->available_kib,
						     decision->fill_kib_s,
						     decision->exhaustion_ms));
	}
}

static void put_stall(struct text *out, const char *kind,
		      const struct decision *decision)
{
	text_put(out, "memory pressure ");
	text_put(out, kind);
	text_put(out, " ");
	text_put_permyriad(out, decision->observed);
	text_put(out, " >= ");
	text_put_permyriad(out, decision->limit);
	text_put(out, " over ");
	text_put_ms(out, decision->window_ms);
	text_put(out, ", available ");
	text_put_kib(out, decision->available_kib);
}

static void put_reason(struct text *out, const struct decision *decision)
{
	switch (decision->reason) {
	case REASON_NONE:
		text_put(out, "available ");
		text_put_kib(out, decision->available_kib);
		return;
	case REASON_MEMORY:
		text_put(out, "available ");
		put_less(out, decision->observed, decision->limit);
		return;
	case REASON_PRESSURE_SOME:
		put_stall(out, "some", decision);
		return;
	case REASON_PRESSURE_FULL:
		put_stall(out, "full", decision);
		return;
	case REASON_EXHAUSTION:
		text_put(out, "memory exhausted in ");
		text_put_ms(out, decision->observed);
		text_put(out, " < ");
		text_put_ms(out, decision->limit);
		text_put(out, ", available ");
		text_put_kib(out, decision->available_kib);
		return;
	}
}

void report_decision(struct text *out, const struct decision *decision)
{
	if (decision->reason == REASON_NONE && decision->available_kib == 0 &&
	    decision->levels.base_kib == 0) {
		text_put(out, "not looked at yet");
		return;
	}
	put_reason(out, decision);
	if (decision->urgency != URGENCY_NONE) {
		text_put(out, " (");
		text_put(out, urgency_name(decision->urgency));
		text_put(out, ")");
	}
	put_swap(out, decision);
	put_rate(out, decision);
}

const char *report_name(const struct candidate *candidate)
{
	return cgroup_is_kind(candidate->unit, strlen(candidate->unit),
			      ".service")
		       ? candidate->unit
		       : candidate->status.comm;
}

void report_process(struct text *out, const struct candidate *candidate)
{
	text_put_int(out, candidate->pid);
	text_put(out, " ");
	text_put_quoted(out, candidate->status.comm);
	text_put(out, " (");
	if (candidate->unit[0]) {
		text_put_quoted(out, candidate->unit);
		text_put(out, ", ");
	}
	text_put(out, "uid ");
	text_put_int(out, candidate->uid);
	text_put(out, ")");
}

void report_victim(struct text *out, const struct candidate *candidate)
{
	const struct group *group = &candidate->group;

	if (group->rule != GROUP_NONE) {
		text_put_int(out, group->members);
		text_put(out, " processes of ");
		text_put_quoted(out, candidate->unit[0] ? candidate->unit
							: "its cgroup");
		text_put(out, " (");
		text_put(out, group_rule_name(group->rule));
		text_put(out, "), among them ");
	}
	report_process(out, candidate);
}

static void put_part(struct text *out, const char *name, int64_t kib)
{
	if (kib == 0)
		return;
	text_put(out, kib < 0 ? " - " : " + ");
	text_put(out, name);
	text_put(out, " ");
	text_put_kib(out, kib < 0 ? -kib : kib);
}

void report_badness(struct text *out, const struct candidate *candidate)
{
	text_put(out, "relief ");
	if (candidate->group.rule != GROUP_NONE) {
		text_put_kib(out, candidate->group.relief_kib);
		text_put(out, ", of that one ");
	}
	text_put_kib(out, candidate->relief_kib);
	if (candidate->adj_kib == 0 && candidate->weight_kib == 0)
		return;
	text_put(out, ", badness ");
	text_put_kib(out, candidate->badness_kib);
	text_put(out, " = relief");
	put_part(out, "oom_score_adj", candidate->adj_kib);
	put_part(out, "weight", candidate->weight_kib);
}

static void put_growth(struct text *out, const struct grown *grown)
{
	enum growth_window window = grown->window;

	text_put(out, "it grew ");
	text_put_kib(out, grown->own_kib[window]);
	text_put(out, " (from ");
	text_put_kib(out, grown_baseline_kib(grown, window));
	text_put(out, ") in ");
	text_put_ms(out, growth_window_ms(window));
	text_put(out, ", its cgroup ");
	text_put_permyriad(out, grown->share_permyriad[window]);
	text_put(out, " of the growth that counts");
}

void report_choice(struct text *out, const struct candidate *candidate)
{
	const struct grown *grown = &candidate->grown;

	switch (candidate->choice) {
	case CHOICE_CULPRIT:
		text_put(out, "the culprit: ");
		put_growth(out, grown);
		return;
	case CHOICE_WRITER:
		text_put(out, "the writer: its cgroup filled tmpfs or shared "
			      "memory by ");
		text_put_kib(out, grown->leaf_kib[grown->window]);
		text_put(out, " in ");
		text_put_ms(out, growth_window_ms(grown->window));
		return;
	case CHOICE_LAST_RESORT:
		text_put(out, "the last resort");
		return;
	case CHOICE_BADNESS:
		break;
	}
	text_put(out, "the highest badness");
	if (!grown_is_told(grown))
		text_put(out, "; no history yet");
}

/* Why it is settled though little is there. */
static void put_refill(struct text *out, const struct strike *strike,
		       enum outcome outcome, int64_t back_kib)
{
	if (outcome != OUTCOME_SETTLED || back_kib >= strike->relief_kib / 8)
		return;
	text_put(out, ", others filled ");
	text_put_kib(out, strike->begun_kib - strike->available_kib);
}

void report_outcome(struct text *out, const struct strike *strike,
		    enum outcome outcome, int64_t available_kib, int64_t now_ms)
{
	int64_t back_kib = available_kib - strike->available_kib;

	text_put(out, outcome_name(outcome));
	text_put(out, ": ");
	switch (outcome) {
	case OUTCOME_SETTLED:
	case OUTCOME_FUTILE:
		text_put(out, "exited after ");
		text_put_ms(out, strike->exited_ms - strike->asked_ms);
		text_put(out, ", ");
		text_put_kib(out, back_kib > 0 ? back_kib : 0);
		text_put(out, " of ");
		text_put_kib(out, strike->relief_kib);
		text_put(out, " back after ");
		text_put_ms(out, now_ms - strike->asked_ms);
		put_refill(out, strike, outcome, back_kib);
		return;
	case OUTCOME_ABANDONED:
		text_put(out, "it did not exit in ");
		text_put_ms(out, now_ms - strike->asked_ms);
		return;
	case OUTCOME_RECOVERED:
		text_put(out, "memory recovered, the process lives on");
		return;
	}
}

/* The first of a list opens it. */
static void put_part_of(struct text *out, bool *is_open, const char *then,
			const char *name, int64_t kib)
{
	text_put(out, *is_open ? then : " (");
	*is_open = true;
	text_put_quoted(out, name);
	text_put(out, " ");
	text_put_kib(out, kib);
}

/* Which tmpfs, and in whose name. */
static void put_files(struct text *out, const struct holders *holders)
{
	bool is_open = false;

	for (int i = 0; i < MOUNTS_LARGEST; i++) {
		const struct mount *mount = &holders->mounts.largest[i];
		if (mount->used_kib > 0)
			put_part_of(out, &is_open, ", ", mount->path,
				    mount->used_kib);
	}
	if (holders->cgroup_kib > 0)
		put_part_of(out, &is_open, "; made by ", holders->cgroup,
			    holders->cgroup_kib);
	text_put(out, is_open ? ")" : "");
}

void report_holders(struct text *out, const struct sample *sample,
		    const struct holders *holders)
{
	const struct meminfo *memory = &sample->memory;
	const struct {
		const char *name;
		int64_t kib;
	} others[] = {
		{ ", kernel slab ", memory->slab_kib },
		{ ", huge page pool ", memory->hugetlb_kib },
		{ ", page tables ", memory->tables_kib },
		{ ", kernel stacks ", memory->stacks_kib },
		{ ", ZFS cache ", sample->arc_kib },
		{ ", unevictable ", memory->unevictable_kib },
	};

	text_put(out, "memory is held by tmpfs and shared memory ");
	text_put_kib(out, memory->shmem_kib);
	put_files(out, holders);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (others[i].kib * 100 < memory->total_kib)
			continue;
		text_put(out, others[i].name);
		text_put_kib(out, others[i].kib);
	}
}
