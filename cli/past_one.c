/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "moment.h"
#include "page.h"
#include "past.h"
#include "piece.h"
#include "restart.h"

struct one {
	struct page page;
	struct json_object *record;
	struct json_object *decision;
	const char *signal; /* the last that was sent, or "" */
};

static void one_row(const struct one *one, const char *label,
		    const struct piece *piece)
{
	page_row(&one->page, label, "", piece->bytes, 8);
}

static void one_head(const struct one *one)
{
	struct json_object *record = one->record;
	int64_t time_us = answer_int(record, "time");
	char date[MOMENT_SIZE], clock[MOMENT_SIZE];
	struct piece line;

	piece_format(&line, "%d, %s %s: %s", (int)answer_int(record, "number"),
		     moment_date(time_us, date), moment_clock(time_us, clock),
		     answer_string(record, "kind"));
	if (answer_has(record, "strike"))
		piece_add(&line, ", strike %d",
			  (int)answer_int(record, "strike"));
	page_row(&one->page, "record", one->page.terminal.bold, line.bytes, 1);
	page_row(&one->page, "", "", answer_string(record, "sentence"), 8);
}

/* What was compared with what. */
static void one_compared(const struct one *one)
{
	struct json_object *levels = answer_object(one->decision, "levels");
	struct piece line, warn, term, kill;

	/* Some of the first records come before the first look. */
	if (!one->decision || !answer_int(levels, "warn"))
		return;
	putchar('\n');
	piece_format(&line, "%s", answer_string(one->decision, "sentence"));
	one_row(one, "compared", &line);
	piece_format(&line, "warn %s, term %s, kill %s",
		     piece_kib(&warn, answer_kib(levels, "warn")),
		     piece_kib(&term, answer_kib(levels, "term")),
		     piece_kib(&kill, answer_kib(levels, "kill")));
	if (answer_has(levels, "swapTerm"))
		piece_add(&line, "; of swap term %s, kill %s",
			  piece_kib(&term, answer_kib(levels, "swapTerm")),
			  piece_kib(&kill, answer_kib(levels, "swapKill")));
	one_row(one, "levels", &line);
}

static void one_badness(const struct one *one, struct json_object *candidate)
{
	const struct {
		const char *key;
		const char *name;
	} parts[] = { { "adj", "oom_score_adj" }, { "weight", "weight" } };
	struct piece line, badness, relief;

	piece_format(&line, "badness %s = relief %s",
		     piece_kib(&badness, answer_kib(candidate, "badness")),
		     piece_kib(&relief, answer_kib(candidate, "relief")));
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		int64_t kib = answer_kib(candidate, parts[i].key);

		if (kib)
			piece_add(&line, " %c %s %s", kib < 0 ? '-' : '+',
				  parts[i].name,
				  piece_kib(&relief, kib < 0 ? -kib : kib));
	}
	piece_add(&line, "; oom_score %d, oom_score_adj %d",
		  (int)answer_int(candidate, "oomScore"),
		  (int)answer_int(candidate, "oomScoreAdj"));
	one_row(one, "", &line);
}

static void one_candidate(const struct one *one, const char *label,
			  struct json_object *candidate)
{
	static const char *const keys[] = { "unit", "container", "cgroup",
					    "cmdline" };
	const char *user = answer_string(candidate, "user");
	struct piece line, quoted;

	if (!candidate)
		return;
	piece_format(&line, "%d %s, uid %d%s%s",
		     (int)answer_int(candidate, "pid"),
		     piece_quoted(&quoted, answer_string(candidate, "comm")),
		     (int)answer_int(candidate, "uid"), *user ? " " : "", user);
	one_row(one, label, &line);
	one_badness(one, candidate);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *value = answer_string(candidate, keys[i]);

		if (!*value)
			continue;
		piece_format(&line, "%s %s", keys[i],
			     piece_quoted(&quoted, value));
		one_row(one, "", &line);
	}
}

static void one_timing(const struct one *one)
{
	struct json_object *record = one->record;
	struct piece line, piece;

	piece_format(&line, "%s", one->signal);
	if (answer_has(record, "outcome"))
		piece_add(&line, "%s%s", line.text.length ? "; " : "",
			  answer_string(record, "outcome"));
	if (answer_has(record, "timeToExit"))
		piece_add(&line, ", exited after %s",
			  piece_ms(&piece, answer_int(record, "timeToExit")));
	if (answer_has(record, "timeToSettled"))
		piece_add(
			&line, ", memory back after %s",
			piece_ms(&piece, answer_int(record, "timeToSettled")));
	if (line.text.length)
		one_row(one, "strike", &line);
	if (!answer_has(record, "reliefExpected"))
		return;
	piece_format(&line, "%s expected",
		     piece_kib(&piece, answer_kib(record, "reliefExpected")));
	if (answer_has(record, "reliefGot"))
		piece_add(&line, ", %s came back",
			  piece_kib(&piece, answer_kib(record, "reliefGot")));
	one_row(one, "relief", &line);
}

/* How the unit of the victim comes back. */
static void one_return(const struct one *one)
{
	const char *restart = answer_string(one->record, "restart");
	const char *end = answer_has(one->record, "marked")
				  ? RESTART_OOM_KILL
				  : answer_string(one->record, "signal");
	struct piece line;

	if (!answer_has(one->record, "signal") &&
	    !answer_has(one->record, "outcome"))
		return;
	piece_format(&line, "%s%s%s", *restart ? "Restart=" : "", restart,
		     *restart ? ": " : "");
	piece_add(&line, "%s", restart_words(restart, end));
	one_row(one, "return", &line);
}

static void one_peer(const struct one *one, struct json_object *list, size_t at,
		     const char *sign)
{
	struct json_object *peer = json_object_array_get_idx(list, at);
	char cell[128];
	struct piece name, size;

	if (at >= answer_count(list)) {
		printf("%37s", "");
		return;
	}
	piece_quoted(&name, answer_string(peer, "comm"));
	printf("%8d %s ", (int)answer_int(peer, "pid"),
	       page_cell(&one->page, name.bytes, 17, cell, sizeof(cell)));
	printf("%1s%9s", sign, piece_kib(&size, answer_kib(peer, "bytes")));
}

static void one_peers(const struct one *one)
{
	struct json_object *biggest = answer_array(one->record, "biggest");
	struct json_object *growing = answer_array(one->record, "growing");
	size_t count = answer_count(biggest);

	if (answer_count(growing) > count)
		count = answer_count(growing);
	if (count == 0)
		return;
	printf("\n%s%-39s%s%s\n", one->page.terminal.dim,
	       "  the biggest before it", "  the fastest-growing before it",
	       one->page.terminal.off);
	for (size_t i = 0; i < count && i < 10; i++) {
		one_peer(one, biggest, i, "");
		fputs("  ", stdout);
		one_peer(one, growing, i, "+");
		putchar('\n');
	}
}

/* Of an outcome the signal is in the strike's own records before it. */
static const char *one_signal(const struct past *past,
			      struct json_object *record)
{
	int64_t strike = answer_int(record, "strike");
	const char *signal = answer_string(record, "signal");

	for (size_t i = 0; i < answer_count(past->records) && strike; i++) {
		struct json_object *other =
			json_object_array_get_idx(past->records, i);

		if (other == record)
			break;
		if (answer_int(other, "strike") == strike &&
		    answer_has(other, "signal") &&
		    !answer_has(record, "signal"))
			signal = answer_string(other, "signal");
	}
	return signal;
}

static void one_kills(const struct one *one, const char *member,
		      const char *where)
{
	int count = (int)answer_int(one->record, member);
	struct piece line;

	if (!answer_has(one->record, member))
		return;
	piece_format(&line, "%d %s ended by its OOM killer, of %s", count,
		     count == 1 ? "process" : "processes", where);
	one_row(one, "kernel", &line);
}

void past_show_one(const struct past *past, struct json_object *record)
{
	struct one one = { .record = record };

	one.signal = one_signal(past, record);

	page_init(&one.page);
	one.decision = answer_object(record, "decision");
	one_head(&one);
	one_compared(&one);
	one_candidate(&one, "victim", answer_object(record, "victim"));
	one_candidate(&one, "runner-up", answer_object(record, "runnerUp"));
	one_timing(&one);
	one_return(&one);
	one_kills(&one, "kernelKills", "the machine");
	one_kills(&one, "limitKills", "cgroups at their own limit");
	one_peers(&one);
}
