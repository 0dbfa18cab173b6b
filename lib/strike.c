/* SPDX-License-Identifier: MIT */
#include "strike.h"

#include <string.h>

#include "hot.h"

#define CALM_MS 2000
#define ABANDON_MS 3000
#define ABANDON_MS_GIB 1000
#define SETTLE_MS 100
#define SETTLE_MS_GIB 100 /* measured: 50 to 60 us for each MiB of 4K pages */
#define FUTILE_MOST 2
#define TERM_ONLY_MS 1000
#define OVERDUE_MS 500

void strikes_init(struct strikes *strikes)
{
	memset(strikes, 0, sizeof(*strikes));
	strikes->calm_since_ms = -1;
	strikes->settled_ms = -1;
}

bool strikes_any(const struct strikes *strikes)
{
	for (int slot = 0; slot < STRIKES_MAX; slot++)
		if (strikes->slots[slot].stage != STAGE_NONE)
			return true;
	return false;
}

static int64_t per_gib(int64_t fixed_ms, int64_t ms_gib, int64_t kib)
{
	return fixed_ms + (ms_gib * kib >> 20);
}

static bool is_living(const struct strike *strike)
{
	return strike->stage == STAGE_ASKED || strike->stage == STAGE_KILLED;
}

static bool has_recovered(const struct decision *decision)
{
	const struct levels *levels = &decision->levels;
	int64_t middle_kib =
		levels->term_kib + (levels->warn_kib - levels->term_kib) / 2;

	return decision->urgency < URGENCY_TERM &&
	       (decision->available_kib > middle_kib || decision->swap_is_held);
}

/* For how long it has been calm; -1: it is not. */
static int64_t calm_for_ms(struct strikes *strikes,
			   const struct decision *decision, int64_t now_ms)
{
	if (!has_recovered(decision))
		strikes->calm_since_ms = -1;
	else if (strikes->calm_since_ms < 0)
		strikes->calm_since_ms = now_ms;
	return strikes->calm_since_ms < 0 ? -1
					  : now_ms - strikes->calm_since_ms;
}

static void remember_abandoned(struct strikes *strikes,
			       const struct strike *strike)
{
	strikes->abandoned[strikes->abandoned_next] =
		(struct abandoned){ .pid = strike->pid,
				    .start_ticks = strike->start_ticks,
				    .group = strike->group };
	strikes->abandoned_next =
		(strikes->abandoned_next + 1) % STRIKES_ABANDONED;
}

static struct order wait_until(int64_t until_ms)
{
	return (struct order){ .kind = ORDER_WAIT, .until_ms = until_ms };
}

static struct order end_as(enum outcome outcome)
{
	return (struct order){ .kind = ORDER_END, .outcome = outcome };
}

static struct order judge_asked(const struct strike *strike,
				enum urgency urgency, int64_t calm_ms,
				int64_t now_ms)
{
	int64_t grace_ms = strike->asked_ms + strike->grace_ms;
	int64_t abandon_ms = grace_ms + per_gib(ABANDON_MS, ABANDON_MS_GIB,
						strike->relief_kib);

	if (calm_ms >= strike->calm_ms)
		return end_as(OUTCOME_RECOVERED);
	if (strike->term_only && now_ms >= abandon_ms)
		return end_as(OUTCOME_ABANDONED);
	if (strike->term_only)
		return wait_until(now_ms < strike->asked_ms + TERM_ONLY_MS
					  ? strike->asked_ms + TERM_ONLY_MS
					  : abandon_ms);
	if (urgency == URGENCY_KILL)
		return (struct order){ .kind = ORDER_KILL };
	if (now_ms < grace_ms)
		return wait_until(grace_ms);
	/* Not short now: no signal. Short again: at once. */
	return urgency == URGENCY_TERM ? (struct order){ .kind = ORDER_KILL }
				       : wait_until(INT64_MAX);
}

/* Until when its relief is still expected at the kill level. */
static int64_t overdue_ms(const struct strike *strike)
{
	if (strike->stage == STAGE_EXITED)
		return strike->exited_ms + OVERDUE_MS;
	return strike->killed_ms +
	       per_gib(OVERDUE_MS, SETTLE_MS_GIB, strike->relief_kib);
}

static struct order judge_killed(const struct strike *strike, int64_t now_ms)
{
	int64_t abandon_ms =
		strike->killed_ms +
		per_gib(ABANDON_MS, ABANDON_MS_GIB, strike->relief_kib);

	if (now_ms >= abandon_ms)
		return end_as(OUTCOME_ABANDONED);
	return wait_until(now_ms < overdue_ms(strike) ? overdue_ms(strike)
						      : abandon_ms);
}

/*
 * Tmpfs, slab or huge pages have grown by half of what it brought: there the
 * relief of the next one would go, too.
 */
static bool was_taken(const struct strike *strike,
		      const struct decision *decision)
{
	return !strike->is_writer &&
	       (decision->unowned_kib - strike->unowned_kib) * 2 >
		       strike->relief_kib;
}

/* An old sample does not know what has come back. */
static struct order judge_exited(const struct strike *strike,
				 const struct decision *decision)
{
	int64_t back_kib = decision->available_kib - strike->available_kib;
	int64_t settle_ms =
		strike->exited_ms +
		per_gib(SETTLE_MS, SETTLE_MS_GIB, strike->relief_kib);
	int64_t first_ms =
		overdue_ms(strike) < settle_ms ? overdue_ms(strike) : settle_ms;

	if (back_kib >= strike->relief_kib / 2)
		return end_as(OUTCOME_SETTLED);
	if (decision->at_ms < settle_ms)
		return wait_until(decision->at_ms < first_ms ? first_ms
							     : settle_ms);
	/*
	 * What others filled meanwhile, they may have filled with it: freed
	 * pages stay in lists of each CPU, which MemAvailable does not count,
	 * and are taken from there (seen on Linux 6.12: of 24 MiB nothing).
	 */
	back_kib += strike->begun_kib - strike->available_kib;
	return end_as(back_kib >= strike->relief_kib / 8 &&
				      !was_taken(strike, decision)
			      ? OUTCOME_SETTLED
			      : OUTCOME_FUTILE);
}

static struct order judge(struct strike *strike,
			  const struct decision *decision, int64_t calm_ms,
			  int64_t now_ms)
{
	if (is_living(strike) &&
	    decision->available_kib < strike->available_kib)
		strike->available_kib = decision->available_kib;
	switch (strike->stage) {
	case STAGE_ASKED:
		return judge_asked(strike, decision->urgency, calm_ms, now_ms);
	case STAGE_KILLED:
		return judge_killed(strike, now_ms);
	case STAGE_EXITED:
		return judge_exited(strike, decision);
	case STAGE_NONE:
		break;
	}
	return wait_until(INT64_MAX);
}

static void remember_asked(struct strikes *strikes, const struct strike *strike)
{
	strikes->asked[strikes->asked_next] =
		(struct asked){ .pid = strike->pid,
				.start_ticks = strike->start_ticks,
				.group = strike->group,
				.asked_ms = strike->asked_ms,
				.grace_ms = strike->grace_ms };
	strikes->asked_next = (strikes->asked_next + 1) % STRIKES_MAX;
}

static void end_strike(struct strikes *strikes, uint32_t slot,
		       enum outcome outcome, int64_t now_ms)
{
	struct strike *strike = &strikes->slots[slot];

	strikes->settled_ms = now_ms;
	if (outcome == OUTCOME_RECOVERED)
		remember_asked(strikes, strike);
	if (outcome == OUTCOME_ABANDONED)
		remember_abandoned(strikes, strike);
	if (strike->is_writer && strike->stage == STAGE_EXITED)
		strikes->written_kib = strike->unowned_kib;
	if (outcome == OUTCOME_FUTILE)
		strikes->futile++;
	if (outcome == OUTCOME_SETTLED)
		strikes->futile = 0;
	strike->stage = STAGE_NONE;
}

static bool fuse_is_blown(const struct strikes *strikes, int64_t now_ms)
{
	uint32_t oldest = (strikes->total + 1) % STRIKES_RECENT;

	return strikes->futile >= FUTILE_MOST ||
	       (strikes->total >= STRIKES_FUSE &&
		now_ms - strikes->recent_ms[oldest] < STRIKES_FUSE_MS);
}

/*
 * Whether one more victim is wanted, with `pending_kib` under way. At the kill
 * level several are struck until what they bring leads out of it; above it
 * there is time to see, when they have settled, whether the level term needs
 * another. Where pressure is the reason one more is wanted of whom nothing is
 * expected.
 */
static struct order next_victim(const struct decision *decision,
				const struct strikes *strikes, uint32_t active,
				int64_t pending_kib, int64_t now_ms)
{
	struct order order = { .kind = ORDER_WAIT, .until_ms = INT64_MAX };
	bool is_kill = decision->urgency == URGENCY_KILL;
	int64_t gap_kib =
		active ? decision->levels.kill_kib - decision->available_kib
		       : decision->gap_kib;

	if (active && gap_kib < 1)
		gap_kib = 1;
	if (decision->urgency < URGENCY_TERM)
		return order;
	if (active &&
	    (!is_kill || active >= STRIKES_MAX ||
	     strikes->futile >= FUTILE_MOST || pending_kib >= gap_kib))
		return order;
	if (!is_kill && fuse_is_blown(strikes, now_ms)) {
		order.fuse_is_blown = true;
		return order;
	}
	if (decision->at_ms <= strikes->settled_ms ||
	    now_ms < strikes->blind_until_ms) {
		order.until_ms = strikes->blind_until_ms > now_ms
					 ? strikes->blind_until_ms
					 : now_ms + 1;
		return order;
	}
	order.kind = ORDER_CHOOSE;
	order.gap_kib = gap_kib - pending_kib;
	return order;
}

/* An exit is slow where memory is swapped, but it has begun. */
static bool gives_back(const struct strike *strike,
		       const struct decision *decision)
{
	return decision->available_kib - strike->available_kib >=
	       strike->relief_kib / 8;
}

/*
 * Only the kill level asks for it, and there nobody waits long for one that
 * takes its time, nor for one that has exited and brought nothing: what a child
 * shares with its parent counts as its own in status.
 */
static bool is_slow(const struct strike *strike,
		    const struct decision *decision, int64_t now_ms)
{
	if (strike->stage == STAGE_ASKED)
		return now_ms - strike->asked_ms >= TERM_ONLY_MS;
	return decision->at_ms >= overdue_ms(strike) &&
	       !gives_back(strike, decision);
}

static int64_t expected_kib(const struct strike *strike,
			    const struct decision *decision, int64_t now_ms)
{
	return is_slow(strike, decision, now_ms) ? 0 : strike->relief_kib;
}

/* When the calm is long enough for the first of those who were asked. */
static int64_t calm_until_ms(const struct strikes *strikes)
{
	int64_t until_ms = INT64_MAX;

	for (uint32_t slot = 0; slot < STRIKES_MAX; slot++) {
		const struct strike *strike = &strikes->slots[slot];
		if (strike->stage == STAGE_ASKED && strike->calm_ms < until_ms)
			until_ms = strike->calm_ms;
	}
	if (until_ms == INT64_MAX || strikes->calm_since_ms < 0)
		return INT64_MAX;
	return strikes->calm_since_ms + until_ms;
}

struct order strike_next(const struct decision *decision,
			 struct strikes *strikes, int64_t now_ms)
{
	int64_t calm_ms = calm_for_ms(strikes, decision, now_ms);
	int64_t until_ms = calm_until_ms(strikes), pending_kib = 0;
	uint32_t active = 0;

	if (calm_ms >= CALM_MS)
		strikes->futile = 0;
	/*
	 * The next shortage may have another cause, and at the kill level those
	 * count who were too small above it: they are looked at at once.
	 */
	if (decision->urgency < URGENCY_TERM ||
	    decision->urgency > strikes->urgency)
		strikes->blind_until_ms = 0;
	strikes->urgency = decision->urgency;
	for (uint32_t slot = 0; slot < STRIKES_MAX; slot++) {
		struct strike *strike = &strikes->slots[slot];
		struct order order = judge(strike, decision, calm_ms, now_ms);
		order.slot = slot;
		if (order.outcome == OUTCOME_FUTILE &&
		    was_taken(strike, decision))
			strikes->futile = FUTILE_MOST;
		if (order.kind == ORDER_END)
			end_strike(strikes, slot, order.outcome, now_ms);
		if (order.kind != ORDER_WAIT)
			return order;
		if (order.until_ms < until_ms)
			until_ms = order.until_ms;
		if (strike->stage == STAGE_NONE)
			continue;
		active++;
		pending_kib += expected_kib(strike, decision, now_ms);
	}
	struct order order =
		next_victim(decision, strikes, active, pending_kib, now_ms);
	if (order.kind == ORDER_WAIT && until_ms < order.until_ms)
		order.until_ms = until_ms;
	return order;
}

static uint32_t free_slot(const struct strikes *strikes)
{
	uint32_t slot = 0;

	while (slot < STRIKES_MAX - 1 &&
	       strikes->slots[slot].stage != STAGE_NONE)
		slot++;
	return slot;
}

static bool is_pressure(enum reason reason)
{
	return reason == REASON_PRESSURE_SOME || reason == REASON_PRESSURE_FULL;
}

static int64_t grace_ms(const struct settings *settings,
			const struct decision *decision,
			const struct target *target)
{
	if (target->sigterm_is_futile)
		return 0;
	if (target->grace_ms != SETTINGS_UNSET)
		return target->grace_ms;
	if (is_pressure(decision->reason))
		return settings->pressure_grace_ms;
	return settings->grace_ms;
}

static bool is_same(int32_t pid, uint64_t start_ticks, int32_t other_pid,
		    uint64_t other_ticks)
{
	return pid == other_pid &&
	       (start_ticks == other_ticks || !start_ticks || !other_ticks);
}

/* Of a group the same ones, if others are among them by now. */
static bool is_asked(const struct asked *asked, const struct strike *strike)
{
	if (asked->group.leaf || strike->group.leaf)
		return asked->group.leaf == strike->group.leaf &&
		       strike->start_ticks <= asked->group.until_ticks;
	return asked->pid > 0 && is_same(asked->pid, asked->start_ticks,
					 strike->pid, strike->start_ticks);
}

/* The grace of one who was asked before goes on where it was. */
static void resume_grace(const struct strikes *strikes, struct strike *strike)
{
	for (uint32_t i = 0; i < STRIKES_MAX; i++) {
		const struct asked *asked = &strikes->asked[i];
		if (strike->term_only || !is_asked(asked, strike) ||
		    strike->asked_ms - asked->asked_ms >=
			    STRIKES_ASKED_MS + asked->grace_ms)
			continue;
		strike->asked_ms = asked->asked_ms;
		strike->grace_ms = asked->grace_ms;
	}
}

uint32_t strike_begin(const struct settings *settings,
		      const struct decision *decision, struct strikes *strikes,
		      const struct target *target, int64_t now_ms)
{
	uint32_t slot = free_slot(strikes);
	struct strike *strike = &strikes->slots[slot];

	*strike = (struct strike){
		.stage = STAGE_ASKED,
		.number = strikes->total + 1,
		.pid = target->pid,
		.start_ticks = target->start_ticks,
		.group = target->group,
		.term_only = target->term_only,
		.is_writer = target->is_writer,
		.relief_kib = target->relief_kib,
		.begun_kib = decision->available_kib,
		.available_kib = decision->available_kib,
		.unowned_kib = decision->unowned_kib,
		.grace_ms = grace_ms(settings, decision, target),
		.calm_ms = is_pressure(decision->reason)
				   ? settings->pressure_term_window_ms
				   : CALM_MS,
		.asked_ms = now_ms,
	};
	strikes->sites[strikes->total % STRIKES_AGAIN] = target->site;
	strikes->recent_ms[strikes->total++ % STRIKES_RECENT] = now_ms;
	strikes->calm_since_ms = -1;
	resume_grace(strikes, strike);
	if (!target->term_only &&
	    (now_ms >= strike->asked_ms + strike->grace_ms ||
	     decision->urgency == URGENCY_KILL))
		strike_killed(strikes, slot, now_ms);
	return slot;
}

void strike_none(struct strikes *strikes, int64_t now_ms, int64_t retry_ms)
{
	strikes->blind_until_ms = now_ms + retry_ms;
}

void strike_killed(struct strikes *strikes, uint32_t slot, int64_t now_ms)
{
	strikes->slots[slot].stage = STAGE_KILLED;
	strikes->slots[slot].killed_ms = now_ms;
}

void strike_refused(struct strikes *strikes, uint32_t slot)
{
	/* Nothing has happened: the last one counts for no fuse. */
	if (strikes->slots[slot].number == strikes->total)
		strikes->total--;
	remember_abandoned(strikes, &strikes->slots[slot]);
	strikes->slots[slot].stage = STAGE_NONE;
}

void strike_forget(struct strikes *strikes, uint32_t slot)
{
	remember_asked(strikes, &strikes->slots[slot]);
	strikes->slots[slot].stage = STAGE_NONE;
}

void strike_exited(struct strikes *strikes, uint32_t slot, int64_t now_ms)
{
	struct strike *strike = &strikes->slots[slot];

	if (!is_living(strike))
		return;
	strike->stage = STAGE_EXITED;
	strike->exited_ms = now_ms;
}

bool strike_left_files(const struct strikes *strikes,
		       const struct decision *decision)
{
	return strikes->written_kib > 0 &&
	       decision->unowned_kib * 2 >= strikes->written_kib;
}

bool strike_is_vain(const struct strikes *strikes, const struct site *site)
{
	const struct site *first =
		&strikes->sites[strikes->total % STRIKES_AGAIN];

	for (uint32_t i = 0; i < STRIKES_AGAIN; i++) {
		int64_t ago_ms = site->at_ms - strikes->sites[i].at_ms;

		if (strikes->sites[i].leaf != site->leaf || ago_ms <= 0 ||
		    ago_ms >= STRIKES_AGAIN_MS)
			return false;
	}
	return site->leaf && site->size_kib >= first->size_kib;
}

bool strike_holds(const struct strikes *strikes, int32_t pid)
{
	for (uint32_t slot = 0; slot < STRIKES_MAX; slot++)
		if (strikes->slots[slot].stage != STAGE_NONE &&
		    strikes->slots[slot].pid == pid)
			return true;
	return false;
}

bool strike_abandoned(const struct strikes *strikes, int32_t pid,
		      uint64_t start_ticks)
{
	for (uint32_t i = 0; i < STRIKES_ABANDONED; i++) {
		const struct abandoned *abandoned = &strikes->abandoned[i];
		if (is_same(abandoned->pid, abandoned->start_ticks, pid,
			    start_ticks))
			return true;
	}
	return false;
}

const char *outcome_name(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_SETTLED:
		return "settled";
	case OUTCOME_FUTILE:
		return "futile";
	case OUTCOME_ABANDONED:
		return "abandoned";
	case OUTCOME_RECOVERED:
		return "recovered";
	}
	return "?";
}
