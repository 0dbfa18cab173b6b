/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_TELLER_H
#define OOMGUARD_TELLER_H

#include <stdbool.h>
#include <stdint.h>

#include "ask.h"
#include "boardmap.h"
#include "clients.h"
#include "ledger.h"
#include "listener.h"
#include "progress.h"

/* Everything that the teller uses. The time is given by its loop. */
struct teller {
	int64_t now_ms;
	int signals; /* signalfd */
	int wake;    /* eventfd of the guard: a record was written */
	bool guard_is_gone;
	bool has_said_hello;
	int64_t end_ms;    /* when it ends, told to; -1: it was not */
	const char *path;  /* of the socket */
	int64_t listen_ms; /* when to try again to listen */
	bool proc_hides;   /* other users' processes */
	int64_t proc_ms;   /* when to look at that again */
	struct boardmap map;
	struct progress *progress;
	struct ask ask;
	uint64_t look_cookie;  /* of the look that was asked for; 0: none */
	int64_t look_ms;       /* when; 0: never */
	struct finder *finder; /* NULL: nothing more is found out */
	struct listener listener;
	struct clients clients;
	struct ledger ledger;
};

/*
 * Tells until the guard is gone or SIGTERM says so, and then what is left.
 * Returns 0 or -errno of poll(2).
 */
int teller_run(struct teller *teller);

#endif
