/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_CONFIG_H
#define OOMGUARD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "settings.h"

#define CONFIG_FILE OOMGUARD_SYSCONFDIR "/oomguard.conf"
#define CONFIG_DIRECTORY OOMGUARD_SYSCONFDIR "/oomguard.conf.d"

#define CONFIG_FILES_MAX 64
#define CONFIG_PATH_SIZE 256
#define CONFIG_SETTINGS_MAX 48

/* Where a value comes from; line 0 of file 0: it is a default. */
struct config_origin {
	int file; /* index + 1 into files; 0: default or built in */
	int line;
};

/* The settings of all files together, and where each comes from. */
struct config {
	struct settings settings;
	bool without_users; /* given by the caller: look up no user name */
	int mistakes;
	int files_count;
	char files[CONFIG_FILES_MAX][CONFIG_PATH_SIZE];
	struct config_origin origins[CONFIG_SETTINGS_MAX]; /* as the table */
	struct config_origin rule_origins[SETTINGS_RULES_MAX];
};

/*
 * Gets each mistake: "FILE:LINE: what is wrong: what was expected" without a
 * newline; line 0 (a file that cannot be read) leaves ":LINE" out. Names and
 * values from files are quoted as in text_put_quoted().
 */
typedef void config_tell(void *user, const char *message);

/*
 * Reads `file`, then the *.conf of `directory` (each NULL: none) in the order
 * of their names; later ones override, lists append. Every valid line counts,
 * every mistake is told and counted, contradictions included. The file may be
 * missing when it is CONFIG_FILE, the directory always. User names are looked
 * up (getpwnam), so this may block: never in the guard itself after its start.
 * Fills *config but for `without_users`, which the caller sets; returns the
 * number of mistakes.
 */
int config_load(struct config *config, const char *file, const char *directory,
		config_tell *tell, void *user);

#endif
