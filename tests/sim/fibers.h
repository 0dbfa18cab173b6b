/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SIM_FIBERS_H
#define OOMGUARD_SIM_FIBERS_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#define FIBER_GUARD 0
#define FIBERS 16

/*
 * The guard's threads in one: each goes on until it waits for something. Time
 * passes while they work (each call takes some) and while all of them wait.
 */

/* Forgets all of them; a guard that crashes leaves nothing behind. */
void fibers_reset(void);

/* Returns its number, or -1. */
int fiber_start(void *(*run)(void *), void *argument);

/* Which of them is at work; -1: none. */
int fiber_current(void);

bool fiber_is_done(int fiber);

/*
 * Waits until one of these is ready or it is that late; the number of ready
 * ones. `count` 0: only for the time.
 */
int fiber_wait(struct pollfd *polled, int count, int64_t until_us);

/* A call of one that is not the guard: it may be somebody else's turn. */
void fiber_pass(void);

/* One lock is enough. Whoever holds it must not wait for anything. */
void fiber_lock(void);
void fiber_unlock(void);

/*
 * Runs whoever is ready, the guard first. Returns when nobody is, with the
 * earliest time at which somebody will be.
 */
int64_t fibers_run(void);

#endif
