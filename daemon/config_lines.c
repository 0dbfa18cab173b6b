/* SPDX-License-Identifier: MIT */
#include "config_lines.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define BLANKS " \t"

/* The next byte of the file, or -1 when there is none. */
static int next_byte(struct loader *loader)
{
	ssize_t length;

	if (loader->at < loader->length)
		return (unsigned char)loader->bytes[loader->at++];
	if (loader->error || loader->total > CONFIG_FILE_MOST)
		return -1;
	do {
		length = read(loader->fd, loader->bytes, sizeof(loader->bytes));
	} while (length < 0 && errno == EINTR);
	if (length <= 0) {
		loader->error = length < 0 ? errno : 0;
		return -1;
	}
	loader->total += (size_t)length;
	loader->length = (size_t)length;
	loader->at = 1;
	return (unsigned char)loader->bytes[0];
}

/* A line as it is in the file; only what fits is in the buffer. */
struct line {
	size_t length;
	bool has_nul;
};

static bool take_line(struct loader *loader, char *bytes, size_t size,
		      struct line *line)
{
	int byte = next_byte(loader);

	*line = (struct line){ 0 };
	if (byte < 0)
		return false;
	for (; byte >= 0 && byte != '\n'; byte = next_byte(loader)) {
		line->has_nul |= !byte;
		if (line->length < size - 1)
			bytes[line->length] = (char)byte;
		line->length++;
	}
	/* What a limit or an error cut off is no line. */
	if (byte < 0 && (loader->error || loader->total > CONFIG_FILE_MOST))
		return false;
	bytes[line->length < size ? line->length : size - 1] = '\0';
	return true;
}

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
static bool check_section(struct loader *loader, char *bytes)
{
	char *end = strchr(bytes, ']');
	struct reason reason;

	if (!end || end[1]) {
		text_refuse(config_reason(&reason),
			    end ? "text after the section in"
				: "section is not closed in",
			    bytes, "[SECTION] alone in its line");
		config_mistake(loader, reason.bytes);
		return false;
	}
	*end = '\0';
	if (!section_exists(bytes + 1)) {
		(void)settings_set(&loader->config->settings, bytes + 1, "", "",
				   config_reason(&reason));
		config_mistake(loader, reason.bytes);
		return false;
	}
	*end = ']';
	loader->section = SECTION_KNOWN;
	return true;
}

static bool check_pair(struct loader *loader, const char *bytes)
{
	size_t length = strcspn(bytes, "=:");
	const char *wrong = NULL;
	struct reason reason;

	if (!bytes[length])
		wrong = "no \"=\" in";
	else if (bytes[length] == ':')
		wrong = "\":\" where \"=\" belongs in";
	else if (!length)
		wrong = "no key in";
	if (!wrong)
		return true;
	text_refuse(config_reason(&reason), wrong, bytes,
		    "KEY = VALUE or [SECTION]");
	config_mistake(loader, reason.bytes);
	return false;
}

static bool check_length(struct loader *loader, size_t length, size_t most)
{
	struct reason reason;
	struct text *text = config_reason(&reason);

	if (length <= most)
		return true;
	text_put(text, "line of ");
	text_put_int(text, (int64_t)length);
	text_put(text, " bytes: expected at most ");
	text_put_int(text, (int64_t)most);
	text_put(text, "; a list may be given in several lines");
	config_mistake(loader, reason.bytes);
	return false;
}

/* Whether inih may see the line; if not, it was told, or says nothing. */
static bool check_line(struct loader *loader, char *bytes,
		       const struct line *line, size_t most)
{
	const char *first = bytes + strspn(bytes, BLANKS);

	if (*first == '#' || *first == ';' || (!*first && !line->has_nul))
		return false;
	/* What follows a broken header must not count for the one before. */
	if (*first == '[')
		loader->section = SECTION_BAD;
	if (line->has_nul) {
		config_mistake(loader, "NUL byte: expected text");
		return false;
	}
	if (!check_length(loader, line->length, most))
		return false;
	if (first != bytes) {
		config_mistake(loader, "indented line: expected it to begin at "
				       "the margin, nothing can be continued");
		return false;
	}
	strip_comment(bytes);
	trim_end(bytes, BLANKS);
	return *bytes == '[' ? check_section(loader, bytes)
			     : check_pair(loader, bytes);
}

char *config_lines_read(char *bytes, int size, void *stream)
{
	static const char bom[] = "\xef\xbb\xbf";
	struct loader *loader = stream;
	struct line line;

	if (!take_line(loader, bytes, (size_t)size, &line))
		return NULL;
	loader->line++;
	if (loader->line == 1 && !strncmp(bytes, bom, sizeof(bom) - 1)) {
		memmove(bytes, bytes + 3, strlen(bytes + 3) + 1);
		line.length -= 3;
	}
	trim_end(bytes, BLANKS "\r");
	if (!check_line(loader, bytes, &line, (size_t)size - 2))
		bytes[0] = '\0';
	return bytes;
}
