/* SPDX-License-Identifier: MIT */
#include "pack.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "guard.h"
#include "kill.h"
#include "seek.h"

#include "hot.h"

void pack_init(struct pack *pack)
{
	for (int i = 0; i < PACK_HELD; i++)
		pack->held[i] = -1;
}

void pack_release(struct guard *guard, uint32_t slot)
{
	struct pack *pack = &guard->victims[slot].pack;

	for (int i = 0; i < PACK_HELD; i++)
		if (pack->held[i] >= 0)
			(void)close(pack->held[i]);
	pack_init(pack);
}

void pack_oldest(const struct census *census, struct target *target)
{
	target->start_ticks = UINT64_MAX;
	for (uint32_t i = 0; i < census->count; i++) {
		const struct person *person = &census->persons[i];

		if (!group_has(census, &target->group, person) ||
		    person->start_ticks >= target->start_ticks)
			continue;
		target->pid = person->pid;
		target->start_ticks = person->start_ticks;
	}
}

/* Closed, unless there is room to hold it. */
static void keep(struct pack *pack, int pidfd)
{
	for (int i = 0; i < PACK_HELD; i++) {
		if (pack->held[i] >= 0)
			continue;
		pack->held[i] = pidfd;
		return;
	}
	(void)close(pidfd);
}

/* As it is now, whatever the census knew: nobody who may not be ended. */
static bool is_member(const struct scan *scan, const struct person *person,
		      uint64_t leaf, struct candidate *member)
{
	return scan_candidate(scan, person->pid, member) == 0 &&
	       member->start_ticks == person->start_ticks &&
	       scan_is_there(scan, person->pid, leaf) &&
	       member->exemption != EXEMPT_FOREIGN && !member->is_ward &&
	       victim_exempt(&scan->quest, person->pid, member->score,
			     &member->ruling) == EXEMPT_NOT;
}

static bool touch(struct guard *guard, const struct scan *scan, uint32_t slot,
		  const struct person *person, int signal)
{
	struct victim *victim = &guard->victims[slot];
	const struct group *group = &guard->strikes.slots[slot].group;
	bool is_new = person->start_ticks > group->until_ticks;
	struct candidate member;
	int pidfd;

	if ((is_new && !signal) ||
	    !is_member(scan, person, group->leaf, &member))
		return false;
	pidfd = kill_open(person->pid,
			  scores_hold(scan->scores, scan->procfs, person->pid));
	if (pidfd < 0)
		return false;
	if (is_new && !(signal == SIGKILL && member.ruling.term_only)) {
		const struct job job = { .pidfd = pidfd };

		if (signal == SIGKILL)
			(void)reapers_do(guard->reapers, &job,
					 REAPERS_READY_MS);
		(void)kill_signal(pidfd, signal);
	}
	keep(&victim->pack, pidfd);
	return true;
}

/* The next one of the group after this one; false: there is none. */
static bool next(struct guard *guard, const struct group *group,
		 struct person *person)
{
	clerk_lock(&guard->clerk);
	const struct person *found =
		group_next(&guard->census, group, person->pid);
	if (found)
		*person = *found;
	clerk_unlock(&guard->clerk);
	return found;
}

uint32_t pack_sweep(struct guard *guard, uint32_t slot, int signal)
{
	struct group *group = &guard->strikes.slots[slot].group;
	struct pack *pack = &guard->victims[slot].pack;
	struct scan scan = seek_scan(guard, 0);
	struct person person = { .pid = 0 };
	uint64_t newest_ticks;
	uint32_t count = 0;

	pack_release(guard, slot);
	scan.lock = &guard->clerk.lock;
	/* Whom the clerk adds behind our back comes with the next round. */
	clerk_lock(&guard->clerk);
	newest_ticks = guard->census.newest_ticks;
	pack->round = guard->census.round;
	clerk_unlock(&guard->clerk);
	while (next(guard, group, &person))
		count += touch(guard, &scan, slot, &person, signal);
	if (signal)
		group->until_ticks = newest_ticks;
	/* Who dies slowly may be born anew faster. */
	if (signal == SIGKILL)
		clerk_look(&guard->clerk);
	return count;
}

void pack_renew(struct guard *guard, uint32_t slot)
{
	guard->strikes.slots[slot].group.until_ticks = 0;
}

static bool has_news(struct guard *guard, uint32_t slot)
{
	clerk_lock(&guard->clerk);
	bool is_new = guard->census.round != guard->victims[slot].pack.round;
	clerk_unlock(&guard->clerk);
	return is_new;
}

void pack_follow(struct guard *guard)
{
	if (guard->decision.urgency < URGENCY_TERM || guard->is_stale ||
	    guard->paused_until_ms > 0 || guard->settings.mode != MODE_GUARD)
		return;
	for (uint32_t slot = 0; slot < STRIKES_MAX; slot++) {
		const struct strike *strike = &guard->strikes.slots[slot];

		if (!strike->group.leaf || !has_news(guard, slot))
			continue;
		if (strike->stage == STAGE_ASKED)
			(void)pack_sweep(guard, slot, SIGTERM);
		else if (strike->stage == STAGE_KILLED &&
			 guard->decision.urgency == URGENCY_KILL)
			(void)pack_sweep(guard, slot, SIGKILL);
	}
}

static bool has_exited(int pidfd)
{
	struct pollfd polled = { .fd = pidfd, .events = POLLIN };

	return poll(&polled, 1, 0) == 1;
}

/* One of those that are held and live, taken out; -1: none. */
static int take(struct pack *pack)
{
	for (int i = 0; i < PACK_HELD; i++) {
		int pidfd = pack->held[i];

		if (pidfd < 0)
			continue;
		pack->held[i] = -1;
		if (!has_exited(pidfd))
			return pidfd;
		(void)close(pidfd);
	}
	return -1;
}

bool pack_next(struct guard *guard, uint32_t slot)
{
	struct victim *victim = &guard->victims[slot];
	int pidfd = take(&victim->pack);

	if (pidfd < 0 && pack_sweep(guard, slot, 0) > 0)
		pidfd = take(&victim->pack);
	if (pidfd < 0)
		return false;
	if (victim->pidfd >= 0)
		(void)close(victim->pidfd);
	victim->pidfd = pidfd;
	return true;
}
