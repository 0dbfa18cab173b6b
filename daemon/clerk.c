/* SPDX-License-Identifier: MIT */
#include "clerk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "muster.h"
#include "thread.h"

#include "hot.h"

#define WAIT_STEP_MS 5
#define LATE_MS 30000

void clerk_lock(struct clerk *clerk)
{
	(void)pthread_mutex_lock(&clerk->lock);
}

void clerk_unlock(struct clerk *clerk)
{
	(void)pthread_mutex_unlock(&clerk->lock);
}

static void read_swaps(struct clerk *clerk, int sys)
{
	struct sample sample = clerk->swaps;

	procfs_read_swaps(&clerk->procfs, sys, &sample);
	clerk_lock(clerk);
	clerk->swaps = sample;
	clerk_unlock(clerk);
}

static void read_limits(struct clerk *clerk)
{
	struct limit_ooms limits;

	cgroupfs_read_limits(clerk->cgroupfs, &limits);
	clerk_lock(clerk);
	clerk->limits = limits;
	clerk_unlock(clerk);
}

/* A directory that fails leaves the census as it was. */
static void take_census(struct clerk *clerk, bool is_brief)
{
	const struct muster census = {
		.procfs = &clerk->procfs,
		.walk = &clerk->walk,
		.census = clerk->census,
		.settings = clerk->settings,
		.lock = &clerk->lock,
		.cgroupfs = clerk->cgroupfs,
		.has_swap = atomic_load(&clerk->has_swap),
		.may_swap = atomic_load(&clerk->may_swap),
		.is_brief = is_brief,
		.is_calm = atomic_load(&clerk->is_calm),
		.turn = atomic_load(&clerk->rounds),
		.unowned_kib = atomic_load(&clerk->unowned_kib),
		.now_ms = clock_now_ms(),
	};

	(void)muster(&census);
}

/* A hundred rules and eight thousand processes take 65 ms: not at once. */
static void judge_all(struct clerk *clerk)
{
	uint32_t at = 0;

	while (at != UINT32_MAX) {
		clerk_lock(clerk);
		at = census_judge(clerk->census, clerk->settings, at);
		clerk_unlock(clerk);
	}
}

static void *run(void *argument)
{
	struct clerk *clerk = argument;
	int sys = clerk->procfs.is_kernel
			  ? open("/sys", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
			  : -1;
	uint64_t count;

	/* Those who make memory short keep the CPUs busy, too. */
	thread_prefer();
	for (;;) {
		if (read(clerk->wake, &count, sizeof(count)) != sizeof(count))
			continue;
		if (atomic_exchange(&clerk->must_judge, false))
			judge_all(clerk);
		bool is_brief = !atomic_exchange(&clerk->must_count, false);
		/* What zram saves is known only by what is swapped out. */
		if (!is_brief || atomic_load(&clerk->has_swap))
			read_swaps(clerk, sys);
		take_census(clerk, is_brief);
		if (is_brief)
			continue;
		read_limits(clerk);
		atomic_fetch_add(&clerk->rounds, 1);
	}
	return NULL;
}

static int init_lock(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attributes;
	int error = pthread_mutexattr_init(&attributes);

	if (error)
		return -error;
	/* Not everywhere: then a busy CPU can delay the guard a little. */
	(void)pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
	error = pthread_mutex_init(lock, &attributes);
	(void)pthread_mutexattr_destroy(&attributes);
	return -error;
}

int clerk_start(struct clerk *clerk, const char *proc,
		const struct cgroupfs *cgroupfs, struct census *census,
		const struct settings *settings, int64_t now_ms)
{
	int error = procfs_open(&clerk->procfs, proc);

	if (!error)
		error = init_lock(&clerk->lock);
	if (error)
		return error;
	clerk->cgroupfs = cgroupfs;
	clerk->census = census;
	clerk->settings = settings;
	clerk->wake = eventfd(0, EFD_CLOEXEC);
	if (clerk->wake < 0)
		return -errno;
	clerk_request(clerk, now_ms);
	return thread_start(&clerk->thread, THREAD_STACK_SIZE, run, clerk);
}

void clerk_request(struct clerk *clerk, int64_t now_ms)
{
	unsigned int rounds = atomic_load(&clerk->rounds);

	/* The time of the first request that is not answered counts. */
	if (clerk->asked_ms == 0 || rounds != clerk->asked_round)
		clerk->asked_ms = now_ms;
	clerk->asked_round = rounds;
	atomic_store(&clerk->must_count, true);
	(void)thread_wake(clerk->wake);
}

void clerk_look(struct clerk *clerk)
{
	(void)thread_wake(clerk->wake);
}

bool clerk_is_late(const struct clerk *clerk, int64_t now_ms)
{
	return atomic_load(&clerk->rounds) == clerk->asked_round &&
	       now_ms - clerk->asked_ms >= LATE_MS;
}

void clerk_judge(struct clerk *clerk)
{
	atomic_store(&clerk->must_judge, true);
	(void)thread_wake(clerk->wake);
}

bool clerk_wait(struct clerk *clerk, int most_ms)
{
	const struct timespec step = { .tv_nsec = WAIT_STEP_MS * 1000000L };

	for (int waited_ms = 0; waited_ms < most_ms;
	     waited_ms += WAIT_STEP_MS) {
		if (atomic_load(&clerk->rounds) > 0)
			return true;
		(void)nanosleep(&step, NULL);
	}
	return atomic_load(&clerk->rounds) > 0;
}
