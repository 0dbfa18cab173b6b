/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_PAGE_H
#define OOMGUARD_PAGE_H

#include <stddef.h>

#include "terminal.h"

#define PAGE_COLUMNS 80
#define PAGE_LABEL 10

/*
 * What is printed for people: lines of at most 80 columns. Texts may be from
 * outside: control characters, and whatever the terminal cannot show, come
 * out as `?`.
 */
struct page {
	struct terminal terminal;
};

/* For standard output. */
void page_init(struct page *page);

/*
 * A label and a text behind it, which is broken between words and cut after
 * `lines` lines. `style` colours the text, or is "".
 */
void page_row(const struct page *page, const char *label, const char *style,
	      const char *text, int lines);

/* The same, indented by so many columns, without a label. */
void page_text(const struct page *page, int indent, const char *text,
	       int lines);

/* The same, where the line has begun already. */
void page_rest(const struct page *page, int indent, const char *text,
	       int lines);

/* `text` fit for the page, cut after `columns`; padded to them. */
const char *page_cell(const struct page *page, const char *text, int columns,
		      char *bytes, size_t size);

#endif
