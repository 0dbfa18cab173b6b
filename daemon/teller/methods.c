/* SPDX-License-Identifier: MIT */
#include "methods.h"

#include <errno.h>
#include <string.h>

#include "dispatch.h"
#include "reply.h"

#define LOOK_OLD_MS 1000

static void reply_busy(struct client *client, const struct call *call)
{
	reply_error(client, call, INTERFACE_OOMGUARD ".Busy", NULL);
}

struct viewer teller_viewer(const struct teller *teller,
			    const struct client *client)
{
	return (struct viewer){ .uid = client->uid,
				.proc_hides = teller->proc_hides };
}

json_object *teller_candidate(struct teller *teller,
			      const struct candidate *candidate,
			      const struct viewer *viewer)
{
	struct extra extra;

	extra_of(teller->finder, candidate, NULL, teller->now_ms, &extra);
	return encode_candidate(candidate, NULL, &extra, viewer);
}

/* In calm the guard looks at processes, and tells how it is, for who asks. */
static bool is_old(const struct teller *teller, const struct snapshot *snapshot)
{
	return snapshot->told == URGENCY_NONE &&
	       snapshot->decision.urgency == URGENCY_NONE &&
	       (teller->now_ms - snapshot->at_ms >= LOOK_OLD_MS ||
		snapshot->candidates_ms < 0);
}

/*
 * True: it is answered when the guard has looked. One that does not look soon
 * is not asked again at once, and what there is must do.
 */
static bool awaits_look(struct teller *teller, struct client *client,
			const struct call *call,
			const struct snapshot *snapshot, client_serve *then)
{
	int64_t since_ms = teller->now_ms - teller->look_ms;

	if (call->oneway || call->has_waited || !is_old(teller, snapshot))
		return false;
	if (teller->look_ms == 0 || since_ms >= LOOK_OLD_MS) {
		if (ask_send(&teller->ask, REQUEST_LOOK, 0,
			     &teller->look_cookie) != 0)
			return false;
		teller->look_ms = teller->now_ms;
	} else if (teller->look_cookie == 0 || since_ms >= CLIENT_LOOK_MS) {
		return false;
	}
	client->cookie = teller->look_cookie;
	client->cookie_ms = teller->look_ms;
	client->then = then;
	return true;
}

/*
 * False when the call is answered: the guard has not published itself yet, or
 * writes too much; or will be, by `then`.
 */
static bool look(struct teller *teller, struct client *client,
		 const struct call *call, struct snapshot *snapshot,
		 client_serve *then)
{
	if (board_get_snapshot(teller->map.board, snapshot) &&
	    snapshot->guard_pid != 0)
		return !awaits_look(teller, client, call, snapshot, then);
	reply_busy(client, call);
	return false;
}

void method_status(struct teller *teller, struct client *client,
		   const struct call *call)
{
	struct viewer viewer = teller_viewer(teller, client);
	struct snapshot snapshot;
	json_object *reply;

	if (!look(teller, client, call, &snapshot, method_status))
		return;
	reply = json_object_new_object();
	json_object_object_add(reply, "status",
			       teller_status(teller, &snapshot, &viewer));
	reply_with(client, call, reply);
}

void method_candidates(struct teller *teller, struct client *client,
		       const struct call *call)
{
	struct viewer viewer = teller_viewer(teller, client);
	struct snapshot snapshot;
	json_object *reply, *array;

	if (!look(teller, client, call, &snapshot, method_candidates))
		return;
	reply = json_object_new_object();
	array = json_object_new_array();
	for (uint32_t i = 0;
	     i < snapshot.candidates_count && i < BOARD_CANDIDATES; i++)
		json_object_array_add(
			array, teller_candidate(teller, &snapshot.candidates[i],
						&viewer));
	json_object_object_add(reply, "candidates", array);
	if (snapshot.candidates_ms >= 0)
		put_int(reply, "age", teller->now_ms - snapshot.candidates_ms);
	reply_with(client, call, reply);
}

static int64_t milliseconds(const struct call *call)
{
	return json_object_get_int64(
		json_object_object_get(call->parameters, "milliseconds"));
}

static void reply_wrong_milliseconds(struct client *client,
				     const struct call *call)
{
	reply_about(client, call, INTERFACE_SERVICE ".InvalidParameter",
		    "parameter", "milliseconds");
}

void method_mute(struct teller *teller, struct client *client,
		 const struct call *call)
{
	int64_t mute_ms = milliseconds(call);

	if (mute_ms < 0 || mute_ms > LEDGER_MUTE_MOST_MS) {
		reply_wrong_milliseconds(client, call);
		return;
	}
	ledger_mute(&teller->ledger,
		    mute_ms > 0 ? teller->now_ms + mute_ms : 0);
	reply_with(client, call, NULL);
}

/* The answer follows when the guard has given his. */
static void ask_guard(struct teller *teller, struct client *client,
		      const struct call *call, enum request_kind kind,
		      int64_t pause_ms)
{
	uint64_t cookie;
	int error = ask_send(&teller->ask, kind, pause_ms, &cookie);

	if (error == -EPIPE) {
		reply_error(client, call, INTERFACE_OOMGUARD ".GuardGone",
			    NULL);
	} else if (error) {
		reply_busy(client, call);
	} else if (!call->oneway) {
		client->cookie = cookie;
		client->cookie_ms = teller->now_ms;
	}
}

void method_reload(struct teller *teller, struct client *client,
		   const struct call *call)
{
	ask_guard(teller, client, call, REQUEST_RELOAD, 0);
}

void method_pause(struct teller *teller, struct client *client,
		  const struct call *call)
{
	int64_t pause_ms = milliseconds(call);

	if (pause_ms < 1 || pause_ms > REQUEST_PAUSE_MOST_MS)
		reply_wrong_milliseconds(client, call);
	else
		ask_guard(teller, client, call, REQUEST_PAUSE, pause_ms);
}

void method_resume(struct teller *teller, struct client *client,
		   const struct call *call)
{
	ask_guard(teller, client, call, REQUEST_RESUME, 0);
}

static json_object *encode_mistakes(const char *text)
{
	json_object *parameters = json_object_new_object();
	json_object *mistakes = json_object_new_array();

	while (*text) {
		size_t length = strcspn(text, "\n");

		if (length > 0)
			json_object_array_add(mistakes,
					      varlink_string(text, length));
		text += length + (text[length] == '\n');
	}
	json_object_object_add(parameters, "mistakes", mistakes);
	return parameters;
}

static json_object *encode_answer(int error, const char *text)
{
	if (error == 0)
		return varlink_reply(NULL, false);
	if (error == -EINVAL)
		return varlink_error(INTERFACE_OOMGUARD ".ConfigurationInvalid",
				     encode_mistakes(text));
	if (error == -EIO)
		return varlink_error(
			INTERFACE_OOMGUARD ".ConfigurationInvalid",
			encode_mistakes("the configuration could not be read"));
	return varlink_error(INTERFACE_OOMGUARD ".Busy", NULL);
}

/* Nobody waits any more after this. */
static void give_answer(struct client *client, json_object *message)
{
	client->cookie = 0;
	client->then = NULL;
	reply_message(client, message);
}

static void resume(struct teller *teller, struct client *client, int error,
		   const char *text)
{
	client_serve *then = client->then;
	const struct call call = { .has_waited = true };

	if (!then) {
		give_answer(client, encode_answer(error, text));
		return;
	}
	client->cookie = 0;
	client->then = NULL;
	then(teller, client, &call);
}

void dispatch_answer(struct teller *teller, const struct request_answer *answer)
{
	if (answer->cookie == teller->look_cookie)
		teller->look_cookie = 0;
	for (int i = 0; i < CLIENTS_MOST; i++) {
		struct client *client = &teller->clients.places[i];
		if (client->cookie == answer->cookie && client->cookie != 0)
			resume(teller, client, answer->error, answer->text);
	}
}

int64_t dispatch_expire(struct teller *teller)
{
	int64_t wake_ms = INT64_MAX;

	for (int i = 0; i < CLIENTS_MOST; i++) {
		struct client *client = &teller->clients.places[i];
		int64_t due_ms =
			client->cookie_ms +
			(client->then ? CLIENT_LOOK_MS : CLIENT_ANSWER_MS);

		if (client->cookie == 0)
			continue;
		if (teller->now_ms >= due_ms)
			resume(teller, client, -EBUSY, "");
		else if (due_ms < wake_ms)
			wake_ms = due_ms;
	}
	return wake_ms;
}

void dispatch_guard_is_gone(struct teller *teller)
{
	for (int i = 0; i < CLIENTS_MOST; i++) {
		struct client *client = &teller->clients.places[i];
		if (client->cookie != 0)
			give_answer(client, varlink_error(INTERFACE_OOMGUARD
							  ".GuardGone",
							  NULL));
		if (client->fd >= 0)
			client_write(client, teller->now_ms);
	}
}
