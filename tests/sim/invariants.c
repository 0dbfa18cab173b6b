/* SPDX-License-Identifier: MIT */
#include "invariants.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "calls_inside.h"
#include "cgroup.h"
#include "text.h"

#define RECORDS 128
#define SECONDS 16
#define TICKS_MOST 160 /* in a second */
#define LATE_US 1000000
#define WARNING_US 1000000
#define IDLE_US 700000      /* at the kill level with somebody to strike */
#define CHANGED_US 40000000 /* until when the guard must know of a change */
#define YOUNG_US 3000000
#define ABANDON_LEAST_US 3000000

/* One who was signalled. */
struct struck {
	uint32_t id;
	uint32_t number; /* of the strike */
	int64_t term_us, kill_us;
	int64_t grace_least_ms, grace_most_ms;
	bool is_term_only;
};

static struct {
	const struct guard *guard;
	bool is_traced;
	bool has_begun;
	const char *broken;
	int64_t broken_us;
	int64_t woken_us;
	int64_t ended_ms; /* of the guard's clock: the last end of a strike */
	int64_t second_us;
	int32_t ticks_in_second;
	int64_t idle_us; /* since when nobody is struck although; NEVER */
	int64_t stall_us[SECONDS];
	int64_t changed_us; /* the settings */
	uint32_t generation;
	int64_t short_us;
	struct strike slots[STRIKES_MAX];
	uint32_t count;
	struct struck struck[RECORDS];
} state;

static int64_t guard_ms(int64_t us)
{
	return (us + BOOTED_US) / 1000;
}

void invariants_forget(void)
{
	state.has_begun = false;
	state.ended_ms = -1;
	state.second_us = state.woken_us = machine.now_us;
	state.ticks_in_second = 0;
	state.idle_us = NEVER;
	state.count = 0;
	state.generation = 0;
	memset(state.slots, 0, sizeof(state.slots));
	state.changed_us = machine.now_us;
}

void invariants_start(const struct guard *guard, bool is_traced)
{
	memset(&state, 0, sizeof(state));
	state.guard = guard;
	state.is_traced = is_traced;
	state.short_us = NEVER;
	invariants_forget();
}

void invariants_begin(void)
{
	state.has_begun = true;
	state.woken_us = machine.now_us;
}

void invariants_stop(void)
{
	state.has_begun = false;
}

bool invariants_has_begun(void)
{
	return state.has_begun;
}

const char *invariants_broken(void)
{
	return state.broken;
}

int64_t invariants_broken_us(void)
{
	return state.broken_us;
}

void invariants_expect(bool condition, const char *rule)
{
	if (condition || state.broken)
		return;
	state.broken = rule;
	state.broken_us = machine.now_us;
	if (state.is_traced)
		printf("%9.3f BROKEN %s\n", (double)machine.now_us / 1e6, rule);
}

void invariants_judge(const struct process *process, struct ruling *ruling)
{
	const char *path = machine.groups[process->group].path;
	char unit[CGROUP_UNIT_SIZE];
	const struct identity identity = { .comm = process->comm,
					   .exe = process->exe,
					   .unit = unit,
					   .cgroup = path,
					   .uid = process->uid };

	cgroup_unit(path, unit);
	settings_judge(&state.guard->settings, &identity, ruling);
}

static bool is_listed(const struct process *process)
{
	struct ruling ruling;

	invariants_judge(process, &ruling);
	return ruling.never >= 0 || ruling.protect >= 0;
}

static bool is_exempt(const struct process *process)
{
	return process->actor < 0 || process_score(process) == 0 ||
	       is_listed(process);
}

/* It has become what it is too lately for the guard to know. */
static bool is_news(const struct process *process)
{
	const struct guard *guard = state.guard;
	int64_t age_us = machine.now_us - process->changed_us;

	if (process->changed_us > process->start_us)
		return age_us < CHANGED_US;
	return !guard->cgroup_is_fast &&
	       guard->decision.urgency == URGENCY_KILL && age_us < YOUNG_US;
}

static struct struck *find(uint32_t id)
{
	for (uint32_t i = 0; i < state.count && i < RECORDS; i++)
		if (state.struck[i].id == id)
			return &state.struck[i];
	return NULL;
}

/* It was somewhere else, or somebody else, not long ago. */
static bool has_moved(const struct process *process)
{
	return process->changed_us > process->start_us && is_news(process);
}

/* It lives in the cgroup that is struck as a whole. */
static bool is_of_group(const struct process *process,
			const struct group *group)
{
	return group->leaf &&
	       leaf_hash(machine.groups[process->group].path) == group->leaf &&
	       process->start_ticks >= group->since_ticks;
}

/* What the census knows by its pid, or NULL. */
static const struct person *known(const struct process *process)
{
	const struct census *census = &state.guard->census;

	for (uint32_t i = 0; i < census->count; i++)
		if (census->persons[i].pid == process->pid)
			return &census->persons[i];
	return NULL;
}

/*
 * It has the pid, the name and the user of a member that the census saw, and
 * its own cgroup could not be read at once.
 */
static bool is_mistaken(const struct process *process,
			const struct group *group)
{
	const struct guard *guard = state.guard;
	const struct person *person = known(process);

	if (guard->cgroup_is_fast && machine.scenario->garbage == 0)
		return false;
	return person && person->start_ticks != process->start_ticks &&
	       person->uid == process->uid &&
	       strcmp(person->comm, process->comm) == 0 &&
	       group_has(&guard->census, group, person);
}

static int slot_of(const struct process *process)
{
	const struct guard *guard = state.guard;

	for (int i = 0; i < STRIKES_MAX; i++) {
		const struct strike *strike = &guard->strikes.slots[i];
		if (strike->stage != STAGE_NONE &&
		    (guard->victims[i].candidate.pid == process->pid ||
		     is_of_group(process, &strike->group) ||
		     is_mistaken(process, &strike->group) ||
		     (strike->group.leaf && has_moved(process))))
			return i;
	}
	return -1;
}

/*
 * A strike is over while its victim lives: only for a reason. Of a group some
 * are new, and get the signal later. Another one may have the same pid by now.
 */
static void check_end(const struct strike *strike)
{
	const struct guard *guard = state.guard;
	const struct process *process = machine_find(strike->pid);
	const struct struck *struck = process ? find(process->id) : NULL;

	if (!struck || struck->number != strike->number ||
	    process->start_ticks != strike->start_ticks ||
	    process->life != LIFE_RUNS || strike->stage == STAGE_EXITED ||
	    guard->generation != state.generation ||
	    guard->decision.urgency < URGENCY_TERM || struck->is_term_only ||
	    machine.scenario->failing > 0)
		return;
	int64_t since_ms = struck->kill_us == NEVER ? INT64_MAX
			   : strike->group.leaf     ? strike->killed_ms
						    : guard_ms(struck->kill_us);
	invariants_expect(guard_ms(machine.now_us) - since_ms >=
				  ABANDON_LEAST_US / 1000,
			  "3 a victim that lives is given up early");
}

static void notice_ends(void)
{
	const struct guard *guard = state.guard;

	for (int i = 0; i < STRIKES_MAX; i++) {
		const struct strike *was = &state.slots[i];
		const struct strike *is = &guard->strikes.slots[i];
		if (was->stage != STAGE_NONE &&
		    (is->stage == STAGE_NONE || is->number != was->number)) {
			/* New settings end some between two ticks. */
			if (guard->generation == state.generation)
				state.ended_ms = guard_ms(state.woken_us);
			check_end(was);
		}
		state.slots[i] = *is;
	}
	if (guard->generation != state.generation)
		state.changed_us = machine.now_us;
	state.generation = guard->generation;
}

static void check_whom(const struct process *process)
{
	const struct guard *guard = state.guard;

	/* By its own numbers, though the census may still mean the former. */
	invariants_expect(process->was_seen,
			  "6 a stranger with the same pid is signalled");
	invariants_expect(process->actor >= 0 &&
				  (process->life == LIFE_ZOMBIE ||
				   process_score(process) > 0),
			  "1 what is never ended is signalled");
	/* One that has ended since it was looked at feels nothing. */
	if (is_listed(process) && !is_news(process) &&
	    (guard->settings.last_resort == LAST_RESORT_NONE ||
	     guard->decision.urgency < URGENCY_KILL))
		invariants_expect(false, "1 an exempt process is signalled");
}

/* Memory is there, and nobody has waited for it. */
static bool is_needless(void)
{
	const struct guard *guard = state.guard;
	struct levels levels = decide_levels(&guard->settings, &guard->sample,
					     INT64_MAX / 1000);
	int64_t second = machine.now_us / 1000000;
	int64_t before = state.stall_us[(second + 1) % SECONDS];

	return guard->decision.available_kib >= levels.term_kib &&
	       machine.memory.some_us - before < 100000;
}

static void check_first(int slot)
{
	const struct guard *guard = state.guard;
	int others = 0;

	for (int i = 0; i < STRIKES_MAX; i++)
		others += i != slot &&
			  guard->strikes.slots[i].stage != STAGE_NONE;
	invariants_expect(guard->decision.urgency >= URGENCY_TERM &&
				  !guard->is_stale,
			  "2 a signal without urgency");
	invariants_expect(calls_sampled_us() >= state.woken_us &&
				  guard->decision.at_ms > state.ended_ms,
			  "2 a signal on an old sample");
	invariants_expect(!is_needless(), "2 a signal without a shortage");
	invariants_expect(others == 0 ||
				  guard->decision.urgency == URGENCY_KILL,
			  "3 a second victim above the kill level");
	invariants_expect(guard->settings.mode == MODE_GUARD &&
				  guard->paused_until_ms == 0,
			  "2 a signal while paused or observing");
}

/* A group is one victim: who joins it later is no new one. */
static bool is_begun(const struct strike *strike)
{
	for (uint32_t i = 0; i < state.count && i < RECORDS; i++)
		if (strike->group.leaf &&
		    state.struck[i].number == strike->number)
			return true;
	return false;
}

static struct struck *record(const struct process *process, int slot)
{
	const struct guard *guard = state.guard;
	struct struck *struck = find(process->id);
	struct ruling ruling;
	int64_t least = guard->settings.grace_ms, most = least;

	invariants_judge(process, &ruling);
	if (!struck) {
		struck = &state.struck[state.count++ % RECORDS];
		*struck = (struct struck){ .id = process->id,
					   .term_us = NEVER,
					   .kill_us = NEVER };
	}
	if (guard->settings.pressure_grace_ms < least)
		least = guard->settings.pressure_grace_ms;
	if (guard->settings.pressure_grace_ms > most)
		most = guard->settings.pressure_grace_ms;
	if (ruling.grace_ms != SETTINGS_UNSET)
		least = most = ruling.grace_ms;
	if (process->changed_us > process->start_us ||
	    state.changed_us > process->start_us)
		least = 0;
	if (struck->term_us == NEVER) {
		struck->grace_least_ms = least;
		struck->grace_most_ms = most;
	}
	struck->is_term_only = ruling.term_only;
	struck->number = guard->strikes.slots[slot].number;
	return struck;
}

static void check_kill(const struct process *process,
		       const struct struck *struck, const struct strike *strike)
{
	int64_t term_us = struck->term_us;
	int64_t term = machine.scenario->actors[process->actor].term;

	invariants_expect(!struck->is_term_only || is_news(process),
			  "4 SIGKILL for one who gets only SIGTERM");
	if (state.guard->decision.urgency == URGENCY_KILL ||
	    term == TERM_IGNORED || term == TERM_NAMESPACE_INIT ||
	    struck->grace_least_ms == 0)
		return;
	/* Who joined a group late shares its grace. */
	if (strike->group.leaf && strike->asked_ms * 1000 - BOOTED_US < term_us)
		term_us = strike->asked_ms * 1000 - BOOTED_US;
	invariants_expect(term_us != NEVER &&
				  machine.now_us - term_us >=
					  struck->grace_least_ms * 1000 - 50000,
			  "4 SIGKILL before the grace has passed");
}

static bool culprit_lives(void)
{
	for (int i = 0; i < machine.highest; i++) {
		const struct process *process = &machine.processes[i];
		if (process->life == LIFE_RUNS && process->actor >= 0 &&
		    !process->is_dying && !process->by_guard &&
		    machine.scenario->actors[process->actor].role ==
			    ROLE_CULPRIT &&
		    !is_exempt(process))
			return true;
	}
	return false;
}

static void count_strike(const struct process *process)
{
	machine.tally.strikes++;
	machine.tally.needless += is_needless();
	if (machine.scenario->actors[process->actor].role == ROLE_INNOCENT)
		machine.tally.wrong += culprit_lives();
}

void invariants_signal(struct process *process, int signal)
{
	int slot = slot_of(process);
	struct struck *struck;

	if (signal != SIGTERM && signal != SIGKILL)
		return;
	notice_ends();
	if (state.is_traced)
		printf("%9.3f signal %d to %d %s (%lld KiB), %s\n",
		       (double)machine.now_us / 1e6, signal, process->pid,
		       process->comm, (long long)process_relief_kib(process),
		       urgency_name(state.guard->decision.urgency));
	invariants_expect(slot >= 0, "6 one who was not chosen is signalled");
	if (slot < 0)
		return;
	invariants_expect(!state.guard->is_stale,
			  "2 a signal on an old sample");
	check_whom(process);
	if (process->actor < 0)
		return;
	struck = find(process->id);
	if ((!struck || struck->number != state.slots[slot].number) &&
	    !is_begun(&state.slots[slot]))
		check_first(slot);
	if (!struck)
		count_strike(process);
	struck = record(process, slot);
	if (signal == SIGKILL) {
		check_kill(process, struck, &state.guard->strikes.slots[slot]);
		struck->kill_us = machine.now_us;
	} else if (struck->term_us == NEVER) {
		struck->term_us = machine.now_us;
	}
}

void invariants_adjusted(const struct process *process, long value)
{
	struct ruling ruling;
	bool is_wanted = value == state.guard->settings.protect_adj;
	bool settings_are_new = machine.now_us - state.changed_us < CHANGED_US;

	if (state.is_traced)
		printf("%9.3f oom_score_adj of %d %s: %lld to %ld\n",
		       (double)machine.now_us / 1e6, process->pid,
		       process->comm, (long long)process->adj, value);
	invariants_judge(process, &ruling);
	invariants_expect(
		(value == WARDS_NOMINATED || process->adj == WARDS_NOMINATED) ==
			machine.is_without_resource,
		"7 a nomination moves what its user may set");
	if (value == process->natural || settings_are_new)
		return;
	if (value == WARDS_NOMINATED) {
		invariants_expect(ruling.protect < 0 && ruling.never < 0,
				  "7 one who is spared is nominated");
		invariants_expect(state.guard->settings.mode == MODE_GUARD,
				  "7 somebody is nominated while observing");
		return;
	}
	invariants_expect(is_wanted,
			  "7 an oom_score_adj that is nobody's wish");
	invariants_expect(ruling.protect >= 0 || is_news(process) ||
				  process->changed_us > process->start_us,
			  "7 a process that is not protected is adjusted");
}

/* What the last choice was made of. */
static struct quest quest(void)
{
	const struct guard *guard = state.guard;
	const struct decision *decision = &guard->decision;
	const struct levels *levels = &decision->levels;

	return (struct quest){
		.is_memory = decision->reason == REASON_MEMORY,
		.is_kill = decision->urgency == URGENCY_KILL,
		.is_written = strike_left_files(&guard->strikes, decision),
		.spend_kib_s = trend_spend_kib_s(&guard->trend),
		.swap_help_kib = watch_swap_help_kib(&guard->watch, decision),
		.available_kib = decision->available_kib,
		.kill_kib = levels->kill_kib,
		.gap_kib = decision->gap_kib,
		.margin_kib = (levels->warn_kib - levels->term_kib) / 2,
		.fill_kib_s = decision->fill_kib_s,
		.culprit = &guard->culprit
	};
}

/* No innocent for a culprit that may not be ended, if not for long. */
static int64_t lasting_kib(void)
{
	const struct guard *guard = state.guard;
	const struct quest given = quest();
	int spared = victim_spared(guard->candidates, guard->candidates_count);

	return spared < 0
		       ? 0
		       : victim_lasting_kib(&given, &guard->candidates[spared]);
}

/* What no process owns holds memory: nobody ends for it, or not in vain. */
static int64_t held_kib(void)
{
	const struct quest given = quest();

	return victim_held_kib(&given);
}

/* It was moved, and the census does not look again at who is at home. */
static bool is_known_elsewhere(const struct process *process)
{
	const struct person *person = known(process);

	return person && person->start_ticks == process->start_ticks &&
	       person->cgroup &&
	       strcmp(state.guard->census.names + person->cgroup,
		      machine.groups[process->group].path) != 0;
}

/* Somebody would bring enough back, and could be struck. */
static bool is_somebody_there(void)
{
	const struct guard *guard = state.guard;
	const struct levels *levels = &guard->decision.levels;
	int64_t enough = guard->decision.gap_kib +
			 (levels->warn_kib - levels->term_kib) / 2;
	int64_t best = 0, found = 0;

	if (enough < lasting_kib())
		enough = lasting_kib();
	if (enough < held_kib())
		enough = held_kib();
	for (int i = 0; i < machine.highest; i++) {
		const struct process *process = &machine.processes[i];
		int64_t relief;
		if (process->life != LIFE_RUNS || is_exempt(process))
			continue;
		relief = process_relief_kib(process) +
			 (process_rss_kib(process) - process->anon_kib);
		best = relief > best ? relief : best;
		relief = process_relief_kib(process);
		if (process->is_dying || process->by_guard ||
		    process->was_adjusted ||
		    machine.now_us - process->start_us < LATE_US ||
		    machine.now_us - process->changed_us < YOUNG_US ||
		    is_known_elsewhere(process) ||
		    strike_abandoned(&guard->strikes, process->pid, 0))
			continue;
		found = relief > found ? relief : found;
	}
	return found >= enough && found >= best / 2 &&
	       found >= victim_trifle_kib(levels->base_kib) * 2;
}

static bool is_anybody_struck(void)
{
	for (int i = 0; i < STRIKES_MAX; i++)
		if (state.guard->strikes.slots[i].stage != STAGE_NONE)
			return true;
	return false;
}

void invariants_kernel(const struct process *process)
{
	const struct guard *guard = state.guard;
	bool is_free = guard->settings.mode == MODE_GUARD &&
		       guard->paused_until_ms == 0 && state.has_begun &&
		       machine.scenario->failing == 0;

	if (state.is_traced)
		printf("%9.3f the kernel ends %d %s (%lld KiB)\n",
		       (double)machine.now_us / 1e6, process->pid,
		       process->comm, (long long)process_relief_kib(process));
	machine.tally.kernel_late +=
		is_free && machine.warned_us != NEVER &&
		machine.now_us - machine.warned_us >= WARNING_US &&
		!is_anybody_struck() && is_somebody_there();
}

static void check_idle(void)
{
	const struct guard *guard = state.guard;

	if (guard->decision.urgency != URGENCY_KILL || guard->is_stale ||
	    guard->settings.mode != MODE_GUARD || guard->paused_until_ms > 0 ||
	    machine.scenario->failing > 0 || is_anybody_struck() ||
	    !is_somebody_there()) {
		state.idle_us = NEVER;
		return;
	}
	if (state.idle_us == NEVER)
		state.idle_us = machine.now_us;
	invariants_expect(machine.now_us - state.idle_us < IDLE_US,
			  "5 nobody is struck at the kill level");
}

/* Who was asked is ended in time. */
static void check_asked(void)
{
	const struct guard *guard = state.guard;

	for (int i = 0; i < STRIKES_MAX; i++) {
		const struct strike *strike = &guard->strikes.slots[i];
		const struct process *process = machine_find(strike->pid);
		const struct struck *struck =
			process ? find(process->id) : NULL;
		if (strike->stage != STAGE_ASKED || !struck ||
		    struck->is_term_only || strike->term_only ||
		    process->life != LIFE_RUNS || guard->is_stale)
			continue;
		invariants_expect(guard->decision.urgency < URGENCY_KILL,
				  "4 no SIGKILL at the kill level");
		invariants_expect(guard->decision.urgency < URGENCY_TERM ||
					  machine.now_us - struck->term_us <
						  struck->grace_most_ms * 1000 +
							  LATE_US,
				  "4 no SIGKILL after the grace");
	}
}

static void count_ticks(void)
{
	int64_t second = machine.now_us / 1000000;

	state.stall_us[second % SECONDS] = machine.memory.some_us;
	for (int64_t at = state.second_us / 1000000 + 1; at < second; at++)
		state.stall_us[at % SECONDS] = machine.memory.some_us;
	if (machine.now_us - state.second_us >= 1000000) {
		state.second_us = machine.now_us;
		state.ticks_in_second = 0;
	}
	machine.tally.ticks++;
	machine.tally.scans = (int64_t)state.guard->scans;
	invariants_expect(++state.ticks_in_second <= TICKS_MOST,
			  "8 the guard spins");
}

void invariants_tick(int64_t sleep_us)
{
	const struct guard *guard = state.guard;

	machine.warn_kib = guard->decision.levels.warn_kib;
	notice_ends();
	check_idle();
	check_asked();
	count_ticks();
	invariants_expect(sleep_us <= 10000000, "8 the guard sleeps too long");
	if (guard->decision.urgency >= URGENCY_TERM) {
		if (state.short_us == NEVER)
			state.short_us = machine.now_us;
	} else if (state.short_us != NEVER) {
		machine.tally.relief_ms +=
			(machine.now_us - state.short_us) / 1000;
		state.short_us = NEVER;
	}
	if (state.is_traced)
		printf("%9.3f %-4s available %lld free %lld swap %lld "
		       "cache %lld stall %lld/%lld ms, sleep %lld ms\n",
		       (double)machine.now_us / 1e6,
		       urgency_name(guard->decision.urgency),
		       (long long)guard->decision.available_kib,
		       (long long)memory_free_kib(),
		       (long long)(machine.memory.swap_total_kib -
				   machine.memory.swap_used_kib),
		       (long long)(machine.memory.cold_kib +
				   machine.memory.file_kib),
		       (long long)machine.memory.some_us / 1000,
		       (long long)machine.memory.full_us / 1000,
		       (long long)sleep_us / 1000);
}

void invariants_wake(void)
{
	invariants_expect(machine.now_us - state.woken_us < 12000000,
			  "8 the guard has slept too long");
	state.woken_us = machine.now_us;
}

void invariants_told(const char *bytes, size_t size)
{
	if (state.is_traced)
		printf("%9.3f > %.*s", (double)machine.now_us / 1e6, (int)size,
		       bytes);
}

void invariants_end(void)
{
	for (int i = 0; i < machine.highest; i++) {
		const struct process *process = &machine.processes[i];
		if (process->life != LIFE_RUNS ||
		    !(process->was_adjusted || process->was_nominated) ||
		    machine.scenario->failing > 0)
			continue;
		invariants_expect(process->adj == process->natural,
				  "7 an oom_score_adj is not put back");
	}
}
