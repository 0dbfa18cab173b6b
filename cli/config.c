/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "example.h"
#include "options.h"
#include "output.h"
#include "settings_table.h"
#include "text.h"
#include "varlink.h"

#define CONFIG_LINE_SIZE 512

static void config_tell_stderr(void *user, const char *message)
{
	(void)user;
	fprintf(stderr, "%s\n", message);
}

static void config_print_origin(const struct config *config,
				const struct config_origin *origin)
{
	if (origin->file)
		printf("  # %s:%d", config->files[origin->file - 1],
		       origin->line);
	else
		fputs("  # default", stdout);
}

/* Where the nth rule with this effect that is not built in comes from. */
static const struct config_origin *
config_rule_origin(const struct config *config, enum rule_effect effect,
		   size_t nth)
{
	for (uint32_t i = 0; i < config->settings.rules_count; i++) {
		const struct rule *rule = &config->settings.rules[i];

		if (rule->effect == effect && !rule->is_built_in && !nth--)
			return &config->rule_origins[i];
	}
	return &config->origins[0];
}

static void config_print_row(const struct config *config, size_t row,
			     bool with_origin)
{
	size_t count;
	const struct setting *setting = &settings_table(&count)[row];
	const struct config_origin *origin = &config->origins[row];
	char bytes[CONFIG_LINE_SIZE];
	struct text value;

	for (size_t nth = 0;; nth++) {
		text_init(&value, bytes, sizeof(bytes));
		if (!settings_value(&config->settings, setting, nth, &value))
			return;
		printf("%s = %s", setting->key, bytes);
		if (setting->type == SETTING_RULES)
			origin = config_rule_origin(config, setting->effect,
						    nth);
		if (with_origin)
			config_print_origin(config, origin);
		putchar('\n');
	}
}

static void config_print(const struct config *config, bool with_origin)
{
	size_t count;
	const struct setting *table = settings_table(&count);

	for (size_t i = 0; i < count; i++) {
		if (!i || strcmp(table[i].section, table[i - 1].section) != 0)
			printf("%s[%s]\n", i ? "\n" : "", table[i].section);
		config_print_row(config, i, with_origin);
	}
}

/* A setting that may be there several times is a list. */
static void config_put_row(struct json_object *section,
			   const struct config *config,
			   const struct setting *setting)
{
	char bytes[CONFIG_LINE_SIZE];
	struct text value;
	struct json_object *list = NULL;

	if (setting->type == SETTING_RULES)
		output_add(section, setting->key,
			   list = json_object_new_array());
	for (size_t nth = 0;; nth++) {
		text_init(&value, bytes, sizeof(bytes));
		if (!settings_value(&config->settings, setting, nth, &value))
			return;
		if (!list) {
			output_string(section, setting->key, bytes);
			continue;
		}
		json_object_array_add(list,
				      varlink_string(bytes, sizeof(bytes)));
	}
}

static void config_print_json(const struct config *config)
{
	struct json_object *out = output_begin();
	struct json_object *sections = json_object_new_object(), *section;
	size_t count;
	const struct setting *table = settings_table(&count);

	for (size_t i = 0; i < count; i++) {
		if (!json_object_object_get_ex(sections, table[i].section,
					       &section))
			output_add(sections, table[i].section,
				   section = json_object_new_object());
		config_put_row(section, config, &table[i]);
	}
	output_add(out, "settings", sections);
	output_end(out);
}

static int config_run(int argc, char **argv)
{
	static struct config config;
	bool example = false;
	bool manual = false;
	bool origin = false;
	bool json = false;
	const struct option_row rows[] = {
		{ "example", 0, OPTION_FLAG, &example },
		{ "manual", 0, OPTION_FLAG, &manual },
		{ "origin", 0, OPTION_FLAG, &origin },
		{ "json", 0, OPTION_FLAG, &json },
	};
	int operands = options_parse(argc, argv, rows, 4, 1);
	int mistakes;

	if (operands < 0)
		return EXIT_USAGE;
	if (example || manual) {
		(example ? example_print : example_print_manual)(stdout);
		return 0;
	}
	if (operands)
		mistakes = config_load(&config, argv[1], NULL,
				       config_tell_stderr, NULL);
	else
		mistakes = config_load(&config, CONFIG_FILE, CONFIG_DIRECTORY,
				       config_tell_stderr, NULL);
	if (json)
		config_print_json(&config);
	else
		config_print(&config, origin);
	return mistakes ? EXIT_CONFIG : 0;
}

const struct command command_config = {
	.name = "config",
	.summary = "print the settings that count, or an example",
	.help = "usage: oomguard config [OPTION]... [FILE]\n\n"
		"Prints the settings that count: those of " CONFIG_FILE ",\n"
		"of the *.conf in " CONFIG_DIRECTORY ", or of FILE alone,\n"
		"and the defaults for all others. Mistakes go to standard\n"
		"error, and then the exit code is 78.\n\n"
		"  --json     one JSON object, without the rules built in\n"
		"  --origin   say where each value comes from\n"
		"  --example  print a file with all keys, defaults and help\n",
	.run = config_run,
};
