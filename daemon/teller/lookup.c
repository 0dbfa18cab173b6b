/* SPDX-License-Identifier: MIT */
#include "lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <systemd/sd-bus.h>

#include "process.h"

#define BUS_MOST_US 1000000
#define STAT_SIZE 1024
#define USER_SIZE 4096 /* of an entry of passwd(5) */

/* Returns how many bytes there were, or -1. */
static ssize_t read_file(int directory, const char *name, char *bytes,
			 size_t size)
{
	ssize_t got;
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	got = read(fd, bytes, size);
	(void)close(fd);
	return got;
}

/* 0 where that cannot be read. */
static uint64_t start_of(int process)
{
	char bytes[STAT_SIZE];
	struct process_stat stat;
	ssize_t length = read_file(process, "stat", bytes, sizeof(bytes));

	if (length <= 0 ||
	    process_parse_stat(bytes, (size_t)length, &stat) != 0)
		return 0;
	return stat.start_ticks;
}

/* Arguments end with NUL; what the process has cut or cleared has more. */
static void join_arguments(char *bytes, size_t length)
{
	while (length > 0 &&
	       (bytes[length - 1] == '\0' || bytes[length - 1] == ' '))
		length--;
	for (size_t i = 0; i < length; i++)
		if (bytes[i] == '\0')
			bytes[i] = ' ';
	bytes[length] = '\0';
}

uint64_t lookup_cmdline(int proc, int32_t pid, uint64_t start_ticks,
			char *value, size_t size)
{
	ssize_t length = 0;
	uint64_t seen_ticks;
	char name[16];
	int process;

	value[0] = '\0';
	(void)snprintf(name, sizeof(name), "%d", pid);
	process = openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (process < 0)
		return 0;
	seen_ticks = start_of(process);
	if (start_ticks == 0 || seen_ticks == start_ticks)
		length = read_file(process, "cmdline", value, size - 1);
	(void)close(process);
	join_arguments(value, length > 0 ? (size_t)length : 0);
	return seen_ticks;
}

void lookup_user(uint32_t uid, char *value, size_t size)
{
	char bytes[USER_SIZE];
	struct passwd passwd;
	struct passwd *found = NULL;

	value[0] = '\0';
	if (getpwuid_r(uid, &passwd, bytes, sizeof(bytes), &found) == 0 &&
	    found)
		(void)snprintf(value, size, "%s", found->pw_name);
}

static uint64_t now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* Cannot fail. */
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* The timeout of a call does not count for the handshake before it. */
static int shake_hands(sd_bus *bus)
{
	uint64_t end_us = now_us() + BUS_MOST_US;
	int result = 0;

	while (result >= 0 && sd_bus_is_ready(bus) == 0) {
		uint64_t at_us = now_us();
		if (at_us >= end_us)
			return -ETIMEDOUT;
		result = sd_bus_process(bus, NULL);
		if (result == 0)
			result = sd_bus_wait(bus, end_us - at_us);
	}
	return result;
}

static void ask(sd_bus *bus, const char *unit, char *value, size_t size)
{
	char *path = NULL;
	char *restart = NULL;

	if (sd_bus_set_method_call_timeout(bus, BUS_MOST_US) >= 0 &&
	    sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit, &path) >=
		    0 &&
	    sd_bus_get_property_string(bus, "org.freedesktop.systemd1", path,
				       "org.freedesktop.systemd1.Service",
				       "Restart", NULL, &restart) >= 0)
		(void)snprintf(value, size, "%s", restart);
	free(restart);
	free(path);
}

void lookup_restart(const char *unit, char *value, size_t size)
{
	sd_bus *bus = NULL;

	value[0] = '\0';
	if (sd_bus_open_system(&bus) >= 0 && shake_hands(bus) >= 0)
		ask(bus, unit, value, size);
	(void)sd_bus_close_unref(bus);
}
