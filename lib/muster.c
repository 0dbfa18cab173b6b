/* SPDX-License-Identifier: MIT */
#include "muster.h"

#include <unistd.h>

#include "hot.h"

static void enter(const struct muster_lock *lock)
{
	if (lock->enter)
		lock->enter(lock->owner);
}

static void leave(const struct muster_lock *lock)
{
	if (lock->leave)
		lock->leave(lock->owner);
}

static uint32_t rss_kib(const struct process_stat *stat, int64_t page_kib)
{
	int64_t kib = stat->rss_pages * page_kib;

	if (kib < 0)
		return 0;
	return kib < UINT32_MAX ? (uint32_t)kib : UINT32_MAX - 1;
}

/* A newcomer: the slow files, without the lock. */
static void add(const struct procfs *procfs, struct census *census,
		const struct settings *settings, const struct muster_lock *lock,
		struct sighting sighting, uint32_t kib)
{
	struct process_status status;
	char cgroup[CGROUP_PATH_SIZE] = "";
	char exe[PROCFS_EXE_SIZE] = "";

	if (procfs_read_status(procfs, sighting.pid, &status) != 0)
		return;
	/* Kernel threads have no executable; a vanished process neither. */
	(void)procfs_read_cgroup(procfs, sighting.pid, cgroup);
	(void)procfs_read_exe(procfs, sighting.pid, exe);
	sighting.uid = status.uid;
	sighting.cgroup = cgroup;
	sighting.exe = exe;
	enter(lock);
	census_add(census, settings, &sighting, kib);
	leave(lock);
}

static void look(const struct procfs *procfs, struct census *census,
		 const struct settings *settings,
		 const struct muster_lock *lock, int32_t pid, int64_t page_kib)
{
	struct sighting sighting = { .pid = pid };

	if (procfs_read_stat(procfs, pid, &sighting.stat) != 0)
		return;
	uint32_t kib = rss_kib(&sighting.stat, page_kib);
	enter(lock);
	bool known = census_is_known(census, pid, &sighting.stat, kib);
	leave(lock);
	if (!known)
		add(procfs, census, settings, lock, sighting, kib);
}

int muster(const struct procfs *procfs, struct procfs_walk *walk,
	   struct census *census, const struct settings *settings,
	   const struct muster_lock *lock)
{
	static const struct muster_lock no_lock;
	int64_t page_kib = sysconf(_SC_PAGESIZE) / 1024;
	int32_t pid;

	lock = lock ? lock : &no_lock;
	enter(lock);
	census_begin(census);
	leave(lock);
	procfs_walk_begin(walk, procfs);
	while ((pid = procfs_walk_next(walk)) > 0)
		look(procfs, census, settings, lock, pid, page_kib);
	if (pid < 0)
		return pid;
	enter(lock);
	census_end(census);
	leave(lock);
	return 0;
}
