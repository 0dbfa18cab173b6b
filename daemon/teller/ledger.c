/* SPDX-License-Identifier: MIT */
#include "ledger.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SAVE_CALM_MS 500
#define SAVE_MOST_MS 10000 /* the disk may be busy with the shortage */
#define SAVE_LOOK_MS 200

int ledger_open(struct ledger *ledger, const char *journal, const char *state)
{
	ledger->muted_until_ms = 0;
	ledger->unsaved_ms = -1;
	ledger->is_saving = false;
	ledger->save_error = 0;
	ledger->progress = NULL;
	memset(ledger->muted, 0, sizeof(ledger->muted));
	journal_open(&ledger->journal, journal);
	int error = history_open(&ledger->history, state);

	ledger->saver = state ? saver_create() : NULL;
	ledger->newest = ledger->history.count;
	return error;
}

void ledger_resume(struct ledger *ledger, struct progress *progress,
		   uint64_t oldest)
{
	ledger->progress = progress;
	ledger->journal.dropped = progress->dropped;
	ledger->journal.dropped_told = progress->dropped_told;
	ledger->muted_until_ms = progress->muted_until_ms;
	if (oldest <= progress->done + 1)
		return;
	ledger_lose(ledger, oldest - progress->done - 1);
	progress->begun = progress->done = oldest - 1;
}

/* What is counted must be there when the next teller comes. */
static void keep_counts(const struct ledger *ledger)
{
	if (!ledger->progress)
		return;
	ledger->progress->dropped = ledger->journal.dropped;
	ledger->progress->dropped_told = ledger->journal.dropped_told;
}

void ledger_lose(struct ledger *ledger, uint64_t count)
{
	ledger->journal.dropped += count;
	keep_counts(ledger);
}

void ledger_close(struct ledger *ledger)
{
	if (ledger->saver)
		saver_destroy(ledger->saver);
	ledger->saver = NULL;
	if (ledger->unsaved_ms >= 0 || ledger->is_saving)
		(void)history_save(&ledger->history); /* Nobody to tell. */
	history_close(&ledger->history);
	journal_close(&ledger->journal);
}

static bool is_warning(const struct record *record)
{
	return record->kind == RECORD_STATE &&
	       record->decision.urgency == URGENCY_WARN;
}

/* Whether it is to be told now, not by a teller before. */
static bool begin(const struct ledger *ledger, uint64_t number)
{
	if (!ledger->progress)
		return true;
	if (number <= ledger->progress->done)
		return false;
	ledger->progress->begun = number;
	return true;
}

static void tell(struct ledger *ledger, const struct told_record *told,
		 bool is_muted)
{
	if (!begin(ledger, told->record.number))
		return;
	if (!is_muted)
		(void)journal_write(&ledger->journal, told); /* It counts. */
	keep_counts(ledger);
	if (ledger->progress)
		ledger->progress->done = told->record.number;
}

void ledger_take(struct ledger *ledger, const struct told_record *told,
		 int64_t now_ms)
{
	bool is_muted =
		now_ms < ledger->muted_until_ms && is_warning(&told->record);

	if (!history_add(&ledger->history, told))
		return;
	ledger->newest++;
	ledger->muted[ledger->newest % HISTORY_RECORDS] = is_muted;
	if (ledger->unsaved_ms < 0)
		ledger->unsaved_ms = now_ms;
	tell(ledger, told, is_muted);
}

void ledger_mute(struct ledger *ledger, int64_t until_ms)
{
	ledger->muted_until_ms = until_ms;
	if (ledger->progress)
		ledger->progress->muted_until_ms = until_ms;
}

uint64_t ledger_oldest(const struct ledger *ledger)
{
	return ledger->newest - ledger->history.count + 1;
}

const struct told_record *ledger_get(const struct ledger *ledger,
				     uint64_t serial)
{
	uint64_t oldest = ledger_oldest(ledger);

	if (serial < oldest || serial > ledger->newest)
		return NULL;
	return history_get(&ledger->history, (uint32_t)(serial - oldest));
}

bool ledger_is_muted(const struct ledger *ledger, uint64_t serial)
{
	return ledger->muted[serial % HISTORY_RECORDS];
}

/* What failed is tried again with all that has come by then. */
static void end_save(struct ledger *ledger, int error, int64_t now_ms)
{
	ledger->is_saving = false;
	ledger->history.is_dirty = error != 0 || ledger->unsaved_ms >= 0;
	if (error)
		ledger->unsaved_ms = now_ms;
	if (error && error != -EBUSY && error != ledger->save_error)
		fprintf(stderr, "oomguard-teller: history not saved: %s\n",
			strerror(-error));
	ledger->save_error = error;
}

static void begin_save(struct ledger *ledger, int64_t now_ms)
{
	ledger->unsaved_ms = -1;
	ledger->is_saving = ledger->saver != NULL;
	if (ledger->saver)
		saver_start(ledger->saver, &ledger->history);
	else
		end_save(ledger, history_save(&ledger->history), now_ms);
}

int64_t ledger_save(struct ledger *ledger, bool is_calm, int64_t now_ms)
{
	int64_t due_ms;

	if (ledger->is_saving) {
		int result = saver_result(ledger->saver);
		if (result == -EINPROGRESS)
			return now_ms + SAVE_LOOK_MS;
		end_save(ledger, result, now_ms);
	}
	if (ledger->unsaved_ms < 0)
		return INT64_MAX;
	due_ms = ledger->unsaved_ms +
		 (is_calm && !ledger->save_error ? SAVE_CALM_MS : SAVE_MOST_MS);
	if (now_ms < due_ms)
		return due_ms;
	begin_save(ledger, now_ms);
	if (ledger->is_saving)
		return now_ms + SAVE_LOOK_MS;
	return ledger->unsaved_ms < 0 ? INT64_MAX : now_ms + SAVE_MOST_MS;
}
