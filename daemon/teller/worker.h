/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_WORKER_H
#define OOMGUARD_WORKER_H

#include <pthread.h>

/*
 * Starts a thread of the teller for what may wait: on files, on services, on a
 * disk. It gets no signals; they are for the thread that reads them. Returns 0
 * or -errno.
 */
int worker_start(pthread_t *thread, void *(*run)(void *), void *argument);

#endif
