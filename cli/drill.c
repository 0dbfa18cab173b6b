/* SPDX-License-Identifier: MIT */
#include "drill.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "nearest.h"
#include "options.h"
#include "settings_table.h"

#define DRILL_BUDGET_LEAST_KIB (INT64_C(64) << 10)
#define DRILL_BUDGET_MOST_KIB (INT64_C(4) << 20)
#define DRILL_BUDGETS_TO_SPARE 4

static const struct {
	const char *name;
	enum actor_role role;
} drill_hogs[] = {
	{ "leak", ACTOR_LEAK },       { "stubborn", ACTOR_STUBBORN },
	{ "stopped", ACTOR_STOPPED }, { "threadless", ACTOR_THREADLESS },
	{ "small", ACTOR_LEAK },      { "swarm", ACTOR_LEAK },
};

#define DRILL_HOGS_COUNT (sizeof(drill_hogs) / sizeof(drill_hogs[0]))

/* A size such as 256M, in KiB; -1 if it is none. */
static int64_t drill_parse_size(const char *string)
{
	char *end;
	long number;
	int shift;

	errno = 0;
	number = strtol(string, &end, 10);
	if (errno || end == string || number < 0 || number > 1 << 30)
		return -1;
	switch (*end) {
	case 'K':
		shift = 0;
		break;
	case 'M':
		shift = 10;
		break;
	case 'G':
		shift = 20;
		break;
	default:
		return -1;
	}
	return end[1] ? -1 : (int64_t)number << shift;
}

static int drill_plan_budget(struct drill_plan *plan, const char *budget)
{
	plan->budget_kib = drill_parse_size(budget);
	if (plan->budget_kib >= DRILL_BUDGET_LEAST_KIB &&
	    plan->budget_kib <= DRILL_BUDGET_MOST_KIB)
		return 0;
	fprintf(stderr,
		"oomguard drill: --budget %s: expected a size from 64M to "
		"4G, such as 256M\n",
		budget);
	return -EINVAL;
}

static int drill_plan_hog(struct drill_plan *plan, const char *hog)
{
	const char *names[DRILL_HOGS_COUNT];
	const char *near;

	for (size_t i = 0; i < DRILL_HOGS_COUNT; i++) {
		names[i] = drill_hogs[i].name;
		if (strcmp(hog, names[i]) != 0)
			continue;
		plan->hog = names[i];
		plan->hogs = strcmp(hog, "swarm") == 0 ? DRILL_SWARM : 1;
		for (int j = 0; j < plan->hogs; j++)
			plan->cast[DRILL_HOG + j].role = drill_hogs[i].role;
		return 0;
	}
	near = nearest(hog, names, DRILL_HOGS_COUNT);
	fprintf(stderr,
		"oomguard drill: --hog %s: expected leak, stubborn, stopped, "
		"threadless, small or swarm%s%s%s\n",
		hog, near ? ", did you mean " : "", near ? near : "",
		near ? "?" : "");
	return -EINVAL;
}

/*
 * What they have in the beginning, in percent of the budget. As a rule the hog
 * is larger than any innocent when it meets the levels at 15, 10 and 5 %, and
 * the protected one is larger than the hog ever gets above the kill level. The
 * small one is a fifth of the first innocent then, and each of the swarm half
 * as large as an innocent.
 */
static const struct drill_shares {
	const char *hog;
	int percent[DRILL_HOG + 1];
	int rate; /* of all hogs, in a second, in tenths of a percent */
} drill_shares[] = {
	{ "small", { 12, 55, 6, 6, 3 }, 10 },
	{ "swarm", { 20, 9, 9, 8, 3 }, 50 },
	{ NULL, { 32, 12, 11, 10, 3 }, 50 },
};

static void drill_plan_cast(struct drill_plan *plan)
{
	static const char *const comms[] = { "drill-protected", "drill-inno-1",
					     "drill-inno-2", "drill-inno-3",
					     "drill-hog" };
	const struct drill_shares *shares = drill_shares;
	int64_t percent_kib = plan->budget_kib / 100;
	int64_t left_kib = plan->budget_kib;

	while (shares->hog && strcmp(shares->hog, plan->hog) != 0)
		shares++;
	for (int i = 0; i < drill_cast_count(plan); i++) {
		int role = i < DRILL_HOG ? i : DRILL_HOG;

		plan->cast[i].comm = comms[role];
		plan->cast[i].start_kib = shares->percent[role] * percent_kib;
		plan->cast[i].most_kib = plan->cast[i].start_kib;
		left_kib -= i < DRILL_HOG ? plan->cast[i].start_kib : 0;
	}
	for (int i = DRILL_HOG; i < drill_cast_count(plan); i++) {
		struct actor *hog = &plan->cast[i];

		hog->most_kib = left_kib / plan->hogs;
		hog->rate_kib_s = shares->rate * percent_kib / 10 / plan->hogs;
		hog->pause_kib = 25 * percent_kib / 2;
		hog->gulp_kib = 3 * percent_kib;
	}
}

/* A hog that has stopped grows no more: its levels are those at rest. */
static void drill_plan_levels(struct drill_plan *plan)
{
	const struct actor *hog = &plan->cast[DRILL_HOG];
	struct sample sample = { .memory.total_kib = plan->budget_kib };
	struct settings settings;

	settings_init(&settings);
	plan->levels = decide_levels(
		&settings, &sample,
		hog->role == ACTOR_STOPPED ? 0 : hog->rate_kib_s * plan->hogs);
}

static int drill_plan_guard(struct drill_plan *plan, const char *guard)
{
	if (!guard && guard_child_find(plan->guard) < 0) {
		fputs("oomguard drill: oomguardd is neither beside this "
		      "program nor in ../sbin: say where with --guard PATH\n",
		      stderr);
		return -ENOENT;
	}
	if (guard)
		snprintf(plan->guard, sizeof(plan->guard), "%s", guard);
	if (access(plan->guard, X_OK) == 0)
		return 0;
	fprintf(stderr, "oomguard drill: --guard %s: %s\n", plan->guard,
		strerror(errno));
	return -errno;
}

/* The machine itself must never come near a shortage. */
static int drill_check_machine(const struct drill_plan *plan)
{
	int64_t needed_kib = plan->budget_kib * DRILL_BUDGETS_TO_SPARE;
	struct sample sample = { 0 };
	struct procfs procfs;
	unsigned int trouble;
	int rc = procfs_open(&procfs, "/proc");

	if (rc == 0) {
		trouble = procfs_read_sample(&procfs, &sample);
		procfs_close(&procfs);
		rc = trouble & PROCFS_MEMINFO ? -EIO : 0;
	}
	if (rc < 0) {
		fprintf(stderr, "oomguard drill: /proc/meminfo: %s\n",
			strerror(-rc));
		return rc;
	}
	if (sample.memory.available_kib >= needed_kib)
		return 0;
	fprintf(stderr,
		"oomguard drill: this machine has %" PRId64 " MiB available "
		"and a drill of %" PRId64 " MiB needs\nfour times as much to "
		"be harmless: take a smaller --budget (from 64M) or free "
		"memory\n",
		sample.memory.available_kib >> 10, plan->budget_kib >> 10);
	return -ENOMEM;
}

static int drill_execute(struct drill *drill)
{
	struct drill_verdict verdict;

	if (!drill_run(drill)) {
		fprintf(stderr, "oomguard drill: %s\n", drill->failure);
		return EXIT_FAILED;
	}
	if (drill->interrupted_by) {
		fputs("\noomguard drill: interrupted: everything that was "
		      "started has been ended\n",
		      stderr);
		return 128 + drill->interrupted_by;
	}
	verdict = drill_judge(drill);
	if (drill->plan.json)
		drill_show_json(drill, &verdict);
	else
		drill_show_verdict(drill, &verdict);
	return verdict.passed ? 0 : EXIT_FAILED;
}

static int drill_command(int argc, char **argv)
{
	const char *budget = "256M", *hog = "leak", *guard = NULL;
	struct drill *drill;
	int rc;

	drill = calloc(1, sizeof(*drill));
	if (!drill) {
		perror("oomguard drill");
		return EXIT_FAILED;
	}
	const struct option_row rows[] = {
		{ "budget", 'b', OPTION_STRING, &budget },
		{ "hog", 0, OPTION_STRING, &hog },
		{ "guard", 0, OPTION_STRING, &guard },
		{ "json", 0, OPTION_FLAG, &drill->plan.json },
	};
	rc = EXIT_USAGE;
	if (options_parse(argc, argv, rows, 4, 0) == 0 &&
	    drill_plan_budget(&drill->plan, budget) == 0 &&
	    drill_plan_hog(&drill->plan, hog) == 0) {
		drill_plan_cast(&drill->plan);
		drill_plan_levels(&drill->plan);
		terminal_init(&drill->terminal, STDOUT_FILENO);
		rc = EXIT_FAILED;
		if (drill_plan_guard(&drill->plan, guard) == 0 &&
		    drill_check_machine(&drill->plan) == 0)
			rc = drill_execute(drill);
	}
	free(drill);
	return rc;
}

const struct command command_drill = {
	.name = "drill",
	.summary = "a fire drill: watch the guard end a memory hog",
	.help = "  oomguard drill\n"
		"  oomguard drill --hog stubborn --budget 1G\n"
		"  oomguard drill --json\n\n"
		"Plays a memory shortage with processes of its own and lets "
		"the real guard\nhandle it. The guard sees nothing but these "
		"processes, on a machine as large\nas the budget. One of them "
		"eats memory, three innocents are bigger in the\nbeginning, "
		"and the biggest of all is protected. Any user may do it.\n\n"
		"usage: oomguard drill [OPTION]...\n\n"
		"  -b, --budget SIZE  memory to play with, 64M to 4G (256M);\n"
		"                     four times as much must be available\n"
		"      --hog KIND     leak        grows until it is asked to "
		"end (default)\n"
		"                     stubborn    does not end when asked\n"
		"                     stopped     is stopped when it is asked\n"
		"                     threadless  its main thread has exited\n"
		"                     small       slow, beside a very large "
		"innocent\n"
		"                     swarm       ten small ones in one unit\n"
		"      --guard PATH   the guard to try (the installed one)\n"
		"      --json         only the verdict, as one JSON object\n\n"
		"Exit codes: 0 when the hog was ended by the guard in time, "
		"nobody else was,\nand the guard lived; 1 when not; 2 wrong "
		"usage.\n",
	.run = drill_command,
};
