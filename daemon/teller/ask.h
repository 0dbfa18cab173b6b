/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_ASK_H
#define OOMGUARD_ASK_H

#include "request.h"

/* The teller's end of what it may ask of the guard. Nothing here waits. */
struct ask {
	int fd;
	uint64_t cookie; /* of the last request */
};

void ask_open(struct ask *ask, int fd);

/*
 * Sends a request; its answer will bear `*cookie`, which is never 0. Returns
 * 0, -EBUSY where the guard does not take it now, -EPIPE where it is gone.
 */
int ask_send(struct ask *ask, enum request_kind kind, int64_t pause_ms,
	     uint64_t *cookie);

/* 1: a whole answer, its text NUL-terminated; 0: none; -EPIPE: it is gone. */
int ask_receive(struct ask *ask, struct request_answer *answer);

#endif
