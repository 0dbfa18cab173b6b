/* SPDX-License-Identifier: MIT */
#include "worker.h"

#include <signal.h>

#include "thread.h"

#define STACK_SIZE (256 * 1024) /* name services take much */

int worker_start(pthread_t *thread, void *(*run)(void *), void *argument)
{
	sigset_t all;
	sigset_t former;
	int error;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &former);
	error = thread_start(thread, STACK_SIZE, run, argument);
	(void)pthread_sigmask(SIG_SETMASK, &former, NULL);
	return error;
}
