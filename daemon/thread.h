/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_THREAD_H
#define OOMGUARD_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* Three times what the deepest of them needs; each is locked as a whole. */
#ifdef __SANITIZE_ADDRESS__
#define THREAD_STACK_SIZE (64 * 1024)
#else
#define THREAD_STACK_SIZE (32 * 1024)
#endif

/* Starts a thread with a small stack. Returns 0 or -errno. */
int thread_start(pthread_t *thread, void *(*run)(void *), void *argument);

/*
 * Counts an eventfd up, so that whoever reads it wakes. Never waits. Returns
 * whether it was counted.
 */
bool thread_wake(int eventfd);

#endif
