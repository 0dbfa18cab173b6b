/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_TEST_FIXTURE_H
#define OOMGUARD_TEST_FIXTURE_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <check.h>

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))
#define BYTES(literal) (literal), sizeof(literal) - 1

/* What no function may change when it fails. */
#define UNTOUCHED 0x5a

/* Everything that a test waits for must happen within this time. */
#define DEADLINE_MS 20000

/* The bytes of a fixture; the number of them comes back. */
static inline size_t fixture_read(const char *name, char *bytes, size_t size)
{
	char path[512];
	ssize_t length;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", FIXTURES, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_msg(fd >= 0, "%s", path);
	length = read(fd, bytes, size);
	(void)close(fd);
	ck_assert_msg(length >= 0, "%s", path);
	return (size_t)length;
}

/*
 * A copy that ends with its memory, so that reading one byte too many is found
 * by AddressSanitizer. The caller frees it.
 */
static inline char *fixture_copy(const char *bytes, size_t length)
{
	char *copy = malloc(length > 0 ? length : 1);

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, bytes, length);
	return copy;
}

/* xorshift64: the same numbers on every machine. */
static inline uint64_t fixture_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Changes some of the bytes, most of them to what the formats are made of. */
static inline void fixture_spoil(uint64_t *state, char *bytes, size_t length)
{
	static const char often[] = "0189 \t\n\n:()-\\/kB=.";
	uint64_t count = fixture_random(state) % 8;

	while (length > 0 && count-- > 0) {
		uint64_t random = fixture_random(state);
		size_t at = (size_t)(random >> 16) % length;

		bytes[at] =
			random & 1 ? (char)(random >> 8)
				   : often[(random >> 1) % (sizeof(often) - 1)];
	}
}

/* Waits a moment before something is looked at again; fails when overdue. */
static inline void fixture_wait(int *waited_ms)
{
	const struct timespec moment = { 0, 2000000 };

	ck_assert_msg((*waited_ms += 2) < DEADLINE_MS, "it never happened");
	(void)nanosleep(&moment, NULL);
}

/* Waits for the end of a child and returns how it ended. */
static inline int fixture_reap(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static inline int fixture_run(TCase *cases, const char *name)
{
	Suite *suite = suite_create(name);
	SRunner *runner;
	int failed;

	tcase_set_timeout(cases, 60);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
