/* SPDX-License-Identifier: MIT */
#include "scenario.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* A member: a number, or a text of this size. */
struct member {
	const char *name;
	size_t offset;
	size_t size;
};

#define NUMBER(type, name)                                                     \
	{                                                                      \
#name, offsetof(struct type, name), 0                          \
	}
#define TEXT(type, name)                                                       \
	{                                                                      \
#name, offsetof(struct type, name),                            \
			sizeof(((struct type *)0)->name)                       \
	}

static const struct member machine_members[] = {
	NUMBER(scenario, noise),
	TEXT(scenario, class),
	NUMBER(scenario, length_ms),
	NUMBER(scenario, total_kib),
	NUMBER(scenario, kernel_kib),
	NUMBER(scenario, cache_kib),
	NUMBER(scenario, cpus),
	NUMBER(scenario, swap_kib),
	NUMBER(scenario, swap_rate),
	NUMBER(scenario, zram),
	NUMBER(scenario, zram_ratio),
	NUMBER(scenario, psi),
	NUMBER(scenario, kernel),
	NUMBER(scenario, pids),
	NUMBER(scenario, teller),
	NUMBER(scenario, cgroups),
	NUMBER(scenario, descriptors),
	NUMBER(scenario, garbage),
	NUMBER(scenario, vanish),
	NUMBER(scenario, failing),
	{ NULL, 0, 0 },
};

static const struct member actor_members[] = {
	TEXT(actor, comm),
	TEXT(actor, exe),
	TEXT(actor, cgroup),
	NUMBER(actor, role),
	NUMBER(actor, uid),
	NUMBER(actor, adj),
	NUMBER(actor, start_ms),
	NUMBER(actor, count),
	NUMBER(actor, spawn_ms),
	NUMBER(actor, life_ms),
	NUMBER(actor, restart_ms),
	NUMBER(actor, anon_kib),
	NUMBER(actor, rate),
	NUMBER(actor, max_kib),
	NUMBER(actor, period_ms),
	NUMBER(actor, hot),
	NUMBER(actor, file_kib),
	NUMBER(actor, shared_kib),
	NUMBER(actor, is_shmem),
	NUMBER(actor, tmpfs_rate),
	NUMBER(actor, tmpfs_max),
	NUMBER(actor, read_rate),
	NUMBER(actor, shrinks),
	NUMBER(actor, busy),
	NUMBER(actor, locked),
	NUMBER(actor, term),
	NUMBER(actor, term_ms),
	NUMBER(actor, exit_ms),
	NUMBER(actor, late_ms),
	NUMBER(actor, kthread),
	NUMBER(actor, leader),
	NUMBER(actor, vfork),
	{ NULL, 0, 0 },
};

static const struct member event_members[] = {
	NUMBER(event, at_ms), NUMBER(event, kind), NUMBER(event, value),
	TEXT(event, text),    { NULL, 0, 0 },
};

static const struct actor plain_actor = { .comm = "actor",
					  .cgroup = "/system.slice/a.service",
					  .count = 1,
					  .restart_ms = -1,
					  .exit_ms = 5 };

static const struct event plain_event = { 0 };

static const struct scenario plain_scenario = {
	.class = "none",
	.length_ms = 30000,
	.total_kib = 1 << 20,
	.kernel_kib = 100 << 10,
	.cache_kib = 100 << 10,
	.cpus = 2,
	.swap_rate = 200 << 10,
	.zram_ratio = 4000,
	.psi = 1,
	.kernel = 612,
	.pids = 4000,
	.cgroups = 1,
	.descriptors = 8192,
};

void scenario_init(struct scenario *scenario)
{
	*scenario = plain_scenario;
}

static const char *at(const void *base, const struct member *member)
{
	return (const char *)base + member->offset;
}

static int64_t number(const void *base, const struct member *member)
{
	int64_t value;

	memcpy(&value, at(base, member), sizeof(value));
	return value;
}

static void print_members(FILE *out, const struct member *member,
			  const void *base, const void *plain)
{
	for (; member->name; member++) {
		if (member->size &&
		    strcmp(at(base, member), at(plain, member)) != 0)
			fprintf(out, " %s=%s", member->name, at(base, member));
		else if (!member->size &&
			 number(base, member) != number(plain, member))
			fprintf(out, " %s=%" PRId64, member->name,
				number(base, member));
	}
	fputc('\n', out);
}

void scenario_print(const struct scenario *scenario, FILE *out)
{
	if (scenario->said[0])
		fprintf(out, "# %s\n", scenario->said);
	fputs("machine", out);
	print_members(out, machine_members, scenario, &plain_scenario);
	for (uint32_t i = 0; i < scenario->sets_count; i++)
		fprintf(out, "set %s\n", scenario->sets[i]);
	for (uint32_t i = 0; i < scenario->actors_count; i++) {
		fputs("actor", out);
		print_members(out, actor_members, &scenario->actors[i],
			      &plain_actor);
	}
	for (uint32_t i = 0; i < scenario->events_count; i++) {
		fputs("event", out);
		print_members(out, event_members, &scenario->events[i],
			      &plain_event);
	}
}

static bool take_member(const struct member *member, void *base,
			const char *name, const char *value)
{
	for (; member->name; member++) {
		char *to = (char *)base + member->offset;
		if (strcmp(member->name, name) != 0)
			continue;
		if (member->size) {
			snprintf(to, member->size, "%s", value);
			return true;
		}
		char *end;
		int64_t parsed = (int64_t)strtoull(value, &end, 10);
		memcpy(to, &parsed, sizeof(parsed));
		return end != value && *end == '\0';
	}
	return false;
}

/* Words of name=value; a text with blanks would need more, and has none. */
static bool take_members(const struct member *members, void *base, char *rest)
{
	char *word;

	while ((word = strsep(&rest, " "))) {
		char *value = strchr(word, '=');
		if (!*word)
			continue;
		if (!value)
			return false;
		*value++ = '\0';
		if (!take_member(members, base, word, value))
			return false;
	}
	return true;
}

static bool take_line(struct scenario *scenario, char *line)
{
	char *rest = line;
	const char *kind = strsep(&rest, " ");

	rest = rest ? rest : line + strlen(line);
	if (*kind == '\0' || *kind == '#')
		return true;
	if (strcmp(kind, "machine") == 0)
		return take_members(machine_members, scenario, rest);
	if (strcmp(kind, "set") == 0 && scenario->sets_count < SCENARIO_SETS) {
		snprintf(scenario->sets[scenario->sets_count++],
			 sizeof(scenario->sets[0]), "%s", rest);
		return true;
	}
	if (strcmp(kind, "actor") == 0 &&
	    scenario->actors_count < SCENARIO_ACTORS) {
		struct actor *actor =
			&scenario->actors[scenario->actors_count++];
		*actor = plain_actor;
		return take_members(actor_members, actor, rest);
	}
	if (strcmp(kind, "event") == 0 &&
	    scenario->events_count < SCENARIO_EVENTS) {
		struct event *event =
			&scenario->events[scenario->events_count++];
		*event = plain_event;
		return take_members(event_members, event, rest);
	}
	return false;
}

int scenario_parse(struct scenario *scenario, FILE *in)
{
	char line[1024];
	int count = 0;

	scenario_init(scenario);
	while (fgets(line, sizeof(line), in)) {
		count++;
		line[strcspn(line, "\n")] = '\0';
		if (!take_line(scenario, line))
			return count;
	}
	return 0;
}
