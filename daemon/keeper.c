/* SPDX-License-Identifier: MIT */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "door.h"
#include "grip.h"
#include "ward_file.h"

#include "hot.h"

#define ANCESTORS_MOST 8
#define STARTING_MOST_S 4
#define ROUNDS_MOST 8 /* of putting back, as long as children are born */

static void lock(struct keeper *keeper)
{
	if (keeper->clerk)
		clerk_lock(keeper->clerk);
}

static void unlock(struct keeper *keeper)
{
	if (keeper->clerk)
		clerk_unlock(keeper->clerk);
}

uint64_t keeper_now_ticks(void)
{
	uint64_t hertz = (uint64_t)sysconf(_SC_CLK_TCK);
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now); /* Cannot fail. */
	return (uint64_t)now.tv_sec * hertz +
	       (uint64_t)now.tv_nsec * hertz / 1000000000;
}

static bool is_gone(int error)
{
	return error == -ESRCH || error == -ENOENT;
}

static void note_refusal(struct keeper *keeper, const struct grip *grip,
			 int error)
{
	struct refusal *refusal = &keeper->refusal;

	if (is_gone(error))
		return;
	lock(keeper);
	refusal->error = error;
	refusal->pid = grip->pid;
	memcpy(refusal->comm, grip->stat.comm, sizeof(refusal->comm));
	refusal->count++;
	unlock(keeper);
}

static void forget(struct keeper *keeper, struct ward *ward)
{
	lock(keeper);
	*ward = (struct ward){ 0 };
	keeper->wards->count--;
	unlock(keeper);
	ward_file_save(keeper->file, keeper->wards, ward);
}

/* Of the service manager, and so young that it may still be made ready. */
static bool is_newborn(const struct keeper *keeper, const struct grip *grip)
{
	uint64_t most = STARTING_MOST_S * (uint64_t)sysconf(_SC_CLK_TCK);

	return grip->stat.parent == 1 &&
	       keeper->now_ticks < grip->stat.start_ticks + most;
}

/*
 * Between fork and exec systemd's child has its parent's name, a number (of the
 * descriptor of its executor), then "(name)"; it sets its oom_score_adj in that
 * time, and what is read before is not yet its own. (The manager of a user
 * keeps the first name.)
 */
static bool is_starting(const struct keeper *keeper, const struct grip *grip)
{
	const char *comm = grip->stat.comm;

	return is_newborn(keeper, grip) &&
	       (comm[0] == '(' || !comm[strspn(comm, "0123456789")] ||
		strcmp(comm, "systemd") == 0 ||
		strcmp(comm, "systemd-executo") == 0);
}

/*
 * The entry of this very process. One of a stranger with its pid is dropped,
 * and one that was put back is of no use for what is protected again.
 */
static struct ward *own_ward(struct keeper *keeper, const struct grip *grip,
			     const struct claim *claim)
{
	struct ward *ward = wards_find(keeper->wards, grip->pid);

	if (!ward)
		return NULL;
	if (ward->start_ticks == grip->stat.start_ticks &&
	    !(claim->is_covered &&
	      (ward->state == WARD_BACK ||
	       (ward->ours != grip->present && is_newborn(keeper, grip)))))
		return ward;
	forget(keeper, ward);
	return NULL;
}

/* The one of this process, or a new one; NULL where there is no room. */
static struct ward *remember(struct keeper *keeper, const struct grip *grip,
			     const struct claim *claim,
			     const struct protect_plan *plan)
{
	struct ward *ward = wards_find(keeper->wards, grip->pid);
	uint64_t age = keeper->now_ticks > grip->stat.start_ticks
			       ? keeper->now_ticks - grip->stat.start_ticks
			       : 0;

	lock(keeper);
	if (!ward) {
		ward = wards_place(keeper->wards);
		keeper->wards->count += ward != NULL;
	}
	if (ward)
		*ward = (struct ward){
			.start_ticks = grip->stat.start_ticks,
			.pid = grip->pid,
			.since_ticks =
				age < UINT32_MAX ? (uint32_t)age : UINT32_MAX,
			.former = (int16_t)plan->former,
			.ours = (int16_t)plan->value,
			.unit = wards_unit(keeper->wards, claim->unit),
			.round = keeper->round,
		};
	else
		keeper->left_out++;
	unlock(keeper);
	if (ward)
		ward_file_save(keeper->file, keeper->wards, ward);
	return ward;
}

/*
 * From one value of ours to another by way of the former one: at no moment is
 * a value in force that is not in the file.
 */
static void set(struct keeper *keeper, const struct grip *grip,
		const struct claim *claim, const struct protect_plan *plan)
{
	struct ward *ward;
	int error = 0;

	if (grip->present != plan->former)
		error = grip_write(grip, plan->former);
	ward = error ? NULL : remember(keeper, grip, claim, plan);
	if (ward)
		error = grip_write(grip, plan->value);
	keeper->has_written = true;
	keeper->must_return |= is_newborn(keeper, grip);
	if (!error)
		return;
	note_refusal(keeper, grip, error);
	if (ward)
		forget(keeper, ward);
}

static void mark(struct keeper *keeper, struct ward *ward,
		 enum ward_state state)
{
	ward->round = keeper->round;
	if (ward->state == state)
		return;
	lock(keeper);
	ward->state = (uint8_t)state;
	unlock(keeper);
	ward_file_save(keeper->file, keeper->wards, ward);
}

/*
 * The entry stays until the next look: by it a child is known that was born
 * with our value a moment before.
 */
static void put_back(struct keeper *keeper, const struct grip *grip,
		     const struct protect_plan *plan)
{
	struct ward *ward = wards_find(keeper->wards, grip->pid);
	int error = grip_write(grip, plan->value);

	keeper->has_written = true;
	if (error)
		note_refusal(keeper, grip, error);
	else if (ward)
		mark(keeper, ward, WARD_BACK);
}

/* An ancestor whose value is the same as that of this process, and ours. */
static const struct ward *ward_above(struct keeper *keeper,
				     const struct grip *grip)
{
	struct process_stat stat = grip->stat;

	for (int i = 0; i < ANCESTORS_MOST && stat.parent > 1; i++) {
		int32_t pid = stat.parent;
		const struct ward *ward = wards_peek(keeper->wards, pid);

		if (procfs_read_stat(keeper->procfs, pid, &stat) != 0)
			return NULL;
		if (ward && ward->start_ticks == stat.start_ticks &&
		    ward->ours == grip->present)
			return ward;
	}
	return NULL;
}

/* Whose value it has by fork, or NULL. */
static const struct ward *find_origin(struct keeper *keeper,
				      const struct grip *grip,
				      const struct claim *claim)
{
	const struct ward *ward;

	if (!wards_gave(keeper->wards, (int32_t)grip->present))
		return NULL;
	/* Its parent may be gone; another one of its unit knows as well. */
	ward = wards_of_unit(keeper->wards, claim->unit,
			     (int32_t)grip->present);
	return ward ? ward : ward_above(keeper, grip);
}

/* By fork it had the value of its parent: a higher one it gave itself. */
static bool is_raised(struct keeper *keeper, const struct grip *grip,
		      const struct claim *claim)
{
	int32_t parent = grip->stat.parent;
	const struct ward *ward = wards_peek(keeper->wards, parent);
	char path[CGROUP_PATH_SIZE], unit[CGROUP_UNIT_SIZE];
	int64_t value;

	if (parent <= 1 ||
	    procfs_read_score_adj(keeper->procfs, parent, &value) != 0 ||
	    grip->present <= value)
		return false;
	if (ward && ward->ours == value)
		return grip->stat.start_ticks >
		       ward->start_ticks + ward->since_ticks + 1;
	if (value > keeper->wanted ||
	    procfs_read_cgroup(keeper->procfs, parent, path) != 0)
		return false;
	lock(keeper);
	(void)protect_path(keeper->settings, path, unit);
	unlock(keeper);
	return strcmp(unit, claim->unit) == 0;
}

static struct protect_plan make_plan(struct keeper *keeper,
				     const struct grip *grip,
				     const struct claim *claim,
				     const struct ward *own)
{
	const struct ward *ward = own ? own : find_origin(keeper, grip, claim);
	struct protect_case given = {
		.is_covered = claim->is_covered,
		.present = (int32_t)grip->present,
		.is_known = own != NULL,
		.inherits = ward && !own,
		.former = ward ? ward->former : 0,
		.ours = ward ? ward->ours : 0,
	};
	struct protect_plan plan;

	given.is_raised =
		claim->is_covered && !ward && is_raised(keeper, grip, claim);
	lock(keeper);
	plan = protect_plan(keeper->settings, &given);
	unlock(keeper);
	return plan;
}

static void carry_out(struct keeper *keeper, const struct grip *grip,
		      const struct claim *claim, struct ward *ward)
{
	struct protect_plan plan = make_plan(keeper, grip, claim, ward);

	switch (plan.act) {
	case PROTECT_NOTHING:
		break;
	case PROTECT_SET:
		set(keeper, grip, claim, &plan);
		return;
	case PROTECT_ADOPT:
		(void)remember(keeper, grip, claim, &plan);
		return;
	case PROTECT_LEAVE:
		mark(keeper, ward, WARD_LEFT);
		return;
	case PROTECT_FORGET:
		forget(keeper, ward);
		return;
	case PROTECT_PUT_BACK:
		put_back(keeper, grip, &plan);
		return;
	}
	if (ward)
		ward->round = keeper->round;
}

/* The common case, by one small file: it is as we made it. */
static bool is_as_wanted(struct keeper *keeper, int32_t pid,
			 const struct claim *claim)
{
	struct ward *ward = wards_find(keeper->wards, pid);
	int64_t present;

	if (!claim->is_covered || !ward || ward->state != WARD_OURS ||
	    ward->ours != keeper->wanted)
		return false;
	if (keeper->is_again)
		return true;
	if (procfs_read_score_adj(keeper->procfs, pid, &present) != 0 ||
	    present != ward->ours)
		return false;
	ward->round = keeper->round;
	return true;
}

void keeper_consider(struct keeper *keeper, int32_t pid,
		     const struct claim *claim)
{
	struct grip grip;

	if (pid <= 1 || pid == keeper->self ||
	    is_as_wanted(keeper, pid, claim) ||
	    grip_take(keeper->procfs, pid, &grip) != 0)
		return;
	if (is_starting(keeper, &grip) && !keeper->is_ending)
		keeper->must_return = true;
	else
		carry_out(keeper, &grip, claim, own_ward(keeper, &grip, claim));
	grip_release(&grip);
}

void keeper_consider_anywhere(struct keeper *keeper, int32_t pid,
			      bool by_itself)
{
	char path[CGROUP_PATH_SIZE] = "", unit[CGROUP_UNIT_SIZE];
	struct claim claim = { .unit = unit };
	int32_t rule;

	if (procfs_read_cgroup(keeper->procfs, pid, path) != 0)
		path[0] = '\0';
	lock(keeper);
	rule = protect_path(keeper->settings, path, unit);
	unlock(keeper);
	claim.is_covered = !keeper->is_ending && (by_itself || rule >= 0);
	keeper_consider(keeper, pid, &claim);
}

static bool is_dead(const struct keeper *keeper, const struct ward *ward)
{
	struct process_stat stat;
	int error = procfs_read_stat(keeper->procfs, ward->pid, &stat);

	return is_gone(error) ||
	       (!error && stat.start_ticks != ward->start_ticks);
}

void keeper_forget_dead(struct keeper *keeper, const char *unit)
{
	for (int i = 0; i < WARDS_MOST; i++) {
		struct ward *ward = &keeper->wards->wards[i];

		if (!ward->pid ||
		    (unit &&
		     (ward->unit < 0 ||
		      strcmp(keeper->wards->units[ward->unit], unit) != 0)))
			continue;
		if (is_dead(keeper, ward))
			forget(keeper, ward);
	}
}

bool keeper_gave(struct keeper *keeper, int32_t pid)
{
	int64_t present;

	return procfs_read_score_adj(keeper->procfs, pid, &present) == 0 &&
	       wards_gave(keeper->wards, (int32_t)present);
}

static int put_back_round(struct keeper *keeper)
{
	_Alignas(8) char bytes[4096];
	struct door_walk walk = { .directory = keeper->procfs->root,
				  .size = sizeof(bytes),
				  .bytes = bytes };
	int count = 0;
	int32_t pid;

	(void)lseek(walk.directory, 0, SEEK_SET);
	while ((pid = door_walk_next(&walk)) > 0) {
		if (!keeper_gave(keeper, pid))
			continue;
		keeper->has_written = false;
		keeper_consider_anywhere(keeper, pid, false);
		count += keeper->has_written;
	}
	return count;
}

int keeper_put_back(struct keeper *keeper)
{
	int total = 0;
	int count = 1;

	keeper->is_ending = true;
	keeper->now_ticks = keeper_now_ticks();
	for (int i = 0; i < ROUNDS_MOST && count > 0; i++) {
		count = put_back_round(keeper);
		total += count;
	}
	return total;
}

bool keeper_has_all_back(struct keeper *keeper)
{
	for (int i = 0; i < WARDS_MOST; i++) {
		const struct ward *ward = &keeper->wards->wards[i];
		int64_t present;

		if (!ward->pid || is_dead(keeper, ward))
			continue;
		int error = procfs_read_score_adj(keeper->procfs, ward->pid,
						  &present);
		/* What cannot be read may still be ours. */
		if (error ? !is_gone(error) : present == ward->ours)
			return false;
	}
	return true;
}
