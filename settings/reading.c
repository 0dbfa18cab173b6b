/* SPDX-License-Identifier: MIT */
#include "reading.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "config.h"
#include "text.h"

static void put_line(void *user, const char *message)
{
	text_put(user, message);
	text_put(user, "\n");
}

static void send_all(int pipe, const void *from, size_t size)
{
	const char *bytes = from;

	for (size_t at = 0; at < size;) {
		ssize_t sent = write(pipe, bytes + at, size - at);
		if (sent <= 0)
			_exit(EXIT_FAILURE);
		at += (size_t)sent;
	}
}

/* In the child: it may wait and allocate, it is not the guard any more. */
static _Noreturn void read_and_send(const char *file, bool users, int pipe)
{
	struct config *config = calloc(1, sizeof(*config));
	struct reading *reading = calloc(1, sizeof(*reading));
	struct text text;
	cap_t none = cap_init();
	sigset_t signals;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Who sends it to the whole unit means the guard. */
	(void)signal(SIGHUP, SIG_IGN);
	(void)sigemptyset(&signals);
	(void)sigprocmask(SIG_SETMASK, &signals, NULL);
	(void)signal(SIGALRM, SIG_DFL);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)alarm(READING_MOST_MS / 1000);
	if (!config || !reading || !none || cap_set_proc(none) != 0)
		_exit(EXIT_FAILURE);
	text_init(&text, reading->text, sizeof(reading->text));
	config->without_users = !users;
	reading->mistakes =
		config_load(config, file ? file : CONFIG_FILE,
			    file ? NULL : CONFIG_DIRECTORY, put_line, &text);
	reading->settings = config->settings;
	send_all(pipe, reading, sizeof(*reading));
	_exit(EXIT_SUCCESS);
}

int reading_start(const char *file, bool users)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return -errno;
	pid_t child = fork();
	if (child == 0)
		read_and_send(file, users, ends[1]);
	int error = child < 0 ? -errno : 0;
	(void)close(ends[1]);
	if (!error && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
		return ends[0];
	(void)close(ends[0]);
	return error ? error : -EIO;
}

int reading_take(int fd, struct reading *reading, uint32_t *length)
{
	char surplus;

	for (;;) {
		size_t room = sizeof(*reading) - *length;
		char *at = (char *)reading + *length;
		ssize_t got = room ? read(fd, at, room) : read(fd, &surplus, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno == EAGAIN ? 0 : -EIO;
		if (got == 0)
			return room ? -EIO : 1;
		*length += room ? (uint32_t)got : 0;
	}
}

static int wait_for(const char *file, bool users, struct reading *reading)
{
	struct pollfd child = { .fd = reading_start(file, users),
				.events = POLLIN };
	uint32_t length = 0;
	int taken = 0;

	if (child.fd < 0)
		return child.fd;
	while (taken == 0 && poll(&child, 1, READING_MOST_MS + 1000) != 0)
		taken = reading_take(child.fd, reading, &length);
	(void)close(child.fd);
	return taken == 1 ? 0 : -ETIMEDOUT;
}

int reading_wait(const char *file, struct reading *reading)
{
	(void)signal(SIGCHLD, SIG_IGN); /* Or it stays as a zombie. */
	return wait_for(file, true, reading) == 0
		       ? 0
		       : wait_for(file, false, reading);
}
