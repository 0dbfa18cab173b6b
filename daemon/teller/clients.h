/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_CLIENTS_H
#define OOMGUARD_CLIENTS_H

#include <poll.h>

#include "client.h"

#define CLIENTS_MOST 16
#define CLIENTS_PRIVILEGED 2 /* of them, kept for who may change something */
#define CLIENTS_PER_USER 8
#define CLIENTS_CALLS 4 /* of one client in one round */

struct teller;

struct clients {
	uid_t self; /* the teller's own user may do what root may */
	struct client places[CLIENTS_MOST];
};

void clients_init(struct clients *clients, uid_t self);
void clients_finish(struct clients *clients);

/* Whether this user may change something, and not only read. */
bool clients_may_change(const struct clients *clients, uid_t uid);

/* The place for one more client of this user, or NULL: it is told nothing. */
struct client *clients_place(struct clients *clients, uid_t uid);

/*
 * What serves them: `call` gets each whole request, `fill` puts more of an
 * answer that is under way. `fill` returns whether it could go on at once.
 */
struct clients_server {
	void (*call)(struct teller *teller, struct client *client,
		     const char *request, size_t length);
	bool (*fill)(struct teller *teller, struct client *client);
	struct teller *teller;
};

/* Fills one entry for each place. */
void clients_poll(const struct clients *clients,
		  struct pollfd fds[CLIENTS_MOST]);

/*
 * One round: reads, serves and writes what is possible at once, a little for
 * each, and closes who is over. Returns when the next round is due at the
 * latest: `now_ms` if there is more to do, INT64_MAX if nothing.
 */
int64_t clients_serve(struct clients *clients,
		      const struct pollfd fds[CLIENTS_MOST],
		      const struct clients_server *server, int64_t now_ms);

#endif
