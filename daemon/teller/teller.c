/* SPDX-License-Identifier: MIT */
#include "teller.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "clock.h"
#include "dispatch.h"
#include "extra.h"
#include "self.h"

#define RECORDS_ROUND 8 /* taken from the board in one round */
#define ACCEPTS_ROUND 8
#define ANSWERS_ROUND 4
#define CALM_MS 60000 /* a record wakes it as soon as memory gets short */
#define SHORT_MS 1000
#define LISTEN_MS 10000
#define PROC_MS 60000
#define END_MS 1000 /* for the guard's last records, after SIGTERM */

enum wake {
	WAKE_SIGNALS,
	WAKE_GUARD,
	WAKE_RECORDS,
	WAKE_LISTENER,
	WAKE_CLIENTS,
	WAKES = WAKE_CLIENTS + CLIENTS_MOST,
};

static void sooner(int64_t *wake_ms, int64_t ms)
{
	if (ms < *wake_ms)
		*wake_ms = ms;
}

static void take_signals(struct teller *teller)
{
	struct signalfd_siginfo info;

	while (read(teller->signals, &info, sizeof(info)) == sizeof(info))
		if (teller->end_ms < 0 && info.ssi_signo != SIGHUP)
			teller->end_ms = teller->now_ms + END_MS;
}

static void take_answers(struct teller *teller)
{
	struct request_answer answer;

	for (int i = 0; i < ANSWERS_ROUND; i++) {
		int taken = ask_receive(&teller->ask, &answer);

		if (taken > 0)
			dispatch_answer(teller, &answer);
		if (taken == -EPIPE)
			teller->guard_is_gone = true;
		if (taken <= 0)
			return;
	}
}

/* Returns whether there are more. */
static bool take_records(struct teller *teller)
{
	struct told_record told;
	uint64_t count;

	(void)!read(teller->wake, &count, sizeof(count)); /* It only wakes. */
	for (int i = 0; i < RECORDS_ROUND; i++) {
		uint64_t lost = teller->map.lost;
		bool taken = boardmap_take(&teller->map, &told.record);

		if (teller->map.lost > lost)
			ledger_lose(&teller->ledger, teller->map.lost - lost);
		if (!taken)
			return false;
		extra_fill(teller->finder, &told.record, &told.extra);
		ledger_take(&teller->ledger, &told, teller->now_ms);
	}
	return boardmap_has_more(&teller->map);
}

static void accept_clients(struct teller *teller)
{
	for (int i = 0; i < ACCEPTS_ROUND; i++) {
		int fd;
		uid_t uid;

		if (!listener_accept(&teller->listener, teller->now_ms, &fd,
				     &uid))
			return;
		struct client *place = clients_place(&teller->clients, uid);
		if (place)
			client_open(place, fd, uid, teller->now_ms);
		else
			(void)close(fd);
	}
}

/* Tries again now and then: records are told without a socket, too. */
static void listen_now(struct teller *teller, int64_t *wake_ms)
{
	uint64_t cookie;
	int error;

	if (teller->listener.fd >= 0)
		return;
	if (teller->now_ms >= teller->listen_ms) {
		error = listener_open(&teller->listener, teller->path);
		if (error && teller->listen_ms == 0)
			fprintf(stderr,
				"oomguard-teller: cannot listen at %s: %s\n",
				teller->path, strerror(-error));
		teller->listen_ms = teller->now_ms + LISTEN_MS;
	}
	if (teller->listener.fd < 0)
		sooner(wake_ms, teller->listen_ms);
	else if (!teller->has_said_hello)
		teller->has_said_hello =
			ask_send(&teller->ask, REQUEST_HELLO, 0, &cookie) == 0;
}

/*
 * What is shown and found out without being asked. A record comes a moment
 * before what the board shows of it.
 */
static void look_at_board(struct teller *teller, bool has_news,
			  int64_t *wake_ms)
{
	struct snapshot snapshot;
	bool is_calm = true;

	if (board_get_snapshot(teller->map.board, &snapshot) &&
	    snapshot.guard_pid != 0) {
		is_calm = snapshot.told < URGENCY_WARN &&
			  snapshot.decision.urgency < URGENCY_WARN;
		extra_remember(teller->finder, &snapshot);
	}
	sooner(wake_ms,
	       teller->now_ms + (is_calm && !has_news ? CALM_MS : SHORT_MS));
	sooner(wake_ms, ledger_save(&teller->ledger, is_calm, teller->now_ms));
}

static void look_at_proc(struct teller *teller)
{
	if (teller->now_ms < teller->proc_ms)
		return;
	teller->proc_hides = self_proc_hides_others();
	teller->proc_ms = teller->now_ms + PROC_MS;
}

/* One round of work. Returns when the next one is due. */
static int64_t work(struct teller *teller, const struct pollfd fds[WAKES])
{
	const struct clients_server server = { .call = dispatch_call,
					       .fill = dispatch_fill,
					       .teller = teller };
	int64_t wake_ms = INT64_MAX;
	uint64_t next = teller->map.next;

	teller->now_ms = clock_now_ms();
	look_at_proc(teller);
	listen_now(teller, &wake_ms);
	if (fds[WAKE_SIGNALS].revents)
		take_signals(teller);
	if (fds[WAKE_GUARD].revents)
		take_answers(teller);
	if (take_records(teller))
		wake_ms = teller->now_ms;
	sooner(&wake_ms, clients_serve(&teller->clients, fds + WAKE_CLIENTS,
				       &server, teller->now_ms));
	sooner(&wake_ms, dispatch_expire(teller));
	if (fds[WAKE_LISTENER].revents)
		accept_clients(teller);
	look_at_board(teller, teller->map.next != next, &wake_ms);
	if (teller->end_ms >= 0)
		sooner(&wake_ms, teller->end_ms);
	if (listener_fd(&teller->listener, teller->now_ms) < 0 &&
	    teller->listener.fd >= 0)
		sooner(&wake_ms, teller->listener.paused_until_ms);
	return wake_ms;
}

static void set_events(const struct teller *teller, struct pollfd fds[WAKES])
{
	const int fixed[WAKE_CLIENTS] = {
		[WAKE_SIGNALS] = teller->signals,
		[WAKE_GUARD] = teller->ask.fd,
		[WAKE_RECORDS] = teller->wake,
		[WAKE_LISTENER] =
			listener_fd(&teller->listener, teller->now_ms),
	};

	for (int i = 0; i < WAKE_CLIENTS; i++)
		fds[i] = (struct pollfd){ .fd = fixed[i], .events = POLLIN };
	clients_poll(&teller->clients, fds + WAKE_CLIENTS);
}

static int timeout_ms(int64_t wake_ms)
{
	int64_t left_ms = wake_ms - clock_now_ms();

	if (left_ms <= 0)
		return 0;
	return left_ms < CALM_MS ? (int)left_ms : CALM_MS;
}

static bool is_over(const struct teller *teller)
{
	return teller->guard_is_gone ||
	       (teller->end_ms >= 0 && teller->now_ms >= teller->end_ms);
}

int teller_run(struct teller *teller)
{
	struct pollfd fds[WAKES] = { 0 };
	int error = 0;

	while (!is_over(teller) && !error) {
		int64_t wake_ms = work(teller, fds);

		set_events(teller, fds);
		if (poll(fds, WAKES, timeout_ms(wake_ms)) < 0 && errno != EINTR)
			error = -errno;
	}
	while (take_records(teller))
		;
	dispatch_guard_is_gone(teller);
	return error;
}
