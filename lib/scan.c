/* SPDX-License-Identifier: MIT */
#include "scan.h"

#include <stdbool.h>
#include <string.h>

#include "hot.h"

static void enter(const struct scan *scan)
{
	if (scan->lock)
		(void)pthread_mutex_lock(scan->lock);
}

static void leave(const struct scan *scan)
{
	if (scan->lock)
		(void)pthread_mutex_unlock(scan->lock);
}

/* It, or the group that it is one of. */
static bool is_held(const struct scan *scan, int32_t pid,
		    const struct person *person)
{
	if (strike_holds(scan->strikes, pid))
		return true;
	for (int i = 0; person && i < STRIKES_MAX; i++) {
		const struct strike *strike = &scan->strikes->slots[i];

		if (strike->stage != STAGE_NONE &&
		    group_has(scan->census, &strike->group, person))
			return true;
	}
	return false;
}

static bool is_abandoned(const struct scan *scan,
			 const struct candidate *candidate,
			 const struct person *person)
{
	if (strike_abandoned(scan->strikes, candidate->pid,
			     candidate->start_ticks))
		return true;
	for (int i = 0; person && i < STRIKES_ABANDONED; i++) {
		const struct group *group = &scan->strikes->abandoned[i].group;

		if (group_has(scan->census, group, person) &&
		    person->start_ticks <= group->until_ticks)
			return true;
	}
	return false;
}

/* What is known without a look at the process: exempt, or its rank. */
static bool is_out(const struct scan *scan, int32_t pid,
		   const struct person *person)
{
	struct ruling ruling = { .never = person ? person->never : -1,
				 .protect = person ? person->protect : -1 };

	if (scan->is_calm && person && person->rss_kib == 0)
		return true;
	/* The score is not known yet: 1 stands for any that is not exempt. */
	return victim_exempt(&scan->quest, pid, 1, &ruling) != EXEMPT_NOT ||
	       (scan->quest.only_own && person &&
		person->uid != scan->quest.uid) ||
	       is_held(scan, pid, person);
}

static void consider(const struct scan *scan, int32_t pid,
		     struct shortlist *list)
{
	static const struct person stranger = { .rss_kib = UINT32_MAX,
						.never = -1,
						.protect = -1 };
	const struct person *person = census_find(scan->census, pid);
	int64_t score;

	if (is_out(scan, pid, person) ||
	    scores_read(scan->scores, scan->procfs, pid, &score) != 0 ||
	    score <= PROCESS_SCORE_NEVER)
		return;
	person = person ? person : &stranger;
	struct shortlisted entry = {
		.pid = pid,
		.key = shortlist_key(score, person->weight_permyriad,
				     person->shared_kib, scan->quest.total_kib),
		.rss_kib = person->rss_kib,
	};
	shortlist_add(list, &entry);
}

int scan_shortlist(const struct scan *scan, struct shortlist *list)
{
	int32_t pid;

	shortlist_init(list, victim_trifle_kib(scan->quest.base_kib));
	scores_begin(scan->scores);
	procfs_walk_begin(scan->walk, scan->procfs);
	while ((pid = procfs_walk_next(scan->walk)) > 0)
		consider(scan, pid, list);
	shortlist_end(list);
	if (pid == 0)
		scores_end(scan->scores);
	return pid;
}

/*
 * A process that is younger than the census, or has another name or user by
 * now: what can be read without waiting for anybody, and else its parent's
 * cgroup, which it was born in. Not that of pid 1: what it starts is moved into
 * a unit of its own, and what it inherits comes from anywhere. There its own
 * counts, by which it was known before.
 */
static int identify_stranger(const struct scan *scan,
			     struct candidate *candidate,
			     char exe[PROCFS_EXE_SIZE],
			     char cgroup[CGROUP_PATH_SIZE])
{
	const struct procfs *procfs = scan->procfs;

	if (procfs_read_exe(procfs, candidate->pid, exe) != 0 ||
	    !procfs_is_at_home(procfs, candidate->pid))
		exe[0] = '\0';
	if (scan->cgroup_is_fast) {
		int error = procfs_read_cgroup(procfs, candidate->pid, cgroup);
		if (error == 0 || procfs_is_unread(error))
			return error;
	}
	enter(scan);
	const struct person *known = census_find(
		scan->census,
		candidate->parent == 1 ? candidate->pid : candidate->parent);
	const char *name = scan->census->names + (known ? known->cgroup : 0);
	memcpy(cgroup, name, strlen(name) + 1);
	leave(scan);
	candidate->is_vague = true;
	return 0;
}

/* By what the census knows of it. False where that is not true any more. */
static bool rule_known(const struct scan *scan, struct candidate *candidate)
{
	const struct process_status *status = &candidate->status;
	const struct person *person = census_find(scan->census, candidate->pid);
	struct identity identity;

	if (!person || person->is_stale || person->uid != status->uid ||
	    strcmp(person->comm, status->comm) != 0)
		return false;
	candidate->start_ticks = person->start_ticks;
	census_identity(scan->census, person, candidate->unit, &identity);
	settings_judge(scan->settings, &identity, &candidate->ruling);
	return true;
}

/* One who may be protected, and nobody can tell now, is left for later. */
static int rule(const struct scan *scan, struct candidate *candidate)
{
	char exe[PROCFS_EXE_SIZE];
	char cgroup[CGROUP_PATH_SIZE];
	struct identity identity = { .comm = candidate->status.comm,
				     .exe = exe,
				     .unit = candidate->unit,
				     .cgroup = cgroup,
				     .uid = candidate->status.uid };

	enter(scan);
	bool is_known = rule_known(scan, candidate);
	leave(scan);
	if (is_known)
		return 0;
	int error = identify_stranger(scan, candidate, exe, cgroup);
	if (error)
		return error;
	cgroup_unit(cgroup, candidate->unit);
	settings_judge(scan->settings, &identity, &candidate->ruling);
	return 0;
}

/*
 * Our own value says nothing about the process, and it is protected even where
 * its unit is not known yet.
 */
static void undo_ours(const struct scan *scan, struct candidate *candidate)
{
	const struct ward *ward =
		scan->wards ? wards_peek(scan->wards, candidate->pid) : NULL;

	/* Of the culprit, and what it has forked since. */
	if (scan->wards && candidate->score_adj == WARDS_NOMINATED) {
		ward = ward && ward->ours == WARDS_NOMINATED
			       ? ward
			       : wards_nominated(scan->wards, UINT64_MAX);
		if (ward)
			candidate->score_adj = ward->former;
		return;
	}
	if (!ward || candidate->score_adj != ward->ours ||
	    (candidate->start_ticks &&
	     candidate->start_ticks != ward->start_ticks))
		return;
	candidate->score_adj = ward->former;
	candidate->is_ward = true;
}

bool scan_is_there(const struct scan *scan, int32_t pid, uint64_t leaf)
{
	char cgroup[CGROUP_PATH_SIZE];
	int error;

	if (!scan->cgroup_is_fast)
		return true;
	error = procfs_read_cgroup(scan->procfs, pid, cgroup);
	return procfs_is_unread(error) ||
	       (error == 0 && leaf_hash(cgroup) == leaf);
}

struct site scan_site(const struct census *census, const struct person *person)
{
	const struct leaf *leaf = census_leaf(census, person);

	if (!leaf)
		return (struct site){ .leaf = 0 };
	return (struct site){ .leaf = leaf->hash,
			      .size_kib = leaf->is_charged ? leaf->size_kib
							   : leaf->own_kib,
			      .at_ms = census->clock.looked_ms };
}

/* What would be ended with it. */
static void join(const struct scan *scan, struct candidate *candidate,
		 const struct person *person)
{
	const struct site site = scan_site(scan->census, person);
	const struct group_case about = {
		.person = person,
		.scope = candidate->ruling.scope,
		.is_term_only = candidate->ruling.term_only,
		.again = strike_is_vain(scan->strikes, &site),
		.self = scan->quest.self,
		.swarm = scan->culprit ? &scan->culprit->swarm : NULL,
	};

	group_find(scan->census, &about, &candidate->group);
}

static void compare(const struct scan *scan, struct candidate *candidate,
		    const struct person *person)
{
	if (!person || !candidate->start_ticks)
		return;
	if (scan->culprit)
		culprit_compare(scan->census, scan->culprit, person,
				&candidate->grown);
	join(scan, candidate, person);
}

static void judge(const struct scan *scan, struct candidate *candidate)
{
	const struct person *person = census_find(scan->census, candidate->pid);

	undo_ours(scan, candidate);
	candidate->exemption =
		victim_exempt(&scan->quest, candidate->pid, candidate->score,
			      &candidate->ruling);
	if (candidate->exemption == EXEMPT_NOT && candidate->is_ward &&
	    !scan->quest.is_last_resort)
		candidate->exemption = EXEMPT_PROTECTED;
	if (scan->quest.only_own && candidate->uid != scan->quest.uid)
		candidate->exemption = EXEMPT_FOREIGN;
	else if (is_held(scan, candidate->pid, person))
		candidate->exemption = EXEMPT_STRUCK;
	else if (is_abandoned(scan, candidate, person))
		candidate->exemption = EXEMPT_ABANDONED;
	victim_judge(&scan->quest, candidate);
	compare(scan, candidate, person);
}

int scan_candidate(const struct scan *scan, int32_t pid,
		   struct candidate *candidate)
{
	int fd = scores_hold(scan->scores, scan->procfs, pid);
	int error = fd < 0 ? fd : procfs_read_score(fd, &candidate->score);

	if (error)
		return error;
	*candidate =
		(struct candidate){ .pid = pid, .score = candidate->score };
	error = procfs_read_status(scan->procfs, pid, &candidate->status);
	if (error)
		return error;
	error = procfs_read_score_adj(scan->procfs, pid, &candidate->score_adj);
	if (error)
		return error;
	candidate->parent = candidate->status.parent;
	candidate->uid = candidate->status.uid;
	error = rule(scan, candidate);
	if (error)
		return error;
	enter(scan);
	judge(scan, candidate);
	leave(scan);
	return 0;
}

static bool is_listed(const struct candidate *candidates, uint32_t count,
		      int32_t pid)
{
	for (uint32_t i = 0; i < count; i++)
		if (candidates[i].pid == pid)
			return true;
	return false;
}

static void look_at(const struct scan *scan, int32_t pid,
		    struct candidate *candidates, uint32_t *count)
{
	if (pid > 0 && *count < SHORTLIST_SIZE &&
	    !is_listed(candidates, *count, pid) &&
	    scan_candidate(scan, pid, &candidates[*count]) == 0)
		(*count)++;
}

/* They may be small, and even exempt: it must be known that it is they. */
static void look_at_growers(const struct scan *scan,
			    struct candidate *candidates, uint32_t *count)
{
	const struct quest *quest = &scan->quest;

	if (!scan->culprit)
		return;
	culprit_find(scan->census, quest->base_kib, quest->margin_kib * 2,
		     scan->culprit);
	for (int i = 0; i < CULPRIT_PROCESSES; i++)
		look_at(scan, scan->culprit->pids[i], candidates, count);
}

int scan_choose(const struct scan *scan, struct candidate *candidates,
		uint32_t *count)
{
	struct shortlist list;

	*count = 0;
	/* A directory that fails midway still leaves whom it showed. */
	(void)scan_shortlist(scan, &list);
	look_at_growers(scan, candidates, count);
	for (uint32_t i = 0; i < list.count; i++)
		look_at(scan, list.entries[i].pid, candidates, count);
	return victim_choose(&scan->quest, candidates, *count);
}

int scan_choose_again(const struct scan *scan, struct candidate *candidates,
		      uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct candidate *candidate = &candidates[i];
		if (candidate->exemption == EXEMPT_NO_RELIEF)
			candidate->exemption = EXEMPT_NOT;
		if (is_held(scan, candidate->pid,
			    census_find(scan->census, candidate->pid)))
			candidate->exemption = EXEMPT_STRUCK;
	}
	return victim_choose(&scan->quest, candidates, count);
}
