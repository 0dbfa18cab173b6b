/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "options.h"

#define DROPIN_UNIT_MOST 255 /* UNIT_NAME_MAX of systemd */

/* A name that systemd has, and nothing that would lead elsewhere. */
static bool dropin_is_unit(const char *unit)
{
	static const char name[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789:-_.\\@";
	const char *dot = strrchr(unit, '.');

	return strlen(unit) <= DROPIN_UNIT_MOST && !unit[strspn(unit, name)] &&
	       dot && dot != unit && strcmp(dot, ".service") == 0;
}

static void dropin_print(const char *unit, const char *memory)
{
	printf("# /etc/systemd/system/%s.d/50-oomguard.conf\n"
	       "# Then: systemctl daemon-reload && systemctl restart '%s'\n"
	       "[Service]\n"
	       "OOMScoreAdjust=-900\n",
	       unit, unit);
	if (memory)
		printf("# Counts only as far as its slices have it, too.\n"
		       "MemoryMin=%s\n",
		       memory);
}

static int dropin_run(int argc, char **argv)
{
	const char *memory = NULL;
	bool prints = false;
	const struct option_row rows[] = {
		{ "print-dropin", 0, OPTION_FLAG, &prints },
		{ "memory-min", 0, OPTION_STRING, &memory },
	};
	int operands = options_parse(argc, argv, rows, 2, 1);

	if (operands < 0)
		return EXIT_USAGE;
	if (!prints || operands != 1 || !dropin_is_unit(argv[1]) ||
	    (memory && !memory[strspn(memory, " ")]) ||
	    (memory && memory[strspn(memory, "0123456789.KMGT%")])) {
		fputs("oomguard protect: expected --print-dropin and a service "
		      "like nginx.service:\nsee oomguard protect --help\n",
		      stderr);
		return EXIT_USAGE;
	}
	dropin_print(argv[1], memory);
	return 0;
}

const struct command command_protect = {
	.name = "protect",
	.summary = "print what protects a service without oomguard",
	.help = "  oomguard protect --print-dropin nginx.service\n\n"
		"Prints a drop-in for systemd, which gives the service an "
		"oom_score_adj of -900\nfrom its start on, whether oomguard "
		"runs or not. It changes nothing by itself: to\nhave oomguard "
		"protect a service, list it in [protect] of oomguard.conf.\n\n"
		"usage: oomguard protect --print-dropin [OPTION]... UNIT\n\n"
		"      --memory-min SIZE  and so much memory is never "
		"reclaimed from it\n\n"
		"Exit codes: 0 fine, 2 wrong usage.\n",
	.run = dropin_run,
};
