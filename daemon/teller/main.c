/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "arguments.h"
#include "finder.h"
#include "link.h"
#include "sandbox.h"
#include "teller.h"

static const char help[] =
	"oomguard-teller - answers for oomguardd, which starts it\n"
	"\n"
	"Usage: oomguard-teller [OPTION]...\n"
	"\n"
	"Serves the socket, writes the journal and keeps the history. It is "
	"of\n"
	"no use on its own: the guard gives it what it knows.\n"
	"\n"
	"  --socket PATH   instead of io.oomguard in $RUNTIME_DIRECTORY or\n"
	"                  /run/oomguard\n"
	"  --state DIR     instead of $STATE_DIRECTORY; where the history is\n"
	"  --journal PATH  instead of /run/systemd/journal/socket\n"
	"  --help          this text\n"
	"  --version       the version\n";

struct options {
	const char *socket;
	const char *state;
	const char *journal;
};

/* The first of a directory variable of systemd.exec(5), or `fallback`. */
static char *directory(const char *variable, const char *fallback)
{
	const char *value = getenv(variable);

	if (!value || value[0] != '/')
		return fallback ? strdup(fallback) : NULL;
	return strndup(value, strcspn(value, ":"));
}

static char *default_socket(void)
{
	char *place = directory("RUNTIME_DIRECTORY", "/run/oomguard");
	char *path = NULL;

	if (place && asprintf(&path, "%s/io.oomguard", place) < 0)
		path = NULL;
	free(place);
	return path;
}

/* Before any thread, so that none takes them. */
static int open_signals(void)
{
	sigset_t signals;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) != 0 ||
	    signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return -1;
	return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* What is missing of it makes the teller less, but it tells. */
static void open_ledger(struct ledger *ledger, const struct options *options)
{
	char *state = directory("STATE_DIRECTORY", NULL);
	const char *place = options->state ? options->state : state;
	int error = ledger_open(ledger, options->journal, place);

	if (error)
		fprintf(stderr, "oomguard-teller: history in %s: %s\n", place,
			strerror(-error));
	free(state);
}

static int start(struct teller *teller, const struct options *options)
{
	int error = sandbox_enter(LINK_LAST);

	if (error)
		return error;
	error = boardmap_open(&teller->map, LINK_BOARD);
	if (!error)
		error = progress_open(&teller->progress, LINK_PROGRESS);
	if (error)
		return error;
	teller->signals = open_signals();
	if (teller->signals < 0)
		return -errno;
	teller->wake = LINK_WAKE;
	teller->end_ms = -1;
	ask_open(&teller->ask, LINK_SOCKET);
	listener_init(&teller->listener);
	clients_init(&teller->clients, geteuid());
	open_ledger(&teller->ledger, options);
	ledger_resume(&teller->ledger, teller->progress, teller->map.next);
	teller->finder = finder_create("/proc");
	return 0;
}

static void finish(struct teller *teller)
{
	clients_finish(&teller->clients);
	listener_close(&teller->listener);
	ledger_close(&teller->ledger);
	if (teller->finder)
		finder_destroy(teller->finder);
	progress_close(teller->progress);
	boardmap_close(&teller->map);
}

int main(int argc, char **argv)
{
	static struct teller teller;
	struct options options = { .journal = "/run/systemd/journal/socket" };
	const struct argument known[] = {
		{ "socket", &options.socket, false },
		{ "state", &options.state, false },
		{ "journal", &options.journal, false },
		{ NULL, NULL, false },
	};
	char *socket = default_socket();
	int error;

	arguments_read(argc, argv, known, help);
	teller.path = options.socket ? options.socket : socket;
	error = teller.path ? start(&teller, &options) : -ENOMEM;
	if (!error) {
		error = teller_run(&teller);
		finish(&teller);
	}
	free(socket);
	if (!error)
		return EXIT_SUCCESS;
	fprintf(stderr, "oomguard-teller: %s%s\n", strerror(-error),
		error == -EBADF ? ": it is started by oomguardd" : "");
	return EXIT_FAILURE;
}
