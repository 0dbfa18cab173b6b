/* SPDX-License-Identifier: MIT */
#include "announce.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "hot.h"

#define SUSPEND_LEAST_MS 1000

/* What wakes the guard, beside its timer. */
enum wake {
	WAKE_SIGNAL,
	WAKE_PRESSURE,
	WAKE_RELOAD,
	WAKE_TELLER,
	WAKE_VICTIM, /* the first of STRIKES_MAX */
	WAKE_COUNT = WAKE_VICTIM + STRIKES_MAX,
};

/* Poll leaves out a negative descriptor. */
static void prepare(const struct guard *guard, struct pollfd polled[WAKE_COUNT])
{
	polled[WAKE_SIGNAL] =
		(struct pollfd){ .fd = guard->signals, .events = POLLIN };
	polled[WAKE_PRESSURE] =
		(struct pollfd){ .fd = guard->trigger, .events = POLLPRI };
	polled[WAKE_RELOAD] =
		(struct pollfd){ .fd = guard->reload, .events = POLLIN };
	polled[WAKE_TELLER] =
		(struct pollfd){ .fd = guard->link.socket, .events = POLLIN };
	for (int i = 0; i < STRIKES_MAX; i++)
		polled[WAKE_VICTIM + i] =
			(struct pollfd){ .fd = guard->victims[i].pidfd,
					 .events = POLLIN };
}

/* False when the guard is to end. */
static bool take_signals(struct guard *guard, int64_t now_ms)
{
	struct signalfd_siginfo info;

	while (read(guard->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGHUP)
			return false;
		(void)guard_reload(guard, 0, now_ms);
	}
	return true;
}

/* POLLERR from PSI means that the trigger is gone for good. */
static void take_pressure(struct guard *guard, short events)
{
	if (!(events & (POLLERR | POLLNVAL)))
		return;
	(void)close(guard->trigger);
	guard->trigger = -1;
	announce_words(guard, RECORD_DEGRADED,
		       "degraded: the PSI trigger is gone: timer only");
}

static bool take_events(struct guard *guard,
			const struct pollfd polled[WAKE_COUNT])
{
	int64_t now_ms = clock_now_ms();

	for (uint32_t i = 0; i < STRIKES_MAX; i++)
		if (polled[WAKE_VICTIM + i].revents)
			guard_victim_exited(guard, i, now_ms);
	if (polled[WAKE_PRESSURE].revents)
		take_pressure(guard, polled[WAKE_PRESSURE].revents);
	if (polled[WAKE_RELOAD].revents)
		guard_reload_read(guard, now_ms);
	if (polled[WAKE_TELLER].revents)
		guard_heed_teller(guard, now_ms);
	return !polled[WAKE_SIGNAL].revents || take_signals(guard, now_ms);
}

/* Nothing from before a suspend counts: the clock stood still meanwhile. */
static void notice_suspend(struct guard *guard, int64_t now_ms)
{
	int64_t suspended_ms = clock_boottime_ms() - now_ms;

	if (suspended_ms - guard->suspended_ms > SUSPEND_LEAST_MS) {
		trend_init(&guard->trend);
		watch_init(&guard->watch);
		guard->census_ms = now_ms;
	}
	guard->suspended_ms = suspended_ms;
}

int guard_run(struct guard *guard)
{
	struct pollfd polled[WAKE_COUNT];

	for (;;) {
		int64_t now_ms = clock_now_ms();
		notice_suspend(guard, now_ms);
		guard_tick(guard, now_ms);
		int64_t sleep_ms = guard_sleep_ms(guard, clock_now_ms());
		const struct timespec timeout = {
			.tv_sec = sleep_ms / 1000,
			.tv_nsec = sleep_ms % 1000 * 1000000,
		};
		prepare(guard, polled);
		int ready = ppoll(polled, WAKE_COUNT, &timeout, NULL);
		if (ready < 0 && errno != EINTR && errno != ENOMEM)
			return -errno;
		if (ready > 0 && !take_events(guard, polled))
			return 0;
	}
}
