/* SPDX-License-Identifier: MIT */
#include "fields.h"

#include <endian.h>
#include <signal.h>
#include <string.h>

#include "report.h"

#include "journal.h"

#define VALUE_SIZE 4096
/* With its name, what journalctl puts into the texts of the catalog. */
#define CATALOG_SIZE (256 - (int)sizeof("OOMGUARD_DECISION="))

void fields_init(struct fields *fields)
{
	fields->length = 0;
	fields->cut = false;
}

static void append(struct fields *fields, const void *bytes, size_t length)
{
	memcpy(fields->bytes + fields->length, bytes, length);
	fields->length += length;
}

void fields_put(struct fields *fields, const char *name, const char *value)
{
	size_t name_length = strlen(name);
	size_t length = strlen(value);
	uint64_t framed = htole64(length);
	bool is_framed = strchr(value, '\n') != NULL;

	if (name_length + length + sizeof(framed) + 2 >
	    sizeof(fields->bytes) - fields->length) {
		fields->cut = true;
		return;
	}
	append(fields, name, name_length);
	append(fields, is_framed ? "\n" : "=", 1);
	if (is_framed)
		append(fields, &framed, sizeof(framed));
	append(fields, value, length);
	append(fields, "\n", 1);
}

void fields_put_int(struct fields *fields, const char *name, int64_t value)
{
	char bytes[32];
	struct text text;

	text_init(&text, bytes, sizeof(bytes));
	text_put_int(&text, value);
	fields_put(fields, name, bytes);
}

void fields_escape(struct text *out, const char *string)
{
	for (; *string && !out->cut; string++) {
		const char byte[2] = { *string, '\0' };
		char quoted[8];
		struct text text;

		text_init(&text, quoted, sizeof(quoted));
		text_put_quoted(&text, byte);
		if (*string == '"' || *string == '\\')
			text_put(out, byte);
		else
			text_put_bytes(out, quoted + 1, text.length - 2);
	}
}

/* What is not known is left out. */
static void put_escaped(struct fields *fields, const char *name,
			const char *value)
{
	char bytes[VALUE_SIZE];
	struct text text;

	if (!value[0])
		return;
	text_init(&text, bytes, sizeof(bytes));
	fields_escape(&text, value);
	fields_put(fields, name, bytes);
}

static const char *reason_word(enum reason reason)
{
	switch (reason) {
	case REASON_NONE:
		return "none";
	case REASON_MEMORY:
		return "memory";
	case REASON_PRESSURE_SOME:
		return "pressure_some";
	case REASON_PRESSURE_FULL:
		return "pressure_full";
	case REASON_EXHAUSTION:
		return "exhaustion";
	}
	return "none";
}

/* Percent for pressure, otherwise as it is: KiB or milliseconds. */
static void put_compared(struct fields *fields, const char *name,
			 enum reason reason, int64_t value)
{
	char bytes[32];
	struct text text;

	if (reason == REASON_NONE)
		return;
	if (reason != REASON_PRESSURE_SOME && reason != REASON_PRESSURE_FULL) {
		fields_put_int(fields, name, value);
		return;
	}
	text_init(&text, bytes, sizeof(bytes));
	text_put_permyriad(&text, value);
	bytes[strcspn(bytes, " ")] = '\0';
	fields_put(fields, name, bytes);
}

static void put_decision(struct fields *fields, const struct decision *decision)
{
	char bytes[CATALOG_SIZE];
	struct text text;

	text_init(&text, bytes, sizeof(bytes));
	report_decision(&text, decision);
	fields_put(fields, "OOMGUARD_DECISION", bytes);
	fields_put(fields, "OOMGUARD_URGENCY", urgency_name(decision->urgency));
	fields_put(fields, "OOMGUARD_REASON", reason_word(decision->reason));
	put_compared(fields, "OOMGUARD_OBSERVED", decision->reason,
		     decision->observed);
	put_compared(fields, "OOMGUARD_LIMIT", decision->reason,
		     decision->limit);
	fields_put_int(fields, "OOMGUARD_MEM_AVAILABLE_KIB",
		       decision->available_kib);
	fields_put_int(fields, "OOMGUARD_SWAP_FREE_KIB",
		       decision->swap_free_kib);
	if (decision->exhaustion_ms != INT64_MAX)
		fields_put_int(fields, "OOMGUARD_EXHAUSTION_MS",
			       decision->exhaustion_ms);
}

static void put_outcome(struct fields *fields, const struct record *record)
{
	const struct strike *strike = &record->strike;
	int64_t got_kib = record->available_kib - strike->available_kib;

	fields_put(fields, "OOMGUARD_OUTCOME", outcome_name(record->outcome));
	fields_put_int(fields, "OOMGUARD_RELIEF_GOT_KIB",
		       got_kib > 0 ? got_kib : 0);
	switch (record->outcome) {
	case OUTCOME_SETTLED:
	case OUTCOME_FUTILE:
		fields_put_int(fields, "OOMGUARD_TIME_TO_EXIT_MS",
			       strike->exited_ms - strike->asked_ms);
		fields_put_int(fields, "OOMGUARD_TIME_TO_SETTLED_MS",
			       record->monotonic_ms - strike->asked_ms);
		return;
	case OUTCOME_ABANDONED:
	case OUTCOME_RECOVERED:
		return;
	}
}

static void put_strike(struct fields *fields, const struct record *record)
{
	if (record->strike.number > 0)
		fields_put_int(fields, "OOMGUARD_STRIKE",
			       record->strike.number);
	if (record->signal > 0)
		fields_put(fields, "OOMGUARD_SIGNAL",
			   record->signal == SIGKILL ? "SIGKILL" : "SIGTERM");
	if (record->kind == RECORD_OUTCOME)
		put_outcome(fields, record);
	if (record->kind == RECORD_KERNEL)
		fields_put_int(fields, "OOMGUARD_KERNEL_KILLS", record->count);
	if (record->kind == RECORD_LIMIT)
		fields_put_int(fields, "OOMGUARD_LIMIT_KILLS", record->count);
	if (record->has_victim && record->count > 1)
		fields_put_int(fields, "OOMGUARD_REPEATS", record->count);
}

/* Why this one, and the growth that tells it. */
static void put_choice(struct fields *fields, const struct candidate *victim)
{
	const struct grown *grown = &victim->grown;

	fields_put(fields, "OOMGUARD_CHOICE", choice_name(victim->choice));
	if (!grown_is_told(grown))
		return;
	fields_put_int(fields, "OOMGUARD_GROWTH_WINDOW_MS",
		       growth_window_ms(grown->window));
	fields_put_int(fields, "OOMGUARD_GROWTH_KIB",
		       grown->own_kib[grown->window]);
	fields_put_int(fields, "OOMGUARD_GROWTH_CGROUP_KIB",
		       grown->leaf_kib[grown->window]);
	fields_put_int(fields, "OOMGUARD_GROWTH_SHARE_PERMYRIAD",
		       grown->share_permyriad[grown->window]);
}

static void put_victim(struct fields *fields, const struct told_record *told)
{
	const struct candidate *victim = &told->record.victim;
	char bytes[CATALOG_SIZE];
	struct text text;

	text_init(&text, bytes, sizeof(bytes));
	report_process(&text, victim);
	fields_put(fields, "OOMGUARD_VICTIM", bytes);
	fields_put_int(fields, "OOMGUARD_VICTIM_PID", victim->pid);
	fields_put_int(fields, "OOMGUARD_VICTIM_UID", victim->uid);
	put_escaped(fields, "OOMGUARD_VICTIM_COMM", victim->status.comm);
	put_escaped(fields, "OOMGUARD_VICTIM_UNIT", victim->unit);
	put_escaped(fields, "OOMGUARD_VICTIM_CGROUP", told->record.cgroup);
	put_escaped(fields, "OOMGUARD_VICTIM_CMDLINE", told->extra.cmdline);
	put_escaped(fields, "OOMGUARD_VICTIM_USER", told->extra.user);
	put_escaped(fields, "OOMGUARD_VICTIM_CONTAINER", told->extra.container);
	put_escaped(fields, "OOMGUARD_RESTART", told->extra.restart);
	if (told->record.is_marked)
		fields_put(fields, "OOMGUARD_MARKED", "1");
	if (victim->group.rule != GROUP_NONE) {
		fields_put(fields, "OOMGUARD_GROUP",
			   group_rule_name(victim->group.rule));
		fields_put_int(fields, "OOMGUARD_GROUP_PROCESSES",
			       victim->group.members);
	}
	fields_put_int(fields, "OOMGUARD_RELIEF_KIB", victim_whole_kib(victim));
	fields_put_int(fields, "OOMGUARD_BADNESS_KIB", victim->badness_kib);
	put_choice(fields, victim);
	/* The journal adds OBJECT_SYSTEMD_UNIT= if a sender is root. */
	fields_put_int(fields, "OBJECT_PID", victim->pid);
}

static void put_runner_up(struct fields *fields,
			  const struct candidate *runner_up)
{
	fields_put_int(fields, "OOMGUARD_RUNNER_UP_PID", runner_up->pid);
	put_escaped(fields, "OOMGUARD_RUNNER_UP_COMM", runner_up->status.comm);
	put_escaped(fields, "OOMGUARD_RUNNER_UP_UNIT", runner_up->unit);
	fields_put_int(fields, "OOMGUARD_RUNNER_UP_RELIEF_KIB",
		       runner_up->relief_kib);
	fields_put_int(fields, "OOMGUARD_RUNNER_UP_BADNESS_KIB",
		       runner_up->badness_kib);
}

/* One process a line. */
static void put_peers(struct fields *fields, const char *name,
		      const struct record_peer peers[RECORD_PEERS])
{
	char bytes[VALUE_SIZE];
	struct text text;

	text_init(&text, bytes, sizeof(bytes));
	for (int i = 0; i < RECORD_PEERS && peers[i].pid > 0; i++) {
		text_put(&text, i > 0 ? "\n" : "");
		text_put_int(&text, peers[i].pid);
		text_put(&text, " ");
		text_put_quoted(&text, peers[i].comm);
		text_put(&text, " ");
		text_put_kib(&text, peers[i].kib);
	}
	if (text.length > 0)
		fields_put(fields, name, bytes);
}

void fields_put_record(struct fields *fields, const struct told_record *told)
{
	const struct record *record = &told->record;

	put_escaped(fields, "MESSAGE", record->text);
	fields_put(fields, "MESSAGE_ID", journal_message_id(record->kind));
	fields_put_int(fields, "PRIORITY", record_priority(record));
	fields_put(fields, "OOMGUARD_KIND", record_kind_name(record->kind));
	fields_put_int(fields, "OOMGUARD_NUMBER", (int64_t)record->number);
	put_decision(fields, &record->decision);
	put_strike(fields, record);
	if (record->has_victim)
		put_victim(fields, told);
	if (record->has_runner_up)
		put_runner_up(fields, &record->runner_up);
	put_peers(fields, "OOMGUARD_BIGGEST", record->biggest);
	put_peers(fields, "OOMGUARD_GROWING", record->growing);
}
