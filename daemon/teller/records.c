/* SPDX-License-Identifier: MIT */
#include "methods.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dispatch.h"
#include "reply.h"

#define RECORDS_ROUND 4 /* records for one client in one round */

static int64_t since_of(const struct call *call)
{
	json_object *since = json_object_object_get(call->parameters, "since");

	return since ? json_object_get_int64(since) : INT64_MIN;
}

void method_records(struct teller *teller, struct client *client,
		    const struct call *call)
{
	if (call->oneway)
		return;
	client->stream = (struct stream){
		.kind = call->more ? STREAM_MORE : STREAM_LIST,
		.next = ledger_oldest(&teller->ledger),
		.since_us = since_of(call),
	};
}

static bool is_wanted(const struct ledger *ledger, const struct stream *stream,
		      const struct told_record *told)
{
	if (told->record.realtime_us < stream->since_us)
		return false;
	/* Only what is new is told: what is old was asked for. */
	return !stream->caught_up || !ledger_is_muted(ledger, stream->next);
}

/* The next record that this client gets; NULL: there is none yet. */
static const struct told_record *next_record(const struct ledger *ledger,
					     struct stream *stream)
{
	uint64_t oldest = ledger_oldest(ledger);

	if (stream->next < oldest) {
		stream->missed += oldest - stream->next;
		stream->next = oldest;
	}
	for (; stream->next <= ledger->newest; stream->next++) {
		const struct told_record *told =
			ledger_get(ledger, stream->next);
		if (told && is_wanted(ledger, stream, told)) {
			stream->next++;
			return told;
		}
	}
	return NULL;
}

static int64_t dropped(const struct teller *teller, const struct client *client)
{
	return (int64_t)(teller->map.lost + client->stream.missed);
}

/* One record as a reply of its own, or none: all that there were are told. */
static void put_reply(const struct teller *teller, struct client *client,
		      json_object *record)
{
	json_object *parameters = json_object_new_object();
	json_object *records = json_object_new_array();

	if (record)
		json_object_array_add(records, record);
	json_object_object_add(parameters, "records", records);
	put_int(parameters, "dropped", dropped(teller, client));
	reply_message(client, varlink_reply(parameters, true));
}

static void put_string(struct client *client, const char *string)
{
	client_put(client, string, strlen(string));
}

/* A piece of the one reply, which would not fit into the client as a whole. */
static void put_piece(struct client *client, json_object *record)
{
	size_t length;
	const char *text = varlink_text(record, &length);

	put_string(client, client->stream.begun
				   ? ","
				   : "{\"parameters\":{\"records\":[");
	client->stream.begun = true;
	if (text)
		client_put(client, text, length);
	else
		client->doomed = true;
	json_object_put(record);
}

static void end_pieces(const struct teller *teller, struct client *client)
{
	char end[64];
	int length = snprintf(end, sizeof(end), "],\"dropped\":%" PRId64 "}}",
			      dropped(teller, client));

	if (!client->stream.begun)
		put_string(client, "{\"parameters\":{\"records\":[");
	client_put_message(client, end, (size_t)length);
	client->stream.kind = STREAM_NONE;
}

/* Nothing more is there now. */
static void put_end(const struct teller *teller, struct client *client)
{
	if (client->stream.kind == STREAM_LIST)
		end_pieces(teller, client);
	else if (!client->stream.caught_up)
		put_reply(teller, client, NULL);
	client->stream.caught_up = true;
}

bool dispatch_fill(struct teller *teller, struct client *client)
{
	struct viewer viewer = teller_viewer(teller, client);

	for (int i = 0; i < RECORDS_ROUND && client_has_room(client); i++) {
		const struct told_record *told =
			next_record(&teller->ledger, &client->stream);

		if (!told) {
			put_end(teller, client);
			return false;
		}
		json_object *record = encode_record(told, &viewer);
		if (client->stream.kind == STREAM_LIST)
			put_piece(client, record);
		else
			put_reply(teller, client, record);
	}
	return client_has_room(client);
}
