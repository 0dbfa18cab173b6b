/* SPDX-License-Identifier: MIT */
#include "cgroup.h"

#include <errno.h>
#include <string.h>

#include "field.h"

#include "hot.h"

bool cgroup_is_kind(const char *name, size_t length, const char *suffix)
{
	size_t rest = strlen(suffix);

	return length > rest && memcmp(name + length - rest, suffix, rest) == 0;
}

static bool ends_with(const struct field *field, const char *suffix)
{
	return cgroup_is_kind(field->at, (size_t)(field->end - field->at),
			      suffix);
}

static bool is_root(const struct field *path)
{
	return path->end - path->at == 1;
}

/* Skips the number of the hierarchy and the colon. */
static bool skip_hierarchy(struct field *line)
{
	uint64_t number;

	return field_u64(line, &number) && field_skip(line, ":");
}

/* Finds the paths of both; what is not there stays empty. */
static void find_paths(struct field text, struct field *unified,
		       struct field *named)
{
	struct field line;

	while (field_line(&text, &line)) {
		struct field rest = line;

		if (field_skip(&rest, "0::")) {
			*unified = rest;
		} else if (skip_hierarchy(&line) &&
			   field_skip(&line, "name=systemd:")) {
			*named = line;
		}
	}
}

int cgroup_parse(const char *bytes, size_t length, char path[CGROUP_PATH_SIZE])
{
	struct field text = { bytes, bytes + length };
	struct field unified = { NULL, NULL };
	struct field named = { NULL, NULL };
	struct field *found = &unified;
	size_t size;

	find_paths(text, &unified, &named);
	if (named.at != named.end && (unified.at == NULL || is_root(&unified)))
		found = &named;
	if (found->at == found->end || *found->at != '/' ||
	    memchr(found->at, '\0', (size_t)(found->end - found->at)) != NULL)
		return -EBADMSG;
	if (ends_with(found, " (deleted)"))
		found->end -= strlen(" (deleted)");
	size = (size_t)(found->end - found->at);
	if (size >= CGROUP_PATH_SIZE)
		return -ENAMETOOLONG;
	memcpy(path, found->at, size);
	path[size] = '\0';
	return 0;
}

/* The kinds of units that have a cgroup of their own and are no slice. */
static bool is_unit(const struct field *component)
{
	static const char *const suffixes[] = { ".service", ".scope", ".mount",
						".socket", ".swap" };

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (ends_with(component, suffixes[i]))
			return true;
	return false;
}

enum cgroup_place cgroup_step(enum cgroup_place from, const char *name,
			      size_t length)
{
	struct field component = { name, name + length };
	bool is_slice = ends_with(&component, ".slice");

	if (from == CGROUP_UNIT || from == CGROUP_INSIDE || length == 0 ||
	    *name == '.')
		return CGROUP_INSIDE;
	if (!is_slice && !is_unit(&component))
		return CGROUP_GROUP;
	if (from == CGROUP_GROUP)
		return CGROUP_INSIDE;
	return is_slice ? CGROUP_SLICE : CGROUP_UNIT;
}

void cgroup_unit(const char *path, char unit[CGROUP_UNIT_SIZE])
{
	struct field component;
	size_t length;

	unit[0] = '\0';
	do {
		path += *path == '/';
		length = strcspn(path, "/");
		component = (struct field){ path, path + length };
		path += length;
	} while (ends_with(&component, ".slice"));
	/* systemd escapes what looks like a kernel file: _cpu.service. */
	(void)field_skip(&component, "_");
	length = (size_t)(component.end - component.at);
	if (!is_unit(&component) || length >= CGROUP_UNIT_SIZE)
		return;
	memcpy(unit, component.at, length);
	unit[length] = '\0';
}
