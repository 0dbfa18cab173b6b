/* SPDX-License-Identifier: MIT */
#include "reply.h"

void reply_message(struct client *client, json_object *message)
{
	size_t length;
	const char *text = varlink_text(message, &length);

	if (text)
		client_put_message(client, text, length);
	else
		client->doomed = true;
	json_object_put(message);
}

void reply_with(struct client *client, const struct call *call,
		json_object *parameters)
{
	if (call->oneway)
		json_object_put(parameters);
	else
		reply_message(client, varlink_reply(parameters, false));
}

void reply_error(struct client *client, const struct call *call,
		 const char *error, json_object *parameters)
{
	if (call->oneway)
		json_object_put(parameters);
	else
		reply_message(client, varlink_error(error, parameters));
}

void reply_about(struct client *client, const struct call *call,
		 const char *error, const char *member, const char *value)
{
	json_object *parameters = json_object_new_object();

	json_object_object_add(parameters, member,
			       json_object_new_string(value));
	reply_error(client, call, error, parameters);
}
