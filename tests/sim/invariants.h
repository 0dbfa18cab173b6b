/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SIM_INVARIANTS_H
#define OOMGUARD_SIM_INVARIANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guard.h"
#include "machine.h"

/*
 * What is always true, whatever happens: the list of the design, by the same
 * numbers. Judged from outside by what the machine knows.
 */
void invariants_start(const struct guard *guard, bool is_traced);

/* The guard is started again after a crash: what it knew is lost. */
void invariants_forget(void);

/* guard_start() has returned, or guard_run(). */
void invariants_begin(void);
void invariants_stop(void);
bool invariants_has_begun(void);

/* The first that was broken, and when; NULL: none. */
const char *invariants_broken(void);
int64_t invariants_broken_us(void);

void invariants_expect(bool condition, const char *rule);

/* At each signal, write of oom_score_adj, end and beginning of a tick. */
void invariants_signal(struct process *process, int signal);
void invariants_adjusted(const struct process *process, long value);
void invariants_tick(int64_t sleep_us);
void invariants_wake(void);
void invariants_kernel(const struct process *process);
void invariants_told(const char *bytes, size_t size);

/* After the guard has stopped. */
void invariants_end(void);

/* What the settings say of it as it really is. */
void invariants_judge(const struct process *process, struct ruling *ruling);

#endif
