/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_JOURNAL_H
#define OOMGUARD_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/un.h>

#include "extra.h"

/* Of the record that says how many were dropped; it is of no kind. */
#define JOURNAL_DROPPED_ID "56ab02b7322e4f6fa3601129d36dbf68"

/*
 * Where records are written: the native protocol of systemd's journal
 * (systemd.io/JOURNAL_NATIVE_PROTOCOL) or, where nobody listens at its socket,
 * stderr. Never waits: what cannot be written at once is dropped and counted,
 * and the next record that gets through is preceded by one that says how many.
 * What the guard has told on stderr is not told there again.
 */
struct journal {
	int socket; /* -1: stderr */
	struct sockaddr_un address;
	bool has_prefix; /* stderr leads to the journal: <N> says the priority
			  */
	uint64_t dropped;
	uint64_t dropped_told;
};

/*
 * `path` is /run/systemd/journal/socket outside of tests; NULL: stderr. The
 * journal may come and go: each record finds its own way.
 */
void journal_open(struct journal *journal, const char *path);
void journal_close(struct journal *journal);

/* False when it was dropped. */
bool journal_write(struct journal *journal, const struct told_record *told);

/* The MESSAGE_ID of a kind, 32 hexadecimal digits; one for each kind. */
const char *journal_message_id(enum record_kind kind);

#endif
