/* SPDX-License-Identifier: MIT */
#include "muster.h"

#include <errno.h>
#include <unistd.h>

#include "hot.h"

#define SHARED_LEAST_KIB (16 * 1024)

static void enter(pthread_mutex_t *lock)
{
	if (lock)
		(void)pthread_mutex_lock(lock);
}

static void leave(pthread_mutex_t *lock)
{
	if (lock)
		(void)pthread_mutex_unlock(lock);
}

static uint32_t to_kib(int64_t pages, int64_t page_kib)
{
	int64_t kib = pages * page_kib;

	if (kib < 0)
		return 0;
	return kib < UINT32_MAX ? (uint32_t)kib : UINT32_MAX - 1;
}

/* What is shared matters only where there is much of it. */
static struct sizes measure(const struct procfs *procfs, int32_t pid,
			    const struct process_stat *stat, int64_t page_kib)
{
	struct sizes sizes = { .rss_kib = to_kib(stat->rss_pages, page_kib) };
	int64_t shared_pages;

	if (sizes.rss_kib >= SHARED_LEAST_KIB &&
	    procfs_read_shared(procfs, pid, &shared_pages) == 0)
		sizes.shared_kib = to_kib(shared_pages, page_kib);
	return sizes;
}

static bool is_gone(int error)
{
	return error == -ENOENT || error == -ESRCH;
}

/* Not even that there is none, or none that means anything to us. */
static bool is_unread(int error)
{
	return error && !is_gone(error) && error != -EBADMSG &&
	       error != -ENAMETOOLONG;
}

/* What could not be read says nothing: it stays as it was known. */
static void keep(struct census *census, pthread_mutex_t *lock, int32_t pid,
		 int error)
{
	if (is_gone(error))
		return;
	enter(lock);
	census_keep(census, pid);
	leave(lock);
}

/* A newcomer: the slow files, without the lock. */
static void add(const struct procfs *procfs, struct census *census,
		const struct settings *settings, pthread_mutex_t *lock,
		struct sighting sighting, const struct sizes *sizes)
{
	struct process_status status;
	char cgroup[CGROUP_PATH_SIZE] = "";
	char exe[PROCFS_EXE_SIZE] = "";

	int error = procfs_read_status(procfs, sighting.pid, &status);
	if (error) {
		keep(census, lock, sighting.pid, error);
		return;
	}
	/* The kernel allocates for it, and may have nothing left (ENOMEM). */
	error = procfs_read_cgroup(procfs, sighting.pid, cgroup);
	/* Kernel threads have no executable; a vanished process neither. */
	if (procfs_read_exe(procfs, sighting.pid, exe) == 0 &&
	    !procfs_exe_is_native(procfs, sighting.pid, exe))
		exe[0] = '\0';
	sighting.uid = status.uid;
	sighting.cgroup = is_unread(error) ? NULL : cgroup;
	sighting.exe = exe;
	enter(lock);
	census_add(census, settings, &sighting, sizes);
	leave(lock);
}

void muster_look(const struct procfs *procfs, struct census *census,
		 const struct settings *settings, pthread_mutex_t *lock,
		 int32_t pid)
{
	int64_t page_kib = sysconf(_SC_PAGESIZE) / 1024;
	struct sighting sighting = { .pid = pid };

	int error = procfs_read_stat(procfs, pid, &sighting.stat);
	if (error) {
		keep(census, lock, pid, error);
		return;
	}
	struct sizes sizes = measure(procfs, pid, &sighting.stat, page_kib);
	enter(lock);
	bool is_new = !census_is_known(census, pid, &sighting.stat, &sizes) &&
		      census_wants(census, sizes.rss_kib);
	leave(lock);
	if (is_new)
		add(procfs, census, settings, lock, sighting, &sizes);
}

int muster(const struct procfs *procfs, struct procfs_walk *walk,
	   struct census *census, const struct settings *settings,
	   pthread_mutex_t *lock)
{
	int32_t pid;

	enter(lock);
	census_begin(census);
	leave(lock);
	procfs_walk_begin(walk, procfs);
	while ((pid = procfs_walk_next(walk)) > 0)
		muster_look(procfs, census, settings, lock, pid);
	if (pid < 0)
		return pid;
	enter(lock);
	census_end(census);
	leave(lock);
	return 0;
}
