/* SPDX-License-Identifier: MIT */
#include "status.h"

#include "answer.h"
#include "command.h"
#include "judge.h"
#include "options.h"

static enum status_code status_of(const struct query_reply *reply)
{
	switch (reply->trouble) {
	case QUERY_FINE:
		return STATUS_RUNNING;
	case QUERY_ABSENT:
	case QUERY_CRASHED:
		return STATUS_DOWN;
	case QUERY_DENIED:
	case QUERY_DROPPED:
	case QUERY_HUNG:
	case QUERY_GARBAGE:
	case QUERY_REFUSED:
	case QUERY_FAILED:
		break;
	}
	return STATUS_UNKNOWN;
}

static void status_ask(struct status *status, const char *socket)
{
	query_call(&status->reply, socket, "io.oomguard.Status", NULL,
		   QUERY_TIMEOUT_MS);
	status->status = json_object_get(
		answer_object(status->reply.parameters, "status"));
	if (status->reply.trouble == QUERY_FINE && !status->status)
		status->reply.trouble = QUERY_GARBAGE;
	status->code = status_of(&status->reply);
	if (status->code != STATUS_RUNNING)
		service_ask("systemctl", &status->service);
}

static bool status_is_fresh(const struct status *status)
{
	return answer_has(status->status, "chosen") &&
	       answer_int(status->status, "chosenAge") <= STATUS_FRESH_MS;
}

/* What the guard does not say. */
static void status_look(struct status *status, const char *proc,
			const char *file)
{
	status->is_own = status->code != STATUS_RUNNING;
	if (status->is_own)
		status->status = judge_machine("status", proc, file);
	else if (!status_is_fresh(status))
		status->look = judge_machine("status", proc, file);
}

static int status_tell(struct status *status, bool json, bool check)
{
	if (check)
		return status_check(status);
	if (json)
		status_json(status);
	else
		status_show(status);
	return (int)status->code;
}

static int status_command(int argc, char **argv)
{
	const char *socket = NULL, *proc = NULL, *file = NULL;
	bool json = false, check = false;
	const struct option_row rows[] = {
		{ "json", 0, OPTION_FLAG, &json },
		{ "check", 0, OPTION_FLAG, &check },
		{ "proc", 0, OPTION_STRING, &proc },
		{ "config", 'c', OPTION_STRING, &file },
		{ "socket", 0, OPTION_STRING, &socket },
	};
	struct status status = { 0 };
	int rc;

	if (options_parse(argc, argv, rows, 5, 0) < 0)
		return check ? 3 : EXIT_USAGE;
	status_ask(&status, query_path(socket));
	if (!check)
		status_look(&status, proc, file);
	rc = status_tell(&status, json, check);
	json_object_put(status.look);
	json_object_put(status.status);
	query_finish(&status.reply);
	return rc;
}

const struct command command_status = {
	.name = "status",
	.summary = "is it guarding, how short is memory, who would go",
	.help = "  oomguard status\n"
		"  oomguard status --json | jq .status.decision\n"
		"  oomguard status --check    in Nagios and its like\n\n"
		"One screen: what the guard does and why; memory and swap "
		"with the levels w(arn),\nt(erm) and k(ill) on their meters; "
		"pressure; the time to exhaustion; who would be\nstruck now; "
		"strikes; what guard and teller cost. Where the guard does "
		"not answer:\nwhy, and this command's own look at the "
		"machine.\n\n"
		"usage: oomguard status [OPTION]...\n\n"
		"      --json         one JSON object; sizes in bytes, times "
		"in ms\n"
		"      --check        one line with performance data\n"
		"      --socket PATH  the guard to ask\n"
		"      --proc DIR     for the own look, instead of /proc\n"
		"  -c, --config FILE  for the own look, instead of the "
		"system's\n\n"
		"Exit codes: 0 it runs, 3 it does not, 4 that is not known; 2 "
		"wrong usage. With\n--check: 0 calm, 1 warning, 2 critical "
		"(urgent, or not running), 3 unknown.\n",
	.run = status_command,
};
