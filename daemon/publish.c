/* SPDX-License-Identifier: MIT */
#include "guard.h"

#include <string.h>
#include <sys/resource.h>

#include "holders.h"
#include "settings_rules.h"

#include "hot.h"

#define PUBLISH_MS 1000
#define PUBLISH_CALM_MS 60000 /* the teller asks for what somebody reads */

static uint64_t cpu_us(void)
{
	struct rusage usage = { 0 };

	(void)getrusage(RUSAGE_SELF, &usage); /* Cannot fail. */
	return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) *
		       1000000 +
	       (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static bool ranks_before(const struct guard *guard, const struct candidate *a,
			 const struct candidate *b)
{
	int32_t chosen =
		guard->chosen >= 0 ? guard->candidates[guard->chosen].pid : 0;

	if ((a->pid == chosen) != (b->pid == chosen))
		return a->pid == chosen;
	if ((a->exemption == EXEMPT_NOT) != (b->exemption == EXEMPT_NOT))
		return a->exemption == EXEMPT_NOT;
	return a->badness_kib > b->badness_kib;
}

/* Who was chosen, and the worst of the last look, in order. */
static void put_candidates(const struct guard *guard, struct snapshot *out)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < guard->candidates_count; i++) {
		const struct candidate *candidate = &guard->candidates[i];
		uint32_t at = count;
		if (count == BOARD_CANDIDATES &&
		    !ranks_before(guard, candidate, &out->candidates[--at]))
			continue;
		while (at > 0 && ranks_before(guard, candidate,
					      &out->candidates[at - 1])) {
			out->candidates[at] = out->candidates[at - 1];
			at--;
		}
		out->candidates[at] = *candidate;
		count += count < BOARD_CANDIDATES;
	}
	out->candidates_count = count;
	out->candidates_ms = guard->looked_ms;
	out->chosen = guard->chosen >= 0 && count > 0 ? 0 : -1;
}

/* False when all that is said of processes is as it was. */
static bool put_processes(const struct guard *guard, struct snapshot *out)
{
	if (guard->published_ms >= 0 && out->scans == guard->scans &&
	    !strikes_any(&guard->strikes))
		return false;
	out->scans = guard->scans;
	put_candidates(guard, out);
	for (int i = 0; i < STRIKES_MAX; i++)
		out->victims[i] = guard->victims[i].candidate;
	return true;
}

static void put_machine(const struct guard *guard, struct snapshot *out)
{
	int64_t window_ms = guard->settings.pressure_term_window_ms;

	out->sample = guard->sample;
	out->decision = guard->decision;
	out->told = guard->told.urgency;
	out->trouble = guard->told.trouble;
	out->fuse_is_blown = guard->told.fuse;
	out->stall_some_permyriad =
		trend_stall_permyriad(&guard->trend, STALL_SOME, window_ms);
	out->stall_full_permyriad =
		trend_stall_permyriad(&guard->trend, STALL_FULL, window_ms);
	out->reclaims = trend_reclaims(&guard->trend, window_ms);
	memcpy(out->strikes, guard->strikes.slots, sizeof(out->strikes));
}

static void put_guard(const struct guard *guard, struct snapshot *out)
{
	out->started_ms = guard->started_ms;
	out->guard_pid = guard->self;
	out->mode = guard->settings.mode;
	out->paused_until_ms = guard->paused_until_ms;
	out->settings_generation = guard->generation;
	out->mistakes = guard->mistakes;
	out->privileges = guard->privileges;
	out->has_trigger = guard->trigger >= 0;
	out->trigger_window_ms = guard->trigger_window_ms;
	out->ticks = guard->ticks;
	out->strikes_total = guard->struck;
	out->bad_reads = guard->bad_reads;
	out->limit_kills = guard->limit_kills;
	if (guard->told.oom_kills >= 0)
		out->kernel_kills = guard->told.oom_kills -
				    guard->first_oom_kills - guard->limit_kills;
	out->census_count = guard->census_count;
	out->census_left_out = guard->left_out;
	out->cpu_us = cpu_us();
}

static bool protects(const struct settings *settings)
{
	for (uint32_t i = 0; i < settings->rules_count; i++)
		if (settings->rules[i].effect == RULE_PROTECT_UNIT ||
		    settings->rules[i].effect == RULE_PROTECT_PROCESS)
			return true;
	return false;
}

static void put_protection(const struct guard *guard, struct protection *out)
{
	const struct warden_news *news = &guard->told.warden;
	int16_t rule = news->unmatched_rule;
	struct text text;

	out->is_wanted = protects(&guard->settings);
	out->count = news->count;
	out->memory_kib = news->memory_kib;
	out->left_out = news->left_out;
	out->has_overflown = news->has_overflown;
	out->unmatched = news->unmatched;
	text_init(&text, out->unmatched_rule, sizeof(out->unmatched_rule));
	if (news->unmatched > 0 && rule >= 0 &&
	    (uint32_t)rule < guard->settings.rules_count)
		rules_put(&text, &guard->settings.rules[rule]);
	out->refused_error = -news->refusal.error;
	out->refused_pid = news->refusal.pid;
	memcpy(out->refused_comm, news->refusal.comm,
	       sizeof(out->refused_comm));
}

static int64_t period_ms(const struct guard *guard)
{
	bool is_calm = guard->decision.urgency == URGENCY_NONE &&
		       guard->told.urgency == URGENCY_NONE &&
		       !strikes_any(&guard->strikes);

	return is_calm ? PUBLISH_CALM_MS : PUBLISH_MS;
}

void guard_publish(struct guard *guard, int64_t now_ms, bool is_news)
{
	struct snapshot *snapshot = &guard->snapshot;
	struct board *board = guard->link.board;
	bool has_processes;

	if (!board && guard->notify.socket < 0)
		return;
	if (!is_news && guard->published_ms >= 0 &&
	    now_ms - guard->published_ms < period_ms(guard))
		return;
	has_processes = put_processes(guard, snapshot);
	guard->published_ms = now_ms;
	memset(snapshot, 0, SNAPSHOT_FIGURES_SIZE);
	snapshot->at_ms = now_ms;
	put_machine(guard, snapshot);
	put_guard(guard, snapshot);
	snapshot->is_futile = holders_matter(guard);
	if (snapshot->is_futile)
		holders_find(guard, &snapshot->holders);
	put_protection(guard, &snapshot->protection);
	if (board && has_processes)
		board_put_snapshot(board, snapshot);
	else if (board)
		board_put_figures(board, snapshot);
	(void)status_tell(&guard->status, &guard->notify, snapshot, now_ms);
}
