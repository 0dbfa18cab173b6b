/* SPDX-License-Identifier: MIT */
#ifndef NOTE_H
#define NOTE_H

#include <stdint.h>

/* What a player tells the scene, by its standard output, in one write. */
enum note_kind {
	NOTE_READY, /* it holds its memory and behaves as it shall */
	NOTE_CHILD, /* value: the pid of a child that it has */
	NOTE_ASKED, /* value: when SIGTERM came, CLOCK_MONOTONIC in ns */
	NOTE_LOST,  /* value: a child that has exited, and should not */
};

struct note {
	int32_t pid;
	int32_t kind;
	int64_t value;
};

#endif
