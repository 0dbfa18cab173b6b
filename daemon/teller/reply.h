/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_REPLY_H
#define OOMGUARD_REPLY_H

#include "client.h"
#include "varlink.h"

#define INTERFACE_SERVICE "org.varlink.service"
#define INTERFACE_OOMGUARD "io.oomguard"

/* Answers to one call. All take over `parameters`; a oneway call gets none. */
void reply_with(struct client *client, const struct call *call,
		json_object *parameters);
void reply_error(struct client *client, const struct call *call,
		 const char *error, json_object *parameters);

/* An error that names what it is about. */
void reply_about(struct client *client, const struct call *call,
		 const char *error, const char *member, const char *value);

/* Any message, which it takes over. */
void reply_message(struct client *client, json_object *message);

#endif
