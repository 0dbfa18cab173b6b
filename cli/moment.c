/* SPDX-License-Identifier: MIT */
#include "moment.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOMENT_MOST_MS (1000LL * 86400 * 1000)

int64_t moment_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t moment_unit_ms(const char *unit, size_t length)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = {
		{ "ms", 1 },       { "s", 1000 },       { "sec", 1000 },
		{ "m", 60000 },    { "min", 60000 },    { "h", 3600000 },
		{ "d", 86400000 }, { "day", 86400000 }, { "days", 86400000 },
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strlen(units[i].name) == length &&
		    strncmp(units[i].name, unit, length) == 0)
			return units[i].ms;
	}
	return 0;
}

int moment_parse_ms(const char *string, int64_t *ms)
{
	int64_t sum = 0;

	do {
		size_t digits = strspn(string, "0123456789");
		size_t letters;
		int64_t unit_ms, count;

		if (digits < 1 || digits > 9)
			return -EINVAL;
		count = strtoll(string, NULL, 10);
		string += digits;
		string += strspn(string, " ");
		letters = strspn(string, "abcdefghijklmnopqrstuvwxyz");
		unit_ms = moment_unit_ms(string, letters);
		string += letters;
		string += strspn(string, " ");
		if (!unit_ms || count > MOMENT_MOST_MS / unit_ms)
			return -EINVAL;
		sum += count * unit_ms;
	} while (*string && sum <= MOMENT_MOST_MS);
	if (sum < 1 || sum > MOMENT_MOST_MS)
		return -EINVAL;
	*ms = sum;
	return 0;
}

/* A date that the calendar does not have is refused, not moved. */
static int moment_from_local(struct tm *local, int64_t *us)
{
	int day = local->tm_mday;
	time_t seconds;

	local->tm_isdst = -1;
	seconds = mktime(local);
	if (seconds == (time_t)-1 || local->tm_mday != day)
		return -EINVAL;
	*us = (int64_t)seconds * 1000000;
	return 0;
}

static int moment_parse_date(const char *string, int64_t *us)
{
	static const char *const formats[] = { "%Y-%m-%d", "%Y-%m-%d %H:%M",
					       "%Y-%m-%dT%H:%M",
					       "%Y-%m-%d %H:%M:%S",
					       "%Y-%m-%dT%H:%M:%S" };

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct tm local = { 0 };
		const char *end = strptime(string, formats[i], &local);

		if (end && !*end)
			return moment_from_local(&local, us);
	}
	return -EINVAL;
}

/* Midnight, so many days ago. */
static int moment_midnight(int64_t now_us, int days, int64_t *us)
{
	time_t seconds = (time_t)(now_us / 1000000);
	struct tm local;

	if (!localtime_r(&seconds, &local))
		return -EINVAL;
	local.tm_hour = local.tm_min = local.tm_sec = 0;
	local.tm_mday -= days;
	local.tm_isdst = -1;
	*us = (int64_t)mktime(&local) * 1000000;
	return 0;
}

/* The last time that it was so late. */
static int moment_parse_clock(const char *string, int64_t now_us, int64_t *us)
{
	static const char *const formats[] = { "%H:%M", "%H:%M:%S" };
	time_t seconds = (time_t)(now_us / 1000000);

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct tm local = { 0 }, clock = { 0 };
		const char *end = strptime(string, formats[i], &clock);

		if (!end || *end || !localtime_r(&seconds, &local))
			continue;
		local.tm_hour = clock.tm_hour;
		local.tm_min = clock.tm_min;
		local.tm_sec = clock.tm_sec;
		local.tm_isdst = -1;
		*us = (int64_t)mktime(&local) * 1000000;
		if (*us <= now_us)
			return 0;
		local.tm_mday--;
		local.tm_isdst = -1;
		*us = (int64_t)mktime(&local) * 1000000;
		return 0;
	}
	return -EINVAL;
}

int moment_parse_since(const char *string, int64_t now_us, int64_t *since_us)
{
	int64_t ms;

	if (strcmp(string, "today") == 0)
		return moment_midnight(now_us, 0, since_us);
	if (strcmp(string, "yesterday") == 0)
		return moment_midnight(now_us, 1, since_us);
	if (moment_parse_ms(string, &ms) == 0) {
		*since_us = now_us - ms * 1000;
		return 0;
	}
	if (moment_parse_clock(string, now_us, since_us) == 0)
		return 0;
	return moment_parse_date(string, since_us);
}

static bool moment_local(int64_t us, struct tm *local)
{
	time_t seconds = (time_t)(us / 1000000);

	return us >= 0 && localtime_r(&seconds, local);
}

const char *moment_date(int64_t us, char bytes[MOMENT_SIZE])
{
	struct tm local;

	if (!moment_local(us, &local) ||
	    !strftime(bytes, MOMENT_SIZE, "%Y-%m-%d", &local))
		snprintf(bytes, MOMENT_SIZE, "?");
	return bytes;
}

const char *moment_clock(int64_t us, char bytes[MOMENT_SIZE])
{
	struct tm local;

	if (!moment_local(us, &local) ||
	    !strftime(bytes, MOMENT_SIZE, "%H:%M:%S", &local))
		snprintf(bytes, MOMENT_SIZE, "?");
	return bytes;
}
