/* SPDX-License-Identifier: MIT */
#include "explain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "piece.h"
#include "report.h"
#include "terminal.h"
#include "text.h"

static double percent(const struct explain *explain, int64_t kib)
{
	return 100.0 * (double)kib / (double)explain->decision.levels.base_kib;
}

static void show_level(const struct explain *explain, const char *name,
		       int64_t kib)
{
	struct piece piece;

	printf("  %-10s %10s  %5.1f %%\n", name, piece_kib(&piece, kib),
	       percent(explain, kib));
}

static void show_swap(const struct explain *explain)
{
	const struct decision *decision = &explain->decision;
	struct piece free, total, term, kill;

	if (explain->sample.memory.swap_total_kib == 0) {
		puts("  swap       none: memory alone decides");
		return;
	}
	printf("  swap       %s free of %s (term below %s, kill below %s)\n",
	       piece_kib(&free, decision->swap_free_kib),
	       piece_kib(&total, explain->sample.memory.swap_total_kib),
	       piece_kib(&term, decision->levels.swap_term_kib),
	       piece_kib(&kill, decision->levels.swap_kill_kib));
}

/* Why something or nothing would be done. */
static void show_decision(const struct explain *explain)
{
	const struct decision *decision = &explain->decision;
	struct piece words, gap;

	report_decision(piece_begin(&words), decision);
	printf("state %s: %s\n", urgency_name(decision->urgency), words.bytes);
	switch (decision->urgency) {
	case URGENCY_NONE:
		if (decision->swap_is_held)
			puts("Nothing is done while there is enough free "
			     "swap.");
		else
			puts("Nothing is done above the warn level.");
		return;
	case URGENCY_WARN:
		puts("It is told, and nothing is done above the term level.");
		return;
	case URGENCY_TERM:
		printf("%s are missing to the term level: SIGTERM, and "
		       "SIGKILL after the grace.\n",
		       piece_kib(&gap, decision->gap_kib));
		return;
	case URGENCY_KILL:
		printf("%s are missing to the term level: SIGKILL at once.\n",
		       piece_kib(&gap, decision->gap_kib));
		return;
	}
}

static void show_machine(const struct explain *explain)
{
	const struct levels *levels = &explain->decision.levels;

	show_decision(explain);
	putchar('\n');
	show_level(explain, "memory", levels->base_kib);
	show_level(explain, "available", explain->decision.available_kib);
	show_level(explain, "warn", levels->warn_kib);
	show_level(explain, "term", levels->term_kib);
	show_level(explain, "kill", levels->kill_kib);
	show_swap(explain);
}

static const struct candidate *find_chosen(const struct explain *explain)
{
	for (uint32_t i = 0; i < explain->count; i++) {
		if (explain->everybody[i].pid == explain->chosen)
			return &explain->everybody[i];
	}
	return NULL;
}

static void show_chosen(const struct explain *explain)
{
	const struct candidate *chosen = find_chosen(explain);
	bool is_urgent = explain->decision.urgency >= URGENCY_TERM;
	struct piece process, badness, choice;

	putchar('\n');
	if (!is_urgent)
		fputs("If memory ran short with things as they are: ", stdout);
	if (!chosen) {
		puts("nobody would be struck,\nbecause no process that may be "
		     "ended brings back enough.");
		return;
	}
	report_victim(piece_begin(&process), chosen);
	report_badness(piece_begin(&badness), chosen);
	report_choice(piece_begin(&choice), chosen);
	printf("struck first would be\n  %s\n  %s\n  %s\n", process.bytes,
	       choice.bytes, badness.bytes);
}

static void show_candidate(const struct explain *explain,
			   const struct candidate *candidate)
{
	char user[EXPLAIN_USER_SIZE];
	struct piece badness, relief, adj, weight, comm, unit;

	printf("%c%8d %10s %5.1f %% %10s %10s %10s  %-10.10s %s%s%s\n",
	       candidate->pid == explain->chosen          ? '>'
	       : candidate->exemption == EXEMPT_NO_RELIEF ? '-'
							  : ' ',
	       (int)candidate->pid, piece_kib(&badness, candidate->badness_kib),
	       percent(explain, candidate->badness_kib),
	       piece_kib(&relief, candidate->relief_kib),
	       piece_kib(&adj, candidate->adj_kib),
	       piece_kib(&weight, candidate->weight_kib),
	       explain_owner(explain, candidate, user),
	       piece_quoted(&comm, candidate->status.comm),
	       candidate->unit[0] ? " " : "",
	       candidate->unit[0] ? piece_quoted(&unit, candidate->unit) : "");
}

static void show_candidates(const struct explain *explain)
{
	struct terminal terminal;
	uint32_t most = (uint32_t)explain->question.most;
	struct piece floor;

	terminal_init(&terminal, STDOUT_FILENO);
	if (most > explain->ranked)
		most = explain->ranked;
	printf("\n%u of %u that may be ended, the worst first; - is passed "
	       "over, because it\nbrings back less than %s. badness = relief "
	       "+ oom_score_adj + weight\n",
	       most, explain->ranked, piece_kib(&floor, explain->floor_kib));
	printf("%s%9s %10s %7s %10s %10s %10s  %-10s %s%s\n", terminal.bold,
	       "pid", "badness", "memory", "relief", "adj", "weight", "user",
	       "name and unit", terminal.off);
	for (uint32_t i = 0; i < most; i++)
		show_candidate(explain, &explain->everybody[i]);
}

static void show_exempt(const struct explain *explain)
{
	char why[EXPLAIN_WHY_SIZE];
	struct piece process, relief;

	printf("\n%u exempt", explain->count - explain->ranked);
	if (!explain->is_asked)
		printf(", and %u without memory (kernel threads, zombies)",
		       explain->without_memory);
	putchar('\n');
	for (uint32_t i = explain->ranked; i < explain->count; i++) {
		const struct candidate *candidate = &explain->everybody[i];

		report_process(piece_begin(&process), candidate);
		printf("  %s, relief %s: %s\n", process.bytes,
		       piece_kib(&relief, candidate->relief_kib),
		       explain_why(explain, candidate, why));
	}
}

/* Whose judgement it is. */
static void show_source(const struct explain *explain)
{
	struct piece age;

	putchar('\n');
	if (explain->is_asked) {
		printf("This is the running guard's judgement, %s old. It "
		       "keeps only the worst;\nfor everybody: oomguard "
		       "explain --proc /proc\n",
		       piece_ms(&age, explain->age_ms));
		return;
	}
	if (explain->is_running)
		puts("This is a look of this command: the running guard has "
		     "not looked lately, or not\nat this process, because it "
		     "looks when memory is short, and at the worst.");
	puts("Pressure and the speed of a leak need time: one look does not "
	     "judge them.");
}

void explain_show(const struct explain *explain)
{
	show_machine(explain);
	show_chosen(explain);
	show_candidates(explain);
	show_exempt(explain);
	show_source(explain);
}

static void show_part(const struct explain *explain, const char *name,
		      int64_t kib, const char *note)
{
	struct piece piece;

	printf("  %-22s %10s  %5.1f %%%s%s\n", name, piece_kib(&piece, kib),
	       percent(explain, kib), *note ? "  " : "", note);
}

static void show_parts(const struct explain *explain,
		       const struct candidate *candidate)
{
	const struct process_status *status = &candidate->status;
	char note[64];

	if (!explain->is_asked) {
		show_part(explain, "anonymous memory", status->anon_kib, "");
		show_part(explain, "+ swapped out", status->swap_kib, "");
		show_part(explain, "+ page tables", status->tables_kib, "");
	}
	show_part(explain, "= relief", candidate->relief_kib,
		  "what ending it brings back");
	snprintf(note, sizeof(note), "oom_score_adj %" PRId64,
		 candidate->score_adj);
	show_part(explain, "+ oom_score_adj", candidate->adj_kib, note);
	show_part(explain, "+ weight", candidate->weight_kib,
		  "prefer less avoid");
	show_part(explain, "= badness", candidate->badness_kib, "");
	if (explain->is_asked)
		return;
	show_part(explain, "not counted: files", status->file_kib,
		  "stays with others or on disk");
	show_part(explain, "not counted: shared", status->shmem_kib,
		  "stays with others");
}

/* What it grew in each window, and its cgroup's share. */
static void show_growth(const struct candidate *candidate)
{
	const struct grown *grown = &candidate->grown;
	struct piece own, base, leaf, share, window;

	if (!grown_is_told(grown)) {
		puts("  growth: no history yet");
		return;
	}
	for (int i = 0; i < GROWTH_WINDOWS; i++) {
		text_put_permyriad(piece_begin(&share),
				   grown->share_permyriad[i]);
		printf("  grew in %-8s %10s from %s; its cgroup %s, %s of "
		       "the growth that counts%s\n",
		       piece_ms(&window,
				growth_window_ms((enum growth_window)i)),
		       piece_kib(&own, grown->own_kib[i]),
		       piece_kib(&base, grown_baseline_kib(
						grown, (enum growth_window)i)),
		       piece_kib(&leaf, grown->leaf_kib[i]), share.bytes,
		       candidate->is_culprit && (int)grown->window == i
			       ? ": the culprit"
			       : "");
	}
}

static void show_signals(const struct explain *explain,
			 const struct candidate *candidate)
{
	const struct ruling *ruling = &candidate->ruling;
	int64_t grace_ms = ruling->grace_ms == SETTINGS_UNSET
				   ? explain->config.settings.grace_ms
				   : ruling->grace_ms;
	struct piece grace;

	text_put_ms(piece_begin(&grace), grace_ms);
	if (ruling->term_only)
		puts("It would get SIGTERM and never SIGKILL (term-only).");
	else if (candidate->sigterm_is_futile)
		puts("It would get SIGKILL at once: SIGTERM cannot work on "
		     "it.");
	else
		printf("It would get SIGTERM, and SIGKILL after %s or at the "
		       "kill level.\n",
		       grace.bytes);
}

static void show_rank(const struct explain *explain,
		      const struct candidate *candidate)
{
	uint32_t rank = (uint32_t)(candidate - explain->everybody);
	char why[EXPLAIN_WHY_SIZE];

	if (candidate->exemption != EXEMPT_NOT)
		printf("%s: %s.\n",
		       candidate->exemption == EXEMPT_NO_RELIEF ? "Passed over"
								: "Exempt",
		       explain_why(explain, candidate, why));
	else if (candidate->pid == explain->chosen)
		puts("It would be struck first.");
	else
		printf("Number %u of %u candidates.\n", rank + 1,
		       explain->candidates);
}

void explain_show_one(const struct explain *explain,
		      const struct candidate *candidate)
{
	struct piece words;

	report_process(piece_begin(&words), candidate);
	puts(words.bytes);
	show_parts(explain, candidate);
	show_growth(candidate);
	show_rank(explain, candidate);
	if (candidate->exemption == EXEMPT_NOT && !explain->is_asked)
		show_signals(explain, candidate);
	report_decision(piece_begin(&words), &explain->decision);
	printf("Now: state %s: %s\n", urgency_name(explain->decision.urgency),
	       words.bytes);
	if (explain->is_running)
		show_source(explain);
}
