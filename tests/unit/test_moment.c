/* SPDX-License-Identifier: MIT */
#include "moment.h"

#include <errno.h>

#include "fixture.h"

#define SECOND INT64_C(1000000)
#define NOW (1795318200 * SECOND) /* 2026-11-22 03:30:00 UTC */

static const struct {
	const char *name;
	const char *string;
	int64_t ms; /* 0: refused */
} durations[] = {
	{ "milliseconds", "5ms", 5 },
	{ "seconds", "90s", 90000 },
	{ "minutes in short", "10m", 600000 },
	{ "minutes as in the configuration", "10min", 600000 },
	{ "with a space", "10 min", 600000 },
	{ "hours", "1h", 3600000 },
	{ "hours and minutes", "1h30m", 5400000 },
	{ "days", "2d", 172800000 },
	{ "the most", "1000d", 86400000000 },
	{ "beyond the most", "1000d1ms", 0 },
	{ "far beyond the most", "999999999d", 0 },
	{ "more digits than there are", "99999999999999999999s", 0 },
	{ "nothing", "", 0 },
	{ "zero", "0s", 0 },
	{ "without a unit", "10", 0 },
	{ "an unknown unit", "10x", 0 },
	{ "negative", "-1h", 0 },
	{ "a fraction", "1.5h", 0 },
	{ "something behind it", "1h!", 0 },
};

START_TEST(test_duration)
{
	int64_t ms = UNTOUCHED;
	int rc = moment_parse_ms(durations[_i].string, &ms);
	int64_t expected = durations[_i].ms ? durations[_i].ms : UNTOUCHED;

	ck_assert_msg(rc == (durations[_i].ms ? 0 : -EINVAL) && ms == expected,
		      "%s: %d, %lld", durations[_i].name, rc, (long long)ms);
}
END_TEST

static const struct {
	const char *name;
	const char *string;
	int64_t us; /* 0: refused */
} spans[] = {
	{ "a duration", "1h", NOW - 3600 * SECOND },
	{ "today", "today", 1795305600 * SECOND },
	{ "yesterday", "yesterday", 1795219200 * SECOND },
	{ "a time of today", "00:00:01", 1795305601 * SECOND },
	{ "a time that is still to come: of yesterday", "23:59",
	  1795305540 * SECOND },
	{ "an hour that is none", "24:00", 0 },
	{ "a date", "2026-11-22", 1795305600 * SECOND },
	{ "a date and a time", "2026-11-22 03:00", 1795316400 * SECOND },
	{ "with seconds", "2026-11-22 03:00:01", 1795316401 * SECOND },
	{ "as in ISO 8601", "2026-11-22T03:00", 1795316400 * SECOND },
	{ "a leap day", "2028-02-29", 1835395200 * SECOND },
	{ "no leap day", "2027-02-29", 0 },
	{ "a day that no month has", "2026-11-31", 0 },
	{ "an hour that no day has", "2026-11-22 25:00", 0 },
	{ "something behind it", "2026-11-22 03:00 x", 0 },
	{ "a word", "tomorrow", 0 },
	{ "nothing", "", 0 },
};

START_TEST(test_since)
{
	int64_t us = UNTOUCHED;
	int rc = moment_parse_since(spans[_i].string, NOW, &us);
	int64_t expected = spans[_i].us ? spans[_i].us : UNTOUCHED;

	ck_assert_msg(rc == (spans[_i].us ? 0 : -EINVAL) && us == expected,
		      "%s: %d, %lld", spans[_i].name, rc, (long long)us);
}
END_TEST

START_TEST(test_shown)
{
	char bytes[MOMENT_SIZE];

	ck_assert_str_eq(moment_date(NOW, bytes), "2026-11-22");
	ck_assert_str_eq(moment_clock(NOW, bytes), "03:30:00");
	ck_assert_str_eq(moment_date(-1, bytes), "?");
	ck_assert_str_eq(moment_date(INT64_MAX, bytes), "294247-01-10");
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("moment");

	(void)setenv("TZ", "UTC", 1);
	tcase_add_loop_test(cases, test_duration, 0, ROWS(durations));
	tcase_add_loop_test(cases, test_since, 0, ROWS(spans));
	tcase_add_test(cases, test_shown);
	return fixture_run(cases, "moment");
}
