/* SPDX-License-Identifier: MIT */
#include "muster.h"

#include <unistd.h>

#include "hot.h"

#define SHARED_LEAST_KIB (16 * 1024)
#define FIRST_MS 1000
#define TURNS 16 /* with one look a second: as long as the shortest window */
#define KERNEL_TURNS 4

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

/* What could not be read says nothing: it stays as it was known. */
static void keep(struct census *census, pthread_mutex_t *lock, int32_t pid,
		 int error)
{
	if (procfs_is_gone(error))
		return;
	enter(lock);
	census_keep(census, pid);
	leave(lock);
}

/*
 * What is shared matters only where there is much of it. What is swapped out is
 * its own all the same: to come back is no growth.
 */
static int measure(const struct procfs *procfs, bool has_swap, int32_t pid,
		   const struct process_stat *stat, struct sizes *sizes)
{
	int64_t page_kib = sysconf(_SC_PAGESIZE) / 1024, shared_pages = 0;
	int64_t resident_kib = stat->rss_pages * page_kib;
	struct process_status status = { .swap_kib = 0 };
	int error = 0;

	if (resident_kib >= SHARED_LEAST_KIB)
		error = procfs_read_shared(procfs, pid, &shared_pages);
	if (has_swap && !procfs_is_unread(error))
		error = procfs_read_status(procfs, pid, &status);
	if (procfs_is_unread(error))
		return error;
	*sizes = (struct sizes){ to_kib(resident_kib + status.swap_kib, 1),
				 to_kib(shared_pages, page_kib) };
	return 0;
}

/* The slow files. False when it is gone. */
static bool identify(const struct procfs *procfs, struct sighting *sighting,
		     char cgroup[CGROUP_PATH_SIZE], char exe[PROCFS_EXE_SIZE])
{
	struct process_status status;
	int error = procfs_read_status(procfs, sighting->pid, &status);

	if (procfs_is_gone(error))
		return false;
	sighting->uid = error ? SELECTOR_UID_UNKNOWN : status.uid;
	/* The kernel allocates for it, and may have nothing left (ENOMEM). */
	error = procfs_read_cgroup(procfs, sighting->pid, cgroup);
	if (procfs_is_unread(error))
		sighting->cgroup = NULL;
	/* A vanished process has no executable. */
	if (procfs_read_exe(procfs, sighting->pid, exe) == 0 &&
	    !procfs_exe_is_native(procfs, sighting->pid, exe))
		exe[0] = '\0';
	return true;
}

/* A newcomer is identified without the lock. The kernel's own need no more. */
static void add(const struct procfs *procfs, struct census *census,
		const struct settings *settings, pthread_mutex_t *lock,
		struct sighting sighting, const struct sizes *sizes)
{
	char cgroup[CGROUP_PATH_SIZE] = "";
	char exe[PROCFS_EXE_SIZE] = "";

	sighting.cgroup = cgroup;
	sighting.exe = exe;
	if (!sighting.stat.is_kernel &&
	    !identify(procfs, &sighting, cgroup, exe))
		return;
	enter(lock);
	census_add(census, settings, &sighting, sizes);
	leave(lock);
}

void muster_look(const struct procfs *procfs, struct census *census,
		 const struct settings *settings, pthread_mutex_t *lock,
		 int32_t pid)
{
	struct sighting sighting = { .pid = pid };
	struct sizes sizes = { 0 };

	int error = procfs_read_stat(procfs, pid, &sighting.stat);
	if (!error && !sighting.stat.is_kernel)
		error = measure(procfs, census->has_swap, pid, &sighting.stat,
				&sizes);
	if (error) {
		keep(census, lock, pid, error);
		return;
	}
	enter(lock);
	bool is_new = !census_is_known(census, pid, &sighting.stat, &sizes) &&
		      census_wants(census, sizes.rss_kib);
	leave(lock);
	if (is_new)
		add(procfs, census, settings, lock, sighting, &sizes);
}

/*
 * At first everybody, twice at least. Later, of those that rest, some in turn,
 * so that all are seen within seconds.
 */
static bool is_due(const struct muster *muster, const struct person *person)
{
	const struct census *census = muster->census;
	const struct leaf *leaf = census_leaf(census, person);
	uint32_t pid = (uint32_t)person->pid;

	if (person->is_stale || person->is_young ||
	    (person->rss_kib > 0 &&
	     growth_reach_ms(&census->clock, GROWTH_SHORT) <= FIRST_MS))
		return true;
	/* Kernel threads. */
	if (person->rss_kib == 0)
		return !muster->is_brief &&
		       (!muster->is_calm ||
			pid % KERNEL_TURNS == muster->turn % KERNEL_TURNS);
	if (!muster->is_brief)
		return true;
	if (leaf && leaf->is_charged)
		return leaf->grown_kib[GROWTH_SHORT] > 0;
	return pid % TURNS == census->round % TURNS ||
	       person_grown_kib(census, person, GROWTH_SHORT) > 0;
}

/* Whether it is known, and stays as it is in this round. */
static bool is_kept_as_is(const struct muster *muster, int32_t pid)
{
	bool is_kept = false;

	enter(muster->lock);
	struct person *person = census_find(muster->census, pid);
	if (person && !is_due(muster, person)) {
		census_keep(muster->census, pid);
		is_kept = true;
	}
	leave(muster->lock);
	return is_kept;
}

static void weigh(const struct muster *muster, int at, const char *path)
{
	struct leaf *leaf = &muster->census->leaves.leaves[at];
	struct growth_clock *clock = &muster->census->clock;
	struct charge charge;
	int error = cgroupfs_read_current(muster->cgroupfs, path,
					  muster->has_swap, &charge);
	/* Only this thread changes leaves: no lock to look at one. */
	bool is_new = !error && leaf_has_changed(leaf, &charge);

	if (is_new) {
		cgroupfs_read_rest(muster->cgroupfs, path, &charge);
		charge.is_swapless =
			muster->may_swap &&
			cgroupfs_is_swapless(muster->cgroupfs, path,
					     charge.swap_kib);
	}
	enter(muster->lock);
	if (is_new)
		leaf_note(clock, leaf, &charge);
	else if (error)
		leaf->is_charged = false;
	else
		leaf_settle(clock, leaf);
	leave(muster->lock);
}

static void weigh_leaves(const struct muster *muster, bool only_uncharged)
{
	char path[CGROUP_PATH_SIZE];
	int at = 0;

	while (muster->cgroupfs && muster->cgroupfs->root >= 0) {
		enter(muster->lock);
		at = census_next_leaf(muster->census, at, only_uncharged, path);
		leave(muster->lock);
		if (at < 0)
			return;
		weigh(muster, at++, path);
	}
}

int muster(const struct muster *muster)
{
	struct census *census = muster->census;
	int32_t pid;

	enter(muster->lock);
	census->has_swap = muster->has_swap;
	census_begin(census, muster->now_ms);
	census_note_unowned(census, muster->unowned_kib);
	leave(muster->lock);
	weigh_leaves(muster, false);
	procfs_walk_begin(muster->walk, muster->procfs);
	while ((pid = procfs_walk_next(muster->walk)) > 0)
		if (!is_kept_as_is(muster, pid))
			muster_look(muster->procfs, census, muster->settings,
				    muster->lock, pid);
	if (pid < 0)
		return pid;
	enter(muster->lock);
	census_end(census);
	leave(muster->lock);
	weigh_leaves(muster, true);
	if (!muster->may_swap)
		return 0;
	enter(muster->lock);
	census_note_swapless(census);
	leave(muster->lock);
	return 0;
}
