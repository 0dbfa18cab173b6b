/* SPDX-License-Identifier: MIT */
#include "thread.h"

#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

#include "hot.h"

#define NICE_LEAST (-20)

int thread_start(pthread_t *thread, size_t stack_size, void *(*run)(void *),
		 void *argument)
{
	pthread_attr_t attributes;
	int error = pthread_attr_init(&attributes);

	if (error)
		return -error;
	/* Where a thread needs more by itself (128 KiB on arm64), more. */
	size_t size = (size_t)sysconf(_SC_THREAD_STACK_MIN);
	error = pthread_attr_setstacksize(
		&attributes, size > stack_size ? size : stack_size);

	if (!error)
		error = pthread_create(thread, &attributes, run, argument);
	(void)pthread_attr_destroy(&attributes);
	return -error;
}

void thread_prefer(void)
{
	(void)setpriority(PRIO_PROCESS, 0, NICE_LEAST);
}

bool thread_wake(int eventfd)
{
	const uint64_t one = 1;

	/* Cannot block: the counter is far from its maximum. */
	return write(eventfd, &one, sizeof(one)) == sizeof(one);
}
