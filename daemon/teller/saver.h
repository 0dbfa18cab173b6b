/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SAVER_H
#define OOMGUARD_SAVER_H

#include "history.h"

/*
 * Writes the history on a thread of its own: a disk that the shortage keeps
 * busy can hold up fsync() for many seconds, in which the teller answers.
 */
struct saver;

/* NULL: no thread or memory is left; then the caller saves by itself. */
struct saver *saver_create(void);

/* Waits for what it is writing. */
void saver_destroy(struct saver *saver);

/* Copies what is there now and writes it. Only if it is at rest. */
void saver_start(struct saver *saver, const struct history *history);

/* -EINPROGRESS, else what the last history_save() returned. */
int saver_result(struct saver *saver);

#endif
