/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_THREAD_H
#define OOMGUARD_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/* Of the guard's: three times what the deepest needs, and locked as a whole. */
#ifdef __SANITIZE_ADDRESS__
#define THREAD_STACK_SIZE (64 * 1024)
#else
#define THREAD_STACK_SIZE (32 * 1024)
#endif

/* Starts a thread with such a stack. Returns 0 or -errno. */
int thread_start(pthread_t *thread, size_t stack_size, void *(*run)(void *),
		 void *argument);

/*
 * This thread alone runs before all that is not real time. Not real time
 * itself: what takes long would leave the guard no CPU.
 */
void thread_prefer(void);

/*
 * Counts an eventfd up, so that whoever reads it wakes. Never waits. Returns
 * whether it was counted.
 */
bool thread_wake(int eventfd);

#endif
