/* SPDX-License-Identifier: MIT */
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "config.h"

/* To read the files and ask who a user is; a network may be involved. */
#define READ_MOST_S 10

static void tell_mistake(void *user, const char *message)
{
	(void)user;
	fprintf(stderr, "%s\n", message);
}

static _Noreturn void read_and_send(const struct guard *guard, int pipe)
{
	struct config *config = calloc(1, sizeof(*config));
	const char *file = guard->config_file;
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)alarm(READ_MOST_S);
	if (!config ||
	    config_load(config, file ? file : CONFIG_FILE,
			file ? NULL : CONFIG_DIRECTORY, tell_mistake, NULL) > 0)
		_exit(EXIT_FAILURE);
	const char *bytes = (const char *)&config->settings;
	for (size_t at = 0; at < sizeof(config->settings);) {
		ssize_t sent =
			write(pipe, bytes + at, sizeof(config->settings) - at);
		if (sent <= 0)
			_exit(EXIT_FAILURE);
		at += (size_t)sent;
	}
	_exit(EXIT_SUCCESS);
}

void guard_reload(struct guard *guard)
{
	int ends[2];

	if (guard->reload >= 0) {
		guard->reload_again = true;
		return;
	}
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
		tell_words(&guard->tell,
			   "reload refused: no descriptor: nothing changed");
		return;
	}
	pid_t child = fork();
	if (child == 0) {
		(void)fcntl(ends[1], F_SETFL, 0);
		read_and_send(guard, ends[1]);
	}
	(void)close(ends[1]);
	guard->reload = ends[0];
	guard->incoming_length = 0;
}

/* The child is done: all of the settings, or nothing. */
static void reload_end(struct guard *guard)
{
	(void)close(guard->reload);
	guard->reload = -1;
	if (guard->incoming_length == sizeof(guard->incoming)) {
		clerk_lock(&guard->clerk);
		guard->settings = guard->incoming;
		census_judge(&guard->census, &guard->settings);
		clerk_unlock(&guard->clerk);
		tell_words(&guard->tell, "reloaded");
	} else {
		tell_words(&guard->tell, "reload refused: the configuration "
					 "has mistakes: nothing changed");
	}
	if (guard->reload_again) {
		guard->reload_again = false;
		guard_reload(guard);
	}
}

void guard_reload_read(struct guard *guard)
{
	char *bytes = (char *)&guard->incoming;
	size_t room = sizeof(guard->incoming) - guard->incoming_length;
	char surplus;
	ssize_t got =
		room ? read(guard->reload, bytes + guard->incoming_length, room)
		     : read(guard->reload, &surplus, 1);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0)
		reload_end(guard);
	else if (room)
		guard->incoming_length += (uint32_t)got;
}
