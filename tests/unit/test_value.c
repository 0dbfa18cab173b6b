/* SPDX-License-Identifier: MIT */
#include "value.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define KIB INT64_C(1)
#define MIB (INT64_C(1) << 10)
#define GIB (INT64_C(1) << 20)
#define TIB (INT64_C(1) << 30)
#define NONE SETTINGS_UNSET

static const struct {
	const char *string;
	int32_t permyriad;
	int64_t kib;
	const char *printed;
} amounts[] = {
	{ "10%", 1000, NONE, "10%" },
	{ "0%", 0, NONE, "0%" },
	{ "100%", 10000, NONE, "100%" },
	{ "2.5%", 250, NONE, "2.5%" },
	{ "2.05 %", 205, NONE, "2.05%" },
	{ "0.01%", 1, NONE, "0.01%" },
	{ "2.500%", 250, NONE, "2.5%" },
	{ "1K", NONE, KIB, "1K" },
	{ "1025K", NONE, 1025, "1025K" },
	{ "2G", NONE, 2 * GIB, "2G" },
	{ "2g", NONE, 2 * GIB, "2G" },
	{ "2GiB", NONE, 2 * GIB, "2G" },
	{ "2 gib", NONE, 2 * GIB, "2G" },
	{ "1.5G", NONE, 3 * GIB / 2, "1536M" },
	{ "1.3K", NONE, 1, "1K" },
	{ "1024M", NONE, GIB, "1G" },
	{ "3T", NONE, 3 * TIB, "3T" },
	{ "8388608T", NONE, INT64_C(1) << 53, "8388608T" },
	{ "10% or 2G", 1000, 2 * GIB, "10% or 2G" },
	{ "2G or 10%", 1000, 2 * GIB, "10% or 2G" },
	{ "10 %  or\t2 M", 1000, 2 * MIB, "10% or 2M" },
	{ "10% OR 2G", 1000, 2 * GIB, "10% or 2G" },
	{ "00010%", 1000, NONE, "10%" },
};

START_TEST(test_amount)
{
	const char *string = amounts[_i].string;
	struct amount amount;
	char bytes[256];
	struct text text;

	text_init(&text, bytes, sizeof(bytes));
	ck_assert_msg(!value_parse_amount(string, &amount, &text), "%s: %s",
		      string, bytes);
	ck_assert_msg(amount.permyriad == amounts[_i].permyriad, "%s", string);
	ck_assert_msg(amount.kib == amounts[_i].kib, "%s", string);
	value_put_amount(&text, &amount);
	ck_assert_str_eq(bytes, amounts[_i].printed);
}
END_TEST

static const struct {
	const char *string;
	const char *why;
} bad_amounts[] = {
	{ "10", "no unit in \"10\": expected e.g. \"10%\" or \"2G\"" },
	{ "10 ", "no unit in" },
	{ "", "no number in \"\"" },
	{ "%", "no number in" },
	{ "nan", "no number in \"nan\"" },
	{ "nan%", "no number in" },
	{ "inf", "no number in" },
	{ "-5%", "no number in" },
	{ "+5%", "no number in" },
	{ ".5%", "no number in" },
	{ "5.%", "no digit after the point in" },
	{ "1,5%", "unknown unit in" },
	{ "1e3K", "unknown unit in" },
	{ "0x10K", "unknown unit in" },
	{ "1.2.3%", "no unit after the first number in" },
	{ "1 2%", "no unit after the first number in" },
	{ "1.2345%", "more than three decimals in" },
	{ "2.555%", "too fine a number in" },
	{ "100.01%", "more than all in" },
	{ "2GB", "unknown unit in \"2GB\"" },
	{ "2KB", "unknown unit in" },
	{ "2B", "unknown unit in" },
	{ "10s", "wrong unit in" },
	{ "8388609T", "too large a number in" },
	{ "9007199254741K", "too large a number in" },
	{ "99999999999999999999999%", "too large a number in" },
	{ "10% or", "no number in" },
	{ "or 10%", "no number in" },
	{ "10% 2G", "no \"or\" between two values in" },
	{ "10%, 2G", "unknown unit in" },
	{ "10% and 2G", "no \"or\" between two values in" },
	{ "10% or2G", "no \"or\" between two values in" },
	{ "10% or 20%", "two percentages in" },
	{ "1G or 2G", "two sizes in" },
	{ "10% or 2G or 3G", "two sizes in" },
	{ "10% x", "no \"or\" between two values in" },
	{ "10%%", "unknown unit in" },
};

START_TEST(test_bad_amount)
{
	struct amount amount = { 1, 2 };
	char bytes[256];
	struct text text;

	text_init(&text, bytes, sizeof(bytes));
	ck_assert_int_eq(
		value_parse_amount(bad_amounts[_i].string, &amount, &text),
		-EINVAL);
	ck_assert_msg(!strncmp(bytes, bad_amounts[_i].why,
			       strlen(bad_amounts[_i].why)),
		      "%s: %s", bad_amounts[_i].string, bytes);
	ck_assert_int_eq(amount.permyriad, 1);
	ck_assert_int_eq(amount.kib, 2);
}
END_TEST

static const struct {
	const char *string;
	int64_t ms; /* -1: refused */
	const char *printed;
} durations[] = {
	{ "10s", 10000, "10s" },
	{ "10S", 10000, "10s" },
	{ "1ms", 1, "1ms" },
	{ "0s", 0, "0s" },
	{ "0h", 0, "0s" },
	{ "1.5s", 1500, "1500ms" },
	{ "0.001s", 1, "1ms" },
	{ "60s", 60000, "1min" },
	{ "90 s", 90000, "90s" },
	{ "10min", 600000, "10min" },
	{ "24h", 86400000, "24h" },
	{ "0.5ms", -1, "too fine a number in \"0.5ms\": expected ms, s, min" },
	{ "10", -1, "no unit in \"10\"" },
	{ "10m", -1, "wrong unit in \"10m\"" },
	{ "10sec", -1, "unknown unit in" },
	{ "10%", -1, "wrong unit in" },
	{ "1min30s", -1, "more than one value in" },
	{ "1s x", -1, "more than one value in" },
	{ "9999999999h", -1, "too large a number in" },
	{ "-1s", -1, "no number in" },
};

START_TEST(test_duration)
{
	const char *string = durations[_i].string;
	int64_t ms = -1;
	char bytes[256];
	struct text text;
	int r;

	text_init(&text, bytes, sizeof(bytes));
	r = value_parse_ms(string, 0, INT64_MAX, &ms, &text);
	ck_assert_msg(r == (durations[_i].ms < 0 ? -EINVAL : 0), "%s", string);
	ck_assert_msg(ms == durations[_i].ms, "%s", string);
	if (ms >= 0)
		value_put_ms(&text, ms);
	ck_assert_msg(!strncmp(bytes, durations[_i].printed,
			       strlen(durations[_i].printed)),
		      "%s: %s", string, bytes);
}
END_TEST

START_TEST(test_permyriad)
{
	int64_t value = -1;
	char bytes[256];
	struct text text;

	text_init(&text, bytes, sizeof(bytes));
	ck_assert(!value_parse_permyriad("100.00%", 0, &value, &text));
	ck_assert_int_eq(value, 10000);
	ck_assert_int_eq(value_parse_permyriad("100.01%", 0, &value, &text),
			 -EINVAL);
	ck_assert_int_eq(value_parse_permyriad("2G", 0, &value, &text),
			 -EINVAL);
	ck_assert_int_eq(value_parse_permyriad("2% or 3%", 0, &value, &text),
			 -EINVAL);
	ck_assert_int_eq(value, 10000);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
	Suite *suite = suite_create("value");
	TCase *rows = tcase_create("rows");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(rows, test_amount, 0, ROWS(amounts));
	tcase_add_loop_test(rows, test_bad_amount, 0, ROWS(bad_amounts));
	tcase_add_loop_test(rows, test_duration, 0, ROWS(durations));
	tcase_add_test(rows, test_permyriad);
	suite_add_tcase(suite, rows);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
