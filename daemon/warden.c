/* SPDX-License-Identifier: MIT */
#include "warden.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "door.h"
#include "nominate.h"
#include "text.h"
#include "thread.h"
#include "ward_file.h"
#include "warden_look.h"
#include "warden_sweep.h"
#include "warden_tree.h"

#include "hot.h"

#define PROCESSES_MS 4000 /* and the look itself: within five seconds */
#define UNITS_MS 30000
#define STRANGER_MS 300 /* after a birth of a cgroup: so long a move takes */
#define SWEEP_LEAST_MS 1000
#define AGAIN_MS 100 /* what was about to exec has done so */
#define BREATH_MS                                                              \
	100 /* after an event: many become one, children call exec() */

static void take_settings(struct warden *warden)
{
	const struct settings *settings = warden->keeper.settings;

	uint32_t at = 0;

	/* The clerk will do it, too, but not at once. */
	while (at != UINT32_MAX) {
		clerk_lock(warden->keeper.clerk);
		at = census_judge(warden->keeper.clerk->census, settings, at);
		clerk_unlock(warden->keeper.clerk);
	}
	memset(warden->matched, 0, sizeof(warden->matched));
	warden->has_units = warden->has_processes = false;
	warden->is_first = true;
	warden->sweep_ms = 0;
	clerk_lock(warden->keeper.clerk);
	warden->keeper.wanted = settings->protect_adj;
	for (uint32_t i = 0; i < settings->rules_count; i++) {
		enum rule_effect effect = settings->rules[i].effect;
		warden->has_units |= effect == RULE_PROTECT_UNIT;
		warden->has_processes |= effect == RULE_PROTECT_PROCESS;
	}
	clerk_unlock(warden->keeper.clerk);
	warden_plant(warden);
}

static bool has_work(const struct warden *warden)
{
	return warden->has_units || warden->has_processes ||
	       warden->wards.count > 0;
}

static int64_t period_ms(const struct warden *warden)
{
	return warden->has_processes || warden->cgroups < 0 ||
			       warden->has_overflown
		       ? PROCESSES_MS
		       : UNITS_MS;
}

/*
 * A child that moves to a cgroup that is there already, or is born in it by
 * clone3(), raises no event: but it was born. Where nobody was since the last
 * look at all, whoever has our value is known, and can wait.
 */
static void keep_births(struct warden *warden, int64_t now)
{
	if (warden->births_ms > now)
		return;
	warden->births_ms = now + PROCESSES_MS;
	if (warden->wards.count > 0 && warden->sweep_ms > now &&
	    warden_sees_birth(warden))
		warden->sweep_ms = now;
}

static void sweep_when_due(struct warden *warden)
{
	int64_t now = clock_now_ms();

	keep_births(warden, now);
	if (!has_work(warden) || now < warden->sweep_ms)
		return;
	warden_sweep(warden);
	warden->swept_ms = now;
	warden->births_ms = now + PROCESSES_MS;
	warden->sweep_ms =
		now +
		(warden->keeper.must_return ? STRANGER_MS : period_ms(warden));
}

static void sweep_soon(struct warden *warden)
{
	int64_t soon_ms = clock_now_ms() + STRANGER_MS;

	if (soon_ms < warden->swept_ms + SWEEP_LEAST_MS)
		soon_ms = warden->swept_ms + SWEEP_LEAST_MS;
	if (warden->wards.count > 0 && warden->sweep_ms > soon_ms)
		warden->sweep_ms = soon_ms;
}

static void sleep_ms(int64_t ms)
{
	const struct timespec time = { .tv_nsec = ms * 1000000 };

	(void)nanosleep(&time, NULL);
}

/* Until something happens, or it is time. */
static void await(struct warden *warden)
{
	struct pollfd polled[] = {
		{ .fd = warden->wake, .events = POLLIN },
		{ .fd = warden->inotify, .events = POLLIN },
	};
	int64_t until_ms = warden->sweep_ms < warden->births_ms
				   ? warden->sweep_ms
				   : warden->births_ms;
	int64_t left_ms = until_ms - clock_now_ms();
	int timeout = !has_work(warden) ? -1 : left_ms > 0 ? (int)left_ms : 0;
	uint64_t count;

	if (warden->keeper.must_return && (timeout < 0 || timeout > AGAIN_MS))
		timeout = AGAIN_MS;
	(void)poll(polled, 2, timeout);
	if (polled[0].revents)
		(void)!read(warden->wake, &count, sizeof(count));
	if (polled[1].revents & POLLIN) {
		sleep_ms(BREATH_MS);
		if (warden_hear(warden))
			sweep_soon(warden);
	}
}

static void end(struct warden *warden)
{
	(void)keeper_put_back(&warden->keeper);
	if (keeper_has_all_back(&warden->keeper) && warden->keeper.file >= 0)
		ward_file_remove(warden->keeper.file);
}

static void *run(void *argument)
{
	struct warden *warden = argument;

	take_settings(warden);
	while (!atomic_load(&warden->must_end)) {
		if (atomic_exchange(&warden->must_reload, false))
			take_settings(warden);
		sweep_when_due(warden);
		await(warden);
		nominate_tend(warden);
		warden_tend(warden);
		if (warden->has_matched)
			warden_report(warden);
	}
	end(warden);
	return NULL;
}

/* Says why there is no file, where that is worth to be known. */
static void open_file(struct warden *warden)
{
	bool was_spoilt;

	warden->keeper.file = ward_file_open(&warden->wards, &was_spoilt);
	if (was_spoilt)
		warden->trouble = "what a guard before has left in the state "
				  "file is not valid: it is not put back";
	else if (warden->keeper.file == -ENOENT)
		warden->trouble = "no runtime directory (RUNTIME_DIRECTORY): "
				  "after a crash nothing is put back";
	else if (warden->keeper.file < 0)
		warden->trouble = "no state file in the runtime directory: "
				  "after a crash nothing is put back";
}

static int init(struct warden *warden, const char *proc,
		const struct settings *settings)
{
	warden->keeper = (struct keeper){ .procfs = &warden->procfs,
					  .settings = settings,
					  .wards = &warden->wards,
					  .file = -1,
					  .self = getpid() };
	return procfs_open(&warden->procfs, proc);
}

static void measure_root(struct warden *warden)
{
	char link[32], path[512];
	struct text text;
	ssize_t length;

	if (warden->cgroups < 0)
		return;
	text_init(&text, link, sizeof(link));
	door_put_path(&text, warden->cgroups);
	length = readlink(link, path, sizeof(path));
	warden->root_length = length > 0 ? (size_t)length : 0;
}

int warden_start(struct warden *warden, const char *proc, int cgroups,
		 struct clerk *clerk, const struct settings *settings)
{
	int error = init(warden, proc, settings);

	if (error)
		return error;
	for (int i = 0; i < WARDEN_NODES; i++)
		warden->nodes[i].fd = -1;
	warden->keeper.clerk = clerk;
	warden->cgroups = cgroups;
	measure_root(warden);
	open_file(warden);
	warden->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	warden->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (warden->wake < 0)
		return -errno;
	error = thread_start(&warden->thread, THREAD_STACK_SIZE, run, warden);
	warden->runs = !error;
	return error;
}

void warden_reload(struct warden *warden)
{
	if (!warden->runs)
		return;
	warden->news.is_complete = false;
	atomic_store(&warden->must_reload, true);
	(void)thread_wake(warden->wake);
}

void warden_stop(struct warden *warden, int most_ms)
{
	struct timespec until;

	if (!warden->runs)
		return;
	warden->runs = false;
	atomic_store(&warden->must_end, true);
	(void)thread_wake(warden->wake);
	(void)clock_gettime(CLOCK_REALTIME, &until); /* Cannot fail. */
	until.tv_sec += most_ms / 1000;
	/* One that hangs in /proc leaves the rest to ExecStopPost=. */
	(void)pthread_timedjoin_np(warden->thread, NULL, &until);
}

int warden_put_back(struct warden *warden, const char *proc,
		    const struct settings *settings)
{
	bool was_spoilt;
	int count, file;
	int error = init(warden, proc, settings);

	if (error)
		return error;
	file = ward_file_open(&warden->wards, &was_spoilt);
	if (file < 0)
		return file;
	warden->keeper.file = file;
	count = keeper_put_back(&warden->keeper);
	if (!keeper_has_all_back(&warden->keeper))
		return -EPERM;
	ward_file_remove(file);
	return was_spoilt ? -EBADMSG : count;
}
