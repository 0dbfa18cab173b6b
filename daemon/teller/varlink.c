/* SPDX-License-Identifier: MIT */
#include "varlink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static json_object *parse(const char *bytes, size_t length)
{
	struct json_tokener *tokener = json_tokener_new_ex(VARLINK_DEPTH_MOST);
	json_object *message;

	if (!tokener)
		return NULL;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT |
						JSON_TOKENER_VALIDATE_UTF8);
	message = json_tokener_parse_ex(tokener, bytes, (int)length);
	if (json_tokener_get_error(tokener) != json_tokener_success) {
		json_object_put(message);
		message = NULL;
	}
	json_tokener_free(tokener);
	return message;
}

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
	if (!json_object_is_type(call->message, json_type_object))
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
	*call = (struct call){ .message = parse(bytes, length) };
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

/* Bytes of the well-formed character at `at` (RFC 3629); 0: there is none. */
static size_t character_length(const unsigned char *at, size_t left)
{
	static const struct {
		unsigned char first, last; /* of the leading byte */
		unsigned char low, high;   /* of the byte after it */
		unsigned char length;
	} forms[] = {
		{ 0xc2, 0xc2, 0xa0, 0xbf, 2 }, { 0xc3, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	if (at[0] < 0x80)
		return 1;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (at[0] < forms[i].first || at[0] > forms[i].last)
			continue;
		if (left < forms[i].length || at[1] < forms[i].low ||
		    at[1] > forms[i].high)
			return 0;
		for (size_t k = 2; k < forms[i].length; k++)
			if ((at[k] & 0xc0) != 0x80)
				return 0;
		return forms[i].length;
	}
	return 0;
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
		size_t taken = character_length(
			(const unsigned char *)bytes + at, length - at);
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
