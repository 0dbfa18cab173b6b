/* SPDX-License-Identifier: MIT */
#include "reaper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "kill.h"
#include "mark.h"
#include "thread.h"

#include "hot.h"

static int mark(const struct reaper_world *world, const struct job *job)
{
	struct mark mark;
	int error = mark_find(world->procfs, job->mark_pid, &mark);

	if (error)
		return error;
	clerk_lock(world->clerk);
	bool is_main = mark_is_main(&mark, world->clerk->census);
	clerk_unlock(world->clerk);
	if (!is_main)
		return -ENOENT;
	return cgroupfs_mark(&world->cgroupfs, mark.cgroup, job->mark);
}

static void look_at_mounts(struct reaper_world *world)
{
	struct mounts mounts;

	mounts_read(world->procfs->root, &mounts);
	clerk_lock(world->clerk);
	world->mounts = mounts;
	clerk_unlock(world->clerk);
	atomic_store(&world->is_looking, false);
}

static void work(struct reaper *reaper)
{
	const struct job *job = &reaper->job;

	if (job->looks_at_mounts)
		look_at_mounts(reaper->world);

	if (job->mark_pid > 0 && mark(reaper->world, job) == 0 && job->mark > 0)
		atomic_store(&reaper->marked, job->mark_pid);
	(void)thread_wake(reaper->answer);
	if (job->pidfd < 0)
		return;
	kill_release(job->pidfd);
	(void)close(job->pidfd);
}

static void *run(void *argument)
{
	struct reaper *reaper = argument;
	uint64_t count;

	thread_prefer();
	for (;;) {
		if (read(reaper->wake, &count, sizeof(count)) != sizeof(count))
			continue;
		work(reaper);
		atomic_store(&reaper->is_busy, false);
	}
	return NULL;
}

static int start(struct reaper *reaper, struct reaper_world *world)
{
	reaper->world = world;
	reaper->wake = eventfd(0, EFD_CLOEXEC);
	reaper->answer = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (reaper->wake < 0 || reaper->answer < 0)
		return -errno;
	return thread_start(&reaper->thread, THREAD_STACK_SIZE, run, reaper);
}

int reapers_start(struct reaper reapers[REAPERS], struct reaper_world *world)
{
	int running = 0;

	for (int i = 0; i < REAPERS; i++) {
		bool runs = start(&reapers[i], world) == 0;

		atomic_store(&reapers[i].is_busy, !runs);
		running += runs;
	}
	return running;
}

static struct reaper *find_free(struct reaper reapers[REAPERS])
{
	for (int i = 0; i < REAPERS; i++)
		if (!atomic_load(&reapers[i].is_busy))
			return &reapers[i];
	return NULL;
}

/* Also takes what an earlier job answered too late. */
static bool has_answered(const struct reaper *reaper, int most_ms)
{
	struct pollfd answer = { .fd = reaper->answer, .events = POLLIN };
	uint64_t count;

	return poll(&answer, 1, most_ms) == 1 &&
	       read(reaper->answer, &count, sizeof(count)) == sizeof(count);
}

enum mark_state reapers_mark(const struct reaper reapers[REAPERS], int32_t pid)
{
	for (int i = 0; i < REAPERS; i++)
		if (atomic_load(&reapers[i].marked) == pid)
			return MARK_SET;
	return MARK_NONE;
}

static void forget_mark(struct reaper reapers[REAPERS], int32_t pid)
{
	for (int i = 0; i < REAPERS; i++)
		if (atomic_load(&reapers[i].marked) == pid)
			atomic_store(&reapers[i].marked, 0);
}

enum mark_state reapers_do(struct reaper reapers[REAPERS],
			   const struct job *job, int most_ms)
{
	struct reaper *reaper = find_free(reapers);

	if (!reaper || (job->looks_at_mounts &&
			atomic_exchange(&reaper->world->is_looking, true)))
		return MARK_NONE;
	(void)has_answered(reaper, 0);
	if (job->mark_pid > 0)
		forget_mark(reapers, job->mark_pid);
	reaper->job = *job;
	if (job->pidfd >= 0)
		reaper->job.pidfd = fcntl(job->pidfd, F_DUPFD_CLOEXEC, 0);
	atomic_store(&reaper->is_busy, true);
	if (!thread_wake(reaper->wake)) {
		(void)close(reaper->job.pidfd);
		atomic_store(&reaper->is_busy, false);
		return MARK_NONE;
	}
	bool is_ready = has_answered(reaper, most_ms);

	if (job->mark_pid == 0 || job->mark < 0)
		return MARK_NONE;
	return is_ready ? reapers_mark(reapers, job->mark_pid) : MARK_LATE;
}
