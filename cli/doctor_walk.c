/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "victim.h"

static bool walk_has_end(const char *string, const char *end)
{
	size_t length = strlen(string), tail = strlen(end);

	return length >= tail && strcmp(string + length - tail, end) == 0;
}

/* Something that systemd may start again, and no user's session. */
static bool walk_is_service(const char *unit)
{
	return walk_has_end(unit, ".service") &&
	       strncmp(unit, "user@", strlen("user@")) != 0;
}

/* Keeps the biggest, each unit once, by its biggest process. */
static void walk_add_holder(struct doctor *doctor, const struct holder *holder)
{
	struct holder *holders = doctor->holders;
	int at = DOCTOR_HOLDERS - 1;

	for (int i = 0; i < DOCTOR_HOLDERS; i++) {
		if (strcmp(holders[i].unit, holder->unit) == 0) {
			at = i;
			break;
		}
	}
	if (holder->relief_kib <= holders[at].relief_kib)
		return;
	for (; at > 0 && holders[at - 1].relief_kib < holder->relief_kib; at--)
		holders[at] = holders[at - 1];
	holders[at] = *holder;
}

static void walk_add_raised(struct doctor *doctor, const char *unit,
			    int32_t pid)
{
	int64_t adj;

	if (strncmp(unit, "user@", strlen("user@")) != 0 ||
	    procfs_read_score_adj(&doctor->procfs, pid, &adj) < 0 || adj < 100)
		return;
	doctor->raised++;
	if (adj > doctor->raised_adj)
		doctor->raised_adj = adj;
}

static void walk_add_rival(struct doctor *doctor, int32_t pid, const char *comm)
{
	struct rival *rival = &doctor->rivals[doctor->rivals_count];

	if (!doctor_is_rival(comm) || doctor->rivals_count == DOCTOR_RIVALS)
		return;
	for (uint32_t i = 0; i < doctor->rivals_count; i++) {
		if (strcmp(doctor->rivals[i].comm, comm) == 0)
			return;
	}
	rival->pid = pid;
	snprintf(rival->comm, sizeof(rival->comm), "%s", comm);
	doctor->rivals_count++;
}

static void walk_look(struct doctor *doctor, int32_t pid)
{
	struct holder holder = { .pid = pid };
	char cgroup[CGROUP_PATH_SIZE] = "";
	struct process_status status;

	if (procfs_read_status(&doctor->procfs, pid, &status) < 0)
		return;
	doctor->processes++;
	walk_add_rival(doctor, pid, status.comm);
	if (procfs_read_cgroup(&doctor->procfs, pid, cgroup) < 0)
		return;
	cgroup_unit(cgroup, holder.unit);
	walk_add_raised(doctor, holder.unit, pid);
	holder.relief_kib = victim_relief_kib(&status);
	if (walk_is_service(holder.unit))
		walk_add_holder(doctor, &holder);
}

void doctor_walk(struct doctor *doctor)
{
	static struct procfs_walk walk;
	int32_t pid;

	procfs_walk_begin(&walk, &doctor->procfs);
	while ((pid = procfs_walk_next(&walk)) > 0)
		walk_look(doctor, pid);
}
