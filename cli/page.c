/* SPDX-License-Identifier: MIT */
#include "page.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PAGE_TEXT 2048

void page_init(struct page *page)
{
	terminal_init(&page->terminal, STDOUT_FILENO);
}

static bool page_is_inside(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

/* Bytes of the character at `at`, which ends a string that may be cut. */
static size_t page_length(const char *at)
{
	size_t length = 1;

	while (page_is_inside((unsigned char)at[length]))
		length++;
	return length;
}

static bool page_is_fit(const struct page *page, const char *at, size_t length)
{
	unsigned char byte = (unsigned char)at[0];
	size_t whole = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;

	if (byte < 0x80)
		return length == 1 && byte >= 0x20 && byte != 0x7f;
	/* Below U+00A0 are the control characters that terminals obey. */
	return page->terminal.is_utf8 && byte >= 0xc2 && byte < 0xf5 &&
	       length == whole &&
	       !(byte == 0xc2 && (unsigned char)at[1] < 0xa0);
}

static void page_clean(const struct page *page, const char *text,
		       char out[PAGE_TEXT])
{
	size_t used = 0;

	while (*text && used + 5 < PAGE_TEXT) {
		size_t length = page_length(text);

		if (page_is_fit(page, text, length)) {
			memcpy(out + used, text, length);
			used += length;
		} else {
			out[used++] = '?';
		}
		text += length;
	}
	out[used] = '\0';
}

/* The bytes of the first `columns` characters. */
static size_t page_first(const char *text, int columns)
{
	size_t at = 0;

	while (text[at] && columns-- > 0)
		at += page_length(text + at);
	return at;
}

static int page_width(const char *text)
{
	int width = 0;

	for (; *text; text++)
		width += !page_is_inside((unsigned char)*text);
	return width;
}

/* Where the first line ends: at a space, if there is one not too early. */
static size_t page_break(const char *text, int columns)
{
	size_t most = page_first(text, columns);
	size_t at = most;

	if (text[most] == '\0' || text[most] == ' ')
		return most;
	while (at > most / 2 && text[at - 1] != ' ')
		at--;
	return at > most / 2 ? at - 1 : most;
}

static void page_print(const struct page *page, int indent, const char *style,
		       const char *text, int lines)
{
	char clean[PAGE_TEXT];
	const char *at = clean;

	page_clean(page, text, clean);
	for (int i = 0; i < lines; i++) {
		size_t end = page_break(at, PAGE_COLUMNS - indent);
		bool is_cut = at[end] && i + 1 == lines;

		if (is_cut)
			end = page_first(at, PAGE_COLUMNS - indent - 3);
		printf("%s%.*s%s%s\n", style, (int)end, at, is_cut ? "..." : "",
		       *style ? page->terminal.off : "");
		at += end;
		at += strspn(at, " ");
		if (!*at)
			return;
		if (!is_cut)
			printf("%*s", indent, "");
	}
}

void page_row(const struct page *page, const char *label, const char *style,
	      const char *text, int lines)
{
	printf("%s%-*s%s", page->terminal.dim, PAGE_LABEL, label,
	       page->terminal.off);
	page_print(page, PAGE_LABEL, style, text, lines);
}

void page_text(const struct page *page, int indent, const char *text, int lines)
{
	printf("%*s", indent, "");
	page_print(page, indent, "", text, lines);
}

void page_rest(const struct page *page, int indent, const char *text, int lines)
{
	page_print(page, indent, "", text, lines);
}

const char *page_cell(const struct page *page, const char *text, int columns,
		      char *bytes, size_t size)
{
	char clean[PAGE_TEXT];
	int width;

	page_clean(page, text, clean);
	clean[page_first(clean, columns)] = '\0';
	width = page_width(clean);
	snprintf(bytes, size, "%s%*s", clean, columns - width, "");
	return bytes;
}
