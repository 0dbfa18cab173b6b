/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "announce.h"
#include "arguments.h"
#include "config.h"
#include "guard.h"
#include "settings_table.h"

static const char help[] =
	"oomguardd - keeps a server usable when memory runs out\n"
	"\n"
	"Usage: oomguardd [OPTION]...\n"
	"\n"
	"Guards in the foreground until SIGTERM or SIGINT; SIGHUP reloads the\n"
	"configuration. State changes and strikes are lines on stderr.\n"
	"\n"
	"  --config FILE  read only this file, not " CONFIG_FILE "\n"
	"                 and " CONFIG_DIRECTORY "\n"
	"  --proc DIR     guard what this directory shows instead of /proc,\n"
	"                 without a teller unless one is named\n"
	"  --cgroup DIR   mark the services of victims there, not in\n"
	"                 /sys/fs/cgroup\n"
	"  --teller PATH  the oomguard-teller to start; none: lines on stderr\n"
	"  --help         this text\n"
	"  --version      the version\n"
	"\n"
	"Try `oomguard drill` to watch it at work, `oomguard check` before a\n"
	"reload.\n";

struct options {
	const char *config;
	const char *proc;
	const char *cgroup;
	const char *teller;
};

/* Mistakes never leave a machine unguarded: every valid line counts. */
static void read_settings(struct guard *guard)
{
	if (reading_wait(guard->config_file, &guard->incoming) != 0) {
		settings_init(&guard->settings);
		tell_lines(&guard->tell,
			   "degraded: the configuration could not be read: "
			   "defaults");
		return;
	}
	guard->settings = guard->incoming.settings;
	guard->mistakes = guard->incoming.mistakes;
	tell_lines(&guard->tell, guard->incoming.text);
	if (guard->incoming.mistakes > 0)
		tell_lines(&guard->tell,
			   "degraded: the configuration has mistakes: every "
			   "valid line counts, defaults elsewhere");
}

int main(int argc, char **argv)
{
	static struct guard guard;
	struct options options = { 0 };
	const struct argument known[] = {
		{ "config", &options.config },
		{ "proc", &options.proc },
		{ "cgroup", &options.cgroup },
		{ "teller", &options.teller },
		{ NULL, NULL },
	};

	arguments_read(argc, argv, known, help);
	if (options.proc && !options.teller)
		options.teller = "none";
	if (!options.proc)
		options.proc = "/proc";
	guard.config_file = options.config;
	read_settings(&guard);
	int error = guard_start(&guard, options.proc, options.cgroup,
				options.teller);
	if (error) {
		fprintf(stderr, "oomguardd: cannot guard %s: %s\n",
			options.proc,
			error == -EXDEV ? "it shows another pid namespace"
					: strerror(-error));
		return EXIT_FAILURE;
	}
	error = guard_run(&guard);
	if (error) {
		fprintf(stderr, "oomguardd: %s\n", strerror(-error));
		return EXIT_FAILURE;
	}
	notify_send(&guard.notify, "STOPPING=1");
	announce_words(&guard, RECORD_ENDED, "ended");
	return EXIT_SUCCESS;
}
