/* SPDX-License-Identifier: MIT */
#include "explain.h"

#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "command.h"
#include "options.h"
#include "query.h"
#include "settings_rules.h"
#include "text.h"

const char *explain_user(uint32_t uid, char bytes[EXPLAIN_USER_SIZE])
{
	const struct passwd *user = getpwuid(uid);

	if (user)
		snprintf(bytes, EXPLAIN_USER_SIZE, "%s", user->pw_name);
	else
		snprintf(bytes, EXPLAIN_USER_SIZE, "%u", uid);
	return bytes;
}

/* What the guard said about a process, fit for any terminal, or "". */
static bool explain_told(const struct explain *explain,
			 const struct candidate *candidate, const char *name,
			 char *bytes, size_t size)
{
	const char *string = answer_string(
		explain->told[candidate - explain->everybody], name);

	snprintf(bytes, size, "%s", string);
	for (char *at = bytes; *at; at++) {
		if (*at < 0x20 || *at == 0x7f)
			*at = '?';
	}
	return bytes[0] != '\0';
}

const char *explain_owner(const struct explain *explain,
			  const struct candidate *candidate,
			  char bytes[EXPLAIN_USER_SIZE])
{
	if (explain->is_asked &&
	    explain_told(explain, candidate, "user", bytes, EXPLAIN_USER_SIZE))
		return bytes;
	return explain_user(candidate->uid, bytes);
}

const char *explain_why(const struct explain *explain,
			const struct candidate *candidate,
			char bytes[EXPLAIN_WHY_SIZE])
{
	const struct config *config = &explain->config;
	int32_t rule = candidate->exemption == EXEMPT_PROTECTED
			       ? candidate->ruling.protect
		       : candidate->exemption == EXEMPT_NEVER
			       ? candidate->ruling.never
			       : -1;
	const struct config_origin *origin;
	struct text text;

	text_init(&text, bytes, EXPLAIN_WHY_SIZE);
	if (explain->is_asked && explain_told(explain, candidate, "exemption",
					      bytes, EXPLAIN_WHY_SIZE))
		return bytes;
	text_put(&text, exemption_name(candidate->exemption));
	if (rule < 0)
		return bytes;
	text_put(&text, ": ");
	rules_put(&text, &config->settings.rules[rule]);
	origin = &config->rule_origins[rule];
	if (config->settings.rules[rule].is_built_in) {
		text_put(&text, " (built in)");
	} else if (origin->file > 0) {
		text_put(&text, " (");
		text_put(&text, config->files[origin->file - 1]);
		text_put(&text, ":");
		text_put_int(&text, origin->line);
		text_put(&text, ")");
	}
	return bytes;
}

static void explain_tell(void *user, const char *message)
{
	(void)user;
	fprintf(stderr, "oomguard explain: %s\n", message);
}

static const struct candidate *explain_find(const struct explain *explain)
{
	for (uint32_t i = 0; i < explain->count; i++) {
		if (explain->everybody[i].pid == explain->question.pid)
			return &explain->everybody[i];
	}
	return NULL;
}

/* The guard's own judgement, if it runs and has the process in its list. */
static bool explain_from_guard(struct explain *explain)
{
	const struct explain_question question = explain->question;
	bool is_running;

	if (question.proc || question.file)
		return false;
	if (explain_ask(explain, query_path(question.socket)) == 0 &&
	    (!question.pid || explain_find(explain)))
		return true;
	is_running = explain->is_running;
	explain_finish(explain);
	memset(explain, 0, sizeof(*explain));
	explain->question = question;
	explain->is_running = is_running;
	return false;
}

static int explain_by_itself(struct explain *explain)
{
	const char *file = explain->question.file;

	if (!explain->question.proc)
		explain->question.proc = "/proc";
	(void)config_load(&explain->config, file ? file : CONFIG_FILE,
			  file ? NULL : CONFIG_DIRECTORY, explain_tell, NULL);
	return explain_look(explain);
}

static int explain_answer(struct explain *explain)
{
	const struct candidate *only = NULL;

	if (!explain_from_guard(explain) && explain_by_itself(explain) < 0)
		return EXIT_FAILED;
	if (explain->question.pid) {
		only = explain_find(explain);
		if (!only) {
			fprintf(stderr,
				"oomguard explain: %d: no process that holds "
				"memory has this pid\n",
				(int)explain->question.pid);
			return EXIT_FAILED;
		}
	}
	if (explain->question.json)
		explain_json(explain, only);
	else if (only)
		explain_show_one(explain, only);
	else
		explain_show(explain);
	return 0;
}

static int explain_parse_pid(const char *string, int32_t *pid)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(string, &end, 10);
	if (errno || end == string || *end || number < 1 ||
	    number > INT32_MAX) {
		fprintf(stderr, "oomguard explain: %s: expected a pid\n",
			string);
		return -EINVAL;
	}
	*pid = (int32_t)number;
	return 0;
}

static int explain_command(int argc, char **argv)
{
	struct explain_question question = { .command = "explain", .most = 10 };
	const struct option_row rows[] = {
		{ "json", 0, OPTION_FLAG, &question.json },
		{ "number", 'n', OPTION_NUMBER, &question.most },
		{ "proc", 0, OPTION_STRING, &question.proc },
		{ "config", 'c', OPTION_STRING, &question.file },
		{ "socket", 0, OPTION_STRING, &question.socket },
	};
	int operands = options_parse(argc, argv, rows, 5, 1);
	struct explain *explain;
	int rc;

	if (operands < 0 ||
	    (operands == 1 && explain_parse_pid(argv[1], &question.pid) < 0))
		return EXIT_USAGE;
	explain = calloc(1, sizeof(*explain));
	if (!explain) {
		perror("oomguard explain");
		return EXIT_FAILED;
	}
	explain->question = question;
	rc = explain_answer(explain);
	explain_finish(explain);
	free(explain);
	return rc;
}

const struct command command_explain = {
	.name = "explain",
	.summary = "whom the guard would end now, and why",
	.help = "  oomguard explain\n"
		"  oomguard explain 4242\n"
		"  oomguard explain --json | jq .chosen\n\n"
		"The levels, what would be done, the candidates in order of "
		"badness, and who\nis exempt and why: as the running guard "
		"last judged it. In calm,\nwhere no guard runs, or with "
		"--proc or --config, this command judges the machine\n"
		"itself, by the same rules; one look tells nothing about "
		"growth, pressure and\nspeed, which the guard also judges "
		"by.\n\n"
		"usage: oomguard explain [OPTION]... [PID]\n\n"
		"  -n, --number N     candidates to list (10)\n"
		"  -c, --config FILE  judge here, by this configuration\n"
		"      --proc DIR     judge here, from a directory like "
		"/proc\n"
		"      --socket PATH  the guard to ask\n"
		"      --json         one JSON object; sizes in bytes\n\n"
		"Exit codes: 0; 1 when the process or /proc cannot be read; 2 "
		"wrong usage.\n",
	.run = explain_command,
};
