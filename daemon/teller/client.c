/* SPDX-License-Identifier: MIT */
#include "client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define OUTPUT_LEAST 4096
#define OUTPUT_KEEP 16384 /* a larger buffer is given back when empty */

void client_open(struct client *client, int fd, uid_t uid, int64_t now_ms)
{
	*client = (struct client){ .fd = fd,
				   .uid = uid,
				   .active_ms = now_ms,
				   .partial_ms = -1,
				   .stuck_ms = -1 };
}

void client_close(struct client *client)
{
	free(client->out);
	if (client->fd >= 0)
		(void)close(client->fd);
	client_open(client, -1, 0, 0);
}

void client_read(struct client *client)
{
	size_t room = sizeof(client->in) - client->in_length;
	ssize_t got;

	if (client->ended || room == 0)
		return;
	got = recv(client->fd, client->in + client->in_length, room,
		   MSG_DONTWAIT);
	if (got > 0)
		client->in_length += (size_t)got;
	else if (got == 0)
		client->ended = true;
	else if (errno != EAGAIN && errno != EINTR)
		client->doomed = true;
}

static size_t pending(const struct client *client)
{
	return client->out_length - client->out_sent;
}

static void output_is_empty(struct client *client)
{
	client->out_length = 0;
	client->out_sent = 0;
	client->stuck_ms = -1;
	if (client->out_size <= OUTPUT_KEEP)
		return;
	free(client->out);
	client->out = NULL;
	client->out_size = 0;
}

void client_write(struct client *client, int64_t now_ms)
{
	ssize_t sent;

	if (pending(client) == 0)
		return;
	sent = send(client->fd, client->out + client->out_sent, pending(client),
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent > 0) {
		client->out_sent += (size_t)sent;
		client->active_ms = now_ms;
		client->stuck_ms = now_ms;
	} else if (errno != EAGAIN && errno != EINTR) {
		client->doomed = true;
	}
	if (client->stuck_ms < 0)
		client->stuck_ms = now_ms;
	if (pending(client) == 0)
		output_is_empty(client);
}

/* Makes room for so many bytes more. False: that is too much. */
static bool make_room(struct client *client, size_t length)
{
	size_t size = client->out_size > 0 ? client->out_size : OUTPUT_LEAST;
	char *bytes;

	if (client->out_sent > 0) {
		client->out_length -= client->out_sent;
		memmove(client->out, client->out + client->out_sent,
			client->out_length);
		client->out_sent = 0;
	}
	if (length > CLIENT_OUTPUT_MOST - client->out_length)
		return false;
	while (size < client->out_length + length)
		size *= 2;
	if (size == client->out_size)
		return true;
	bytes = realloc(client->out, size);
	if (!bytes)
		return false;
	client->out = bytes;
	client->out_size = size;
	return true;
}

void client_put(struct client *client, const char *bytes, size_t length)
{
	if (client->doomed || length == 0)
		return;
	if (!make_room(client, length)) {
		client->doomed = true;
		return;
	}
	memcpy(client->out + client->out_length, bytes, length);
	client->out_length += length;
}

void client_put_message(struct client *client, const char *bytes, size_t length)
{
	client_put(client, bytes, length);
	client_put(client, "", 1);
}

bool client_has_room(const struct client *client)
{
	return !client->doomed && pending(client) < CLIENT_OUTPUT_ENOUGH;
}

static bool is_busy(const struct client *client)
{
	return client->cookie != 0 || client->stream.kind != STREAM_NONE ||
	       !client_has_room(client);
}

const char *client_request(const struct client *client, size_t *length)
{
	const char *end = memchr(client->in, '\0', client->in_length);

	if (!end || is_busy(client))
		return NULL;
	*length = (size_t)(end - client->in);
	return client->in;
}

void client_drop_request(struct client *client, int64_t now_ms)
{
	const char *end = memchr(client->in, '\0', client->in_length);

	if (!end)
		return;
	client->in_length -= (size_t)(end + 1 - client->in);
	memmove(client->in, end + 1, client->in_length);
	client->active_ms = now_ms;
	client->partial_ms = -1;
}

short client_events(const struct client *client)
{
	int events = pending(client) > 0 ? POLLOUT : 0;

	if (!client->ended && !is_busy(client) &&
	    client->in_length < sizeof(client->in))
		events |= POLLIN;
	return (short)events;
}

/* The clock of a request that is half here stands still while it is busy. */
static void watch_partial(struct client *client, int64_t now_ms)
{
	bool is_partial = client->in_length > 0 && !is_busy(client) &&
			  !memchr(client->in, '\0', client->in_length);

	if (!is_partial)
		client->partial_ms = -1;
	else if (client->partial_ms < 0)
		client->partial_ms = now_ms;
	if (is_partial && client->in_length == sizeof(client->in))
		client->doomed = true;
}

static bool is_late(int64_t since_ms, int64_t most_ms, int64_t now_ms,
		    int64_t *wake_ms)
{
	if (since_ms < 0)
		return false;
	if (now_ms - since_ms >= most_ms)
		return true;
	if (since_ms + most_ms < *wake_ms)
		*wake_ms = since_ms + most_ms;
	return false;
}

bool client_is_over(struct client *client, int64_t now_ms, int64_t *wake_ms)
{
	size_t length;

	watch_partial(client, now_ms);
	if (client->doomed)
		return true;
	if (client->ended && !is_busy(client) && pending(client) == 0 &&
	    !client_request(client, &length))
		return true;
	if (is_late(client->partial_ms, CLIENT_PARTIAL_MS, now_ms, wake_ms) ||
	    is_late(client->stuck_ms, CLIENT_STUCK_MS, now_ms, wake_ms))
		return true;
	if (is_busy(client) || pending(client) > 0)
		return false;
	return is_late(client->active_ms, CLIENT_IDLE_MS, now_ms, wake_ms);
}
