/* SPDX-License-Identifier: MIT */
#include "field.h"

#include "fixture.h"

static struct field field_of(const char *bytes, size_t length)
{
	return (struct field){ bytes, bytes + length };
}

static bool is(const struct field *field, const char *expected)
{
	size_t length = (size_t)(field->end - field->at);

	return length == strlen(expected) &&
	       memcmp(field->at, expected, length) == 0;
}

static const struct {
	const char *name;
	const char *bytes;
	size_t length;
	const char *lines[3];
} lines[] = {
	{ "nothing", BYTES(""), { NULL } },
	{ "one", BYTES("a b\n"), { "a b" } },
	{ "an empty one", BYTES("\n"), { "" } },
	{ "two and an empty one", BYTES("a\n\nb\n"), { "a", "", "b" } },
	{ "the last is cut off", BYTES("a\nbcd"), { "a" } },
	{ "the only one is cut off", BYTES("abc"), { NULL } },
};

START_TEST(test_line)
{
	char *copy = fixture_copy(lines[_i].bytes, lines[_i].length);
	struct field text = field_of(copy, lines[_i].length);
	struct field line;

	for (int i = 0; i < 3 && lines[_i].lines[i] != NULL; i++) {
		ck_assert_msg(field_line(&text, &line), "%s", lines[_i].name);
		ck_assert_msg(is(&line, lines[_i].lines[i]), "%s",
			      lines[_i].name);
	}
	ck_assert_msg(!field_line(&text, &line), "%s", lines[_i].name);
	free(copy);
}
END_TEST

START_TEST(test_nul_is_a_byte_like_others)
{
	struct field text = field_of(BYTES("a\0b\nc\n"));
	struct field line;

	ck_assert(field_line(&text, &line));
	ck_assert_int_eq(line.end - line.at, 3);
	ck_assert(field_line(&text, &line));
	ck_assert(is(&line, "c"));
}
END_TEST

START_TEST(test_words)
{
	struct field text = field_of(BYTES(" \tone  two\tthree "));
	struct field word;

	ck_assert(field_word(&text, &word) && is(&word, "one"));
	ck_assert(field_word(&text, &word) && is(&word, "two"));
	ck_assert(field_word(&text, &word) && is(&word, "three"));
	ck_assert(!field_word(&text, &word));
	ck_assert(text.at == text.end);
}
END_TEST

START_TEST(test_skip)
{
	struct field text = field_of(BYTES("MemFree: 1"));

	ck_assert(!field_skip(&text, "MemFree: 12"));
	ck_assert(!field_skip(&text, "memFree"));
	ck_assert(is(&text, "MemFree: 1"));
	ck_assert(field_skip(&text, "MemFree:"));
	ck_assert(is(&text, " 1"));
	ck_assert(field_skip(&text, " 1"));
	ck_assert(field_skip(&text, ""));
	ck_assert(!field_skip(&text, "x"));
}
END_TEST

enum kind { U64, I64, COUNT, KIB };

static const struct {
	const char *name;
	enum kind kind;
	const char *bytes;
	bool is_number;
	int64_t value;
	const char *rest;
} numbers[] = {
	{ "zero", U64, "0", true, 0, "" },
	{ "after blanks", U64, " \t 12 x", true, 12, " x" },
	{ "leading zeros", U64, "007", true, 7, "" },
	{ "nothing", U64, "", false, 0, "" },
	{ "blanks only", U64, "  ", false, 0, "  " },
	{ "letters", U64, " x1", false, 0, " x1" },
	{ "no sign", U64, "-1", false, 0, "-1" },
	{ "no plus", U64, "+1", false, 0, "+1" },
	{ "the largest", U64, "18446744073709551615", true, -1, "" },
	{ "one above", U64, "18446744073709551616", false, 0,
	  "18446744073709551616" },
	{ "ten times as much", U64, "184467440737095516150", false, 0,
	  "184467440737095516150" },
	{ "minus one", I64, " -1", true, -1, "" },
	{ "minus and blank", I64, "- 1", false, 0, "- 1" },
	{ "only a minus", I64, "-", false, 0, "-" },
	{ "the largest", I64, "9223372036854775807", true, INT64_MAX, "" },
	{ "one above", I64, "9223372036854775808", false, 0,
	  "9223372036854775808" },
	{ "the smallest", I64, "-9223372036854775808", true, INT64_MIN, "" },
	{ "one below", I64, "-9223372036854775809", false, 0,
	  "-9223372036854775809" },
	{ "the largest", COUNT, "9007199254740992", true, INT64_C(1) << 53,
	  "" },
	{ "one above", COUNT, "9007199254740993", false, 0,
	  "9007199254740993" },
	{ "wrapped", COUNT, "18446744073709551612", false, 0,
	  "18446744073709551612" },
	{ "as the kernel prints it", KIB, "     16 kB", true, 16, "" },
	{ "the most", KIB, "8796093022208 kB", true, INT64_C(1) << 43, "" },
	{ "one above", KIB, "8796093022209 kB", false, 0, "8796093022209 kB" },
	{ "cut off in the unit", KIB, "16 k", false, 0, "16 k" },
	{ "without a unit", KIB, "16", false, 0, "16" },
	{ "another unit", KIB, "16 MB", false, 0, "16 MB" },
	{ "wrapped", KIB, "18446744073709551612 kB", false, 0,
	  "18446744073709551612 kB" },
};

static bool take(enum kind kind, struct field *from, int64_t *value)
{
	uint64_t number = (uint64_t)*value;
	bool taken;

	switch (kind) {
	case U64:
		taken = field_u64(from, &number);
		*value = (int64_t)number;
		return taken;
	case I64:
		return field_i64(from, value);
	case COUNT:
		return field_count(from, value);
	case KIB:
		return field_kib(from, value);
	}
	return false;
}

START_TEST(test_number)
{
	size_t length = strlen(numbers[_i].bytes);
	char *copy = fixture_copy(numbers[_i].bytes, length);
	struct field text = field_of(copy, length);
	int64_t value = 0;

	ck_assert_msg(take(numbers[_i].kind, &text, &value) ==
			      numbers[_i].is_number,
		      "%s", numbers[_i].name);
	ck_assert_msg(value == numbers[_i].value, "%s", numbers[_i].name);
	ck_assert_msg(is(&text, numbers[_i].rest), "%s", numbers[_i].name);
	free(copy);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("field");

	tcase_add_loop_test(cases, test_line, 0, ROWS(lines));
	tcase_add_test(cases, test_nul_is_a_byte_like_others);
	tcase_add_test(cases, test_words);
	tcase_add_test(cases, test_skip);
	tcase_add_loop_test(cases, test_number, 0, ROWS(numbers));
	return fixture_run(cases, "field");
}
