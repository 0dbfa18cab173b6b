/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_CONFIG_LINES_H
#define OOMGUARD_CONFIG_LINES_H

#include <stddef.h>

#include "config.h"
#include "text.h"

/* Between config.c, which loads files, and config_lines.c, which reads one. */

#define CONFIG_FILE_MOST (256 * 1024)
#define CONFIG_REASON_SIZE 768

enum section_state { SECTION_NONE, SECTION_KNOWN, SECTION_BAD };

/* Where the loader is. inih's reader and its handler share it. */
struct loader {
	struct config *config;
	config_tell *tell;
	void *user;
	const char *path;
	int file; /* index + 1, as in struct config_origin */
	int line;
	enum section_state section;
	int fd;
	int error;
	size_t total;
	size_t at;
	size_t length;
	char bytes[4096];
};

/* A mistake without what surrounds it: "what is wrong: what was expected". */
struct reason {
	struct text text;
	char bytes[CONFIG_REASON_SIZE];
};

struct text *config_reason(struct reason *reason);

/* Tells a mistake in the line where the loader is. */
void config_mistake(struct loader *loader, const char *reason);

/*
 * inih gets one harmless line after the other: it would make two of a long
 * one, continue a value with an indented one and drop what follows a NUL.
 * Tells what is wrong with the others. For ini_parse_stream().
 */
char *config_lines_read(char *bytes, int size, void *stream);

#endif
