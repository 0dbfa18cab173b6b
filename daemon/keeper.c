/* SPDX-License-Identifier: MIT */
#include "keeper.h"

#include <string.h>

#include "grip.h"
#include "keeper_plan.h"
#include "ward_file.h"

#include "hot.h"

void keeper_lock(struct keeper *keeper)
{
	if (keeper->clerk)
		clerk_lock(keeper->clerk);
}

void keeper_unlock(struct keeper *keeper)
{
	if (keeper->clerk)
		clerk_unlock(keeper->clerk);
}

static void note_refusal(struct keeper *keeper, const struct grip *grip,
			 int error)
{
	struct refusal *refusal = &keeper->refusal;

	if (procfs_is_gone(error))
		return;
	keeper_lock(keeper);
	refusal->error = error;
	refusal->pid = grip->pid;
	memcpy(refusal->comm, grip->stat.comm, sizeof(refusal->comm));
	refusal->count++;
	keeper_unlock(keeper);
}

static void mark(struct keeper *keeper, struct ward *ward,
		 enum ward_state state)
{
	ward->round = keeper->round;
	if (ward->state == state)
		return;
	keeper_lock(keeper);
	ward->state = (uint8_t)state;
	keeper_unlock(keeper);
	ward_file_save(keeper->file, keeper->wards, ward);
}

void keeper_drop(struct keeper *keeper, struct ward *ward)
{
	keeper_lock(keeper);
	wards_drop(keeper->wards, ward);
	keeper_unlock(keeper);
	ward_file_save(keeper->file, keeper->wards, ward);
}

void keeper_forget(struct keeper *keeper, struct ward *ward)
{
	if (ward->ours == WARDS_NOMINATED)
		mark(keeper, ward, WARD_BACK);
	else
		keeper_drop(keeper, ward);
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
	      (ward->state == WARD_BACK || (grip->present > ward->ours &&
					    keeper_is_newborn(keeper, grip)))))
		return ward;
	keeper_forget(keeper, ward);
	return NULL;
}

/* The one of this process, or a new one; NULL where there is no room. */
static struct ward *remember(struct keeper *keeper, const struct grip *grip,
			     const struct claim *claim,
			     const struct protect_plan *plan)
{
	uint64_t age = keeper->now_ticks > grip->stat.start_ticks
			       ? keeper->now_ticks - grip->stat.start_ticks
			       : 0;
	struct ward value = {
		.start_ticks = grip->stat.start_ticks,
		.pid = grip->pid,
		.since_ticks = age < UINT32_MAX ? (uint32_t)age : UINT32_MAX,
		.former = (int16_t)plan->former,
		.ours = (int16_t)plan->value,
		.state = plan->is_wish ? WARD_OVER : WARD_OURS,
		.round = keeper->round,
	};
	struct ward *ward;

	keeper_lock(keeper);
	value.unit = wards_unit(keeper->wards, claim->unit);
	ward = wards_put(keeper->wards, &value);
	keeper->left_out += !ward;
	keeper_unlock(keeper);
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
	struct grip now = *grip;
	struct ward *ward;
	int error = 0;

	if (grip->present != plan->former) {
		error = grip_write(grip, plan->former);
		now.present = plan->former;
	}
	ward = error ? NULL : remember(keeper, grip, claim, plan);
	if (ward)
		error = grip_write(&now, plan->value);
	keeper->has_written = true;
	keeper->must_return |= keeper_is_newborn(keeper, grip);
	if (!error)
		return;
	note_refusal(keeper, grip, error);
	if (ward)
		keeper_forget(keeper, ward);
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
		mark(keeper, ward, plan->is_wish ? WARD_LEFT : WARD_BACK);
}

static void carry_out(struct keeper *keeper, const struct grip *grip,
		      const struct claim *claim, struct ward *ward)
{
	struct protect_plan plan = keeper_plan(keeper, grip, claim, ward);

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
		keeper_forget(keeper, ward);
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
	    (pid == keeper->nominee && !keeper->is_ending) ||
	    is_as_wanted(keeper, pid, claim))
		return;
	if (grip_take(keeper->procfs, pid, &grip) != 0) {
		keeper->has_missed = true;
		return;
	}
	if (keeper_is_starting(keeper, &grip) && !keeper->is_ending)
		keeper->must_return = true;
	else
		carry_out(keeper, &grip, claim, own_ward(keeper, &grip, claim));
	grip_release(&grip);
}

bool keeper_nominate(struct keeper *keeper, int32_t pid, uint64_t start_ticks)
{
	char path[CGROUP_PATH_SIZE], unit[CGROUP_UNIT_SIZE] = "";
	const struct claim claim = { .unit = unit };
	struct protect_plan plan = { .value = WARDS_NOMINATED };
	const struct ward *ward;
	struct grip grip;
	int error;

	/* Before the value: until Linux 6.8 it may wait for seconds. */
	error = procfs_read_cgroup(keeper->procfs, pid, path);
	if (grip_take(keeper->procfs, pid, &grip) != 0)
		return false;
	if (error == 0)
		cgroup_unit(path, unit);
	plan.former = (int32_t)grip.present;
	ward = own_ward(keeper, &grip, &claim);
	/* By its unit its copies are known. */
	if (!procfs_is_unread(error) && grip.stat.start_ticks == start_ticks &&
	    grip.present < WARDS_NOMINATED &&
	    (!ward || ward->state == WARD_BACK))
		set(keeper, &grip, &claim, &plan);
	grip_release(&grip);
	ward = wards_peek(keeper->wards, pid);
	return ward && ward->ours == WARDS_NOMINATED &&
	       ward->state == WARD_OURS;
}

void keeper_consider_anywhere(struct keeper *keeper, int32_t pid,
			      bool by_itself)
{
	char path[CGROUP_PATH_SIZE] = "", unit[CGROUP_UNIT_SIZE];
	struct claim claim = { .unit = unit };
	int32_t rule;

	if (procfs_read_cgroup(keeper->procfs, pid, path) != 0) {
		keeper->has_missed = true;
		path[0] = '\0';
	}
	keeper_lock(keeper);
	rule = protect_path(keeper->settings, path, unit);
	keeper_unlock(keeper);
	/* First all copies of a nominee are back; then it may be protected. */
	claim.is_covered = !keeper->is_ending && !keeper->is_back &&
			   (by_itself || rule >= 0);
	keeper_consider(keeper, pid, &claim);
}
