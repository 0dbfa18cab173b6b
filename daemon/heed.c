/* SPDX-License-Identifier: MIT */
#include "guard.h"

#include <errno.h>

#include "announce.h"

#include "hot.h"

#define REQUESTS_MOST 4 /* in one round; more wait for the next */

void guard_ready(struct guard *guard)
{
	if (!guard->is_ready)
		notify_send(&guard->notify, "READY=1");
	guard->is_ready = true;
}

static void pause_until(struct guard *guard, int64_t until_ms)
{
	bool was_paused = guard->paused_until_ms > 0;

	guard->paused_until_ms = until_ms;
	/* Who was not looked for meanwhile is looked for at once. */
	strike_none(&guard->strikes, 0, 0);
	if (until_ms > 0)
		announce_words(guard, RECORD_PAUSED,
			       "paused: nobody is struck until it ends or is "
			       "resumed");
	else if (was_paused)
		announce_words(guard, RECORD_RESUMED, "resumed");
}

static void heed(struct guard *guard, const struct request *request,
		 int64_t now_ms)
{
	int error = 0;

	switch ((enum request_kind)request->kind) {
	case REQUEST_HELLO:
		guard_ready(guard);
		return;
	case REQUEST_PAUSE:
		pause_until(guard, now_ms + request->pause_ms);
		break;
	case REQUEST_RESUME:
		pause_until(guard, 0);
		break;
	case REQUEST_LOOK:
		if (guard->look_cookie)
			link_answer(&guard->link, guard->look_cookie, -EBUSY,
				    "");
		guard->look_cookie = request->cookie;
		return; /* The answer comes with one of the next ticks. */
	case REQUEST_RELOAD:
		error = guard_reload(guard, request->cookie, now_ms);
		if (!error)
			return; /* The answer comes when it is read. */
		break;
	}
	guard_publish(guard, now_ms, true);
	link_answer(&guard->link, request->cookie, error, "");
}

/* A teller that never listened has told nothing of what waited for it. */
static void tell_what_waited(struct guard *guard)
{
	struct board *board = guard->link.board;
	uint64_t oldest = 1;

	for (uint64_t number = 1; number <= board->records_written; number++)
		if (board_get_record(board, number, &guard->record, &oldest) &&
		    !guard->record.is_told)
			tell_lines(&guard->tell, guard->record.text);
}

void guard_heed_teller(struct guard *guard, int64_t now_ms)
{
	struct request request;

	for (int i = 0; i < REQUESTS_MOST; i++) {
		int taken = link_take(&guard->link, &request);
		if (taken == -EPIPE) {
			link_lost(&guard->link, now_ms);
			if (!guard->is_ready)
				tell_what_waited(guard);
		}
		if (taken <= 0)
			return;
		heed(guard, &request, now_ms);
	}
}
