/* SPDX-License-Identifier: MIT */
#include "flood.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crowd.h"

#define SECOND_NS INT64_C(1000000000)
#define TRIES 1000

static const char request[] = "{\"method\":\"io.oomguard.Status\"}";

static int reach(const char *socket_path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", socket_path);
	for (int i = 0; i < TRIES; i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (connect(fd, (struct sockaddr *)&address, sizeof(address)) ==
		    0)
			return fd;
		(void)close(fd);
		(void)poll(NULL, 0, 10);
	}
	bench_die(socket_path, ETIMEDOUT);
}

/* The answer ends at the first byte that is 0. */
static void ask(int fd)
{
	char bytes[65536];
	ssize_t length;

	if (write(fd, request, sizeof(request)) != (ssize_t)sizeof(request))
		_exit(1);
	do
		length = read(fd, bytes, sizeof(bytes));
	while (length > 0 && bytes[length - 1] != '\0');
	if (length <= 0)
		_exit(1);
}

/* What came too late is asked at once: the rate is that of the clock. */
static _Noreturn void be_flood(int fd, _Atomic int64_t *answers)
{
	int64_t next_ns = bench_now_ns();

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		ask(fd);
		atomic_fetch_add(answers, 1);
		next_ns += SECOND_NS / FLOOD_A_SECOND;
		const struct timespec next = { next_ns / SECOND_NS,
					       next_ns % SECOND_NS };
		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next,
				      NULL);
	}
}

int64_t flood_ask_us(const char *socket_path)
{
	int fd = reach(socket_path);
	int64_t begun_ns = bench_now_ns();

	ask(fd);
	int64_t us = (bench_now_ns() - begun_ns) / 1000;
	(void)close(fd);
	return us;
}

void flood_begin(struct flood *flood, const char *socket_path)
{
	int fd = reach(socket_path);

	if (!flood->answers)
		flood->answers = mmap(NULL, sizeof(*flood->answers),
				      PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (flood->answers == MAP_FAILED)
		bench_die("mmap", errno);
	atomic_store(flood->answers, 0);
	flood->begun_ns = bench_now_ns();
	flood->pid = fork();
	if (flood->pid < 0)
		bench_die("fork", errno);
	if (flood->pid == 0)
		be_flood(fd, flood->answers);
	(void)close(fd);
}

int64_t flood_end(struct flood *flood)
{
	int64_t ms = (bench_now_ns() - flood->begun_ns) / 1000000;

	(void)kill(flood->pid, SIGKILL);
	(void)waitpid(flood->pid, NULL, 0);
	return atomic_load(flood->answers) * 1000 / (ms + 1);
}
