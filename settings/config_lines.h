/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_CONFIG_LINES_H
#define OOMGUARD_CONFIG_LINES_H

#include "config.h"
#include "text.h"

/* Between config.c, which loads files, and config_lines.c, which reads one. */

enum section_state { SECTION_NONE, SECTION_KNOWN, SECTION_BAD };

/* Where the loader is. inih's reader and its handler share it. */
struct loader {
	struct config *config;
	config_tell *tell;
	void *user;
	const char *path;
	int file; /* index + 1, as in struct config_origin */
	int line; /* 0: the whole file */
	enum section_state section;
	char *at; /* what is left of the file; a NUL follows its end */
	char *end;
	struct text message; /* in hand */
	char bytes[1024];
};

/*
 * Tells a mistake where the loader is: between begin and end, or one that is
 * about a string, as refuse(), or a fixed one.
 */
struct text *config_begin(struct loader *loader);
void config_end(struct loader *loader);
void config_refuse(struct loader *loader, const char *wrong, const char *string,
		   const char *expected);
void config_mistake(struct loader *loader, const char *words);

/*
 * inih gets one harmless line after the other: it would make two of a long
 * one, continue a value with an indented one and drop what follows a NUL.
 * Tells what is wrong with the others. For ini_parse_stream().
 */
char *config_lines_read(char *bytes, int size, void *stream);

#endif
