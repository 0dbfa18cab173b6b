/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_LEDGER_H
#define OOMGUARD_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "history.h"
#include "journal.h"
#include "progress.h"
#include "saver.h"

#define LEDGER_MUTE_MOST_MS (24 * 3600 * 1000)

/*
 * The records as they are told: kept in the history, written to the journal,
 * and numbered on (their serial) for those who read along.
 */
struct ledger {
	struct history history;
	struct saver *saver; /* NULL: saving is waited for */
	bool is_saving;
	int save_error; /* of the last time, or 0 */
	struct journal journal;
	struct progress *progress;   /* NULL: nobody was here before */
	uint64_t newest;             /* serial, from 1; 0: there are none */
	int64_t muted_until_ms;      /* 0: not muted */
	int64_t unsaved_ms;          /* since when; -1: all is saved */
	bool muted[HISTORY_RECORDS]; /* by serial */
};

/* `state` NULL: no file. Returns what history_open() says. */
int ledger_open(struct ledger *ledger, const char *journal, const char *state);

/*
 * Goes on where the teller before has ended: what it has told is only kept.
 * `oldest` is the number of the first record that will come; those between are
 * lost. What it points to must stay until ledger_close().
 */
void ledger_resume(struct ledger *ledger, struct progress *progress,
		   uint64_t oldest);

/* Counts records that nobody will see. */
void ledger_lose(struct ledger *ledger, uint64_t count);

/* Writes what is not saved yet. */
void ledger_close(struct ledger *ledger);

/* Keeps and tells a record, unless it was told before or is muted. */
void ledger_take(struct ledger *ledger, const struct told_record *told,
		 int64_t now_ms);

/* Tells no warnings until then, also when the teller is started again. */
void ledger_mute(struct ledger *ledger, int64_t until_ms);

/* The record with this serial, or NULL: not yet, or no more. */
const struct told_record *ledger_get(const struct ledger *ledger,
				     uint64_t serial);
uint64_t ledger_oldest(const struct ledger *ledger);

/* A muted record stays in the history, but nobody is told about it. */
bool ledger_is_muted(const struct ledger *ledger, uint64_t serial);

/*
 * Saves when it is time, without waiting for it: soon when memory is calm, in
 * any case after some seconds. What fails is said once on stderr and tried
 * again. Returns when it wants to be asked again.
 */
int64_t ledger_save(struct ledger *ledger, bool is_calm, int64_t now_ms);

#endif
