/* SPDX-License-Identifier: MIT */
#include "dispatch.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#include "json_text.h"
#include "varlink.h"

#include "../unit/given_teller.h"

/*
 * What one client sends, in pieces as they could come, up to the answers; the
 * first byte says who it is and how long the pieces are. Whatever it is, the
 * answers are messages of the protocol, and nothing grows.
 */

static void give_records(struct teller *teller)
{
	static struct told_record told;

	for (uint64_t i = 1; i <= 3; i++) {
		told.record.number = i;
		told.record.kind = i == 3 ? RECORD_OUTCOME : RECORD_STRIKE;
		told.record.has_victim = true;
		told.record.victim = given_candidate(4242);
		told.record.signal = SIGTERM;
		told.record.decision = given_decision(REASON_MEMORY);
		(void)strcpy(told.extra.cmdline, "java -jar shop.jar");
		given_told(teller, &told);
	}
}

static void check_message(const char *bytes, size_t length)
{
	json_object *message = json_text_parse(bytes, length, 16);
	json_object *parameters;

	if (!json_object_object_get_ex(message, "parameters", &parameters) ||
	    !json_object_is_type(parameters, json_type_object))
		abort();
	json_object_put(message);
}

/* Takes the whole messages; a list that comes in pieces stays for later. */
static void take_answers(struct client *client)
{
	char *end;

	while (client->out_length > 0 &&
	       (end = memchr(client->out, '\0', client->out_length))) {
		size_t length = (size_t)(end - client->out);
		check_message(client->out, length);
		client->out_length -= length + 1;
		memmove(client->out, end + 1, client->out_length);
	}
}

static void serve(struct teller *teller, struct client *client)
{
	const char *request;
	size_t length;

	while (!client->doomed && (request = client_request(client, &length))) {
		dispatch_call(teller, client, request, length);
		client_drop_request(client, GIVEN_NOW_MS);
		while (client->stream.kind != STREAM_NONE &&
		       dispatch_fill(teller, client))
			;
		take_answers(client);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct teller *teller;
	struct client *client;
	int64_t wake_ms = INT64_MAX;

	if (!teller) {
		teller = given_teller();
		give_records(teller);
	}
	if (size == 0)
		return 0;
	client = given_client(teller, data[0] & 1 ? 0 : 1000);
	for (size_t at = 1; at < size && !client->doomed;) {
		size_t piece = data[0] / 2 + 1U;
		size_t room = sizeof(client->in) - client->in_length;
		if (piece > room)
			piece = room;
		if (piece > size - at)
			piece = size - at;
		memcpy(client->in + client->in_length, data + at, piece);
		client->in_length += piece;
		at += piece;
		serve(teller, client);
		if (client_is_over(client, GIVEN_NOW_MS, &wake_ms) ||
		    piece == 0)
			break;
	}
	client_close(client);
	return 0;
}
