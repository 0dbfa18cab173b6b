/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_TEST_IDL_H
#define OOMGUARD_TEST_IDL_H

#include <ctype.h>
#include <json-c/json.h>

#include "fixture.h"

/*
 * Reads an interface description of Varlink, far enough to compare messages
 * with it, and remembers which of its members and names were met.
 */
struct idl {
	char text[16384]; /* without comments */
	bool met[16384];  /* by the place of a name in text */
};

static inline void idl_init(struct idl *idl, const char *description)
{
	size_t length = 0;
	bool is_comment = false;

	memset(idl, 0, sizeof(*idl));
	for (; *description; description++) {
		if (*description == '#')
			is_comment = true;
		if (*description == '\n')
			is_comment = false;
		ck_assert_uint_lt(length, sizeof(idl->text) - 1);
		if (!is_comment)
			idl->text[length++] = *description;
	}
}

static inline const char *idl_blank(const char *at)
{
	return at + strspn(at, " \t\n");
}

static inline size_t idl_word(const char *at)
{
	size_t length = 0;

	while (isalnum((unsigned char)at[length]) || at[length] == '_')
		length++;
	return length;
}

static inline void idl_meet(struct idl *idl, const char *at)
{
	idl->met[at - idl->text] = true;
}

/* Behind the type that begins here. */
static inline const char *idl_skip(const char *at)
{
	int depth = 0;

	at = idl_blank(at);
	at += strspn(at, "?[]");
	if (*at != '(')
		return at + idl_word(at);
	do {
		depth += *at == '(';
		depth -= *at == ')';
		at++;
	} while (depth > 0);
	return at;
}

/* The bracket that opens what `kind` ("type", "method") describes. */
static inline const char *idl_find(const struct idl *idl, const char *kind,
				   const char *name, size_t length)
{
	char wanted[128];
	const char *at;

	(void)snprintf(wanted, sizeof(wanted), "\n%s %.*s", kind, (int)length,
		       name);
	at = strstr(idl->text, wanted);
	while (at && idl_word(at + strlen(wanted)) > 0)
		at = strstr(at + 1, wanted);
	ck_assert_msg(at, "not described: %s %.*s", kind, (int)length, name);
	return idl_blank(at + strlen(wanted));
}

/* What a method replies: the bracket behind its arrow. */
static inline const char *idl_reply(const struct idl *idl, const char *method)
{
	const char *at = idl_find(idl, "method", method, strlen(method));

	at = idl_blank(idl_skip(at));
	ck_assert_int_eq(strncmp(at, "->", 2), 0);
	return idl_blank(at + 2);
}

/* "( name : type , ..." or "( name , ...": true for the first. */
static inline bool idl_is_struct(const char *at)
{
	at = idl_blank(at + 1);
	if (*at == ')')
		return true;
	return *idl_blank(at + idl_word(at)) == ':';
}

static inline void idl_check(struct idl *idl, const char *type,
			     json_object *value, const char *where);

static inline void idl_check_enum(struct idl *idl, const char *at,
				  const char *value, const char *where)
{
	while (*at != ')') {
		at = idl_blank(at + 1);
		size_t length = idl_word(at);
		if (length == strlen(value) &&
		    strncmp(at, value, length) == 0) {
			idl_meet(idl, at);
			return;
		}
		at = idl_blank(at + length);
	}
	ck_abort_msg("%s: '%s' is no value that is described", where, value);
}

/* Takes what is described off a copy: nothing may be left. */
static inline void idl_check_struct(struct idl *idl, const char *at,
				    json_object *object, const char *where)
{
	int described = 0;

	ck_assert_msg(json_object_is_type(object, json_type_object), "%s",
		      where);
	while (*at != ')') {
		char name[64] = "", path[256];
		json_object *value;

		at = idl_blank(at + 1);
		if (*at == ')')
			break;
		memcpy(name, at, idl_word(at));
		const char *type = idl_blank(idl_blank(at + idl_word(at)) + 1);
		(void)snprintf(path, sizeof(path), "%s.%s", where, name);
		if (json_object_object_get_ex(object, name, &value)) {
			idl_meet(idl, at);
			idl_check(idl, type, value, path);
			described++;
		} else {
			ck_assert_msg(*type == '?', "%s is missing", path);
		}
		at = idl_blank(idl_skip(type));
	}
	ck_assert_msg(json_object_object_length(object) == described,
		      "%s has members that are not described: %s", where,
		      json_object_to_json_string(object));
}

static inline void idl_check_plain(const char *type, size_t length,
				   json_object *value, const char *where)
{
	bool fits = false;

	if (strncmp(type, "bool", length) == 0)
		fits = json_object_is_type(value, json_type_boolean);
	else if (strncmp(type, "int", length) == 0)
		fits = json_object_is_type(value, json_type_int);
	else if (strncmp(type, "float", length) == 0)
		fits = json_object_is_type(value, json_type_int) ||
		       json_object_is_type(value, json_type_double);
	else if (strncmp(type, "string", length) == 0)
		fits = json_object_is_type(value, json_type_string);
	ck_assert_msg(fits, "%s is no %.*s: %s", where, (int)length, type,
		      json_object_to_json_string(value));
}

/* Whether the value is of the type that begins here. */
static inline void idl_check(struct idl *idl, const char *type,
			     json_object *value, const char *where)
{
	type = idl_blank(type);
	type += *type == '?';
	if (strncmp(type, "[]", 2) == 0) {
		ck_assert_msg(json_object_is_type(value, json_type_array), "%s",
			      where);
		for (size_t i = 0; i < json_object_array_length(value); i++)
			idl_check(idl, type + 2,
				  json_object_array_get_idx(value, i), where);
		return;
	}
	size_t length = idl_word(type);
	if (length > 0 && islower((unsigned char)*type)) {
		idl_check_plain(type, length, value, where);
		return;
	}
	if (length > 0)
		type = idl_find(idl, "type", type, length);
	if (idl_is_struct(type))
		idl_check_struct(idl, type, value, where);
	else
		idl_check_enum(idl, type, json_object_get_string(value), where);
}

/* That every name inside the brackets that open here was met. */
static inline void idl_check_met(const struct idl *idl, const char *at)
{
	const char *end = idl_skip(at);

	for (at++; at < end; at++) {
		size_t length = idl_word(at);
		/* The name of a member or a value, not of a type. */
		const char *before = at - 1;
		while (isspace((unsigned char)*before))
			before--;
		if (length > 0 && (*before == '(' || *before == ','))
			ck_assert_msg(idl->met[at - idl->text],
				      "described, but never seen: %.*s",
				      (int)length, at);
		at += length;
	}
}

#endif
