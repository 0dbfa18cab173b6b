/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "answer.h"
#include "command.h"
#include "options.h"
#include "output.h"
#include "piece.h"
#include "query.h"
#include "terminal.h"

static void protected_json(struct json_object *list, int64_t left_out)
{
	struct json_object *out = output_begin();

	output_add(out, "processes", json_object_get(list));
	output_int(out, "left_out", left_out);
	output_end(out);
}

static void protected_print(struct json_object *from)
{
	const char *unit = answer_string(from, "unit");
	struct piece memory, age, comm, quoted;

	printf("%7" PRId64 " %6" PRId64 " %7" PRId64 " %8s %6s  %s%s%s\n",
	       answer_int(from, "pid"), answer_int(from, "former"),
	       answer_int(from, "present"),
	       piece_kib(&memory, answer_kib(from, "memory")),
	       piece_ms(&age, answer_int(from, "age")),
	       piece_quoted(&comm, answer_string(from, "comm")),
	       *unit ? " " : "", *unit ? piece_quoted(&quoted, unit) : "");
}

static void protected_show(struct json_object *list, int64_t left_out)
{
	struct terminal terminal;

	if (answer_count(list) == 0) {
		puts("No process has been given another oom_score_adj.");
		return;
	}
	terminal_init(&terminal, STDOUT_FILENO);
	printf("%s%7s %6s %7s %8s %6s  %s%s\n", terminal.bold, "pid", "former",
	       "present", "memory", "for", "name and unit", terminal.off);
	for (size_t i = 0; i < answer_count(list); i++)
		protected_print(json_object_array_get_idx(list, i));
	if (left_out > 0)
		printf("and %" PRId64 " more\n", left_out);
	puts("former and present are the oom_score_adj: the former one comes "
	     "back when\noomguard ends, or protects it no longer.");
}

static int protected_tell(const struct query_reply *reply, bool json)
{
	struct json_object *list = answer_array(reply->parameters, "processes");
	int64_t left_out = answer_int(reply->parameters, "leftOut");
	struct piece why;

	if (reply->trouble != QUERY_FINE) {
		query_put(piece_begin(&why), reply);
		fprintf(stderr, "oomguard protected: %s\n", why.bytes);
		return EXIT_FAILED;
	}
	if (json)
		protected_json(list, left_out);
	else
		protected_show(list, left_out);
	return 0;
}

static int protected_run(int argc, char **argv)
{
	struct query_reply reply;
	const char *socket = NULL;
	bool json = false;
	const struct option_row rows[] = {
		{ "json", 0, OPTION_FLAG, &json },
		{ "socket", 0, OPTION_STRING, &socket },
	};
	int rc;

	if (options_parse(argc, argv, rows, 2, 0) < 0)
		return EXIT_USAGE;
	query_call(&reply, query_path(socket), "io.oomguard.Protected", NULL,
		   QUERY_TIMEOUT_MS);
	if (reply.trouble == QUERY_FINE &&
	    !answer_array(reply.parameters, "processes"))
		reply.trouble = QUERY_GARBAGE;
	rc = protected_tell(&reply, json);
	query_finish(&reply);
	return rc;
}

const struct command command_protected = {
	.name = "protected",
	.summary = "which processes are protected from the kernel",
	.help = "  oomguard protected\n"
		"  oomguard protected --json\n\n"
		"Lists the processes of [protect] whose oom_score_adj the "
		"guard has lowered: with\nthe former value, the present one, "
		"their memory, and for how long.\n\n"
		"usage: oomguard protected [OPTION]...\n\n"
		"      --json         as an object\n"
		"      --socket PATH  the guard to ask\n\n"
		"Exit codes: 0 fine, 1 no answer, 2 wrong usage.\n",
	.run = protected_run,
};
