/* SPDX-License-Identifier: MIT */
#include "extra.h"

#include <stdbool.h>
#include <string.h>

#include "container.h"

/* The outcome of a strike comes without the cgroup: the id is kept. */
static void put_container(struct finder *finder,
			  const struct candidate *candidate, const char *cgroup,
			  struct extra *out)
{
	struct question question = { .kind = QUESTION_CONTAINER,
				     .pid = candidate->pid,
				     .start_ticks = candidate->start_ticks };

	if (!cgroup || !cgroup[0]) {
		finder_recall(finder, &question, out->container,
			      sizeof(out->container));
		return;
	}
	container_of_cgroup(cgroup, out->container, sizeof(out->container));
	if (out->container[0])
		finder_keep(finder, &question, out->container);
}

void extra_of(struct finder *finder, const struct candidate *candidate,
	      const char *cgroup, int64_t now_ms, struct extra *out)
{
	struct question cmdline = { .kind = QUESTION_CMDLINE,
				    .pid = candidate->pid,
				    .start_ticks = candidate->start_ticks };
	struct question user = { .kind = QUESTION_USER, .uid = candidate->uid };
	struct question restart = { .kind = QUESTION_RESTART };

	memset(out, 0, sizeof(*out));
	if (!finder)
		return;
	finder_ask(finder, &cmdline, now_ms, out->cmdline,
		   sizeof(out->cmdline));
	finder_ask(finder, &user, now_ms, out->user, sizeof(out->user));
	put_container(finder, candidate, cgroup, out);
	if (!cgroup_is_kind(candidate->unit, strlen(candidate->unit),
			    ".service"))
		return;
	memcpy(restart.unit, candidate->unit, sizeof(restart.unit));
	finder_ask(finder, &restart, now_ms, out->restart,
		   sizeof(out->restart));
}

void extra_remember(struct finder *finder, const struct snapshot *snapshot)
{
	struct extra known;

	if (snapshot->decision.urgency < URGENCY_WARN &&
	    snapshot->told < URGENCY_WARN)
		return;
	for (uint32_t i = 0;
	     i < snapshot->candidates_count && i < BOARD_CANDIDATES; i++)
		extra_of(finder, &snapshot->candidates[i], NULL,
			 snapshot->at_ms, &known);
	for (int i = 0; i < STRIKES_MAX; i++)
		if (snapshot->strikes[i].stage != STAGE_NONE)
			extra_of(finder, &snapshot->victims[i], NULL,
				 snapshot->at_ms, &known);
}

void extra_fill(struct finder *finder, const struct record *record,
		struct extra *out)
{
	if (record->has_victim)
		extra_of(finder, &record->victim, record->cgroup,
			 record->monotonic_ms, out);
	else
		memset(out, 0, sizeof(*out));
}
