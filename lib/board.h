/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_BOARD_H
#define OOMGUARD_BOARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "privilege_set.h"
#include "record.h"
#include "report.h"
#include "sample.h"
#include "settings.h"

#define BOARD_MAGIC 0x6f6f6d67U /* "oomg" */
#define BOARD_VERSION 6
#define BOARD_RECORDS 24 /* locked memory: 3 KB each */
#define BOARD_CANDIDATES 10

#define BOARD_RULE_SIZE (SELECTOR_PATTERN_SIZE + 16)

/* What the guard says of those whom it protects. */
struct protection {
	bool is_wanted; /* something is listed */
	uint32_t count;
	int64_t memory_kib; /* what they share is counted once */
	uint32_t left_out;  /* did not fit into the table: not protected */
	bool has_overflown; /* new processes are seen after 5 s, not at once */
	uint32_t unmatched; /* entries of the list that match nothing */
	char unmatched_rule[BOARD_RULE_SIZE]; /* the first of them */
	int32_t refused_error;                /* errno; 0: nothing was */
	int32_t refused_pid;
	char refused_comm[PROCESS_COMM_SIZE];
};

/* The guard's state as it was at one moment, for whoever asks. */
struct snapshot {
	int64_t at_ms; /* CLOCK_MONOTONIC */
	int64_t started_ms;
	int32_t guard_pid;
	enum mode mode;
	struct sample sample;
	struct decision decision;
	enum urgency told;
	int32_t stall_some_permyriad; /* over the term window */
	int32_t stall_full_permyriad;
	bool reclaims;
	struct strike strikes[STRIKES_MAX];
	int64_t paused_until_ms;      /* 0: not paused */
	uint32_t settings_generation; /* one more with each reload */
	int32_t mistakes; /* of the configuration in force at start */
	bool fuse_is_blown;
	bool is_futile;         /* to end processes brings back little: */
	struct holders holders; /* who has the memory */
	unsigned int trouble;   /* PROCFS_* that cannot be read now */
	struct privilege_set privileges;
	bool has_trigger;
	int64_t trigger_window_ms;
	uint64_t ticks;
	uint64_t strikes_total;
	uint64_t bad_reads;
	int64_t kernel_kills; /* of the machine, since the guard's start */
	int64_t limit_kills;  /* in cgroups at their own limit, likewise */
	uint32_t census_count;
	uint32_t census_left_out;
	uint64_t cpu_us; /* of the guard, all threads */
	uint64_t records_written;
	struct protection protection;

	/* Of processes; in calm it stays as it is from scan to scan. */
	uint64_t scans;
	int64_t candidates_ms; /* when they were looked at; -1: never */
	uint32_t candidates_count;
	int32_t chosen; /* index of who would be struck, or -1 */
	struct candidate candidates[BOARD_CANDIDATES];
	struct candidate victims[STRIKES_MAX]; /* where a strike has a stage */
};

#define SNAPSHOT_FIGURES_SIZE offsetof(struct snapshot, scans)

struct board_slot {
	atomic_uint sequence; /* odd while it is written */
	struct record record;
};

/*
 * Shared memory between the guard, which alone writes, and the teller, which
 * maps it read-only. The guard never waits: a reader that meets a write tries
 * again. Sequence locks, because a reader that dies must not hold anything.
 */
struct board {
	uint32_t magic;
	uint32_t version;
	uint32_t size; /* of this struct: both sides are one build */
	atomic_uint sequence;
	struct snapshot snapshot;
	atomic_ullong records_written; /* number of the newest; 0: none */
	struct board_slot slots[BOARD_RECORDS];
};

void board_init(struct board *board);
bool board_is_valid(const struct board *board);

/* Writer: publishes a snapshot, or the next record (it gets its number). */
void board_put_snapshot(struct board *board, const struct snapshot *snapshot);
uint64_t board_put_record(struct board *board, struct record *record);

/*
 * Writer: publishes the snapshot but what it says of processes, which is as
 * last published. In calm this is every look, and a fifth of the bytes.
 */
void board_put_figures(struct board *board, const struct snapshot *snapshot);

/* Reader: a consistent copy. False when it could not be had in a few tries. */
bool board_get_snapshot(const struct board *board, struct snapshot *out);

/*
 * The record with this number. False when it is not written yet or was
 * overwritten: then `*oldest` is the oldest number that may still be read.
 */
bool board_get_record(const struct board *board, uint64_t number,
		      struct record *out, uint64_t *oldest);

#endif
