/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_TEST_GIVEN_TELLER_H
#define OOMGUARD_TEST_GIVEN_TELLER_H

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "decide.h"
#include "dispatch.h"

/*
 * A teller without a process around it: what a client sends goes in by
 * dispatch_call(), and what it would get is in its output buffer.
 */

#define GIVEN_NOW_MS 1000000
#define GIVEN_GIB INT64_C(1048576) /* in KiB */

static inline struct decision given_decision(enum reason reason)
{
	struct decision decision = {
		.urgency = reason == REASON_NONE ? URGENCY_NONE : URGENCY_TERM,
		.reason = reason,
		.observed = 1900,
		.limit = 2000,
		.window_ms = 10000,
		.available_kib = 2 * GIVEN_GIB,
		.swap_free_kib = GIVEN_GIB,
		.swap_is_held = true,
		.fill_kib_s = 300 * 1024,
		.exhaustion_ms = 7000,
		.levels = { 16 * GIVEN_GIB, 4 * GIVEN_GIB, 2 * GIVEN_GIB,
			    GIVEN_GIB, 3 * GIVEN_GIB, 2 * GIVEN_GIB,
			    GIVEN_GIB },
	};

	return decision;
}

static inline struct candidate given_candidate(int32_t pid)
{
	struct candidate candidate = {
		.pid = pid,
		.uid = 998,
		.score = 700,
		.status = { .comm = "java" },
		.exemption = EXEMPT_NOT,
		.relief_kib = 6 * GIVEN_GIB,
		.adj_kib = 1024,
		.weight_kib = -2048,
		.badness_kib = 6 * GIVEN_GIB - 1024,
		.unit = "tomcat.service",
		.grown = { .is_known = true,
			   .has_history = true,
			   .size_kib = 6 * GIVEN_GIB,
			   .own_kib = { 1024, 2048, 4096 },
			   .leaf_kib = { 2048, 4096, 8192 },
			   .share_permyriad = { 9300, 5000, 1 } },
	};

	return candidate;
}

/* Everything that can be there is there. */
static inline void given_snapshot(struct snapshot *snapshot)
{
	static const enum strike_stage stages[] = { STAGE_ASKED, STAGE_KILLED,
						    STAGE_EXITED };

	memset(snapshot, 0, sizeof(*snapshot));
	snapshot->at_ms = GIVEN_NOW_MS - 100;
	snapshot->started_ms = 1000;
	snapshot->guard_pid = getpid();
	snapshot->protection.is_wanted = true;
	snapshot->protection.count = 3;
	snapshot->protection.memory_kib = 512 * 1024;
	snapshot->sample.memory.total_kib = 16 * GIVEN_GIB;
	snapshot->sample.memory.swap_total_kib = 4 * GIVEN_GIB;
	snapshot->sample.arc_kib = 1024;
	snapshot->sample.has_pressure = true;
	snapshot->decision = given_decision(REASON_MEMORY);
	snapshot->stall_some_permyriad = 1025;
	snapshot->stall_full_permyriad = 7;
	for (int i = 0; i < 3; i++) {
		snapshot->strikes[i].stage = stages[i];
		snapshot->strikes[i].number = (uint32_t)i + 1;
		snapshot->strikes[i].asked_ms = GIVEN_NOW_MS - 3000;
		snapshot->victims[i] = given_candidate(100 + i);
	}
	snapshot->candidates_ms = GIVEN_NOW_MS - 200;
	snapshot->candidates_count = 2;
	snapshot->candidates[0] = given_candidate(4242);
	snapshot->candidates[1] = given_candidate(4243);
	snapshot->candidates[1].exemption = EXEMPT_NEVER;
	snapshot->paused_until_ms = GIVEN_NOW_MS + 60000;
	snapshot->mistakes = 2;
	snapshot->is_futile = true;
	snapshot->cpu_us = 1500000;
}

/* In memory only; records go to stderr, so none are given here. */
static inline struct teller *given_teller(void)
{
	struct teller *teller = calloc(1, sizeof(*teller));
	struct board *board = calloc(1, sizeof(*board));
	struct snapshot snapshot;

	if (!teller || !board)
		abort();
	board_init(board);
	given_snapshot(&snapshot);
	board_put_snapshot(board, &snapshot);
	teller->map = (struct boardmap){ .board = board, .next = 1 };
	teller->now_ms = GIVEN_NOW_MS;
	ask_open(&teller->ask, -1);
	listener_init(&teller->listener);
	clients_init(&teller->clients, 4711);
	teller->ledger.unsaved_ms = -1;
	teller->ledger.journal.socket = -1;
	(void)history_open(&teller->ledger.history, NULL);
	return teller;
}

static inline void given_teller_end(struct teller *teller)
{
	clients_finish(&teller->clients);
	free((void *)teller->map.board);
	free(teller);
}

/* Keeps a record as if it had been told. */
static inline void given_told(struct teller *teller,
			      const struct told_record *told)
{
	if (history_add(&teller->ledger.history, told))
		teller->ledger.newest++;
}

/* A client that is nobody's descriptor. */
static inline struct client *given_client(struct teller *teller, uid_t uid)
{
	struct client *client = &teller->clients.places[0];

	client_close(client);
	client_open(client, -1, uid, teller->now_ms);
	return client;
}

#endif
