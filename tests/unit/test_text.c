/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <locale.h>
#include <wchar.h>
#include <wctype.h>

#include "fixture.h"

static const struct {
	const char *name;
	const char *first;
	const char *second;
	size_t size;
	const char *expected;
	bool cut;
} puts_rows[] = {
	{ "nothing", "", "", 1, "", false },
	{ "nothing fits", "a", "", 1, "", true },
	{ "it just fits", "abc", "de", 6, "abcde", false },
	{ "one byte too long", "abc", "de", 5, "abcd", true },
	{ "nothing comes after a cut", "abcdef", "x", 4, "abc", true },
	{ "a wide character just fits", "a\xc3\xa4", "", 4, "a\xc3\xa4",
	  false },
	{ "a wide character is not split", "a\xc3\xa4", "x", 3, "a", true },
	{ "four bytes lack one", "a\xf0\x9f\x98\x80", "", 5, "a", true },
	{ "four bytes lack three", "a\xf0\x9f\x98\x80", "", 3, "a", true },
	{ "the first one is too wide", "\xf0\x9f\x98\x80", "", 4, "", true },
	{ "no characters at all", "\x80\x80\x80\x80\x80\x80", "", 6, "\x80\x80",
	  true },
};

START_TEST(test_put)
{
	char *bytes = malloc(puts_rows[_i].size);
	struct text text;

	text_init(&text, bytes, puts_rows[_i].size);
	text_put(&text, puts_rows[_i].first);
	text_put(&text, puts_rows[_i].second);
	ck_assert_msg(strcmp(bytes, puts_rows[_i].expected) == 0, "%s: %s",
		      puts_rows[_i].name, bytes);
	ck_assert_uint_eq(text.length, strlen(bytes));
	ck_assert_msg(text.cut == puts_rows[_i].cut, "%s", puts_rows[_i].name);
	free(bytes);
}
END_TEST

enum unit { INT, KIB, PERMYRIAD, MS };

static const struct {
	enum unit unit;
	int64_t value;
	const char *expected;
} numbers[] = {
	{ INT, 0, "0" },
	{ INT, -1, "-1" },
	{ INT, 10, "10" },
	{ INT, INT64_MAX, "9223372036854775807" },
	{ INT, INT64_MIN, "-9223372036854775808" },
	{ KIB, 0, "0 KiB" },
	{ KIB, 812, "812 KiB" },
	{ KIB, 1023, "1023 KiB" },
	{ KIB, 1024, "1.0 MiB" },
	{ KIB, 102399, "99.9 MiB" },
	{ KIB, 102400, "100 MiB" },
	{ KIB, 1048575, "1023 MiB" },
	{ KIB, 1048576, "1.0 GiB" },
	{ KIB, 2097151, "1.9 GiB" },
	{ KIB, 2097152, "2.0 GiB" },
	{ KIB, 3355444, "3.2 GiB" },
	{ KIB, -2097152, "-2.0 GiB" },
	{ KIB, INT64_C(1) << 40, "1.0 PiB" },
	{ KIB, INT64_C(1) << 53, "8192 PiB" },
	{ KIB, INT64_MIN, "-8388608 PiB" },
	{ PERMYRIAD, 0, "0 %" },
	{ PERMYRIAD, 5, "0.05 %" },
	{ PERMYRIAD, 1000, "10 %" },
	{ PERMYRIAD, 1020, "10.2 %" },
	{ PERMYRIAD, 1025, "10.25 %" },
	{ PERMYRIAD, -50, "-0.5 %" },
	{ PERMYRIAD, INT64_MIN, "-92233720368547758.08 %" },
	{ MS, 0, "0 ms" },
	{ MS, 80, "80 ms" },
	{ MS, 999, "999 ms" },
	{ MS, 1000, "1 s" },
	{ MS, 1099, "1 s" },
	{ MS, 1100, "1.1 s" },
	{ MS, 2500, "2.5 s" },
	{ MS, 59999, "59.9 s" },
	{ MS, 60000, "1 min" },
	{ MS, 90000, "1.5 min" },
	{ MS, 600000, "10 min" },
	{ MS, 3599999, "59.9 min" },
	{ MS, 3600000, "1 h" },
	{ MS, 10800000, "3 h" },
	{ MS, -2500, "-2.5 s" },
	{ MS, INT64_MAX, "2562047788015.2 h" },
};

static void put_number(struct text *text, enum unit unit, int64_t value)
{
	switch (unit) {
	case INT:
		text_put_int(text, value);
		return;
	case KIB:
		text_put_kib(text, value);
		return;
	case PERMYRIAD:
		text_put_permyriad(text, value);
		return;
	case MS:
		text_put_ms(text, value);
		return;
	}
}

START_TEST(test_number)
{
	char bytes[64];
	struct text text;

	text_init(&text, bytes, sizeof(bytes));
	put_number(&text, numbers[_i].unit, numbers[_i].value);
	ck_assert_str_eq(bytes, numbers[_i].expected);
}
END_TEST

START_TEST(test_half_a_number_is_not_put)
{
	char bytes[5];
	struct text text;

	text_init(&text, bytes, sizeof(bytes));
	text_put_int(&text, 12345);
	ck_assert_str_eq(bytes, "");
	ck_assert(text.cut);
}
END_TEST

static const struct {
	const char *name;
	const char *string;
	const char *expected;
} quotes[] = {
	{ "plain", "java", "\"java\"" },
	{ "empty", "", "\"\"" },
	{ "spaces stay", " a b ", "\" a b \"" },
	{ "a forged line", "x\n Killed sshd", "\"x\\x0a Killed sshd\"" },
	{ "a quote", "a\"b", "\"a\\x22b\"" },
	{ "a backslash", "a\\nb", "\"a\\x5cnb\"" },
	{ "a terminal command", "\x1b[2J", "\"\\x1b[2J\"" },
	{ "delete", "\x7f", "\"\\x7f\"" },
	{ "the last printable of ASCII", "~", "\"~\"" },
	{ "the first beyond ASCII", "\x80", "\"\\x80\"" },
	{ "an umlaut", "\xc3\xa4", "\"\\xc3\\xa4\"" },
	{ "right to left U+202E", "\xe2\x80\xae", "\"\\xe2\\x80\\xae\"" },
	{ "a byte that never occurs", "\xff", "\"\\xff\"" },
};

START_TEST(test_quoted)
{
	char bytes[64];
	struct text text;

	text_init(&text, bytes, sizeof(bytes));
	text_put_quoted(&text, quotes[_i].string);
	ck_assert_msg(strcmp(bytes, quotes[_i].expected) == 0, "%s: %s",
		      quotes[_i].name, bytes);
	ck_assert(!text.cut);
}
END_TEST

START_TEST(test_an_escape_is_put_whole)
{
	char bytes[8];
	struct text text;

	text_init(&text, bytes, sizeof(bytes));
	text_put_quoted(&text, "abc\n");
	ck_assert_str_eq(bytes, "\"abc");
	ck_assert(text.cut);
}
END_TEST

/* The C library judges what came out. */
static void ck_printable(const char *bytes)
{
	mbstate_t state = { 0 };
	wchar_t wide;

	while (*bytes != '\0') {
		size_t length = mbrtowc(&wide, bytes, 4, &state);

		/* An assertion for each character would take seconds. */
		if (length < 1 || length > 4)
			ck_abort_msg("invalid UTF-8");
		if (wide < ' ' || (wide >= 0x7f && wide < 0xa0))
			ck_abort_msg("U+%04X", (unsigned int)wide);
		bytes += length;
	}
}

START_TEST(test_whatever_is_quoted_is_printable)
{
	uint64_t state = 88172645463325252ULL + (uint64_t)_i;
	char string[24];
	char bytes[64];
	struct text text;

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return;
	for (int round = 0; round < 2000; round++) {
		for (size_t i = 0; i < sizeof(string); i++) {
			uint64_t random = fixture_random(&state) >> 20;

			string[i] = (char)(random % 3 ? 0x80 | random >> 3
						      : random >> 3);
		}
		string[sizeof(string) - 1] = '\0';
		text_init(&text, bytes,
			  1 + (size_t)(fixture_random(&state) >> 9) % 63);
		text_put_quoted(&text, string);
		ck_printable(bytes);
	}
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("text");

	tcase_add_loop_test(cases, test_put, 0, ROWS(puts_rows));
	tcase_add_loop_test(cases, test_number, 0, ROWS(numbers));
	tcase_add_test(cases, test_half_a_number_is_not_put);
	tcase_add_loop_test(cases, test_quoted, 0, ROWS(quotes));
	tcase_add_test(cases, test_an_escape_is_put_whole);
	tcase_add_loop_test(cases, test_whatever_is_quoted_is_printable, 0, 8);
	return fixture_run(cases, "text");
}
