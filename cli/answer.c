/* SPDX-License-Identifier: MIT */
#include "answer.h"

static struct json_object *answer_typed(struct json_object *from,
					const char *name, enum json_type type)
{
	struct json_object *member;

	if (!json_object_is_type(from, json_type_object) ||
	    !json_object_object_get_ex(from, name, &member) ||
	    !json_object_is_type(member, type))
		return NULL;
	return member;
}

struct json_object *answer_object(struct json_object *from, const char *name)
{
	return answer_typed(from, name, json_type_object);
}

struct json_object *answer_array(struct json_object *from, const char *name)
{
	return answer_typed(from, name, json_type_array);
}

size_t answer_count(struct json_object *array)
{
	return array ? json_object_array_length(array) : 0;
}

const char *answer_element(struct json_object *array, size_t nth)
{
	struct json_object *element = json_object_array_get_idx(array, nth);

	return json_object_is_type(element, json_type_string)
		       ? json_object_get_string(element)
		       : "?";
}

const char *answer_string(struct json_object *from, const char *name)
{
	struct json_object *member = answer_typed(from, name, json_type_string);

	return member ? json_object_get_string(member) : "";
}

bool answer_bool(struct json_object *from, const char *name)
{
	return json_object_get_boolean(
		answer_typed(from, name, json_type_boolean));
}

bool answer_has(struct json_object *from, const char *name)
{
	struct json_object *member;

	return json_object_is_type(from, json_type_object) &&
	       json_object_object_get_ex(from, name, &member) && member;
}

int64_t answer_int(struct json_object *from, const char *name)
{
	struct json_object *member = answer_typed(from, name, json_type_int);

	return member ? json_object_get_int64(member) : 0;
}

int64_t answer_kib(struct json_object *from, const char *name)
{
	return answer_int(from, name) / 1024;
}

double answer_number(struct json_object *from, const char *name)
{
	struct json_object *member = answer_typed(from, name, json_type_double);

	if (!member)
		member = answer_typed(from, name, json_type_int);
	return member ? json_object_get_double(member) : 0;
}
