/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "command.h"
#include "moment.h"
#include "options.h"
#include "output.h"
#include "piece.h"
#include "query.h"

#define CONTROL_MOST_MS (24LL * 3600 * 1000)

/* What is asked of the running guard, and what it means once it is done. */
struct control {
	const char *name;
	const char *method;
	int timeout_ms;
	const char *done; /* a sentence; a timed one goes on with how long */
	const char *over; /* of a timed one that "off" ends, or NULL */
};

struct control_options {
	const char *socket;
	bool json;
};

static void control_tell_mistakes(const struct query_reply *reply)
{
	struct json_object *mistakes =
		answer_array(reply->parameters, "mistakes");

	for (size_t i = 0; i < answer_count(mistakes); i++)
		fprintf(stderr, "%s\n", answer_element(mistakes, i));
}

static int control_code(const struct query_reply *reply)
{
	if (reply->trouble == QUERY_FINE)
		return 0;
	return reply->trouble == QUERY_REFUSED &&
			       strcmp(reply->name, "ConfigurationInvalid") == 0
		       ? EXIT_CONFIG
		       : EXIT_FAILED;
}

static void control_tell_trouble(const struct control *control,
				 const struct query_reply *reply)
{
	struct piece words;

	if (control_code(reply) == EXIT_CONFIG)
		control_tell_mistakes(reply);
	query_put(piece_begin(&words), reply);
	fprintf(stderr, "oomguard %s: %s\n", control->name, words.bytes);
}

static void control_print_json(const struct query_reply *reply)
{
	struct json_object *out = output_begin();
	struct json_object *mistakes =
		answer_array(reply->parameters, "mistakes");
	struct piece words;

	output_bool(out, "done", reply->trouble == QUERY_FINE);
	if (reply->trouble != QUERY_FINE)
		query_put(piece_begin(&words), reply);
	output_known(out, "error",
		     reply->trouble == QUERY_FINE ? "" : words.bytes);
	output_add(out, "mistakes",
		   mistakes ? json_object_get(mistakes)
			    : json_object_new_array());
	output_end(out);
}

static int control_call(const struct control *control,
			const struct control_options *options,
			struct json_object *parameters)
{
	struct query_reply reply;
	int rc;

	query_call(&reply, query_path(options->socket), control->method,
		   parameters, control->timeout_ms);
	rc = control_code(&reply);
	if (options->json)
		control_print_json(&reply);
	else if (rc)
		control_tell_trouble(control, &reply);
	query_finish(&reply);
	return rc;
}

static int control_parse(int argc, char **argv, int operands_max,
			 struct control_options *options)
{
	const struct option_row rows[] = {
		{ "json", 0, OPTION_FLAG, &options->json },
		{ "socket", 0, OPTION_STRING, &options->socket },
	};

	*options = (struct control_options){ .socket = NULL };
	return options_parse(argc, argv, rows, 2, operands_max);
}

static int control_plain(const struct control *control, int argc, char **argv)
{
	struct control_options options;
	int rc;

	if (control_parse(argc, argv, 0, &options) < 0)
		return EXIT_USAGE;
	rc = control_call(control, &options, NULL);
	if (rc == 0 && !options.json)
		puts(control->done);
	return rc;
}

static bool control_duration(const struct control *control, const char *word,
			     int64_t *ms)
{
	*ms = 0;
	if (control->over && strcmp(word, "off") == 0)
		return true;
	return moment_parse_ms(word, ms) == 0 && *ms <= CONTROL_MOST_MS;
}

/* One with a duration, which ends by itself. */
static int control_timed(const struct control *control, int argc, char **argv)
{
	struct control_options options;
	int operands = control_parse(argc, argv, 1, &options);
	struct json_object *parameters;
	struct piece duration;
	int64_t ms;
	int rc;

	if (operands < 0)
		return EXIT_USAGE;
	if (operands != 1 || !control_duration(control, argv[1], &ms)) {
		fprintf(stderr,
			"oomguard %s: expected how long, at most 24h, like "
			"10min%s: see oomguard %s --help\n",
			control->name, control->over ? ", or off" : "",
			control->name);
		return EXIT_USAGE;
	}
	parameters = json_object_new_object();
	json_object_object_add(parameters, "milliseconds",
			       json_object_new_int64(ms));
	rc = control_call(control, &options, parameters);
	if (rc == 0 && !options.json && ms == 0)
		puts(control->over);
	else if (rc == 0 && !options.json)
		printf("%s for %s.\n", control->done, piece_ms(&duration, ms));
	return rc;
}

static int control_reload(int argc, char **argv)
{
	static const struct control control = {
		"reload", "io.oomguard.Reload", QUERY_RELOAD_MS,
		"The guard goes by the new configuration.", NULL
	};

	return control_plain(&control, argc, argv);
}

static int control_pause(int argc, char **argv)
{
	static const struct control control = { "pause", "io.oomguard.Pause",
						QUERY_TIMEOUT_MS,
						"Nobody is struck", NULL };

	return control_timed(&control, argc, argv);
}

static int control_resume(int argc, char **argv)
{
	static const struct control control = {
		"resume", "io.oomguard.Resume", QUERY_TIMEOUT_MS,
		"The guard strikes again when memory runs short.", NULL
	};

	return control_plain(&control, argc, argv);
}

static int control_mute(int argc, char **argv)
{
	static const struct control control = {
		"mute", "io.oomguard.Mute", QUERY_TIMEOUT_MS,
		"Warnings are muted (strikes are told all the same)",
		"Warnings are told again."
	};

	return control_timed(&control, argc, argv);
}

#define CONTROL_HELP                                                           \
	"      --json         one JSON object\n"                               \
	"      --socket PATH  the guard to ask\n\n"                            \
	"Only root, and the user that the service runs as, may do this. "      \
	"Exit codes: 0 it is\ndone, 1 it is not, 2 wrong usage"

const struct command command_reload = {
	.name = "reload",
	.summary = "let the guard read its configuration again",
	.help = "  oomguard check && sudo oomguard reload\n\n"
		"Waits for the verdict: with mistakes, all of them are told "
		"and nothing changes.\n\n"
		"usage: oomguard reload [OPTION]...\n\n" CONTROL_HELP
		", 78 mistakes in the configuration.\n",
	.run = control_reload,
};

const struct command command_pause = {
	.name = "pause",
	.summary = "strike nobody for a while, like 10min",
	.help = "  sudo oomguard pause 10min\n"
		"  sudo oomguard pause 1h30min\n\n"
		"For work that must not be disturbed. The guard goes on "
		"looking and telling; it\nends by itself after DURATION (at "
		"most 24h), or with oomguard resume.\n\n"
		"usage: oomguard pause [OPTION]... DURATION\n\n" CONTROL_HELP
		".\n",
	.run = control_pause,
};

const struct command command_resume = {
	.name = "resume",
	.summary = "end a pause",
	.help = "  sudo oomguard resume\n\n"
		"usage: oomguard resume [OPTION]...\n\n" CONTROL_HELP ".\n",
	.run = control_resume,
};

const struct command command_mute = {
	.name = "mute",
	.summary = "tell no warnings for a while, like 1h",
	.help = "  sudo oomguard mute 1h\n"
		"  sudo oomguard mute off\n\n"
		"Nothing else changes: strikes are done, and told.\n\n"
		"usage: oomguard mute [OPTION]... DURATION|off\n\n" CONTROL_HELP
		".\n",
	.run = control_mute,
};
