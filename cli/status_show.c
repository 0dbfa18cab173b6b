/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "meter.h"
#include "moment.h"
#include "report.h"
#include "status.h"

#define STATUS_LAST 3
#define STATUS_WARNINGS 12

struct shown {
	struct page page;
	const struct status *status;
	struct json_object *from; /* Status */
	struct json_object *decision;
	struct json_object *levels;
};

static void show_row(const struct shown *shown, const char *label,
		     const struct piece *piece, int lines)
{
	page_row(&shown->page, label, "", piece->bytes, lines);
}

void status_put_process(struct piece *out, struct json_object *candidate)
{
	const char *unit = answer_string(candidate, "unit");
	const char *user = answer_string(candidate, "user");
	struct piece quoted;

	piece_add(out, "%d %s (%s%s", (int)answer_int(candidate, "pid"),
		  piece_quoted(&quoted, answer_string(candidate, "comm")), unit,
		  *unit ? ", " : "");
	if (*user)
		piece_add(out, "%s)", user);
	else
		piece_add(out, "uid %d)", (int)answer_int(candidate, "uid"));
}

static const char *show_style(const struct shown *shown, const char *state)
{
	const struct terminal *terminal = &shown->page.terminal;
	const char *urgency = answer_string(shown->decision, "urgency");

	if (shown->status->code != STATUS_RUNNING ||
	    strcmp(urgency, "term") == 0 || strcmp(urgency, "kill") == 0)
		return terminal->bad;
	if (strcmp(state, "guarding") == 0 && strcmp(urgency, "none") == 0)
		return terminal->good;
	return terminal->poor;
}

static void show_state(const struct shown *shown)
{
	const char *state = answer_string(shown->from, "state");
	struct piece line, uptime, age;

	piece_format(&line, "%s, for %s (oomguard %s, pid %d; seen %s ago)",
		     *state ? state : "?",
		     piece_ms(&uptime, answer_int(shown->from, "uptime")),
		     answer_string(shown->from, "version"),
		     (int)answer_int(shown->from, "guardPid"),
		     piece_ms(&age, answer_int(shown->from, "age")));
	page_row(&shown->page, "oomguard", show_style(shown, state), line.bytes,
		 1);
	page_row(&shown->page, "", "", answer_string(shown->from, "sentence"),
		 3);
}

static void show_down(const struct shown *shown)
{
	struct piece line;

	query_put(piece_begin(&line), &shown->status->reply);
	page_row(&shown->page, "oomguard", show_style(shown, ""), line.bytes,
		 3);
	service_put(piece_begin(&line), &shown->status->service);
	if (line.text.length)
		page_row(&shown->page, "systemd", "", line.bytes, 3);
	if (!shown->from)
		return;
	piece_format(&line,
		     "%s. This is one look of this command: nothing "
		     "guards this machine.",
		     answer_string(shown->decision, "sentence"));
	if (shown->status->code != STATUS_DOWN)
		piece_format(&line, "%s. This is one look of this command.",
			     answer_string(shown->decision, "sentence"));
	show_row(shown, "machine", &line, 3);
}

static double show_percent(int64_t part, int64_t whole)
{
	return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

static void show_meter(const struct shown *shown, const char *label,
		       const struct meter *meter, const char *word)
{
	char bar[METER_SIZE];
	struct piece free, total;

	meter_draw(meter, shown->page.terminal.is_utf8, bar);
	printf("%s%-*s%s[%s] %s %s, %.1f %%\n", shown->page.terminal.dim,
	       PAGE_LABEL, label, shown->page.terminal.off, bar,
	       piece_kib(&free, meter->free), word,
	       show_percent(meter->free, meter->total));
	piece_format(&total, "of %s; levels: ", piece_kib(&free, meter->total));
	if (meter->warn)
		piece_add(&total, "warn %s, ", piece_kib(&free, meter->warn));
	piece_add(&total, "term %s, ", piece_kib(&free, meter->term));
	piece_add(&total, "kill %s", piece_kib(&free, meter->kill));
	show_row(shown, "", &total, 1);
}

static void show_memory(const struct shown *shown)
{
	const struct meter meter = {
		.total = answer_kib(shown->from, "memoryBase"),
		.free = answer_kib(shown->decision, "available"),
		.warn = answer_kib(shown->levels, "warn"),
		.term = answer_kib(shown->levels, "term"),
		.kill = answer_kib(shown->levels, "kill"),
	};

	show_meter(shown, "memory", &meter, "available");
}

static void show_swap(const struct shown *shown)
{
	const struct meter meter = {
		.total = answer_kib(shown->from, "swapTotal"),
		.free = answer_kib(shown->decision, "swapFree"),
		.term = answer_kib(shown->levels, "swapTerm"),
		.kill = answer_kib(shown->levels, "swapKill"),
	};

	if (meter.total <= 0)
		page_row(&shown->page, "swap", "", "none: memory alone decides",
			 1);
	else
		show_meter(shown, "swap", &meter, "free");
}

static void show_pressure(const struct shown *shown)
{
	struct piece line;

	if (!answer_has(shown->from, "stallSome") &&
	    !answer_has(shown->from, "stallFull")) {
		page_row(&shown->page, "pressure", "",
			 shown->status->is_own ? "not known by one look"
					       : "this kernel does not "
						 "measure it (see oomguard "
						 "doctor)",
			 1);
		return;
	}
	piece_format(&line, "some %.2f %%, full %.2f %% stalled; %s",
		     answer_number(shown->from, "stallSome"),
		     answer_number(shown->from, "stallFull"),
		     answer_bool(shown->from, "reclaims")
			     ? "the machine reclaims"
			     : "no lasting reclaim");
	show_row(shown, "pressure", &line, 1);
}

static void show_trend(const struct shown *shown)
{
	int64_t fill_kib_s = answer_kib(shown->decision, "fillRate");
	int64_t available_kib = answer_kib(shown->decision, "available");
	int64_t exhaustion_ms = answer_int(shown->decision, "exhaustion");
	struct piece line, piece;

	if (shown->status->is_own)
		return;
	if (fill_kib_s > 0)
		piece_format(&line, "filling %s/s",
			     piece_kib(&piece, fill_kib_s));
	else
		piece_format(&line, "not filling");
	if (answer_has(shown->decision, "exhaustion"))
		piece_add(&line, ", exhausted in %s",
			  piece_ms(&piece, report_exhausted_ms(available_kib,
							       fill_kib_s,
							       exhaustion_ms)));
	else
		piece_add(&line, ", no exhaustion in sight");
	show_row(shown, "trend", &line, 1);
}

static void show_part(struct piece *out, const char *name, int64_t kib)
{
	struct piece piece;

	if (kib)
		piece_add(out, " %c %s %s", kib < 0 ? '-' : '+', name,
			  piece_kib(&piece, kib < 0 ? -kib : kib));
}

static void put_why(struct piece *out, struct json_object *chosen)
{
	int64_t adj_kib = answer_kib(chosen, "adj");
	int64_t weight_kib = answer_kib(chosen, "weight");
	struct piece relief, badness;

	piece_kib(&relief, answer_kib(chosen, "relief"));
	if (answer_has(chosen, "culpritWindow")) {
		piece_add(out, ": the culprit, relief %s", relief.bytes);
		return;
	}
	piece_add(out, ": highest badness, %s",
		  piece_kib(&badness, answer_kib(chosen, "badness")));
	if (!adj_kib && !weight_kib)
		return;
	piece_add(out, " = relief %s", relief.bytes);
	show_part(out, "oom_score_adj", adj_kib);
	show_part(out, "weight", weight_kib);
}

static void show_next(const struct shown *shown)
{
	struct json_object *look = shown->status->look;
	struct json_object *chosen =
		answer_object(look ? look : shown->from, "chosen");
	struct piece line, piece;

	if (!chosen) {
		page_row(&shown->page, "next", "",
			 "nobody: no process that may be ended brings back "
			 "enough",
			 1);
		return;
	}
	piece_begin(&line);
	status_put_process(&line, chosen);
	put_why(&line, chosen);
	if (look)
		piece_add(&line, "; by this command's own look");
	else if (!shown->status->is_own)
		piece_add(
			&line, "; looked %s ago",
			piece_ms(&piece, answer_int(shown->from, "chosenAge")));
	show_row(shown, "next", &line, 3);
}

static void show_growing(const struct shown *shown)
{
	struct json_object *growing = answer_array(shown->from, "growing");
	struct piece line, piece, quoted;

	piece_begin(&line);
	for (size_t i = 0; i < answer_count(growing); i++) {
		struct json_object *peer =
			json_object_array_get_idx(growing, i);
		piece_add(&line, "%s%d %s %s", i ? ", " : "",
			  (int)answer_int(peer, "pid"),
			  piece_quoted(&quoted, answer_string(peer, "comm")),
			  piece_kib(&piece, answer_kib(peer, "bytes")));
	}
	if (!answer_count(growing))
		return;
	piece_add(&line, " in the last minutes");
	show_row(shown, "growing", &line, 2);
}

/* Why ending processes does not help. */
static void show_holders(const struct shown *shown)
{
	const char *words = answer_string(shown->from, "heldBy");
	struct piece line;

	if (!*words)
		return;
	piece_format(&line, "to end processes brings back little: %s", words);
	show_row(shown, "held", &line, 4);
}

static void show_strike(const struct shown *shown, struct json_object *strike)
{
	const char *stage = answer_string(strike, "stage");
	struct json_object *victim = answer_object(strike, "victim");
	struct piece line, relief, age;

	piece_format(&line, "%d: ", (int)answer_int(strike, "number"));
	status_put_process(&line, victim);
	piece_add(&line, ", relief %s: %s %s ago",
		  piece_kib(&relief, answer_kib(victim, "relief")),
		  strcmp(stage, "asked") == 0    ? "SIGTERM"
		  : strcmp(stage, "killed") == 0 ? "SIGKILL"
						 : stage,
		  piece_ms(&age, answer_int(strike, "age")));
	show_row(shown, "striking", &line, 2);
}

void status_put_struck(struct piece *out, struct json_object *record)
{
	const char *outcome = answer_string(record, "outcome");
	struct json_object *victim = answer_object(record, "victim");
	char date[MOMENT_SIZE], clock[MOMENT_SIZE];
	int64_t time_us = answer_int(record, "time");
	struct piece piece;

	piece_add(out, "%s %s ", moment_date(time_us, date),
		  moment_clock(time_us, clock));
	status_put_process(out, victim);
	if (!*outcome)
		outcome = answer_string(record, "signal");
	/* Of the observe mode it has neither. */
	piece_add(out, ": %s", *outcome ? outcome : "would be struck");
	if (answer_has(record, "reliefGot"))
		piece_add(out, ", %s back",
			  piece_kib(&piece, answer_kib(record, "reliefGot")));
	if (answer_has(record, "timeToSettled"))
		piece_add(
			out, " in %s",
			piece_ms(&piece, answer_int(record, "timeToSettled")));
	if (answer_has(record, "repeats"))
		piece_add(out, ", struck %d times in a row",
			  (int)answer_int(record, "repeats"));
}

static void show_last(const struct shown *shown)
{
	struct json_object *last = answer_array(shown->from, "lastStrikes");
	size_t count = answer_count(last);

	for (size_t i = 0; i < count && i < STATUS_LAST; i++) {
		struct piece line;

		piece_begin(&line);
		status_put_struck(
			&line, json_object_array_get_idx(last, count - 1 - i));
		show_row(shown, i ? "" : "last", &line, 2);
	}
}

static void show_strikes(const struct shown *shown)
{
	struct json_object *strikes = answer_array(shown->from, "strikes");
	struct piece line;

	for (size_t i = 0; i < answer_count(strikes); i++)
		show_strike(shown, json_object_array_get_idx(strikes, i));
	piece_format(&line, "%d since its start; %d kernel-kills",
		     (int)answer_int(shown->from, "strikesTotal"),
		     (int)answer_int(shown->from, "kernelKills"));
	if (answer_int(shown->from, "kernelKills") > 0)
		piece_add(&line, " (the kernel's OOM killer was faster)");
	if (answer_int(shown->from, "limitKills") > 0)
		piece_add(&line, ", and %d in cgroups at their own limit",
			  (int)answer_int(shown->from, "limitKills"));
	show_row(shown, "strikes", &line, 1);
	show_last(shown);
}

static const char *show_resident(const struct shown *shown, const char *name,
				 struct piece *out)
{
	struct piece piece;

	if (!answer_has(shown->from, name))
		return "";
	return piece_format(out, ", %s",
			    piece_kib(&piece, answer_kib(shown->from, name)));
}

static void show_cost(const struct shown *shown)
{
	int64_t uptime_ms = answer_int(shown->from, "uptime");
	int64_t dropped = answer_int(shown->from, "recordsDropped");
	struct piece line, guard, teller;

	piece_format(
		&line, "guard %.2f %% of a CPU%s; teller %.2f %%%s",
		show_percent(answer_int(shown->from, "guardCpu"), uptime_ms),
		show_resident(shown, "guardMemory", &guard),
		show_percent(answer_int(shown->from, "tellerCpu"), uptime_ms),
		show_resident(shown, "tellerMemory", &teller));
	if (dropped > 0)
		piece_add(&line, "; %d records lost", (int)dropped);
	show_row(shown, "cost", &line, 2);
}

/* What an operator must know beside the state itself. */
static void show_warnings(const struct shown *shown)
{
	struct json_object *warnings = answer_array(shown->from, "warnings");
	const char *style = shown->page.terminal.poor;
	int mistakes = (int)answer_int(shown->from, "mistakes");
	struct piece line, piece;

	if (answer_has(shown->from, "pausedFor")) {
		piece_format(
			&line,
			"nobody is struck for another %s (oomguard "
			"resume ends it)",
			piece_ms(&piece, answer_int(shown->from, "pausedFor")));
		page_row(&shown->page, "paused", style, line.bytes, 1);
	}
	if (answer_has(shown->from, "mutedFor")) {
		piece_format(
			&line, "no warnings are told for another %s",
			piece_ms(&piece, answer_int(shown->from, "mutedFor")));
		page_row(&shown->page, "muted", style, line.bytes, 1);
	}
	/* The guard warns of them itself. */
	if (mistakes > 0 && answer_count(warnings) == 0) {
		piece_format(&line,
			     "%d mistake%s in the configuration: see oomguard "
			     "check",
			     mistakes, mistakes == 1 ? "" : "s");
		page_row(&shown->page, "warning", style, line.bytes, 1);
	}
	for (size_t i = 0; i < answer_count(warnings) && i < STATUS_WARNINGS;
	     i++)
		page_row(&shown->page, "warning", style,
			 answer_element(warnings, i), 2);
}

void status_show(const struct status *status)
{
	struct shown shown = { .status = status, .from = status->status };

	page_init(&shown.page);
	shown.decision = answer_object(shown.from, "decision");
	shown.levels = answer_object(shown.decision, "levels");
	if (status->is_own)
		show_down(&shown);
	else
		show_state(&shown);
	if (!shown.from)
		return;
	putchar('\n');
	show_memory(&shown);
	show_swap(&shown);
	show_pressure(&shown);
	show_trend(&shown);
	show_next(&shown);
	show_growing(&shown);
	show_holders(&shown);
	if (!status->is_own) {
		show_strikes(&shown);
		show_cost(&shown);
	}
	show_warnings(&shown);
}
