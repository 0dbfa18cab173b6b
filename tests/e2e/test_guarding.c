/* SPDX-License-Identifier: MIT */
/* The guard goes on guarding, whatever it reads and whoever listens. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "scene.h"

#define GRACES_NS INT64_C(900000000) /* three of them */

static struct scene scene;

static const struct {
	const char *name;
	const char *bytes;
	size_t length; /* 0: as strlen() says */
} garbage[] = {
	{ "empty", "", 0 },
	{ "words", "All is well.\n", 0 },
	{ "NUL bytes", "\0\0\0\0\0\0\0\0", 8 },
	{ "cut in the middle of a number",
	  "MemTotal:        65536 kB\nMemFree:          1", 0 },
	{ "without what is available",
	  "MemTotal: 65536 kB\nMemFree: 1 kB\nSwapTotal: 0 kB\n", 0 },
	{ "more available than there is",
	  "MemTotal: 65536 kB\nMemFree: 1 kB\nMemAvailable: 70000 kB\n"
	  "SwapTotal: 0 kB\nSwapFree: 0 kB\n",
	  0 },
	{ "negative",
	  "MemTotal: 65536 kB\nMemFree: 1 kB\nMemAvailable: -1 kB\n"
	  "SwapTotal: 0 kB\nSwapFree: 0 kB\n",
	  0 },
	{ "beyond 64 bits",
	  "MemTotal: 65536 kB\nMemFree: 1 kB\n"
	  "MemAvailable: 18446744073709551616 kB\n"
	  "SwapTotal: 0 kB\nSwapFree: 0 kB\n",
	  0 },
	{ "nothing in total",
	  "MemTotal: 0 kB\nMemFree: 0 kB\nMemAvailable: 0 kB\n"
	  "SwapTotal: 0 kB\nSwapFree: 0 kB\n",
	  0 },
};

START_TEST(test_meminfo_is_garbage)
{
	const char *bytes = garbage[_i].bytes;
	size_t length = garbage[_i].length;

	scene_open(&scene);
	scene_configure(&scene, "");
	const struct member *member = scene_cast(&scene, &scene_hog);
	scene_guard(&scene, HEARING_LINES);
	scene_spoil(&scene, "meminfo", bytes, length ? length : strlen(bytes));
	scene_await_line(&scene, "degraded: cannot read meminfo");
	if (*bytes) /* Nobody is told of a read that has no bytes. */
		scene_await_looks(&scene, 10);
	scene_expect(&scene, scene_lives(&scene, member->pid));
	scene_mend(&scene, SCENE_CALM_KIB);
	scene_await_line(&scene, "reading again");
	scene_expect(&scene, scene_count(&scene, "cannot read") == 1);
	scene_expect(&scene, scene_count(&scene, "strike") == 0);
	scene_check_strike(&scene, member);
	scene_close(&scene);
}
END_TEST

/* Old numbers are no reason to pursue it; the first new ones are. */
START_TEST(test_meminfo_fails_within_the_grace)
{
	scene_open(&scene);
	scene_configure(&scene, "");
	const struct member *member = scene_cast(&scene, &scene_stubborn);
	scene_guard(&scene, HEARING_LINES);
	scene_show(&scene, SCENE_SHORT_KIB);
	scene_await_asked(&scene, member);
	scene_spoil(&scene, "meminfo", "?", 1);
	scene_await_line(&scene, "degraded: cannot read meminfo");
	int64_t from_ns = scene_now_ns();
	while (scene_now_ns() - member->asked_ns < GRACES_NS)
		scene_turn(&scene, from_ns, "three graces to pass");
	scene_await_looks(&scene, 10);
	scene_expect(&scene, scene_lives(&scene, member->pid));
	scene_expect(&scene, scene_count(&scene, "SIGKILL") == 0);
	scene_mend(&scene, SCENE_SHORT_KIB);
	scene_await_end(&scene, member);
	ck_assert_int_eq(member->status, SIGKILL);
	scene_close(&scene);
}
END_TEST

/* Old numbers end nobody: there is another candidate, and none is struck. */
START_TEST(test_nobody_follows_on_an_old_sample)
{
	scene_open(&scene);
	scene_configure(&scene, "");
	const struct member *second = scene_cast(&scene, &scene_hog);
	const struct part larger = { .role = "stubborn", .amount_kib = 16384 };
	const struct member *first = scene_cast(&scene, &larger);
	scene_guard(&scene, HEARING_LINES);
	scene_show(&scene, SCENE_SHORT_KIB);
	scene_await_asked(&scene, first);
	scene.back_kib = 0;
	scene_spoil(&scene, "meminfo", "?", 1);
	scene_await_line(&scene, "degraded: cannot read meminfo");
	(void)kill(first->pid, SIGKILL);
	scene_await_end(&scene, first);
	scene_await_looks(&scene, 30);
	scene_expect(&scene, !second->ended_ns);
	/* Nor do they know what has come back. */
	scene_expect(&scene, scene_count(&scene, "strike 1 ") == 0);
	scene_mend(&scene, SCENE_SHORT_KIB);
	scene_await_line(&scene, "strike 1 futile");
	scene_await_end(&scene, second);
	scene_close(&scene);
}
END_TEST

static const struct {
	const char *name;
	const char *file;
	const char *bytes;
	const char *told;
} minor[] = {
	{ "pressure is words", "pressure/memory", "no pressure\n",
	  "degraded: cannot read pressure" },
	{ "pressure is empty", "pressure/memory", "",
	  "degraded: cannot read pressure" },
	{ "pressure is cut", "pressure/memory", "some avg10=0.00 avg60=0.",
	  "degraded: cannot read pressure" },
	{ "vmstat is negative", "vmstat", "pgscan_direct -1\npgsteal_direct x",
	  NULL },
	{ "vmstat runs backwards", "vmstat", "pgscan_direct 0\noom_kill 0\n",
	  NULL },
};

START_TEST(test_minor_files_are_garbage)
{
	scene_open(&scene);
	scene_configure(&scene, "");
	const struct member *member = scene_cast(&scene, &scene_hog);
	scene_guard(&scene, HEARING_LINES);
	scene_spoil(&scene, minor[_i].file, minor[_i].bytes,
		    strlen(minor[_i].bytes));
	if (minor[_i].told) {
		scene_await_line(&scene, minor[_i].told);
		scene_await_looks(&scene, 10);
		scene_expect(&scene, scene_count(&scene, minor[_i].told) == 1);
	} else {
		scene_await_looks(&scene, 10);
	}
	scene_check_strike(&scene, member);
	scene_close(&scene);
}
END_TEST

static const struct {
	const char *name;
	enum hearing hearing;
	const char *config;
} listeners[] = {
	{ "nobody reads the pipe", HEARING_STUCK, "" },
	{ "nobody reads the socket", HEARING_SOCKET, "" },
	{ "the disk is full", HEARING_FULL, "" },
	{ "no descriptor is open", HEARING_CLOSED, "" },
	{ "nobody reads the pipe, and there are mistakes", HEARING_STUCK,
	  "[nowhere]\n" },
	{ "nobody reads the socket, and there are mistakes", HEARING_SOCKET,
	  "[nowhere]\n" },
	{ "no descriptor is open, and there are mistakes", HEARING_CLOSED,
	  "[nowhere]\n" },
};

START_TEST(test_nobody_listens)
{
	scene_open(&scene);
	scene_configure(&scene, listeners[_i].config);
	const struct member *first = scene_cast(&scene, &scene_stubborn);
	scene_guard(&scene, listeners[_i].hearing);
	scene_show(&scene, SCENE_SHORT_KIB);
	scene_await_end(&scene, first);
	ck_assert_int_eq(first->status, SIGKILL);
	scene_await_looks(&scene, 20);
	const struct member *second = scene_cast(&scene, &scene_hog);
	scene_show(&scene, SCENE_DIRE_KIB);
	scene_await_end(&scene, second);
	scene_close(&scene);
	ck_assert_int_eq(scene.guard_code, CLD_EXITED);
	ck_assert_int_eq(scene.guard_status, 0);
}
END_TEST

/* What was lost meanwhile is counted and told when somebody reads again. */
START_TEST(test_the_reader_comes_back)
{
	scene_open(&scene);
	scene_configure(&scene, "");
	scene_guard(&scene, HEARING_LINES);
	int output = scene.output;
	int lines = scene_count(&scene, "\n");
	ck_assert_int_ge(lines, 1);
	scene.output = -1; /* The reader sleeps. */
	ck_assert_int_ge(fcntl(output, F_SETPIPE_SZ, 8192), 8192);
	for (int i = 0; i < 40; i++) {
		const struct member *member;

		scene.count = 0; /* They come and go. */
		member = scene_cast(&scene, &scene_hog);
		scene_show(&scene, SCENE_DIRE_KIB);
		scene_await_end(&scene, member);
		scene_await_looks(&scene, 3);
	}
	scene.output = output;
	scene_await_looks(&scene, 3);
	(void)kill(scene.guard, SIGHUP);
	scene_await_line(&scene, " lines could not be written");
	scene_await_line(&scene, "reloaded");
	scene_close(&scene);
}
END_TEST

START_TEST(test_ends_by_a_signal)
{
	static const int signals[] = { SIGTERM, SIGINT };

	scene_open(&scene);
	scene_configure(&scene, "");
	scene_guard(&scene, HEARING_LINES);
	scene_end_guard(&scene, signals[_i]);
	ck_assert_int_eq(scene.guard_code, CLD_EXITED);
	ck_assert_int_eq(scene.guard_status, 0);
	scene_expect(&scene, scene_count(&scene, "\nended\n") == 1);
	scene_close(&scene);
}
END_TEST

START_TEST(test_cannot_guard_without_meminfo)
{
	scene_open(&scene);
	scene_configure(&scene, "");
	if (_i == 0)
		scene_spoil(&scene, "meminfo", "MemTotal: 1 kB\n", 15);
	else
		scene_expect(&scene,
			     unlinkat(scene.stage.root, "meminfo", 0) == 0);
	scene.guard_may_end = true;
	scene_guard_unheard(&scene, HEARING_LINES);
	scene_await_line(&scene, "oomguardd: cannot guard");
	scene_end_guard(&scene, 0);
	ck_assert_int_eq(scene.guard_code, CLD_EXITED);
	ck_assert_int_eq(scene.guard_status, 1);
	scene_close(&scene);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
	Suite *suite = suite_create("guarding");
	TCase *tcase = tcase_create("guarding");
	SRunner *runner = srunner_create(suite);

	tcase_set_timeout(tcase, 40);
	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(tcase, test_meminfo_is_garbage, 0, COUNT(garbage));
	tcase_add_test(tcase, test_meminfo_fails_within_the_grace);
	tcase_add_test(tcase, test_nobody_follows_on_an_old_sample);
	tcase_add_loop_test(tcase, test_minor_files_are_garbage, 0,
			    COUNT(minor));
	tcase_add_loop_test(tcase, test_nobody_listens, 0, COUNT(listeners));
	tcase_add_test(tcase, test_the_reader_comes_back);
	tcase_add_loop_test(tcase, test_ends_by_a_signal, 0, 2);
	tcase_add_loop_test(tcase, test_cannot_guard_without_meminfo, 0, 2);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
