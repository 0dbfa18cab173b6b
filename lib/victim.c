/* SPDX-License-Identifier: MIT */
#include "victim.h"

#include <signal.h>

#include "hot.h"

#define REST_MS 250 /* so long a rest is not seen: as for the fill rate */
#define REACH_LEAST_MS 1000 /* less would take a burst for a leak */
#define TRIFLE_MOST_KIB (64 * 1024)

static bool has_signal(uint64_t set, int signal)
{
	return set >> (signal - 1) & 1;
}

int64_t victim_relief_kib(const struct process_status *status)
{
	return status->anon_kib + status->swap_kib + status->tables_kib;
}

int64_t victim_whole_kib(const struct candidate *candidate)
{
	return candidate->group.rule != GROUP_NONE &&
			       candidate->group.relief_kib >
				       candidate->relief_kib
		       ? candidate->group.relief_kib
		       : candidate->relief_kib;
}

bool victim_ignores_sigterm(const struct process_status *status)
{
	return has_signal(status->ignored, SIGTERM) ||
	       (status->is_namespace_init &&
		!has_signal(status->caught, SIGTERM));
}

enum exemption victim_exempt(const struct quest *quest, int32_t pid,
			     int64_t score, const struct ruling *ruling)
{
	if (pid == quest->self || (quest->teller && pid == quest->teller))
		return EXEMPT_SELF;
	if (pid == 1)
		return EXEMPT_INIT;
	if (score <= PROCESS_SCORE_NEVER)
		return EXEMPT_KERNEL;
	if (ruling->never >= 0)
		return EXEMPT_NEVER;
	return ruling->protect >= 0 && !quest->is_last_resort ? EXEMPT_PROTECTED
							      : EXEMPT_NOT;
}

void victim_judge(const struct quest *quest, struct candidate *candidate)
{
	int32_t weight_permyriad = candidate->ruling.weight_permyriad;

	candidate->relief_kib = victim_relief_kib(&candidate->status);
	candidate->adj_kib = quest->base_kib * candidate->score_adj / 1000;
	candidate->weight_kib = quest->base_kib * weight_permyriad / 10000;
	candidate->badness_kib = candidate->relief_kib + candidate->adj_kib +
				 candidate->weight_kib;
	candidate->sigterm_is_futile =
		victim_ignores_sigterm(&candidate->status);
}

int64_t victim_trifle_kib(int64_t base_kib)
{
	int64_t kib = base_kib / 200;

	return kib < TRIFLE_MOST_KIB ? kib : TRIFLE_MOST_KIB;
}

/* What a strike must bring where nobody brings all that is wanted. */
static int64_t part_kib(const struct quest *quest, int64_t wanted_kib,
			int64_t best_kib)
{
	int64_t part_kib = wanted_kib / 2;

	if (part_kib > TRIFLE_MOST_KIB)
		part_kib = TRIFLE_MOST_KIB;
	return quest->is_kill || part_kib < best_kib / 2 ? best_kib / 2
							 : part_kib;
}

int64_t victim_floor_kib(const struct quest *quest, int64_t best_kib)
{
	int64_t wanted_kib = quest->gap_kib + quest->margin_kib;
	int64_t trifle_kib = victim_trifle_kib(quest->base_kib);
	int64_t floor_kib = part_kib(quest, wanted_kib, best_kib);

	if (best_kib >= wanted_kib)
		floor_kib =
			wanted_kib > best_kib / 4 ? wanted_kib : best_kib / 4;
	return floor_kib > trifle_kib ? floor_kib : trifle_kib;
}

/* Of equals the younger; one that no census has seen yet is the youngest. */
static bool is_worse(const struct candidate *a, const struct candidate *b)
{
	if (a->badness_kib != b->badness_kib)
		return a->badness_kib > b->badness_kib;
	if (a->start_ticks != b->start_ticks)
		return a->start_ticks - 1 > b->start_ticks - 1;
	return a->pid > b->pid;
}

/* Of all, or of the processes in the cgroup to blame. */
static int worst(const struct candidate *candidates, size_t count, int except,
		 bool only_members)
{
	int found = -1;

	for (size_t i = 0; i < count; i++) {
		if (candidates[i].exemption != EXEMPT_NOT || (int)i == except ||
		    (only_members && !candidates[i].grown.is_member))
			continue;
		if (found < 0 || is_worse(&candidates[i], &candidates[found]))
			found = (int)i;
	}
	return found;
}

/*
 * Both looks that show that it writes were taken after the last strike: what is
 * left of its cgroup may have written nothing.
 */
static int writer(const struct quest *quest, const struct candidate *candidates,
		  size_t count)
{
	const struct culprit *culprit = quest->culprit;

	if (!culprit->is_writing || culprit->before_ms <= quest->settled_ms)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (candidates[i].pid == culprit->pids[0])
			return (int)i;
	return -1;
}

/* For one process, half of what its cgroup must have grown. */
static int64_t least_kib(const struct quest *quest)
{
	return culprit_least_kib(quest->base_kib, quest->margin_kib * 2) / 2;
}

/* Whose growth it was, in the cgroup to blame; whether it may end or not. */
static int guilty(const struct quest *quest, const struct candidate *candidates,
		  size_t count)
{
	const struct culprit *culprit = quest->culprit;
	int64_t bar_kib, most_kib = 0;
	int found = -1;

	if (!culprit || !culprit->is_found)
		return -1;
	if (culprit->is_shmem)
		return writer(quest, candidates, count);
	for (size_t i = 0; i < count; i++) {
		const struct grown *grown = &candidates[i].grown;
		int64_t kib = grown->own_kib[culprit->window];

		if (!grown->is_member || kib <= most_kib)
			continue;
		most_kib = kib;
		found = (int)i;
	}
	bar_kib = culprit->is_shared ? culprit->total_kib[culprit->window]
				     : culprit->members_kib;
	if (found >= 0 && most_kib * 2 >= bar_kib &&
	    most_kib >= least_kib(quest))
		return found;
	return culprit->is_shared ? -1 : worst(candidates, count, -1, true);
}

/* Ended already, or it cannot be: then somebody else must be. */
static bool is_spared(enum exemption exemption)
{
	return exemption != EXEMPT_NOT && exemption != EXEMPT_STRUCK &&
	       exemption != EXEMPT_ABANDONED && exemption != EXEMPT_NO_RELIEF;
}

int victim_spared(const struct candidate *candidates, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (candidates[i].is_spared)
			return (int)i;
	return -1;
}

/*
 * Since the census looked: a quarter of what all took. What has grown and rests
 * is no reason to leave another one alone; but a rest takes time to be seen: by
 * one look a moment before, an innocent was ended for a leak (in a guest).
 */
static bool takes_still(const struct quest *quest,
			const struct candidate *candidate)
{
	int64_t taken_kib = candidate->relief_kib -
			    candidate->status.tables_kib -
			    candidate->grown.size_kib;
	int64_t age_ms = quest->now_ms - quest->culprit->looked_ms;

	return age_ms < REST_MS ||
	       taken_kib > quest->fill_kib_s * age_ms / 4000;
}

static bool is_enough(const struct quest *quest,
		      const struct candidate *candidate)
{
	int64_t whole_kib = victim_whole_kib(candidate);

	return whole_kib >= quest->gap_kib && whole_kib >= least_kib(quest);
}

bool victim_is_open(const struct quest *quest,
		    const struct candidate *candidates, size_t count,
		    int chosen)
{
	for (size_t i = 0; i < count; i++)
		if ((int)i != chosen &&
		    (candidates[i].exemption == EXEMPT_NOT ||
		     candidates[i].exemption == EXEMPT_NO_RELIEF) &&
		    is_enough(quest, &candidates[i]))
			return true;
	return false;
}

/* Those that bring too little are passed over. */
static void pass_over(struct candidate *candidates, size_t count, int except,
		      int64_t floor_kib)
{
	for (size_t i = 0; i < count; i++)
		if ((int)i != except && candidates[i].exemption == EXEMPT_NOT &&
		    victim_whole_kib(&candidates[i]) < floor_kib)
			candidates[i].exemption = EXEMPT_NO_RELIEF;
}

static int64_t best_relief_kib(const struct candidate *candidates, size_t count)
{
	int64_t best_kib = 0;

	for (size_t i = 0; i < count; i++)
		if (candidates[i].exemption == EXEMPT_NOT &&
		    victim_whole_kib(&candidates[i]) > best_kib)
			best_kib = victim_whole_kib(&candidates[i]);
	return best_kib;
}

/* What another choice among them has said. */
static void forget_choice(struct candidate *candidates, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		candidates[i].is_culprit = false;
		candidates[i].is_spared = false;
		candidates[i].choice = CHOICE_BADNESS;
	}
}

/* What lasts a while at the rate of now. */
static int64_t lasting_kib(const struct quest *quest)
{
	return quest->fill_kib_s * VICTIM_LASTING_S;
}

int64_t victim_lasting_kib(const struct quest *quest,
			   const struct candidate *spared)
{
	const struct culprit *culprit = quest->culprit;
	int64_t reach_ms = culprit->reach_ms[GROWTH_SHORT];
	int64_t grown_kib = spared->grown.own_kib[GROWTH_SHORT];
	int64_t kib = 0;

	if (!culprit->is_shared &&
	    grown_kib < spared->grown.leaf_kib[GROWTH_SHORT])
		grown_kib = spared->grown.leaf_kib[GROWTH_SHORT];
	if (reach_ms >= REACH_LEAST_MS)
		kib = grown_kib * 1000 / reach_ms * VICTIM_LASTING_S;
	return kib > lasting_kib(quest) ? kib : lasting_kib(quest);
}

/*
 * Nobody takes more, or it lasts. While the kernel has to swap, available is 0
 * with memory free up to its watermarks: what it swaps out for that is no fall.
 */
static bool is_at_rest(const struct quest *quest)
{
	if (quest->available_kib >= lasting_kib(quest) &&
	    quest->available_kib >= quest->kill_kib / 4)
		return true;
	return quest->swap_help_kib > quest->spend_kib_s * VICTIM_LASTING_S;
}

int64_t victim_held_kib(const struct quest *quest)
{
	const struct culprit *culprit = quest->culprit;

	if (!culprit || !culprit->is_unowned ||
	    culprit->unowned_kib < quest->gap_kib + quest->margin_kib * 2)
		return 0;
	if (!quest->is_memory)
		return quest->is_written && !quest->is_kill ? INT64_MAX : 0;
	if (!quest->is_kill || is_at_rest(quest))
		return INT64_MAX;
	return lasting_kib(quest);
}

int victim_choose(const struct quest *quest, struct candidate *candidates,
		  size_t count)
{
	int64_t floor_kib =
		victim_floor_kib(quest, best_relief_kib(candidates, count));
	int suspect = guilty(quest, candidates, count);
	int64_t held_kib = victim_held_kib(quest);
	bool is_culprit = false;

	if (floor_kib < held_kib)
		floor_kib = held_kib;
	forget_choice(candidates, count);
	if (suspect >= 0) {
		struct candidate *candidate = &candidates[suspect];

		candidate->is_culprit = true;
		is_culprit = candidate->exemption == EXEMPT_NOT &&
			     (quest->culprit->is_writing ||
			      is_enough(quest, candidate));
		if (is_culprit)
			candidate->choice = quest->culprit->is_writing
						    ? CHOICE_WRITER
						    : CHOICE_CULPRIT;
		candidate->is_spared = is_spared(candidate->exemption) &&
				       takes_still(quest, candidate);
		if (candidate->is_spared &&
		    floor_kib < victim_lasting_kib(quest, candidate))
			floor_kib = victim_lasting_kib(quest, candidate);
	}
	pass_over(candidates, count, is_culprit ? suspect : -1, floor_kib);
	return is_culprit ? suspect : worst(candidates, count, -1, false);
}

int victim_runner_up(const struct candidate *candidates, size_t count,
		     int chosen)
{
	return worst(candidates, count, chosen, false);
}

const char *choice_name(enum choice choice)
{
	switch (choice) {
	case CHOICE_BADNESS:
		return "badness";
	case CHOICE_CULPRIT:
		return "culprit";
	case CHOICE_WRITER:
		return "writer";
	case CHOICE_LAST_RESORT:
		return "last_resort";
	}
	return "?";
}

const char *exemption_name(enum exemption exemption)
{
	switch (exemption) {
	case EXEMPT_NOT:
		return "candidate";
	case EXEMPT_SELF:
		return "oomguard itself";
	case EXEMPT_INIT:
		return "pid 1";
	case EXEMPT_KERNEL:
		return "the kernel never ends it";
	case EXEMPT_NEVER:
		return "on the never list";
	case EXEMPT_PROTECTED:
		return "protected";
	case EXEMPT_FOREIGN:
		return "of another user, and no right (CAP_KILL)";
	case EXEMPT_STRUCK:
		return "is being ended";
	case EXEMPT_ABANDONED:
		return "could not be ended";
	case EXEMPT_NO_RELIEF:
		return "brings back too little";
	}
	return "?";
}
