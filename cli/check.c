/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "config.h"
#include "decide.h"
#include "options.h"
#include "output.h"
#include "piece.h"
#include "procfs.h"
#include "sample.h"
#include "settings_rules.h"
#include "settings_table.h"
#include "text.h"
#include "unmatched.h"
#include "varlink.h"

#define CHECK_TEXT_SIZE 512

/* What is checked, and against which machine. */
struct check {
	struct config config;
	struct procfs procfs;
	struct sample sample;
	struct unmatched unmatched;
	int warnings;
	struct json_object *mistaken; /* for --json; NULL: words */
	struct json_object *warned;
	struct json_object *levels;
};

static void check_append(struct json_object *array, const char *string)
{
	json_object_array_add(array, varlink_string(string, strlen(string)));
}

static void check_tell(void *user, const char *message)
{
	const struct check *check = user;

	if (check->mistaken)
		check_append(check->mistaken, message);
	else
		fprintf(stderr, "%s\n", message);
}

/* In the form of a mistake, so that editors find the line. */
static void check_warn(struct check *check, const struct config_origin *origin,
		       const char *warning)
{
	struct piece line;

	if (origin->file)
		piece_format(&line, "%s:%d: warning: %s",
			     check->config.files[origin->file - 1],
			     origin->line, warning);
	else
		piece_format(&line, "warning: %s", warning);
	if (check->warned)
		check_append(check->warned, line.bytes);
	else
		fprintf(stderr, "%s\n", line.bytes);
	check->warnings++;
}

static void check_print_files(const struct config *config)
{
	if (!config->files_count)
		puts("No configuration file: all settings are defaults.");
	for (int i = 0; i < config->files_count; i++)
		printf("%s: no mistakes\n", config->files[i]);
}

/* Which of two parts counts here. */
static const char *check_part(const struct amount *amount, int64_t base_kib)
{
	struct amount share = *amount;

	if (amount->permyriad == SETTINGS_UNSET)
		return "a size";
	if (amount->kib == SETTINGS_UNSET)
		return "a percentage";
	share.kib = SETTINGS_UNSET;
	return settings_amount_kib(&share, base_kib) < amount->kib
		       ? "the percentage counts here"
		       : "the size counts here";
}

static void check_print_level(const struct check *check, const char *name,
			      const struct amount *amount, int64_t level_kib)
{
	const struct setting *setting = settings_find("memory", name);
	int64_t base_kib = sample_base_kib(&check->sample);
	char level[64];
	char value[64];
	struct text text;

	text_init(&text, level, sizeof(level));
	text_put_kib(&text, level_kib);
	text_init(&text, value, sizeof(value));
	(void)settings_value(&check->config.settings, setting, 0, &text);
	printf("  %-5s below %-9s available  (%s: %s)\n", name, level, value,
	       check_part(amount, base_kib));
}

static void check_print_swap(const struct check *check,
			     const struct levels *levels)
{
	char bytes[CHECK_TEXT_SIZE];
	struct text text;

	text_init(&text, bytes, sizeof(bytes));
	if (!check->sample.memory.swap_total_kib) {
		puts("  There is no swap: memory alone counts.");
		return;
	}
	text_put(&text, "  With swap: term below ");
	text_put_kib(&text, levels->swap_term_kib);
	text_put(&text, " free, kill below ");
	text_put_kib(&text, levels->swap_kill_kib);
	text_put(&text, " free, and the memory level, too.");
	puts(bytes);
}

static void check_print_levels(const struct check *check)
{
	const struct settings *settings = &check->config.settings;
	struct levels levels = decide_levels(settings, &check->sample, 0);
	char bytes[CHECK_TEXT_SIZE];
	struct text text;

	text_init(&text, bytes, sizeof(bytes));
	text_put(&text, "On this machine, of ");
	text_put_kib(&text, levels.base_kib);
	text_put(&text, " of memory (");
	text_put_kib(&text, sample_available_kib(&check->sample));
	text_put(&text, " available now):");
	puts(bytes);
	check_print_level(check, "warn", &settings->memory_warn,
			  levels.warn_kib);
	check_print_level(check, "term", &settings->memory_term,
			  levels.term_kib);
	check_print_level(check, "kill", &settings->memory_kill,
			  levels.kill_kib);
	check_print_swap(check, &levels);
	if (!check->sample.has_pressure)
		puts("  Pressure is not measured by this kernel.");
	if (settings->mode == MODE_OBSERVE)
		puts("  Mode observe: nobody is ended.");
}

static void check_keep_levels(struct check *check)
{
	struct levels levels =
		decide_levels(&check->config.settings, &check->sample, 0);

	check->levels = json_object_new_object();
	output_kib(check->levels, "base_bytes", levels.base_kib);
	output_kib(check->levels, "warn_bytes", levels.warn_kib);
	output_kib(check->levels, "term_bytes", levels.term_kib);
	output_kib(check->levels, "kill_bytes", levels.kill_kib);
}

static const struct config_origin *
check_origin(const struct check *check, const char *section, const char *key)
{
	size_t count;

	return &check->config.origins[settings_find(section, key) -
				      settings_table(&count)];
}

/* What is in order in the file may still be out of order on this machine. */
static void check_order(struct check *check, const char *lesser,
			const struct amount *level, const char *greater,
			const struct amount *limit)
{
	int64_t base_kib = sample_base_kib(&check->sample);
	char bytes[CHECK_TEXT_SIZE];
	struct text text;

	if (settings_amount_kib(level, base_kib) <=
	    settings_amount_kib(limit, base_kib))
		return;
	text_init(&text, bytes, sizeof(bytes));
	text_put(&text, "memory.");
	text_put(&text, lesser);
	text_put(&text, " is above memory.");
	text_put(&text, greater);
	text_put(&text, " on this machine: it is lowered to it");
	check_warn(check, check_origin(check, "memory", lesser), bytes);
}

static void check_orders(struct check *check)
{
	const struct settings *settings = &check->config.settings;

	check_order(check, "term", &settings->memory_term, "warn",
		    &settings->memory_warn);
	check_order(check, "kill", &settings->memory_kill, "term",
		    &settings->memory_term);
}

static void check_rules(struct check *check)
{
	const struct settings *settings = &check->config.settings;
	const struct unmatched *unmatched = &check->unmatched;
	uint32_t untold = 0;

	for (uint32_t i = 0; i < settings->rules_count; i++) {
		const struct rule *rule = &settings->rules[i];
		char bytes[CHECK_TEXT_SIZE];
		struct text text;

		if (rule->is_built_in || unmatched->matches[i])
			continue;
		if (rule->selector.kind == SELECTOR_EXE && unmatched->hidden) {
			untold++;
			continue;
		}
		text_init(&text, bytes, sizeof(bytes));
		text_put(&text, "matches no process now: ");
		rules_put(&text, rule);
		check_warn(check, &check->config.rule_origins[i], bytes);
	}
	if (untold && !check->mistaken)
		printf("The executables of %u processes are hidden from you: "
		       "%u selectors with exe: were not tried.\n",
		       unmatched->hidden, untold);
}

/* When they grow, too, nobody is left to be ended. */
static void check_protected(struct check *check)
{
	const struct unmatched *unmatched = &check->unmatched;
	int64_t kib = unmatched->protected_kib + unmatched->shared_kib;
	const struct config_origin nowhere = { 0 };
	char bytes[CHECK_TEXT_SIZE];
	struct text text;

	if (kib <= sample_base_kib(&check->sample) / 2)
		return;
	text_init(&text, bytes, sizeof(bytes));
	text_put(&text, "the protected hold ");
	text_put_kib(&text, kib);
	text_put(&text, " now, more than half of memory");
	check_warn(check, &nowhere, bytes);
}

static void check_endable(struct check *check)
{
	const struct config_origin nowhere = { 0 };

	if (check->unmatched.holders > 0 && check->unmatched.endable == 0)
		check_warn(check, &nowhere,
			   "[protect] and the never list cover every process "
			   "of now: nobody could be ended");
}

/* Then it waits until swapping does not help any more, full or not. */
static void check_swap(struct check *check, const char *key, int32_t permyriad)
{
	struct piece line;

	if (permyriad > 0 || !check->sample.memory.swap_total_kib)
		return;
	piece_format(&line,
		     "swap.%s is 0%%: on this machine memory below the %s "
		     "level counts only when swapping helps no more",
		     key, key);
	check_warn(check, check_origin(check, "swap", key), line.bytes);
}

/* Returns 0, or -errno when the machine cannot be looked at. */
static int check_machine(struct check *check, const char *proc)
{
	int sys = open("/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r = procfs_open(&check->procfs, proc);

	if (r < 0)
		goto out;
	if (procfs_read_sample(&check->procfs, &check->sample) &
	    PROCFS_MEMINFO) {
		r = -EBADMSG;
		goto out_procfs;
	}
	procfs_read_swaps(&check->procfs, sys, &check->sample);
	if (check->mistaken)
		check_keep_levels(check);
	else
		check_print_levels(check);
	check_orders(check);
	check_swap(check, "term", check->config.settings.swap_term_permyriad);
	check_swap(check, "kill", check->config.settings.swap_kill_permyriad);
	r = unmatched_find(&check->unmatched, &check->config.settings,
			   &check->procfs);
	if (!r) {
		check_rules(check);
		check_protected(check);
		check_endable(check);
	}
out_procfs:
	procfs_close(&check->procfs);
out:
	if (sys >= 0)
		(void)close(sys);
	return r;
}

static int check_file(struct check *check, const char *file, const char *proc)
{
	int r;

	if (config_load(&check->config, file ? file : CONFIG_FILE,
			file ? NULL : CONFIG_DIRECTORY, check_tell, check))
		return EXIT_CONFIG;
	if (!check->mistaken)
		check_print_files(&check->config);
	r = check_machine(check, proc);
	if (r == 0)
		return 0;
	fprintf(stderr, "oomguard check: %s: %s\n", proc, strerror(-r));
	return EXIT_FAILED;
}

static void check_print_json(const struct check *check)
{
	struct json_object *out = output_begin();
	struct json_object *files = json_object_new_array();

	for (int i = 0; i < check->config.files_count; i++)
		check_append(files, check->config.files[i]);
	output_add(out, "files", files);
	output_add(out, "mistakes", check->mistaken);
	output_add(out, "warnings", check->warned);
	output_add(out, "levels", check->levels);
	output_end(out);
}

static int check_run(int argc, char **argv)
{
	static struct check check;
	const char *proc = "/proc";
	bool strict = false, json = false;
	const struct option_row rows[] = {
		{ "json", 0, OPTION_FLAG, &json },
		{ "strict", 0, OPTION_FLAG, &strict },
		{ "proc", 0, OPTION_STRING, &proc },
	};
	int operands = options_parse(argc, argv, rows, 3, 1);
	int rc;

	if (operands < 0)
		return EXIT_USAGE;
	if (json) {
		check.mistaken = json_object_new_array();
		check.warned = json_object_new_array();
	}
	rc = check_file(&check, operands ? argv[1] : NULL, proc);
	if (json)
		check_print_json(&check);
	return rc == 0 && strict && check.warnings ? EXIT_CONFIG : rc;
}

const struct command command_check = {
	.name = "check",
	.summary = "tell mistakes, and what the settings mean here",
	.help = "usage: oomguard check [OPTION]... [FILE]\n\n"
		"Reads " CONFIG_FILE " and the *.conf in\n" CONFIG_DIRECTORY
		", or FILE alone. Tells all mistakes as\n"
		"FILE:LINE: what is wrong: what was expected, with exit code "
		"78.\n"
		"Without mistakes it prints what the settings mean on this "
		"machine,\n"
		"and warns about rules that match no process now.\n\n"
		"  --json      one JSON object\n"
		"  --strict    warnings, too, give exit code 78\n"
		"  --proc DIR  look at DIR instead of /proc\n",
	.run = check_run,
};
