/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "status.h"

/* Exit codes of monitoring plugins. */
enum { CHECK_OK, CHECK_WARNING, CHECK_CRITICAL, CHECK_UNKNOWN };

static int check_code(const struct status *status)
{
	struct json_object *from = status->status;
	const char *urgency =
		answer_string(answer_object(from, "decision"), "urgency");

	if (status->code == STATUS_DOWN)
		return CHECK_CRITICAL;
	if (status->code == STATUS_UNKNOWN)
		return CHECK_UNKNOWN;
	if (strcmp(urgency, "term") == 0 || strcmp(urgency, "kill") == 0)
		return CHECK_CRITICAL;
	if (strcmp(urgency, "none") != 0 ||
	    strcmp(answer_string(from, "state"), "degraded") == 0 ||
	    answer_has(from, "pausedFor") ||
	    answer_count(answer_array(from, "warnings")) > 0)
		return CHECK_WARNING;
	return CHECK_OK;
}

/* A bar would begin the performance data. */
static void check_put_words(struct piece *out, const char *words)
{
	struct piece clean;

	piece_format(&clean, "%s", words);
	for (char *at = clean.bytes; *at; at++) {
		if (*at == '|' || (unsigned char)*at < 0x20)
			*at = ' ';
	}
	piece_add(out, "%s", clean.bytes);
}

static void check_put_reason(struct piece *out, const struct status *status)
{
	struct json_object *from = status->status;
	struct json_object *warnings = answer_array(from, "warnings");
	struct piece why;

	if (status->code != STATUS_RUNNING) {
		query_put(piece_begin(&why), &status->reply);
		check_put_words(out, why.bytes);
		service_put(piece_begin(&why), &status->service);
		if (why.text.length) {
			check_put_words(out, "; ");
			check_put_words(out, why.bytes);
		}
		return;
	}
	check_put_words(out, answer_string(from, "state"));
	check_put_words(out, ", ");
	check_put_words(out, answer_string(answer_object(from, "decision"),
					   "sentence"));
	for (size_t i = 0; i < answer_count(warnings); i++) {
		check_put_words(out, "; ");
		check_put_words(out, answer_element(warnings, i));
	}
}

static void check_print_data(struct json_object *from)
{
	struct json_object *decision = answer_object(from, "decision");
	struct json_object *levels = answer_object(decision, "levels");

	/* `N:` means that less than N is bad. */
	printf(" | available=%" PRId64 "B;%" PRId64 ":;%" PRId64 ":;0;%" PRId64,
	       answer_int(decision, "available"), answer_int(levels, "warn"),
	       answer_int(levels, "term"), answer_int(from, "memoryBase"));
	if (answer_int(from, "swapTotal") > 0)
		printf(" swap_free=%" PRId64 "B;;;0;%" PRId64,
		       answer_int(decision, "swapFree"),
		       answer_int(from, "swapTotal"));
	if (answer_has(from, "stallSome"))
		printf(" stall_some=%.2f%%;;;0;100 stall_full=%.2f%%;;;0;100",
		       answer_number(from, "stallSome"),
		       answer_number(from, "stallFull"));
	printf(" strikes=%" PRId64 "c kernel_kills=%" PRId64
	       "c limit_kills=%" PRId64 "c",
	       answer_int(from, "strikesTotal"),
	       answer_int(from, "kernelKills"), answer_int(from, "limitKills"));
}

int status_check(const struct status *status)
{
	static const char *const names[] = { "OK", "WARNING", "CRITICAL",
					     "UNKNOWN" };
	int code = check_code(status);
	struct piece line;

	piece_format(&line, "OOMGUARD %s - ", names[code]);
	check_put_reason(&line, status);
	fputs(line.bytes, stdout);
	if (status->code == STATUS_RUNNING)
		check_print_data(status->status);
	putchar('\n');
	return code;
}
