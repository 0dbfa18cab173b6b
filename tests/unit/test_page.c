/* SPDX-License-Identifier: MIT */
#include "page.h"

#include "fixture.h"

static const struct {
	const char *name;
	bool is_utf8;
	const char *text;
	int columns;
	const char *cell;
} rows[] = {
	{ "shorter", false, "java", 6, "java  " },
	{ "as long", false, "java", 4, "java" },
	{ "longer", false, "java", 3, "jav" },
	{ "an escape", true, "a\033[2Jb", 6, "a?[2Jb" },
	{ "a newline and a delete", true, "a\nb\x7f", 4, "a?b?" },
	{ "a control character of two bytes", true,
	  "a\xc2\x9b"
	  "b",
	  3, "a?b" },
	{ "letters where they can be shown", true, "\xc3\xa4\xe2\x82\xac", 3,
	  "\xc3\xa4\xe2\x82\xac " },
	{ "letters where they cannot", false, "\xc3\xa4\xe2\x82\xac", 3,
	  "?? " },
	{ "a lone leading byte", true, "\xc3", 2, "? " },
	{ "a lone continuation", true, "\x80z", 2, "?z" },
	{ "cut between characters", true, "\xc3\xa4\xc3\xa4", 1, "\xc3\xa4" },
};

START_TEST(test_cell)
{
	const struct page page = { .terminal.is_utf8 = rows[_i].is_utf8 };
	char bytes[64];

	page_cell(&page, rows[_i].text, rows[_i].columns, bytes, sizeof(bytes));
	ck_assert_msg(strcmp(bytes, rows[_i].cell) == 0, "%s: %s",
		      rows[_i].name, bytes);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("page");

	tcase_add_loop_test(cases, test_cell, 0, ROWS(rows));
	return fixture_run(cases, "page");
}
