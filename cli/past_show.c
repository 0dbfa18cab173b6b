/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "moment.h"
#include "page.h"
#include "past.h"
#include "piece.h"

#define PAST_CELL 256
#define PAST_WHO 26
#define PAST_END 71
#define PAST_INDENT 26

/* One word for the reason of a decision. */
static const char *past_reason(struct json_object *record)
{
	static const struct {
		const char *name;
		const char *word;
	} words[] = {
		{ "memory", "memory" },
		{ "pressure_some", "stalls" },
		{ "pressure_full", "stalls" },
		{ "exhaustion", "trend" },
	};
	const char *name =
		answer_string(answer_object(record, "decision"), "reason");

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].name, name) == 0)
			return words[i].word;
	}
	return "";
}

static void past_put_who(struct piece *out, struct json_object *victim)
{
	struct piece quoted;

	piece_format(out, "%d %s %s", (int)answer_int(victim, "pid"),
		     piece_quoted(&quoted, answer_string(victim, "comm")),
		     answer_string(victim, "unit"));
}

/* What came back; else what is expected. */
static const char *past_relief(struct piece *out, struct json_object *record)
{
	if (answer_has(record, "reliefGot"))
		return piece_kib(out, answer_kib(record, "reliefGot"));
	if (answer_has(record, "reliefExpected"))
		return piece_kib(out, answer_kib(record, "reliefExpected"));
	return "";
}

static const char *past_end(struct piece *out, struct json_object *record)
{
	if (answer_has(record, "timeToExit"))
		return piece_ms(out, answer_int(record, "timeToExit"));
	if (answer_has(record, "outcome"))
		return answer_string(record, "outcome");
	return answer_string(record, "signal");
}

static void past_show_victim(const struct page *page,
			     struct json_object *record)
{
	char cell[PAST_CELL];
	struct piece who, relief, end;

	past_put_who(&who, answer_object(record, "victim"));
	printf("%s %-7s",
	       page_cell(page, who.bytes, PAST_WHO, cell, sizeof(cell)),
	       past_reason(record));
	printf(" %9s ", past_relief(&relief, record));
	page_rest(page, PAST_END, past_end(&end, record), 1);
}

static void past_show_row(const struct page *page, struct json_object *record)
{
	char clock[MOMENT_SIZE], kind[PAST_CELL];

	printf("%4d %s %s", (int)answer_int(record, "number"),
	       moment_clock(answer_int(record, "time"), clock),
	       page_cell(page, answer_string(record, "kind"), 12, kind,
			 sizeof(kind)));
	if (answer_has(record, "victim"))
		past_show_victim(page, record);
	else
		page_rest(page, PAST_INDENT, answer_string(record, "sentence"),
			  2);
}

/* Each day has a line of its own, so that the table needs no dates. */
static void past_show_day(const struct page *page, struct json_object *record,
			  char shown[MOMENT_SIZE])
{
	char date[MOMENT_SIZE];

	moment_date(answer_int(record, "time"), date);
	if (strcmp(date, shown) == 0)
		return;
	snprintf(shown, MOMENT_SIZE, "%s", date);
	printf("%s%s%s\n", page->terminal.bold, date, page->terminal.off);
}

void past_show(const struct past *past, int most)
{
	size_t count = answer_count(past->records);
	size_t first = count > (size_t)most ? count - (size_t)most : 0;
	char day[MOMENT_SIZE] = "";
	struct page page;

	page_init(&page);
	if (count == 0)
		puts("No records.");
	else
		printf("%s%4s %-8s %-11s %-*s %-7s %9s %s%s\n",
		       page.terminal.dim, "no", "time", "kind", PAST_WHO,
		       "victim", "reason", "relief", "exit", page.terminal.off);
	for (size_t i = first; i < count; i++) {
		struct json_object *record =
			json_object_array_get_idx(past->records, i);

		past_show_day(&page, record, day);
		past_show_row(&page, record);
	}
	if (first)
		printf("\n%zu older ones: oomguard history -n %zu\n", first,
		       count);
	if (past->dropped > 0)
		printf("\n%d records were lost: they came faster than they "
		       "could be told.\n",
		       (int)past->dropped);
}
