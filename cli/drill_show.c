/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "drill.h"
#include "output.h"
#include "text.h"

#define DRILL_BAR 40
#define DRILL_LINE_MS 500    /* between lines, where no line is rewritten */
#define DRILL_REWRITE_MS 100 /* between rewrites of the one line */

struct drill_amount {
	char bytes[32];
};

static struct drill_amount drill_amount(int64_t kib)
{
	struct drill_amount amount = { "" };
	struct text text;

	text_init(&text, amount.bytes, sizeof(amount.bytes));
	text_put_kib(&text, kib);
	return amount;
}

static double drill_clock(const struct drill *drill)
{
	return (double)(actor_now_ns() - drill->times.began_ns) / 1e9;
}

void drill_show_cast(struct drill *drill)
{
	const struct drill_plan *plan = &drill->plan;
	const struct levels *levels = &plan->levels;

	if (plan->json)
		return;
	printf("A machine of %s without swap, made of real processes:\n",
	       drill_amount(plan->budget_kib).bytes);
	for (int i = 0; i < drill_cast_count(plan); i++)
		printf("  %-16s pid %-8d %10s%s\n", plan->cast[i].comm,
		       (int)drill->pids[i],
		       drill_amount(plan->cast[i].start_kib).bytes,
		       i == DRILL_PROTECTED ? ", on the never list" : "");
	printf("The hog (%s) takes %s more a second. Levels of available "
	       "memory:\nwarn %s, term %s, kill %s. The guard:\n%s\n\n",
	       plan->hog,
	       drill_amount(plan->cast[DRILL_HOG].rate_kib_s * plan->hogs)
		       .bytes,
	       drill_amount(levels->warn_kib).bytes,
	       drill_amount(levels->term_kib).bytes,
	       drill_amount(levels->kill_kib).bytes, plan->guard);
	fflush(stdout);
}

/* Used memory grows to the right, toward the levels w, t and k. */
static void drill_draw_bar(const struct drill *drill, char bar[DRILL_BAR + 1])
{
	const struct drill_plan *plan = &drill->plan;
	int64_t used_kib = plan->budget_kib - drill->stage.available_kib;
	const struct {
		int64_t kib;
		char mark;
	} marks[] = {
		{ plan->levels.warn_kib, 'w' },
		{ plan->levels.term_kib, 't' },
		{ plan->levels.kill_kib, 'k' },
	};
	int64_t used = used_kib * DRILL_BAR / plan->budget_kib;

	for (int i = 0; i < DRILL_BAR; i++)
		bar[i] = i < used ? '#' : '.';
	bar[DRILL_BAR] = '\0';
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		bar[(plan->budget_kib - marks[i].kib) * DRILL_BAR /
		    plan->budget_kib] = marks[i].mark;
}

void drill_show_progress(struct drill *drill)
{
	const struct terminal *terminal = &drill->terminal;
	int64_t now_ns = actor_now_ns();
	int64_t pause_ms =
		terminal->is_terminal ? DRILL_REWRITE_MS : DRILL_LINE_MS;
	char bar[DRILL_BAR + 1];

	if (drill->plan.json ||
	    now_ns - drill->times.shown_ns < pause_ms * 1000000)
		return;
	drill->times.shown_ns = now_ns;
	drill_draw_bar(drill, bar);
	printf("%s%5.1f s  [%s] available %s%s",
	       terminal->is_terminal ? "\r\033[K" : "", drill_clock(drill), bar,
	       drill_amount(drill->stage.available_kib).bytes,
	       terminal->is_terminal ? "" : "\n");
	fflush(stdout);
}

void drill_show_line(struct drill *drill, const char *line)
{
	const struct terminal *terminal = &drill->terminal;
	const char *style = "";

	if (drill->plan.json)
		return;
	if (strncmp(line, "degraded", 8) == 0)
		style = terminal->dim;
	else if (strncmp(line, "strike ", 7) == 0)
		style = terminal->bold;
	printf("%s%5.1f s  %sguard: %s%s\n",
	       terminal->is_terminal ? "\r\033[K" : "", drill_clock(drill),
	       style, line, *style ? terminal->off : "");
	fflush(stdout);
}

static const char *drill_signal_name(int number)
{
	return number == SIGTERM   ? "SIGTERM"
	       : number == SIGKILL ? "SIGKILL"
				   : NULL;
}

static void drill_show_time(const char *what, int64_t ms)
{
	if (ms < 0)
		printf("  %-34s never\n", what);
	else
		printf("  %-34s %5" PRId64 " ms\n", what, ms);
}

void drill_show_verdict(struct drill *drill,
			const struct drill_verdict *verdict)
{
	const struct terminal *terminal = &drill->terminal;
	const char *name = drill_signal_name(drill->hog_signal);

	if (terminal->is_terminal)
		fputs("\r\033[K", stdout);
	printf("\n%s%s%s: ", verdict->passed ? terminal->good : terminal->bad,
	       verdict->passed ? "passed" : "failed", terminal->off);
	if (verdict->passed)
		printf("the guard ended the hog (%s) and nobody else.\n", name);
	else
		printf("%s.\n", drill->failure);
	if (!drill->times.crossed_ns && !drill->times.exited_ns)
		return;
	printf("From crossing the term level (%s available):\n",
	       drill_amount(drill->plan.levels.term_kib).bytes);
	drill_show_time("to the signal", verdict->signal_ms);
	drill_show_time("to the hog's exit", verdict->exit_ms);
	drill_show_time("to memory back above the level", verdict->back_ms);
}

static void drill_put_ms(struct json_object *out, const char *name, int64_t ms)
{
	output_add(out, name, ms < 0 ? NULL : json_object_new_int64(ms));
}

void drill_show_json(const struct drill *drill,
		     const struct drill_verdict *verdict)
{
	const char *name = drill_signal_name(drill->hog_signal);
	struct json_object *out = output_begin();

	output_string(out, "hog", drill->plan.hog);
	output_kib(out, "budget_bytes", drill->plan.budget_kib);
	output_kib(out, "term_level_bytes", drill->plan.levels.term_kib);
	output_bool(out, "passed", verdict->passed);
	output_bool(out, "hog_ended_by_guard", verdict->hog_ended_by_guard);
	output_bool(out, "in_time", verdict->in_time);
	output_bool(out, "others_alive", verdict->others_alive);
	output_bool(out, "guard_ended_well", verdict->guard_ended_well);
	output_known(out, "ended_with", name ? name : "");
	drill_put_ms(out, "signal_ms", verdict->signal_ms);
	drill_put_ms(out, "exit_ms", verdict->exit_ms);
	drill_put_ms(out, "back_ms", verdict->back_ms);
	output_known(out, "failure", drill->failure);
	output_end(out);
}
