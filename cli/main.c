/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "nearest.h"

static const struct command *const commands[] = {
	&command_status, &command_history, &command_explain,   &command_doctor,
	&command_reload, &command_pause,   &command_resume,    &command_mute,
	&command_check,  &command_config,  &command_protected, &command_protect,
	&command_drill,
};

#define COMMANDS_COUNT (sizeof(commands) / sizeof(commands[0]))

static void main_print_help(FILE *out)
{
	fputs("oomguard acts on memory shortage before the kernel does.\n\n"
	      "  oomguard status         is it guarding, how short is memory\n"
	      "  oomguard explain        who would be ended now, and why\n"
	      "  oomguard history        what was ended, when and why\n"
	      "  oomguard doctor         what stands in its way here\n"
	      "  oomguard drill          watch the guard end a memory hog\n\n"
	      "usage: oomguard COMMAND [OPTION]...\n\ncommands:\n",
	      out);
	for (size_t i = 0; i < COMMANDS_COUNT; i++)
		fprintf(out, "  %-10s %s\n", commands[i]->name,
			commands[i]->summary);
	fputs("  help       explain a command: oomguard help COMMAND\n\n"
	      "Each command knows --help and --version. Exit codes: 0 fine,\n"
	      "1 failed, 2 wrong usage, 78 mistakes in the configuration;\n"
	      "status: 0 running, 3 not running, 4 not known.\n",
	      out);
}

static const struct command *main_find(const char *name)
{
	for (size_t i = 0; i < COMMANDS_COUNT; i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	}
	return NULL;
}

static int main_unknown(const char *name)
{
	const char *names[COMMANDS_COUNT + 1] = { "help" };
	const char *near;

	for (size_t i = 0; i < COMMANDS_COUNT; i++)
		names[i + 1] = commands[i]->name;
	near = name[0] == '-' ? NULL : nearest(name, names, COMMANDS_COUNT + 1);
	if (near)
		fprintf(stderr,
			"oomguard: %s: unknown command, did you mean %s?\n",
			name, near);
	else
		fprintf(stderr,
			"oomguard: %s: unknown %s: see oomguard --help\n", name,
			name[0] == '-' ? "option" : "command");
	return EXIT_USAGE;
}

static int main_help(const char *name)
{
	const struct command *command;

	if (!name) {
		main_print_help(stdout);
		return 0;
	}
	command = main_find(name);
	if (!command)
		return main_unknown(name);
	fputs(command->help, stdout);
	return 0;
}

static int main_version(void)
{
	puts("oomguard " OOMGUARD_VERSION);
	return 0;
}

static bool main_asks(int argc, char **argv, const char *name, char letter)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strncmp(argv[i], "--", 2) == 0 &&
		    strcmp(argv[i] + 2, name) == 0)
			return true;
		if (argv[i][0] == '-' && argv[i][1] == letter &&
		    argv[i][2] == '\0')
			return true;
	}
	return false;
}

static int main_run(int argc, char **argv)
{
	const struct command *command = main_find(argv[0]);

	if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)
		return main_help(NULL);
	if (strcmp(argv[0], "--version") == 0 || strcmp(argv[0], "-V") == 0 ||
	    strcmp(argv[0], "version") == 0)
		return main_version();
	if (strcmp(argv[0], "help") == 0)
		return main_help(argc > 1 && argv[1][0] != '-' ? argv[1]
							       : NULL);
	if (!command)
		return main_unknown(argv[0]);
	if (main_asks(argc, argv, "help", 'h'))
		return main_help(command->name);
	if (main_asks(argc, argv, "version", 'V'))
		return main_version();
	return command->run(argc, argv);
}

int main(int argc, char **argv)
{
	int rc;

	if (argc < 2) {
		main_print_help(stderr);
		return EXIT_USAGE;
	}
	rc = main_run(argc - 1, argv + 1);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("oomguard: standard output");
		return rc ? rc : EXIT_FAILED;
	}
	return rc;
}
