/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_QUERY_H
#define OOMGUARD_QUERY_H

#include <json-c/json.h>

#include "text.h"

#define QUERY_SOCKET "/run/oomguard/io.oomguard"
#define QUERY_TIMEOUT_MS 2000
#define QUERY_RELOAD_MS 30000 /* a reload looks user names up */
#define QUERY_REPLY_MOST (4 << 20)

/* Why there is no answer. */
enum query_trouble {
	QUERY_FINE,
	QUERY_ABSENT,  /* there is no socket: it is not running */
	QUERY_CRASHED, /* nobody listens on the socket */
	QUERY_DENIED,  /* this user may not connect */
	QUERY_DROPPED, /* the connection was closed without an answer */
	QUERY_HUNG,    /* no whole answer in time */
	QUERY_GARBAGE, /* the answer is no Varlink, or too large */
	QUERY_REFUSED, /* a typed error: `name` and `parameters` */
	QUERY_FAILED,  /* anything else: `error` */
};

struct query_reply {
	enum query_trouble trouble;
	int error;        /* an errno, of FAILED */
	const char *path; /* of the socket */
	const char *name; /* of a typed error, without its interface */
	char full[128];   /* the same with its interface */
	struct json_object *parameters; /* of FINE and REFUSED, else NULL */
};

/* The socket to ask: `option`, else $OOMGUARD_SOCKET, else the service's. */
const char *query_path(const char *option);

/*
 * One Varlink call (varlink.org) on a connection of its own. `parameters` may
 * be NULL and is given away. Waits `timeout_ms` in all. Always fills *reply;
 * what is in it came from another process and is checked by who reads it.
 */
void query_call(struct query_reply *reply, const char *path, const char *method,
		struct json_object *parameters, int timeout_ms);
void query_finish(struct query_reply *reply);

/* What is wrong and what to do, in one line. */
void query_put(struct text *out, const struct query_reply *reply);

#endif
