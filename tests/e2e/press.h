/* SPDX-License-Identifier: MIT */
#ifndef PRESS_H
#define PRESS_H

#include "scene.h"

#define PRESS_NUMBERS_MAX 1024

/*
 * Who writes down what the teller tells: a journal, and a place for its socket
 * and its history.
 */
struct press {
	char directory[32];
	char teller[64]; /* the program for the guard: scene.teller */
	int journal;
	int told[PRESS_NUMBERS_MAX]; /* how often, by number of the record */
	int count;                   /* of records, each once */
	int twice;
	int newest;
	int dropped; /* as told */
	int outcomes;
	int settled;
	bool has_reloaded;
};

void press_open(struct press *press, struct scene *scene);
void press_close(struct press *press);

/* Takes all that is there. */
void press_read(struct press *press);

/* Puts its own into the journal until nothing more goes in. */
void press_fill(struct press *press, struct scene *scene);

/* A client of the teller, or -1; `pid` becomes that of the teller. */
int press_connect(const struct press *press, pid_t *pid);

/* Waits for a teller that is not this one, and returns its pid. */
pid_t press_await_teller(struct press *press, struct scene *scene, pid_t other);

/* Reloads until that is told: then all that was before has been told. */
void press_await_all(struct press *press, struct scene *scene);

#endif
