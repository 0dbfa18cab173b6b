/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_CLIENT_H
#define OOMGUARD_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CLIENT_REQUEST_MOST 4096 /* with its NUL */
#define CLIENT_OUTPUT_MOST (256 * 1024)
#define CLIENT_OUTPUT_ENOUGH (64 * 1024) /* more waits until it is read */
#define CLIENT_IDLE_MS 30000
#define CLIENT_PARTIAL_MS 2000 /* for the rest of a request that has begun */
#define CLIENT_STUCK_MS 10000  /* without taking anything of its answer */
#define CLIENT_ANSWER_MS 10000 /* of the guard */
#define CLIENT_LOOK_MS 250     /* of the guard, for a look in calm */

enum stream_kind {
	STREAM_NONE,
	STREAM_LIST, /* one reply with all records, put together in pieces */
	STREAM_MORE, /* a reply for each record, also for those to come */
};

/* An answer to Records that is under way. */
struct stream {
	enum stream_kind kind;
	bool begun;
	bool caught_up;
	uint64_t next; /* serial of the ledger */
	uint64_t missed;
	int64_t since_us;
};

struct teller;
struct client;
struct call;

/* Serves one call. */
typedef void client_serve(struct teller *teller, struct client *client,
			  const struct call *call);

/*
 * One connection: what has come in and what goes out, both bounded. Nothing
 * here waits. Its calls are served one after the other.
 */
struct client {
	int fd; /* -1: the place is free */
	uid_t uid;
	bool ended;      /* it sends nothing more; answers still go out */
	bool doomed;     /* it broke the rules: hang up */
	uint64_t cookie; /* of the guard's answer that it waits for; 0: none */
	int64_t cookie_ms;
	client_serve *then; /* when the guard has looked; NULL: his answer */
	int64_t active_ms;
	int64_t partial_ms; /* since when a request is half here; -1 */
	int64_t stuck_ms;   /* since when output does not move; -1 */
	struct stream stream;
	size_t in_length;
	size_t out_size;
	size_t out_length;
	size_t out_sent;
	char *out;
	char in[CLIENT_REQUEST_MOST];
};

/* Takes over the descriptor, which must not block. */
void client_open(struct client *client, int fd, uid_t uid, int64_t now_ms);
void client_close(struct client *client);

/* Reads once and writes once, as much as is possible at once. */
void client_read(struct client *client);
void client_write(struct client *client, int64_t now_ms);

/* Puts one message (its NUL is added) or a piece of one behind the others. */
void client_put(struct client *client, const char *bytes, size_t length);
void client_put_message(struct client *client, const char *bytes,
			size_t length);

/*
 * The next whole request, or NULL: there is none, or an answer is under way
 * that comes first. client_drop_request() takes it off.
 */
const char *client_request(const struct client *client, size_t *length);
void client_drop_request(struct client *client, int64_t now_ms);

/* Whether more of an answer may be put together now. */
bool client_has_room(const struct client *client);

/* The events of poll(2) that it waits for. */
short client_events(const struct client *client);

/*
 * Whether it is to be closed: it broke a rule, is done, or its time is up.
 * `*wake_ms` becomes the moment when this must be asked again, if sooner.
 */
bool client_is_over(struct client *client, int64_t now_ms, int64_t *wake_ms);

#endif
