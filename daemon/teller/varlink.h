/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_VARLINK_H
#define OOMGUARD_VARLINK_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#define VARLINK_DEPTH_MOST 8

/*
 * One call of the Varlink protocol (varlink.org/Method-Call), whose message is
 * a JSON object. It comes from anybody.
 */
struct call {
	json_object *message;    /* owns the others */
	const char *method;      /* "interface.Method" */
	json_object *parameters; /* an object, or NULL */
	bool more;
	bool oneway;
	bool upgrade;
	bool has_waited; /* for the guard, as long as it waits at all */
};

/*
 * Parses one message without its NUL. What is no call at all (not JSON, deeper
 * than VARLINK_DEPTH_MOST, not UTF-8, no method, a member of a wrong type or
 * not of the protocol, `more` with `oneway`) is -EBADMSG, and the protocol's
 * answer to it is to hang up. Returns 0 and then needs call_finish().
 */
int call_parse(const char *bytes, size_t length, struct call *call);
void call_finish(struct call *call);

/*
 * The text of a reply or an error without its NUL, in an object that the
 * caller owns. Takes over `parameters`, which may be NULL.
 */
json_object *varlink_reply(json_object *parameters, bool continues);
json_object *varlink_error(const char *error, json_object *parameters);
const char *varlink_text(json_object *message, size_t *length);

/*
 * A text from outside as a JSON string of at most `size` bytes, up to its NUL.
 * What is not UTF-8, and the control characters of C1, become U+FFFD.
 */
json_object *varlink_string(const char *bytes, size_t size);

#endif
