/* SPDX-License-Identifier: MIT */
#include "varlink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"

static int take_flag(json_object *value, bool *flag)
{
	if (!json_object_is_type(value, json_type_boolean))
		return -EBADMSG;
	*flag = json_object_get_boolean(value);
	return 0;
}

/* A method that holds a NUL would be compared only up to it. */
static int take_method(json_object *value, const char **method)
{
	if (!json_object_is_type(value, json_type_string))
		return -EBADMSG;
	*method = json_object_get_string(value);
	if (strlen(*method) != (size_t)json_object_get_string_len(value))
		return -EBADMSG;
	return 0;
}

static int take_member(struct call *call, const char *name, json_object *value)
{
	if (strcmp(name, "method") == 0)
		return take_method(value, &call->method);
	if (strcmp(name, "more") == 0)
		return take_flag(value, &call->more);
	if (strcmp(name, "oneway") == 0)
		return take_flag(value, &call->oneway);
	if (strcmp(name, "upgrade") == 0)
		return take_flag(value, &call->upgrade);
	if (strcmp(name, "parameters") != 0)
		return -EBADMSG;
	if (value && !json_object_is_type(value, json_type_object))
		return -EBADMSG;
	call->parameters = value;
	return 0;
}

static int take_members(struct call *call)
{
	if (!call->message)
		return -EBADMSG;
	json_object_object_foreach(call->message, name, value)
	{
		int error = take_member(call, name, value);
		if (error)
			return error;
	}
	return call->method && !(call->more && call->oneway) ? 0 : -EBADMSG;
}

int call_parse(const char *bytes, size_t length, struct call *call)
{
	*call = (struct call){
		.message = json_text_parse(bytes, length, VARLINK_DEPTH_MOST),
	};
	int error = take_members(call);

	if (error)
		call_finish(call);
	return error;
}

void call_finish(struct call *call)
{
	json_object_put(call->message);
	*call = (struct call){ 0 };
}

json_object *varlink_reply(json_object *parameters, bool continues)
{
	json_object *reply = json_object_new_object();

	json_object_object_add(reply, "parameters",
			       parameters ? parameters
					  : json_object_new_object());
	if (continues)
		json_object_object_add(reply, "continues",
				       json_object_new_boolean(true));
	return reply;
}

json_object *varlink_error(const char *error, json_object *parameters)
{
	json_object *reply = json_object_new_object();

	json_object_object_add(reply, "error", json_object_new_string(error));
	json_object_object_add(reply, "parameters",
			       parameters ? parameters
					  : json_object_new_object());
	return reply;
}

const char *varlink_text(json_object *message, size_t *length)
{
	return json_object_to_json_string_length(
		message,
		JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE,
		length);
}

/* A terminal may take these for commands. */
static bool is_c1(const char *at)
{
	return at[0] == '\xc2' && (unsigned char)at[1] < 0xa0;
}

json_object *varlink_string(const char *bytes, size_t size)
{
	static const char replacement[] = "\xef\xbf\xbd";
	size_t length = strnlen(bytes, size), used = 0;
	char *clean = malloc(3 * length + 1);
	json_object *string;

	if (!clean)
		return NULL;
	for (size_t at = 0; at < length;) {
		size_t taken = json_text_character(bytes + at, length - at);

		if (taken == 2 && is_c1(bytes + at))
			taken = 0;
		const char *from = taken > 0 ? bytes + at : replacement;
		size_t count = taken > 0 ? taken : 3;

		memcpy(clean + used, from, count);
		used += count;
		at += taken > 0 ? taken : 1;
	}
	string = json_object_new_string_len(clean, (int)used);
	free(clean);
	return string;
}
