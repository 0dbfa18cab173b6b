/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "command.h"
#include "moment.h"
#include "options.h"
#include "output.h"
#include "past.h"
#include "piece.h"
#include "query.h"

struct history_question {
	bool json;
	int most;
	int64_t number; /* 0: all of them */
	int64_t since_us;
	const char *since;
	const char *state;
	const char *socket;
};

static int history_ask(struct past *past,
		       const struct history_question *question,
		       struct query_reply *reply)
{
	struct json_object *parameters = json_object_new_object();
	struct json_object *records;

	if (question->since)
		output_int(parameters, "since", question->since_us);
	query_call(reply, query_path(question->socket), "io.oomguard.Records",
		   parameters, QUERY_TIMEOUT_MS);
	records = answer_array(reply->parameters, "records");
	if (reply->trouble == QUERY_FINE && !records)
		reply->trouble = QUERY_GARBAGE;
	if (reply->trouble != QUERY_FINE)
		return -ENOTCONN;
	*past = (struct past){
		.records = json_object_get(records),
		.dropped = answer_int(reply->parameters, "dropped"),
	};
	return 0;
}

/* Without a guard: what it left on disk. */
static int history_read_state(struct past *past,
			      const struct history_question *question,
			      const struct query_reply *reply)
{
	struct piece why;
	int rc = past_read(past, question->state, question->since_us);

	query_put(piece_begin(&why), reply);
	if (rc == 0 || rc == -ENOENT)
		fprintf(stderr, "oomguard history: %s\n", why.bytes);
	if (rc == 0)
		return 0;
	fprintf(stderr, "oomguard history: %s: %s%s\n", question->state,
		rc == -ENOENT ? "there is no history here" : strerror(-rc),
		rc == -EACCES ? ": the state is root's, try it with sudo" : "");
	return rc;
}

/* The newest with this number: each start of the guard begins with 1. */
static struct json_object *history_find(const struct past *past, int64_t number)
{
	for (size_t i = answer_count(past->records); i-- > 0;) {
		struct json_object *record =
			json_object_array_get_idx(past->records, i);

		if (answer_int(record, "number") == number)
			return record;
	}
	return NULL;
}

/* The last ones that were asked for, of all that there are. */
static struct json_object *history_last(const struct past *past, int most)
{
	struct json_object *out = json_object_new_array();
	size_t count = answer_count(past->records);
	size_t i = most && count > (size_t)most ? count - (size_t)most : 0;

	for (; i < count; i++)
		json_object_array_add(out,
				      json_object_get(json_object_array_get_idx(
					      past->records, i)));
	return out;
}

static void history_json(const struct past *past,
			 const struct history_question *question,
			 struct json_object *only)
{
	struct json_object *out = output_begin();
	struct json_object *list = only ? json_object_new_array()
					: history_last(past, question->most);

	if (only)
		json_object_array_add(list, json_object_get(only));
	output_string(out, "source", past->is_file ? "file" : "guard");
	output_int(out, "dropped", past->dropped);
	output_add(out, "records", list);
	output_end(out);
}

static int history_tell(const struct past *past,
			const struct history_question *question)
{
	struct json_object *only = NULL;

	if (question->number) {
		only = history_find(past, question->number);
		if (!only) {
			fprintf(stderr,
				"oomguard history: no record has the number "
				"%d: see oomguard history\n",
				(int)question->number);
			return EXIT_FAILED;
		}
	}
	if (question->json)
		history_json(past, question, only);
	else if (only)
		past_show_one(past, only);
	else
		past_show(past, question->most ? question->most : 20);
	return 0;
}

static int history_answer(const struct history_question *question)
{
	struct query_reply reply;
	struct past past = { 0 };
	int rc = history_ask(&past, question, &reply);

	if (rc < 0)
		rc = history_read_state(&past, question, &reply);
	rc = rc < 0 ? EXIT_FAILED : history_tell(&past, question);
	json_object_put(past.records);
	query_finish(&reply);
	return rc;
}

static int history_parse(struct history_question *question, const char *number)
{
	char *end;

	if (question->since &&
	    moment_parse_since(question->since, moment_now_us(),
			       &question->since_us) < 0) {
		fprintf(stderr,
			"oomguard history: --since %s: expected a duration "
			"like 1h, a date like 2026-11-22 or\n\"2026-11-22 "
			"03:00\", today or yesterday\n",
			question->since);
		return -EINVAL;
	}
	if (!number)
		return 0;
	errno = 0;
	question->number = strtoll(number, &end, 10);
	if (errno || end == number || *end || question->number < 1) {
		fprintf(stderr,
			"oomguard history: %s: expected the number of a "
			"record\n",
			number);
		return -EINVAL;
	}
	return 0;
}

static int history_command(int argc, char **argv)
{
	struct history_question question = { .state = PAST_STATE };
	const struct option_row rows[] = {
		{ "json", 0, OPTION_FLAG, &question.json },
		{ "since", 0, OPTION_STRING, &question.since },
		{ "number", 'n', OPTION_NUMBER, &question.most },
		{ "state", 0, OPTION_STRING, &question.state },
		{ "socket", 0, OPTION_STRING, &question.socket },
	};
	int operands = options_parse(argc, argv, rows, 5, 1);

	if (operands < 0 ||
	    history_parse(&question, operands ? argv[1] : NULL) < 0)
		return EXIT_USAGE;
	return history_answer(&question);
}

const struct command command_history = {
	.name = "history",
	.summary = "what was struck, when and why",
	.help = "  oomguard history --since yesterday\n"
		"  oomguard history 17\n"
		"  oomguard history --json | jq '.records[] | select(.kind == "
		"\"strike\")'\n\n"
		"The records of the guard, the oldest first; with NUMBER one "
		"of them with all that\nis known: what was compared, the "
		"victim and the second choice, how long it took,\nhow its "
		"unit comes back, who was biggest and who grew. Where the "
		"guard does not\nrun: what it left in its state "
		"directory.\n\n"
		"usage: oomguard history [OPTION]... [NUMBER]\n\n"
		"      --since TIME   1h, 03:00, 2026-11-22, \"2026-11-22 "
		"03:00\", "
		"today, yesterday\n"
		"  -n, --number N     only the last N (20; with --json all)\n"
		"      --json         one JSON object; sizes in bytes, times "
		"in ms\n"
		"      --socket PATH  the guard to ask\n"
		"      --state DIR    instead of " PAST_STATE "\n\n"
		"Exit codes: 0; 1 when there is no history, or no such "
		"record; 2 wrong usage.\n",
	.run = history_command,
};
