/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "muster.h"

#include "explain.h"

#define EXPLAIN_SCORES 256 /* descriptors; a shell gives 1024 at least */

struct quest explain_quest(const struct explain *explain)
{
	const struct decision *decision = &explain->decision;
	const struct levels *levels = &decision->levels;

	return (struct quest){
		.self = explain->guard ? explain->guard : getpid(),
		.teller = explain->teller,
		.base_kib = levels->base_kib,
		.gap_kib = decision->gap_kib > 0 ? decision->gap_kib : 0,
		.margin_kib = (levels->warn_kib - levels->term_kib) / 2,
		.is_kill = decision->urgency == URGENCY_KILL,
	};
}

/* One sample: neither pressure nor a fill rate is known, only the levels. */
static int explain_sample(struct explain *explain)
{
	const char *proc = explain->question.proc;
	int rc = procfs_open(&explain->procfs, proc);

	if (rc < 0) {
		fprintf(stderr, "oomguard %s: %s: %s\n",
			explain->question.command, proc, strerror(-rc));
		return rc;
	}
	if (procfs_read_sample(&explain->procfs, &explain->sample) &
	    PROCFS_MEMINFO) {
		fprintf(stderr,
			"oomguard %s: %s/meminfo: it does not say how much "
			"memory there is\n",
			explain->question.command, proc);
		procfs_close(&explain->procfs);
		return -EBADMSG;
	}
	procfs_read_swaps(&explain->procfs, -1, &explain->sample);
	explain->sample.at_ms = clock_now_ms();
	trend_init(&explain->trend);
	trend_update(&explain->trend, &explain->sample);
	watch_init(&explain->watch);
	explain->decision = decide(&explain->config.settings, &explain->sample,
				   &explain->trend, &explain->watch);
	return 0;
}

static struct scan explain_scan(struct explain *explain)
{
	return (struct scan){
		.procfs = &explain->procfs,
		.settings = &explain->config.settings,
		.strikes = &explain->strikes,
		.census = &explain->census,
		.scores = &explain->scores,
		.walk = &explain->walk,
		.cgroup_is_fast = true, /* here nothing is urgent */
		.quest = explain_quest(explain),
	};
}

static int explain_grow(struct explain *explain, uint32_t *room)
{
	struct candidate *larger;

	if (explain->count < *room)
		return 0;
	*room = *room ? *room * 2 : 256;
	larger = reallocarray(explain->everybody, *room, sizeof(*larger));
	if (!larger)
		return -ENOMEM;
	explain->everybody = larger;
	return 0;
}

static int explain_look_at_all(struct explain *explain)
{
	struct scan scan = explain_scan(explain);
	struct candidate *candidate;
	uint32_t room = 0;
	int32_t pid;

	procfs_walk_begin(&explain->walk, &explain->procfs);
	while ((pid = procfs_walk_next(&explain->walk)) > 0) {
		if (explain_grow(explain, &room) < 0)
			return -ENOMEM;
		candidate = &explain->everybody[explain->count];
		scores_begin(&explain->scores);
		if (scan_candidate(&scan, pid, candidate) == 0) {
			if (candidate->status.has_memory)
				explain->count++;
			else
				explain->without_memory++;
		}
		scores_end(&explain->scores);
	}
	return pid;
}

/* Candidates, then those that are passed over, then the exempt. */
static int explain_class(const struct candidate *candidate)
{
	if (candidate->exemption == EXEMPT_NOT)
		return 0;
	return candidate->exemption == EXEMPT_NO_RELIEF ? 1 : 2;
}

static int explain_compare(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	if (explain_class(a) != explain_class(b))
		return explain_class(a) - explain_class(b);
	if (a->badness_kib != b->badness_kib)
		return a->badness_kib > b->badness_kib ? -1 : 1;
	return a->pid < b->pid ? -1 : a->pid > b->pid;
}

static int64_t explain_best_kib(const struct explain *explain)
{
	int64_t best_kib = 0;

	for (uint32_t i = 0; i < explain->count; i++) {
		const struct candidate *candidate = &explain->everybody[i];

		if (candidate->exemption == EXEMPT_NOT &&
		    candidate->relief_kib > best_kib)
			best_kib = candidate->relief_kib;
	}
	return best_kib;
}

/* By its name, and by its program where that may be seen. */
static bool explain_is_ours(const struct explain *explain,
			    const struct person *person, const char *name)
{
	char unit[CGROUP_UNIT_SIZE];
	struct identity identity;
	const char *slash;

	if (strncmp(person->comm, name, sizeof(person->comm)) != 0)
		return false;
	census_identity(&explain->census, person, unit, &identity);
	slash = strrchr(identity.exe, '/');
	return !slash || strcmp(slash + 1, name) == 0;
}

/* The guard spares itself and its teller: so must who judges for it. */
static void explain_find_guard(struct explain *explain)
{
	const struct census *census = &explain->census;

	uint64_t ticks = UINT64_MAX;

	/* Of several the oldest: a drill brings its own. */
	for (uint32_t i = 0; i < census->count; i++) {
		const struct person *person = &census->persons[i];

		if (person->start_ticks >= ticks ||
		    !explain_is_ours(explain, person, "oomguardd"))
			continue;
		ticks = person->start_ticks;
		explain->guard = person->pid;
	}
	for (uint32_t i = 0; i < census->count && explain->guard; i++)
		if (census->persons[i].parent == explain->guard &&
		    explain_is_ours(explain, &census->persons[i],
				    "oomguard-teller"))
			explain->teller = census->persons[i].pid;
}

/* The choice is the guard's own; the rest is ranked by what it compares. */
static int explain_judge(struct explain *explain)
{
	struct quest quest = explain_quest(explain);
	struct scan scan = explain_scan(explain);
	uint32_t shortlisted;
	int chosen, rc;

	chosen = scan_choose(&scan, explain->shortlisted, &shortlisted);
	explain->chosen = chosen < 0 ? 0 : explain->shortlisted[chosen].pid;
	rc = explain_look_at_all(explain);
	if (rc < 0)
		return rc;
	explain->floor_kib =
		victim_floor_kib(&quest, explain_best_kib(explain));
	(void)victim_choose(&quest, explain->everybody, explain->count);
	qsort(explain->everybody, explain->count, sizeof(*explain->everybody),
	      explain_compare);
	for (uint32_t i = 0; i < explain->count; i++) {
		if (explain_class(&explain->everybody[i]) < 1)
			explain->candidates++;
		if (explain_class(&explain->everybody[i]) < 2)
			explain->ranked++;
	}
	return 0;
}

int explain_look(struct explain *explain)
{
	int rc = explain_sample(explain);

	if (rc < 0)
		return rc;
	census_init(&explain->census, explain->sample.memory.total_kib);
	strikes_init(&explain->strikes);
	scores_init(&explain->scores, EXPLAIN_SCORES);
	rc = muster(&(struct muster){ .procfs = &explain->procfs,
				      .walk = &explain->walk,
				      .census = &explain->census,
				      .settings = &explain->config.settings,
				      .now_ms = explain->sample.at_ms });
	explain_find_guard(explain);
	if (rc == 0)
		rc = explain_judge(explain);
	if (rc < 0)
		fprintf(stderr, "oomguard %s: %s: %s\n",
			explain->question.command, explain->question.proc,
			strerror(-rc));
	scores_close(&explain->scores);
	procfs_close(&explain->procfs);
	return rc;
}
