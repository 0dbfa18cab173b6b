/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_COMMAND_H
#define OOMGUARD_COMMAND_H

/* A subcommand of oomguard. `run` gets argv from its own name on. */
struct command {
	const char *name;
	const char *summary; /* one line of `oomguard --help` */
	const char *help;    /* all of `oomguard NAME --help` */
	int (*run)(int argc, char **argv);
};

extern const struct command command_check;
extern const struct command command_config;
extern const struct command command_doctor;
extern const struct command command_drill;
extern const struct command command_explain;
extern const struct command command_history;
extern const struct command command_mute;
extern const struct command command_pause;
extern const struct command command_protect;
extern const struct command command_protected;
extern const struct command command_reload;
extern const struct command command_resume;
extern const struct command command_status;

/* Exit codes beside 0. */
enum {
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_CONFIG = 78, /* EX_CONFIG of sysexits.h: mistakes in a file */
};

#endif
