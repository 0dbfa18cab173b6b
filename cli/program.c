/* SPDX-License-Identifier: MIT */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

#define PROGRAM_NOT_FOUND 127

static void program_become(const char *const arguments[], int out)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)dup2(null, STDIN_FILENO);
	(void)dup2(out, STDOUT_FILENO);
	(void)dup2(null, STDERR_FILENO);
	(void)setenv("LC_ALL", "C", 1);
	(void)setenv("SYSTEMD_COLORS", "0", 1);
	/* execvp() changes nothing that it is given. */
	(void)execvp(arguments[0], (char *const *)arguments);
	_exit(PROGRAM_NOT_FOUND);
}

/* Reads to the end, or to the deadline; what does not fit is thrown away. */
static int program_drain(int fd, int64_t until_ms, char *bytes, size_t size)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	char rest[4096] = "";
	size_t used = 0;

	bytes[0] = '\0';
	for (;;) {
		int64_t left_ms = until_ms - clock_now_ms();
		size_t room = size - 1 - used;
		ssize_t length;

		if (left_ms <= 0 || poll(&poller, 1, (int)left_ms) == 0)
			return -ETIMEDOUT;
		length = read(fd, room ? bytes + used : rest,
			      room ? room : sizeof(rest));
		if (length <= 0)
			return length < 0 && errno != EINTR ? -errno : 0;
		if (room)
			used += (size_t)length;
		bytes[used] = '\0';
	}
}

/* It may close its output and live on: it gets a little time, then SIGKILL. */
static int program_reap(pid_t pid, int rc, int64_t until_ms)
{
	const struct timespec nap = { 0, 2000000 };
	int status;
	pid_t reaped;

	for (;;) {
		reaped = waitpid(pid, &status, WNOHANG);
		if (reaped != 0)
			break;
		if (rc < 0 || clock_now_ms() > until_ms) {
			(void)kill(pid, SIGKILL);
			reaped = waitpid(pid, &status, 0);
			rc = -ETIMEDOUT;
			break;
		}
		(void)nanosleep(&nap, NULL);
	}
	if (rc < 0 || reaped < 0)
		return rc < 0 ? rc : -ECHILD;
	if (!WIFEXITED(status))
		return -ECHILD;
	return WEXITSTATUS(status) == PROGRAM_NOT_FOUND ? -ENOENT
							: WEXITSTATUS(status);
}

int program_read(const char *const arguments[], int timeout_ms, char *bytes,
		 size_t size)
{
	int64_t until_ms = clock_now_ms() + timeout_ms;
	int ends[2];
	pid_t pid;
	int rc;

	bytes[0] = '\0';
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		program_become(arguments, ends[1]);
	rc = pid < 0 ? -errno : 0;
	(void)close(ends[1]);
	if (rc == 0) {
		rc = program_drain(ends[0], until_ms, bytes, size);
		rc = program_reap(pid, rc, until_ms);
	}
	(void)close(ends[0]);
	return rc;
}
