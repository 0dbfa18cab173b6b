/* SPDX-License-Identifier: MIT */
#include "example.h"

#include <stdbool.h>
#include <string.h>

#include "settings_rules.h"
#include "settings_table.h"
#include "text.h"
#include "value.h"

#define EXAMPLE_WIDTH 78

static const char example_head[] =
	"# Settings of oomguard: see oomguard.conf(5).\n"
	"#\n"
	"# Each key stands here with its default, commented out. Units are\n"
	"# never left out: %; K, M, G, T; ms, s, min, h. \"oomguard check\" "
	"tells\n"
	"# mistakes and what the settings mean on this machine.\n"
	"#\n"
	"# A SELECTOR is comm:NAME, exe:PATH, unit:UNIT, cgroup:PATH or\n"
	"# user:NAME, with *, ? and [a-z]; a bare word is comm:. Keys that "
	"take\n"
	"# selectors may be given several times.\n";

/* What stands behind "KEY =". */
static const char *example_syntax(const struct setting *setting)
{
	if (setting->type != SETTING_RULES)
		return setting->initial;
	switch (setting->effect) {
	case RULE_PREFER:
	case RULE_AVOID:
		return "SELECTOR... WEIGHT";
	case RULE_GRACE:
		return "SELECTOR... DURATION";
	case RULE_SCOPE:
		return "SELECTOR... SCOPE";
	case RULE_PROTECT_UNIT:
		return "UNIT...";
	case RULE_NEVER:
	case RULE_TERM_ONLY:
	case RULE_PROTECT_PROCESS:
		break;
	}
	return "SELECTOR...";
}

static bool example_is_first(const struct setting *table, size_t row)
{
	return !row || strcmp(table[row].section, table[row - 1].section) != 0;
}

/* Breaks a line between words. */
static void example_wrap(FILE *out, const char *prefix, const char *words)
{
	size_t column = 0;

	while (*words) {
		size_t length = strcspn(words, " ");

		if (column && column + 1 + length > EXAMPLE_WIDTH) {
			fputc('\n', out);
			column = 0;
		}
		fputs(column ? " " : prefix, out);
		fwrite(words, 1, length, out);
		column += length + (column ? 1 : strlen(prefix));
		words += length;
		words += strspn(words, " ");
	}
	fputc('\n', out);
}

/* One sentence for what the help does not say: the bounds of a duration. */
static void example_put_bounds(struct text *out, const struct setting *setting)
{
	if (setting->type != SETTING_DURATION)
		return;
	text_put(out, " From ");
	value_put_ms(out, setting->least);
	text_put(out, " to ");
	value_put_ms(out, setting->most);
	text_put(out, ".");
}

static void example_put_help(struct text *out, const struct setting *setting)
{
	text_put(out, setting->help);
	example_put_bounds(out, setting);
}

/* The switch that the built-in list belongs to. */
static bool example_is_of_list(const struct setting *setting)
{
	return strcmp(setting->key, "never-defaults") == 0;
}

static void example_print_built_in(FILE *out, const char *prefix,
				   const char *suffix)
{
	struct settings settings;
	char bytes[256];
	struct text rule;

	settings_init(&settings);
	for (uint32_t i = 0; i < settings.rules_count; i++) {
		if (!settings.rules[i].is_built_in)
			continue;
		text_init(&rule, bytes, sizeof(bytes));
		rules_put(&rule, &settings.rules[i]);
		fprintf(out, "%s%s%s", prefix, bytes, suffix);
	}
}

static void example_print_row(FILE *out, const struct setting *setting)
{
	char bytes[512];
	struct text help;

	text_init(&help, bytes, sizeof(bytes));
	if (setting->type == SETTING_RULES) {
		text_put(&help, example_syntax(setting));
		text_put(&help, ": ");
	}
	example_put_help(&help, setting);
	fputc('\n', out);
	example_wrap(out, "# ", bytes);
	if (example_is_of_list(setting)) {
		fputs("# The built-in list is:\n", out);
		example_print_built_in(out, "#   ", "\n");
	}
	fprintf(out, "#%s =%s%s\n", setting->key, *setting->initial ? " " : "",
		setting->initial);
}

void example_print(FILE *out)
{
	size_t count;
	const struct setting *table = settings_table(&count);

	fputs("# SPDX-License-Identifier: MIT\n", out);
	fputs(example_head, out);
	for (size_t i = 0; i < count; i++) {
		if (example_is_first(table, i))
			fprintf(out, "\n[%s]\n", table[i].section);
		example_print_row(out, &table[i]);
	}
}

/* In mdoc each sentence begins a line. */
static void example_print_sentences(FILE *out, char *text)
{
	char *end;

	while ((end = strstr(text, ". "))) {
		end[1] = '\0';
		example_wrap(out, "", text);
		text = end + 2;
	}
	example_wrap(out, "", text);
}

static void example_print_item(FILE *out, const struct setting *setting)
{
	bool is_rules = setting->type == SETTING_RULES;
	char bytes[512];
	struct text help;

	text_init(&help, bytes, sizeof(bytes));
	example_put_help(&help, setting);
	fprintf(out, ".It Cm %s No = %s%s\n", setting->key,
		is_rules ? "Ar " : "", example_syntax(setting));
	example_print_sentences(out, bytes);
	if (!example_is_of_list(setting))
		return;
	fputs("The built-in list is:\n.Bl -item -compact -offset indent\n",
	      out);
	example_print_built_in(out, ".It\n", "\n");
	fputs(".El\n", out);
}

void example_print_manual(FILE *out)
{
	size_t count;
	const struct setting *table = settings_table(&count);

	for (size_t i = 0; i < count; i++) {
		if (example_is_first(table, i))
			fprintf(out, "%s.Ss Section %s\n.Bl -tag -width Ds\n",
				i ? ".El\n" : "", table[i].section);
		example_print_item(out, &table[i]);
	}
	fputs(".El\n", out);
}
