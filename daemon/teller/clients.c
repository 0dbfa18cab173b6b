/* SPDX-License-Identifier: MIT */
#include "clients.h"

void clients_init(struct clients *clients, uid_t self)
{
	clients->self = self;
	for (int i = 0; i < CLIENTS_MOST; i++)
		client_open(&clients->places[i], -1, 0, 0);
}

void clients_finish(struct clients *clients)
{
	for (int i = 0; i < CLIENTS_MOST; i++)
		client_close(&clients->places[i]);
}

bool clients_may_change(const struct clients *clients, uid_t uid)
{
	return uid == 0 || uid == clients->self;
}

struct client *clients_place(struct clients *clients, uid_t uid)
{
	int of_user = 0, others = 0;
	struct client *place = NULL;

	for (int i = 0; i < CLIENTS_MOST; i++) {
		struct client *client = &clients->places[i];
		if (client->fd < 0)
			place = client;
		else if (!clients_may_change(clients, client->uid))
			others++;
		if (client->fd >= 0 && client->uid == uid)
			of_user++;
	}
	if (of_user >= CLIENTS_PER_USER)
		return NULL;
	if (!clients_may_change(clients, uid) &&
	    others >= CLIENTS_MOST - CLIENTS_PRIVILEGED)
		return NULL;
	return place;
}

void clients_poll(const struct clients *clients,
		  struct pollfd fds[CLIENTS_MOST])
{
	for (int i = 0; i < CLIENTS_MOST; i++)
		fds[i] = (struct pollfd){
			.fd = clients->places[i].fd,
			.events = client_events(&clients->places[i]),
		};
}

/* Nobody is there any more to read an answer that is still to come. */
static void hang_up(struct client *client)
{
	if (client->cookie != 0 || client->stream.kind != STREAM_NONE)
		client->doomed = true;
}

static void serve_calls(struct client *client,
			const struct clients_server *server, int64_t now_ms)
{
	for (int i = 0; i < CLIENTS_CALLS && !client->doomed; i++) {
		size_t length;
		const char *request = client_request(client, &length);

		if (!request)
			return;
		server->call(server->teller, client, request, length);
		client_drop_request(client, now_ms);
	}
}

/* Returns whether there is more to do at once. */
static bool serve(struct client *client, short events,
		  const struct clients_server *server, int64_t now_ms)
{
	bool has_more = false;
	size_t length;

	if (events & POLLIN)
		client_read(client);
	if (events & (POLLHUP | POLLERR))
		hang_up(client);
	serve_calls(client, server, now_ms);
	if (client->stream.kind != STREAM_NONE && client_has_room(client))
		has_more = server->fill(server->teller, client);
	client_write(client, now_ms);
	return has_more || client_request(client, &length);
}

int64_t clients_serve(struct clients *clients,
		      const struct pollfd fds[CLIENTS_MOST],
		      const struct clients_server *server, int64_t now_ms)
{
	int64_t wake_ms = INT64_MAX;

	for (int i = 0; i < CLIENTS_MOST; i++) {
		struct client *client = &clients->places[i];

		if (client->fd < 0)
			continue;
		/* A client that came or went since has no events here. */
		short events =
			fds[i].fd == client->fd ? fds[i].revents : (short)0;
		if (serve(client, events, server, now_ms))
			wake_ms = now_ms;
		if (client_is_over(client, now_ms, &wake_ms))
			client_close(client);
	}
	return wake_ms;
}
