/* SPDX-License-Identifier: MIT */
#include "hold.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "announce.h"
#include "kill.h"
#include "report.h"

#include "hot.h"

#define RETRY_MS 1000
#define RETRY_KILL_MS 100 /* at 1 GiB/s the kill level is empty after 1 s */
#define MARK_MOST_MS 30   /* on the way to SIGTERM: the kill level is far */
#define AGAIN_MS 10       /* as often as urgent ticks are anyway */

static void close_victim(struct guard *guard, uint32_t slot)
{
	if (guard->victims[slot].pidfd >= 0)
		(void)close(guard->victims[slot].pidfd);
	guard->victims[slot].pidfd = -1;
	pack_release(guard, slot);
}

int64_t hold_retry_ms(const struct guard *guard)
{
	return guard->decision.urgency == URGENCY_KILL ? RETRY_KILL_MS
						       : RETRY_MS;
}

/*
 * A reaper is woken first, so that it is there when the process dies. Only
 * SIGTERM needs a mark: SIGKILL is a failure to systemd by itself.
 */
static void prepare(struct guard *guard, uint32_t slot, int signal)
{
	struct victim *victim = &guard->victims[slot];
	bool marks = signal == SIGTERM && guard->settings.oom_mark &&
		     guard->reaper_world.cgroupfs.root >= 0 &&
		     victim->candidate.unit[0];
	const struct job job = {
		.mark_pid = marks ? guard->strikes.slots[slot].pid : 0,
		.mark = 1,
		.pidfd = victim->pidfd,
	};

	enum mark_state mark = reapers_do(
		guard->reapers, &job, marks ? MARK_MOST_MS : REAPERS_READY_MS);

	if (signal == SIGTERM)
		victim->mark = mark;
}

/* What was too late for the record of the strike is in that of its outcome. */
static void ask_mark(struct guard *guard, uint32_t slot)
{
	struct victim *victim = &guard->victims[slot];

	if (victim->mark == MARK_LATE &&
	    reapers_mark(guard->reapers, guard->strikes.slots[slot].pid) ==
		    MARK_SET)
		victim->mark = MARK_SET;
}

/* It lives on: when it ends some day, that is no want of memory. */
static void unmark(struct guard *guard, uint32_t slot)
{
	const struct job job = {
		.mark_pid = guard->strikes.slots[slot].pid,
		.mark = -1,
		.pidfd = -1,
	};

	if (guard->victims[slot].mark != MARK_NONE)
		(void)reapers_do(guard->reapers, &job, 0);
}

/* To the victim, or to everybody in its group. */
static int send_signal(struct guard *guard, uint32_t slot, int signal)
{
	struct victim *victim = &guard->victims[slot];

	if (!guard->strikes.slots[slot].group.leaf)
		return kill_signal(victim->pidfd, signal);
	pack_renew(guard, slot);
	victim->candidate.group.members = pack_sweep(guard, slot, signal);
	clerk_look(&guard->clerk);
	return victim->candidate.group.members > 0
		       ? 0
		       : kill_signal(victim->pidfd, 0);
}

void hold_signal(struct guard *guard, uint32_t slot, int signal)
{
	prepare(guard, slot, signal);
	int error = send_signal(guard, slot, signal);
	/* ESRCH: it exits by itself, and its pidfd tells. */
	if (error == 0 || error == -ESRCH) {
		announce_strike(guard, slot, signal,
				signal == SIGTERM ? "SIGTERM" : "SIGKILL");
		return;
	}
	announce_refused(guard, &guard->victims[slot].candidate, error);
	unmark(guard, slot);
	strike_refused(&guard->strikes, slot);
	strike_none(&guard->strikes, guard->decision.at_ms,
		    hold_retry_ms(guard));
	close_victim(guard, slot);
}

static struct target target_of(struct guard *guard,
			       const struct candidate *candidate,
			       int64_t now_ms)
{
	struct target target = {
		.pid = candidate->pid,
		.start_ticks = candidate->start_ticks,
		.relief_kib = victim_whole_kib(candidate),
		.term_only = candidate->ruling.term_only,
		.sigterm_is_futile = candidate->sigterm_is_futile,
		.is_writer = candidate->choice == CHOICE_WRITER,
		.grace_ms = candidate->ruling.grace_ms,
		.group = candidate->group,
	};
	const struct person *person;

	clerk_lock(&guard->clerk);
	person = census_find(&guard->census, candidate->pid);
	if (person)
		target.site = scan_site(&guard->census, person);
	target.site.at_ms = now_ms;
	if (target.group.leaf) {
		target.sigterm_is_futile = false;
		pack_oldest(&guard->census, &target);
	}
	clerk_unlock(&guard->clerk);
	return target;
}

static void strike(struct guard *guard, const struct candidate *candidate,
		   int pidfd, int64_t now_ms)
{
	const struct target target = target_of(guard, candidate, now_ms);
	uint32_t slot = strike_begin(&guard->settings, &guard->decision,
				     &guard->strikes, &target, now_ms);
	struct victim *victim = &guard->victims[slot];

	victim->pidfd = pidfd;
	victim->mark = MARK_NONE;
	victim->candidate = *candidate;
	victim->repeats =
		repeats_note(&guard->repeats, report_name(candidate), now_ms);
	guard->told.nobody = false;
	guard->struck++;
	bool asked = guard->strikes.slots[slot].stage == STAGE_ASKED;
	hold_signal(guard, slot, asked ? SIGTERM : SIGKILL);
	trend_restart(&guard->trend, now_ms);
}

/* Takes hold of it, and strikes. */
void hold_seize(struct guard *guard, const struct candidate *candidate,
		int64_t now_ms)
{
	int fd = scores_hold(&guard->scores, &guard->procfs, candidate->pid);
	int pidfd = fd < 0 ? fd : kill_open(candidate->pid, fd);

	if (pidfd >= 0) {
		strike(guard, candidate, pidfd, now_ms);
		return;
	}
	/* It vanished: the next sample decides anew. */
	if (pidfd == -ESRCH || pidfd == -ENOENT) {
		strike_none(&guard->strikes, now_ms, AGAIN_MS);
		return;
	}
	announce_refused(guard, candidate, pidfd);
	strike_none(&guard->strikes, now_ms, hold_retry_ms(guard));
}

void hold_end(struct guard *guard, const struct order *order, int64_t now_ms)
{
	ask_mark(guard, order->slot);
	announce_outcome(guard, order, now_ms);
	close_victim(guard, order->slot);
	guard->look_until_ms = 0;
	clerk_look(&guard->clerk);
	if (order->outcome == OUTCOME_RECOVERED)
		unmark(guard, order->slot);
	else
		trend_restart(&guard->trend, now_ms);
}

void guard_victim_exited(struct guard *guard, uint32_t slot, int64_t now_ms)
{
	if (guard->strikes.slots[slot].group.leaf && pack_next(guard, slot))
		return;
	strike_exited(&guard->strikes, slot, now_ms);
	close_victim(guard, slot);
}

/* By the rules in force now, whatever they were when it was chosen. */
static bool is_exempt_now(struct guard *guard, const struct candidate *victim)
{
	const struct person *person = census_find(&guard->census, victim->pid);
	struct identity identity = { .comm = victim->status.comm,
				     .exe = "",
				     .unit = victim->unit,
				     .cgroup = "",
				     .uid = victim->uid };
	char unit[CGROUP_UNIT_SIZE];
	struct ruling ruling;

	if (person)
		census_identity(&guard->census, person, unit, &identity);
	settings_judge(&guard->settings, &identity, &ruling);
	return ruling.never >= 0 || ruling.protect >= 0;
}

void guard_settings_changed(struct guard *guard)
{
	for (uint32_t slot = 0; slot < STRIKES_MAX; slot++) {
		const struct candidate *victim =
			&guard->victims[slot].candidate;
		if (guard->strikes.slots[slot].stage != STAGE_ASKED ||
		    (guard->settings.mode == MODE_GUARD &&
		     !is_exempt_now(guard, victim)))
			continue;
		announce_forgotten(guard, slot);
		unmark(guard, slot);
		strike_forget(&guard->strikes, slot);
		close_victim(guard, slot);
	}
	strike_none(&guard->strikes, 0, 0);
}
