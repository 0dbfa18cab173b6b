/* SPDX-License-Identifier: MIT */
#include "mark.h"

#include <errno.h>
#include <string.h>

#include "hot.h"

/* Anybody can call a process systemd, but nobody can be in two cgroups. */
static bool is_manager(const struct procfs *procfs, int32_t pid,
		       const char *cgroup)
{
	struct process_stat stat;
	char path[CGROUP_PATH_SIZE];

	return pid == 1 || (procfs_read_stat(procfs, pid, &stat) == 0 &&
			    strcmp(stat.comm, "systemd") == 0 &&
			    procfs_read_cgroup(procfs, pid, path) == 0 &&
			    strcmp(path, cgroup) != 0);
}

int mark_find(const struct procfs *procfs, int32_t pid, struct mark *mark)
{
	struct process_stat stat;
	int error = procfs_read_stat(procfs, pid, &stat);

	if (!error)
		error = procfs_read_cgroup(procfs, pid, mark->cgroup);
	if (error)
		return error;
	mark->pid = pid;
	mark->parent = stat.parent;
	mark->start_ticks = stat.start_ticks;
	if (!cgroup_is_kind(mark->cgroup, strlen(mark->cgroup), ".service") ||
	    !is_manager(procfs, stat.parent, mark->cgroup))
		return -ENOENT;
	return 0;
}

/* Within one tick of the clock the lower pid was there before. */
static bool is_older(const struct person *person, const struct mark *mark)
{
	return person->start_ticks < mark->start_ticks ||
	       (person->start_ticks == mark->start_ticks &&
		person->pid < mark->pid);
}

bool mark_is_main(const struct mark *mark, const struct census *census)
{
	for (uint32_t i = 0; i < census->count; i++) {
		const struct person *person = &census->persons[i];

		if (person->parent == mark->parent &&
		    person->pid != mark->pid && is_older(person, mark) &&
		    strcmp(census->names + person->cgroup, mark->cgroup) == 0)
			return false;
	}
	return true;
}
