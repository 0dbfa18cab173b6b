/* SPDX-License-Identifier: MIT */
#include "shrink.h"

#include <stdio.h>
#include <string.h>

#include "run.h"

#define TRIES_MOST 600

struct shrinker {
	struct scenario *best;
	struct scenario tried;
	char rule[96];
	int tries;
};

/* Keeps what was tried if it still breaks the rule, and how soon. */
static bool try(struct shrinker *shrinker)
{
	struct result result;

	if (shrinker->tries++ >= TRIES_MOST)
		return false;
	run(&shrinker->tried, POLICY_GUARD, false, &result);
	if (!result.broken || strcmp(result.broken, shrinker->rule) != 0)
		return false;
	*shrinker->best = shrinker->tried;
	snprintf(shrinker->best->said, sizeof(shrinker->best->said), "%s",
		 result.broken);
	if (result.broken_us / 1000 + 1 < shrinker->best->length_ms)
		shrinker->best->length_ms = result.broken_us / 1000 + 1;
	return true;
}

static void drop(void *array, uint32_t *count, uint32_t at, size_t size)
{
	char *bytes = array;

	memmove(bytes + at * size, bytes + (at + 1) * size,
		(*count - at - 1) * size);
	(*count)--;
	memset(bytes + *count * size, 0, size);
}

/* Events that name an actor follow it. */
static bool drop_actor(struct scenario *scenario, uint32_t at)
{
	for (uint32_t i = 0; i < scenario->events_count; i++) {
		struct event *event = &scenario->events[i];
		if (event->kind < EVENT_RENAME || event->kind > EVENT_RAISE)
			continue;
		if (event->value == at)
			return false;
		event->value -= event->value > at;
	}
	drop(scenario->actors, &scenario->actors_count, at,
	     sizeof(struct actor));
	return true;
}

static bool shrink_lists(struct shrinker *shrinker)
{
	struct scenario *best = shrinker->best, *tried = &shrinker->tried;
	bool has_shrunk = false;

	for (uint32_t i = best->events_count; i-- > 0;) {
		*tried = *best;
		drop(tried->events, &tried->events_count, i,
		     sizeof(struct event));
		has_shrunk |= try(shrinker);
	}
	for (uint32_t i = best->sets_count; i-- > 0;) {
		*tried = *best;
		drop(tried->sets, &tried->sets_count, i, sizeof(best->sets[0]));
		has_shrunk |= try(shrinker);
	}
	for (uint32_t i = best->actors_count; i-- > 0;) {
		*tried = *best;
		if (drop_actor(tried, i))
			has_shrunk |= try(shrinker);
	}
	return has_shrunk;
}

/* To its plain value, if it has another. */
static bool shrink_number(struct shrinker *shrinker, int64_t *number,
			  int64_t plain)
{
	if (*number == plain)
		return false;
	*number = plain;
	return try(shrinker);
}

static bool shrink_machine(struct shrinker *shrinker)
{
	struct scenario plain, *tried = &shrinker->tried;
	bool has_shrunk = false;
	int64_t *const numbers[][2] = {
		{ &tried->garbage, &plain.garbage },
		{ &tried->vanish, &plain.vanish },
		{ &tried->failing, &plain.failing },
		{ &tried->swap_kib, &plain.swap_kib },
		{ &tried->zram, &plain.zram },
		{ &tried->zram_ratio, &plain.zram_ratio },
		{ &tried->swap_rate, &plain.swap_rate },
		{ &tried->teller, &plain.teller },
		{ &tried->cgroups, &plain.cgroups },
		{ &tried->kernel, &plain.kernel },
		{ &tried->psi, &plain.psi },
		{ &tried->pids, &plain.pids },
		{ &tried->cpus, &plain.cpus },
		{ &tried->descriptors, &plain.descriptors },
	};

	scenario_init(&plain);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		*tried = *shrinker->best;
		has_shrunk |=
			shrink_number(shrinker, numbers[i][0], *numbers[i][1]);
	}
	return has_shrunk;
}

static bool shrink_actor(struct shrinker *shrinker, struct actor *actor)
{
	bool has_shrunk = false;
	int64_t *const numbers[] = {
		&actor->start_ms,   &actor->adj,       &actor->spawn_ms,
		&actor->life_ms,    &actor->hot,       &actor->file_kib,
		&actor->shared_kib, &actor->read_rate, &actor->period_ms,
		&actor->max_kib,    &actor->term,      &actor->term_ms,
		&actor->held,       &actor->late_ms,   &actor->uid,
		&actor->busy,       &actor->leader,    &actor->shrinks,
		&actor->is_shmem,
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		shrinker->tried = *shrinker->best;
		has_shrunk |= shrink_number(shrinker, numbers[i], 0);
	}
	shrinker->tried = *shrinker->best;
	has_shrunk |= shrink_number(shrinker, &actor->count, 1);
	shrinker->tried = *shrinker->best;
	has_shrunk |= shrink_number(shrinker, &actor->restart_ms, -1);
	return has_shrunk;
}

void shrink(struct scenario *scenario)
{
	static struct shrinker shrinker;
	struct result result;
	bool goes_on = true;

	run(scenario, POLICY_GUARD, false, &result);
	if (!result.broken)
		return;
	shrinker.tries = 0;
	shrinker.best = scenario;
	snprintf(shrinker.rule, sizeof(shrinker.rule), "%s", result.broken);
	shrinker.tried = *scenario;
	(void)try(&shrinker);
	while (goes_on && shrinker.tries < TRIES_MOST) {
		goes_on = shrink_lists(&shrinker);
		goes_on |= shrink_machine(&shrinker);
		for (uint32_t i = 0; i < scenario->actors_count; i++)
			goes_on |= shrink_actor(&shrinker,
						&shrinker.tried.actors[i]);
	}
}
