/* SPDX-License-Identifier: MIT */
#include "config_lines.h"

#include <string.h>

#include "settings_table.h"

#define BLANKS " \t"

static void trim_end(char *bytes, const char *set)
{
	size_t length = strlen(bytes);

	while (length && strchr(set, bytes[length - 1]))
		length--;
	bytes[length] = '\0';
}

/* inih knows only " ;": a value must not depend on which of both was taken. */
static void strip_comment(char *bytes)
{
	for (char *at = bytes; *at; at++) {
		if (strchr(BLANKS, *at) && (at[1] == ';' || at[1] == '#')) {
			*at = '\0';
			return;
		}
	}
}

/* inih strips some of them at either end of a value. */
static bool has_control(const char *bytes)
{
	for (; *bytes; bytes++) {
		unsigned char byte = (unsigned char)*bytes;
		if ((byte < ' ' && byte != '\t') || byte == 0x7f)
			return true;
	}
	return false;
}

static bool section_exists(const char *name)
{
	size_t count;
	const struct setting *table = settings_table(&count);

	for (size_t i = 0; i < count; i++) {
		if (!strcmp(table[i].section, name))
			return true;
	}
	return false;
}

/* False when it was told. inih would cut a long name and skip what follows. */
static bool check_section(struct loader *loader, char *line)
{
	char *end = strchr(line, ']');

	if (!end || end[1]) {
		config_refuse(loader,
			      end ? "text after the section in"
				  : "section is not closed in",
			      line, "[SECTION] alone in its line");
		return false;
	}
	*end = '\0';
	if (!section_exists(line + 1)) {
		(void)settings_set(&loader->config->settings, line + 1, "", "",
				   config_begin(loader));
		config_end(loader);
		return false;
	}
	*end = ']';
	loader->section = SECTION_KNOWN;
	return true;
}

static bool check_pair(struct loader *loader, const char *line)
{
	size_t length = strcspn(line, "=:");
	const char *wrong = NULL;

	if (!line[length])
		wrong = "no \"=\" in";
	else if (line[length] == ':')
		wrong = "\":\" where \"=\" belongs in";
	else if (!length)
		wrong = "no key in";
	else if (line[length + 1] == ';' || line[length + 1] == '#')
		wrong = "no blank before the comment in";
	if (wrong)
		config_refuse(loader, wrong, line, "KEY = VALUE or [SECTION]");
	return !wrong;
}

static void refuse_length(struct loader *loader, size_t length, size_t most)
{
	struct text *text = config_begin(loader);

	text_put(text, "line of ");
	text_put_int(text, (int64_t)length);
	text_put(text, " bytes: expected at most ");
	text_put_int(text, (int64_t)most);
	text_put(text, "; a list may be given in several lines");
	config_end(loader);
}

/* Whether inih may see the line; if not, it was told, or says nothing. */
static bool check_line(struct loader *loader, char *line, size_t length,
		       size_t most)
{
	const char *first = line + strspn(line, BLANKS);
	bool has_nul = strlen(line) < length;

	trim_end(line, BLANKS "\r");
	if (*first == '#' || *first == ';' || (!*first && !has_nul))
		return false;
	/* What follows a broken header must not count for the one before. */
	if (*first == '[')
		loader->section = SECTION_BAD;
	if (has_nul) {
		config_mistake(loader, "NUL byte: expected text");
		return false;
	}
	if (length > most) {
		refuse_length(loader, length, most);
		return false;
	}
	if (first != line) {
		config_mistake(loader, "indented line: expected it to begin at "
				       "the margin, nothing can be continued");
		return false;
	}
	strip_comment(line);
	trim_end(line, BLANKS);
	if (has_control(line)) {
		config_refuse(loader, "control character in", line, "text");
		return false;
	}
	return *line == '[' ? check_section(loader, line)
			    : check_pair(loader, line);
}

char *config_lines_read(char *bytes, int size, void *stream)
{
	static const char bom[] = "\xef\xbb\xbf";
	struct loader *loader = stream;
	char *line = loader->at;
	char *end = memchr(line, '\n', (size_t)(loader->end - line));

	if (line == loader->end)
		return NULL;
	end = end ? end : loader->end;
	loader->at = end < loader->end ? end + 1 : end;
	*end = '\0';
	if (loader->line++ == 0 && !strncmp(line, bom, sizeof(bom) - 1))
		line += sizeof(bom) - 1;
	bytes[0] = '\0';
	if (check_line(loader, line, (size_t)(end - line), (size_t)size - 2))
		memcpy(bytes, line, strlen(line) + 1);
	return bytes;
}
