/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <malloc.h>
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
	"  --put-back     guard nothing: put back the oom_score_adj that a "
	"guard\n"
	"                 which was killed has left changed (ExecStopPost=)\n"
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
	const char *put_back;
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

/* No guard, no file: nothing was left. */
static int put_back(struct guard *guard, const char *proc)
{
	int count = warden_put_back(&guard->warden, proc, &guard->settings);

	if (count == -ENOENT)
		count = 0;
	if (count > 0)
		fprintf(stderr,
			"put back the oom_score_adj of %d processes that a "
			"guard before has left changed\n",
			count);
	if (count >= 0)
		return EXIT_SUCCESS;
	fprintf(stderr, "oomguardd --put-back: %s\n",
		count == -EBUSY     ? "a guard is running"
		: count == -EBADMSG ? "the state file is not valid"
		: count == -EPERM   ? "no right to change all of them"
				    : strerror(-count));
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	static struct guard guard;
	struct options options = { 0 };
	const struct argument known[] = {
		{ "config", &options.config, false },
		{ "proc", &options.proc, false },
		{ "cgroup", &options.cgroup, false },
		{ "teller", &options.teller, false },
		{ "put-back", &options.put_back, true },
		{ NULL, NULL, false },
	};

	/* What is not used of a heap is locked all the same: 100 KiB less. */
	(void)mallopt(M_TOP_PAD, 0);
	arguments_read(argc, argv, known, help);
	if (options.proc && !options.teller)
		options.teller = "none";
	if (!options.proc)
		options.proc = "/proc";
	if (options.put_back)
		return put_back(&guard, options.proc);
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
	guard_stop(&guard);
	if (error) {
		fprintf(stderr, "oomguardd: %s\n", strerror(-error));
		return EXIT_FAILURE;
	}
	notify_send(&guard.notify, "STOPPING=1");
	announce_words(&guard, RECORD_ENDED, "ended");
	return EXIT_SUCCESS;
}
