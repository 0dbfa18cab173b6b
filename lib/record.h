/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_RECORD_H
#define OOMGUARD_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "cgroup.h"
#include "decide.h"
#include "process.h"
#include "strike.h"
#include "victim.h"

#define RECORD_VERSION 5
#define RECORD_TEXT_SIZE 768
#define RECORD_PEERS 10

/* What is told. Each kind has one MESSAGE_ID and one catalog entry. */
enum record_kind {
	RECORD_STARTED,  /* the guard guards */
	RECORD_ENDED,    /* it was told to end */
	RECORD_STATE,    /* the urgency changed */
	RECORD_STRIKE,   /* a signal was sent */
	RECORD_OUTCOME,  /* a strike is over */
	RECORD_OBSERVED, /* a strike that observe mode did not do */
	RECORD_NOBODY,   /* nobody could be struck */
	RECORD_HELD,     /* the fuse: strikes are held back */
	RECORD_KERNEL,   /* the kernel's OOM killer was faster */
	RECORD_LIMIT,    /* it took somebody in a cgroup at its own limit */
	RECORD_DEGRADED, /* something is missing or unreadable */
	RECORD_MENDED,   /* it is readable again */
	RECORD_RELOADED,
	RECORD_REFUSED, /* a reload with mistakes */
	RECORD_PAUSED,
	RECORD_RESUMED,
	RECORD_KINDS,
};

/* One of the biggest, or of the fastest-growing, before a strike. */
struct record_peer {
	int32_t pid;
	uint32_t kib; /* resident, or grown in the last minutes */
	char comm[PROCESS_COMM_SIZE];
};

/*
 * Everything about one event. A plain value without pointers: it goes through
 * shared memory and into the state file. Texts are NUL-terminated and may hold
 * any byte; `text` alone is clean.
 */
struct record {
	uint32_t version; /* RECORD_VERSION */
	uint32_t size;    /* of this struct */
	uint64_t number;  /* from 1, since the guard's start */
	enum record_kind kind;
	bool is_told;        /* on stderr, because no teller was there */
	int64_t realtime_us; /* of the wall clock */
	int64_t monotonic_ms;
	struct decision decision;

	/* Of STRIKE, OUTCOME and OBSERVED; of STATE the suspect, if any. */
	bool has_victim;
	bool has_runner_up;
	bool is_marked; /* its service, so that Restart=on-failure works */
	int signal;     /* that was sent; 0 otherwise */
	struct strike strike;
	enum outcome outcome;
	int64_t available_kib; /* at the end of a strike */
	struct candidate victim;
	struct candidate runner_up;
	char cgroup[CGROUP_PATH_SIZE];            /* of the victim */
	struct record_peer biggest[RECORD_PEERS]; /* pid 0: no more */
	struct record_peer growing[RECORD_PEERS];

	int64_t count; /* kills by the KERNEL; of STRIKE: how often it was */
	char text[RECORD_TEXT_SIZE]; /* the sentence, as the journal shows it */
};

/* "strike", "state" and so on: the name in JSON and in the journal. */
const char *record_kind_name(enum record_kind kind);

/* Syslog priority of a kind (with the urgency of a state): 2 to 6. */
int record_priority(const struct record *record);

#endif
