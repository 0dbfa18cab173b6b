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

#include "announce.h"
#include "config.h"

/* To read the files and ask who a user is; a network may be involved. */
#define READ_MOST_S 10

static void take_mistake(void *user, const char *message)
{
	struct text *text = user;

	text_put(text, message);
	text_put(text, "\n");
	fprintf(stderr, "%s\n", message);
}

static _Noreturn void read_and_send(const struct guard *guard, int pipe)
{
	struct config *config = calloc(1, sizeof(*config));
	struct reading *reading = calloc(1, sizeof(*reading));
	const char *file = guard->config_file;
	struct text text;
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)alarm(READ_MOST_S);
	if (!config || !reading)
		_exit(EXIT_FAILURE);
	text_init(&text, reading->text, sizeof(reading->text));
	reading->mistakes = config_load(config, file ? file : CONFIG_FILE,
					file ? NULL : CONFIG_DIRECTORY,
					take_mistake, &text);
	reading->settings = config->settings;
	const char *bytes = (const char *)reading;
	for (size_t at = 0; at < sizeof(*reading);) {
		ssize_t sent = write(pipe, bytes + at, sizeof(*reading) - at);
		if (sent <= 0)
			_exit(EXIT_FAILURE);
		at += (size_t)sent;
	}
	_exit(EXIT_SUCCESS);
}

int guard_reload(struct guard *guard, uint64_t cookie)
{
	int ends[2];

	if (guard->reload >= 0) {
		guard->reload_again = guard->reload_again || !cookie;
		return -EBUSY;
	}
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
		return -errno;
	pid_t child = fork();
	if (child == 0) {
		(void)fcntl(ends[1], F_SETFL, 0);
		read_and_send(guard, ends[1]);
	}
	(void)close(ends[1]);
	if (child < 0) {
		(void)close(ends[0]);
		return -EAGAIN;
	}
	notify_reloading(&guard->notify, guard_now_ms());
	guard->reload = ends[0];
	guard->reload_cookie = cookie;
	guard->incoming_length = 0;
	return 0;
}

/* All of the settings, or nothing. Returns 0 or -errno for the answer. */
static int take_reading(struct guard *guard)
{
	const struct reading *reading = &guard->incoming;

	if (guard->incoming_length < sizeof(*reading)) {
		announce_words(guard, RECORD_REFUSED,
			       "reload refused: the configuration could not "
			       "be read in time: nothing changed");
		return -EIO;
	}
	if (reading->mistakes > 0) {
		announce_words(guard, RECORD_REFUSED,
			       "reload refused: the configuration has "
			       "mistakes: nothing changed");
		return -EINVAL;
	}
	clerk_lock(&guard->clerk);
	guard->settings = reading->settings;
	census_judge(&guard->census, &guard->settings);
	clerk_unlock(&guard->clerk);
	guard->generation++;
	guard->mistakes = 0;
	announce_words(guard, RECORD_RELOADED, "reloaded");
	return 0;
}

static void reload_end(struct guard *guard)
{
	(void)close(guard->reload);
	guard->reload = -1;
	int error = take_reading(guard);
	guard->incoming.text[sizeof(guard->incoming.text) - 1] = '\0';
	if (guard->reload_cookie)
		link_answer(&guard->link, guard->reload_cookie, error,
			    error == -EINVAL ? guard->incoming.text : "");
	notify_send(&guard->notify, "READY=1");
	if (!guard->reload_again)
		return;
	guard->reload_again = false;
	(void)guard_reload(guard, 0);
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
