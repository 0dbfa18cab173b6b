/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "place.h"
#include "settings_table.h"
#include "text.h"

/*
 * A configuration file: whatever is in it, the settings are within their
 * bounds, every mistake is told in one line, and what is in force can be
 * written into a file that says the same, without a mistake.
 */

static struct config config;
static char path[64];

static void remove_file(void)
{
	(void)unlink(path);
}

static void write_file(const void *bytes, size_t size)
{
	if (!path[0]) {
		(void)snprintf(path, sizeof(path), "%s/oomguard-fuzz-%d.conf",
			       access("/dev/shm", W_OK) == 0 ? "/dev/shm"
							     : "/tmp",
			       (int)getpid());
		(void)atexit(remove_file);
	}
	place_write(path, bytes, size);
}

static void tell(void *user, const char *message)
{
	int *told = user;

	++*told;
	assert(message[0] && !strchr(message, '\n'));
}

static int load(void)
{
	int told = 0;
	int mistakes;

	config.without_users = true;
	mistakes = config_load(&config, path, NULL, tell, &told);
	assert(mistakes == told && mistakes == config.mistakes);
	return mistakes;
}

static void check_bounds(const struct settings *settings)
{
	size_t count;
	const struct setting *table = settings_table(&count);

	assert(settings->rules_count <= SETTINGS_RULES_MAX);
	for (size_t i = 0; i < count; i++) {
		const char *at = (const char *)settings + table[i].offset;
		int64_t wide;
		int32_t narrow;

		memcpy(&narrow, at, sizeof(narrow));
		memcpy(&wide, at, sizeof(wide));
		if (table[i].type == SETTING_NUMBER ||
		    table[i].type == SETTING_PERCENT)
			assert(narrow >= table[i].least &&
			       narrow <= table[i].most);
		if (table[i].type == SETTING_DURATION)
			assert(wide >= table[i].least && wide <= table[i].most);
	}
}

/* Sections in the order of the table, an empty list before its entries. */
static void put_settings(struct text *out, const struct settings *settings)
{
	size_t count;
	const struct setting *table = settings_table(&count);

	for (size_t i = 0; i < count; i++) {
		char bytes[1024];
		struct text value;

		if (i == 0 ||
		    strcmp(table[i].section, table[i - 1].section) != 0) {
			text_put(out, "[");
			text_put(out, table[i].section);
			text_put(out, "]\n");
		}
		for (size_t nth = 0;; nth++) {
			text_init(&value, bytes, sizeof(bytes));
			if (!settings_value(settings, &table[i], nth, &value))
				break;
			text_put(out, table[i].key);
			text_put(out, " = ");
			text_put(out, bytes);
			text_put(out, "\n");
			if (table[i].type != SETTING_RULES)
				break;
		}
	}
}

/* The order of rules of different keys means nothing, and may change. */
static void round_trip(void)
{
	static char before[65536], after[65536];
	struct text out;

	text_init(&out, before, sizeof(before));
	put_settings(&out, &config.settings);
	write_file(before, out.length);
	if (load() != 0) {
		(void)fputs(before, stderr);
		abort();
	}
	text_init(&out, after, sizeof(after));
	put_settings(&out, &config.settings);
	assert(strcmp(before, after) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int mistakes;

	write_file(data, size);
	mistakes = load();
	check_bounds(&config.settings);
	if (mistakes == 0)
		round_trip();
	return 0;
}
