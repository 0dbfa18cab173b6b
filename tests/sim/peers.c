/* SPDX-License-Identifier: MIT */
#include "peers.h"

#include <signal.h>
#include <string.h>

#define WAIT_US 100000
#define LOOK_US 1000000

static struct {
	uint32_t victim; /* id; 0: none */
	int64_t until_us;
	int64_t above_us; /* pressure is above its limit since; NEVER */
	int64_t quiet_us; /* no other kill before */
	int64_t full_us, at_us;
	int64_t average; /* permyriad, over ten seconds */
} state;

void peers_start(enum policy policy)
{
	(void)policy;
	memset(&state, 0, sizeof(state));
	state.above_us = NEVER;
}

static bool is_candidate(const struct process *process)
{
	return process->life == LIFE_RUNS && process->actor >= 0 &&
	       process_score(process) > 0 && !process->is_dying;
}

static bool is_innocent(const struct process *process)
{
	return machine.scenario->actors[process->actor].role == ROLE_INNOCENT;
}

static void end(struct process *process, int number)
{
	bool is_wrong = false;

	for (int i = 0; i < machine.highest; i++)
		is_wrong |= is_candidate(&machine.processes[i]) &&
			    !is_innocent(&machine.processes[i]);
	if (!process->by_guard) {
		machine.tally.strikes++;
		machine.tally.wrong += is_innocent(process) && is_wrong;
	}
	(void)machine_signal(process, number, true);
}

static int64_t percent(int64_t part, int64_t whole)
{
	return whole > 0 ? part * 100 / whole : 0;
}

/* As much as memory and swap both allow: 10 % is SIGTERM, 5 % SIGKILL. */
static int urgency(void)
{
	const struct memory *memory = &machine.memory;
	int64_t free = percent(memory_available_kib(), memory->total_kib);
	int64_t swap = percent(memory->swap_total_kib - memory->swap_used_kib,
			       memory->swap_total_kib);

	if (free <= 5 && swap <= 5)
		return SIGKILL;
	return free <= 10 && swap <= 10 ? SIGTERM : 0;
}

static struct process *highest_score(void)
{
	struct process *found = NULL;

	for (int i = 0; i < machine.highest; i++) {
		struct process *process = &machine.processes[i];
		if (is_candidate(process) &&
		    (!found || process_score(process) > process_score(found) ||
		     (process_score(process) == process_score(found) &&
		      process_rss_kib(process) > process_rss_kib(found))))
			found = process;
	}
	return found;
}

static struct process *victim(void)
{
	for (int i = 0; state.victim && i < machine.highest; i++)
		if (machine.processes[i].id == state.victim &&
		    (machine.processes[i].life == LIFE_RUNS ||
		     machine.processes[i].life == LIFE_EXITS))
			return &machine.processes[i];
	return NULL;
}

/* Memory headroom at 6000 MiB/s, of swap at 800; 0.1 to 1 s. */
static int64_t sleep_us(void)
{
	const struct memory *memory = &machine.memory;
	int64_t room = memory_available_kib() - memory->total_kib / 10;
	int64_t swap = memory->swap_total_kib * 9 / 10 - memory->swap_used_kib;
	int64_t us = 0;

	if (room > 0)
		us += room * 1000 / 6144;
	if (swap > 0)
		us += swap * 1000 / 819;
	us = us < WAIT_US ? WAIT_US : us;
	return us < LOOK_US ? us : LOOK_US;
}

/* One victim at a time, waited for ten seconds. */
static int64_t look_earlyoom(void)
{
	struct process *process = victim();
	int level = urgency();

	if (process && machine.now_us < state.until_us) {
		if (level == SIGKILL && !process->is_dying)
			end(process, SIGKILL);
		return machine.now_us + WAIT_US;
	}
	state.victim = 0;
	process = level ? highest_score() : NULL;
	if (!process)
		return machine.now_us + sleep_us();
	state.victim = process->id;
	state.until_us = machine.now_us + 10 * LOOK_US;
	end(process, level);
	return machine.now_us + WAIT_US;
}

/* The memory, or the swap, of all that is in a cgroup. */
static int64_t size_of(int group, bool in_swap)
{
	int64_t kib = 0;

	for (int i = 0; i < machine.highest; i++) {
		const struct process *process = &machine.processes[i];
		if (process->group == group && is_candidate(process))
			kib += in_swap ? process->swap_kib
				       : process_rss_kib(process);
	}
	return kib;
}

static void end_group(bool in_swap)
{
	int worst = -1;

	for (int i = 0; i < machine.groups_count; i++)
		if (size_of(i, in_swap) > 0 &&
		    (worst < 0 ||
		     size_of(i, in_swap) > size_of(worst, in_swap)))
			worst = i;
	for (int i = 0; worst >= 0 && i < machine.highest; i++)
		if (machine.processes[i].group == worst &&
		    is_candidate(&machine.processes[i]))
			end(&machine.processes[i], SIGKILL);
	state.quiet_us = machine.now_us + 15 * LOOK_US;
	state.above_us = NEVER;
}

static void measure(void)
{
	int64_t passed = machine.now_us - state.at_us;
	int64_t share = passed > 0 ? (machine.memory.full_us - state.full_us) *
					     10000 / passed
				   : 0;

	state.full_us = machine.memory.full_us;
	state.at_us = machine.now_us;
	state.average += (share - state.average) / 10;
}

/*
 * Pressure (full avg10) above 60 % for 30 s, or less than 10 % of memory and of
 * swap: then the worst cgroup as a whole, and nothing else for 15 s.
 */
static int64_t look_oomd(void)
{
	const struct memory *memory = &machine.memory;
	bool is_full = memory->swap_total_kib > 0 && urgency() != 0;

	measure();
	if (state.average < 6000)
		state.above_us = NEVER;
	else if (state.above_us == NEVER)
		state.above_us = machine.now_us;
	if (machine.now_us >= state.quiet_us) {
		if (is_full)
			end_group(true);
		else if (state.above_us != NEVER &&
			 machine.now_us - state.above_us >= 30 * LOOK_US)
			end_group(false);
	}
	return machine.now_us + LOOK_US;
}

int64_t peers_look(enum policy policy)
{
	switch (policy) {
	case POLICY_EARLYOOM:
		return look_earlyoom();
	case POLICY_OOMD:
		return look_oomd();
	case POLICY_GUARD:
	case POLICY_NONE:
		break;
	}
	return NEVER;
}
