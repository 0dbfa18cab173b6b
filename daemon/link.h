/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_LINK_H
#define OOMGUARD_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "board.h"
#include "request.h"

#define LINK_PATH_SIZE 256

/* Descriptors that the teller finds; all others are closed. */
enum {
	LINK_BOARD = 3,
	LINK_SOCKET = 4,
	LINK_WAKE = 5,
	LINK_PROGRESS = 6, /* the teller's own memory, kept for the next one */
	LINK_LAST = LINK_PROGRESS,
};

#define LINK_PROGRESS_SIZE 4096

/*
 * The guard's end of the teller: it starts it, writes to the shared board,
 * takes its requests, and never waits for it. A teller that is gone is started
 * again while memory is calm.
 */
struct link {
	char path[LINK_PATH_SIZE]; /* empty: no teller is wanted */
	struct board *board;
	int board_fd; /* read-only, for the teller */
	int socket;   /* -1: no teller runs */
	int wake;     /* eventfd: a record was written */
	int progress; /* never read here */
	int pidfd;    /* of the teller, or -1 */
	int32_t pid;
	int64_t retry_ms; /* not before */
	int64_t pause_ms; /* between tries, doubled each time */
	int64_t started_ms;
	bool is_awaited; /* it has not been started for the first time */
};

/*
 * Finds the program (`path`, or "none", or NULL: beside this one) and makes the
 * board. Returns 0 or -errno; without a board nothing is shared.
 */
int link_open(struct link *link, const char *path);

/* Starts the teller if it does not run and it is time. */
void link_start(struct link *link, int64_t now_ms);

/* The teller's pidfd, or its socket, says that it is gone. */
void link_lost(struct link *link, int64_t now_ms);

bool link_is_up(const struct link *link);

/*
 * Shares a record. False when nobody is there to tell it, nor will be in a
 * moment: the first teller tells what happened before it came.
 */
bool link_tell(struct link *link, struct record *record);

/*
 * Takes one request that is valid: 1; none is there: 0; the teller closed its
 * end: -EPIPE. What is not valid is dropped.
 */
int link_take(struct link *link, struct request *request);

void link_answer(struct link *link, uint64_t cookie, int error,
		 const char *words);

#endif
