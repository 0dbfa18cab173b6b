/* SPDX-License-Identifier: MIT */
/* What systemd is told by attributes of a service's cgroup. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <check.h>

#include "scene.h"

#define HOG_KIB 12288
#define SERVICE "0::/system.slice/hog.service\n"
#define DIRECTORY "system.slice/hog.service"

static struct scene scene;

/* The number at the cgroup, or -1 where there is none. */
static int number_of(const char *name)
{
	char path[STAGE_PATH_SIZE + 64], bytes[32] = "";

	snprintf(path, sizeof(path), "%s/cgroup/%s", scene.stage.path,
		 DIRECTORY);
	if (getxattr(path, name, bytes, sizeof(bytes) - 1) < 0)
		return -1;
	return atoi(bytes);
}

static void put_directory(const char *name)
{
	char path[STAGE_PATH_SIZE + 64];

	snprintf(path, sizeof(path), "%s/cgroup/%s", scene.stage.path, name);
	scene_expect(&scene, mkdir(path, 0700) == 0);
}

/* The test is the manager that starts the cast. */
static void set_the_scene(const char *config)
{
	scene_open(&scene);
	put_directory("");
	put_directory("system.slice");
	put_directory(DIRECTORY);
	scene.has_cgroups = true;
	scene_configure(&scene, config);
	scene_expect(&scene, stage_add_with_cgroup(&scene.stage, getpid(),
						   "0::/init.scope\n") == 0);
}

static const struct {
	const char *name;
	const char *manager;
	const char *cgroup;
	const char *config;
	int64_t shown_kib;
	bool has_older; /* somebody whom the manager started earlier in it */
	int number;
} rows[] = {
	{ "the main process of a service", "systemd", SERVICE, "",
	  SCENE_SHORT_KIB, false, 1 },
	{ "marks are off", "systemd", SERVICE, "[strike]\noom-mark = no\n",
	  SCENE_SHORT_KIB, false, -1 },
	{ "SIGKILL is no clean end to systemd", "systemd", SERVICE, "",
	  SCENE_DIRE_KIB, false, -1 },
	{ "somebody else started it", "sh", SERVICE, "", SCENE_SHORT_KIB, false,
	  -1 },
	{ "no service", "systemd", "0::/system.slice/hog.scope\n", "",
	  SCENE_SHORT_KIB, false, -1 },
	{ "a part of a service", "systemd",
	  "0::/system.slice/hog.service/part\n", "", SCENE_SHORT_KIB, false,
	  -1 },
	{ "another one is older", "systemd", SERVICE, "", SCENE_SHORT_KIB, true,
	  -1 },
};

START_TEST(test_row)
{
	const struct part older = { .role = "sit",
				    .comm = "older",
				    .amount_kib = 1024,
				    .cgroup = SERVICE };
	const struct part part = { .role = "sit",
				   .comm = "hog",
				   .amount_kib = HOG_KIB,
				   .cgroup = rows[_i].cgroup };
	char config[256];

	snprintf(config, sizeof(config), "[victim]\nnever = comm:%s\n%s",
		 rows[_i].manager, rows[_i].config);
	(void)prctl(PR_SET_NAME, rows[_i].manager);
	set_the_scene(config);
	if (rows[_i].has_older)
		(void)scene_cast(&scene, &older);
	const struct member *hog = scene_cast(&scene, &part);
	scene_guard(&scene, HEARING_LINES);
	scene_show(&scene, rows[_i].shown_kib);
	scene_await_end(&scene, hog);
	ck_assert_int_eq(number_of("user.oomd_ooms"), rows[_i].number);
	ck_assert_int_eq(number_of("user.oomd_kill"), rows[_i].number);
	scene_close(&scene);
}
END_TEST

/* When it ends some day, that is no want of memory. */
START_TEST(test_taken_away_when_it_lives_on)
{
	const struct part part = { .role = "stubborn",
				   .amount_kib = HOG_KIB,
				   .cgroup = SERVICE };
	int64_t from_ns;

	(void)prctl(PR_SET_NAME, "systemd");
	set_the_scene("[victim]\nnever = comm:systemd\n"
		      "grace-for = comm:stubborn 10min\n");
	const struct member *hog = scene_cast(&scene, &part);
	scene_guard(&scene, HEARING_LINES);
	scene_show(&scene, SCENE_SHORT_KIB);
	scene_await_asked(&scene, hog);
	from_ns = scene_now_ns();
	while (number_of("user.oomd_ooms") != 1)
		scene_turn(&scene, from_ns, "the mark");
	scene_show(&scene, SCENE_CALM_KIB);
	scene_await_line(&scene, "strike 1 recovered");
	from_ns = scene_now_ns();
	while (number_of("user.oomd_ooms") != 0)
		scene_turn(&scene, from_ns, "the mark to be taken away");
	ck_assert_int_eq(number_of("user.oomd_kill"), 0);
	scene_close(&scene);
}
END_TEST

/* A tmpfs has them since Linux 6.6 only. */
static bool has_attributes(void)
{
	bool has;

	scene_open(&scene);
	has = setxattr(scene.stage.path, "user.oomd_ooms", "0", 1, 0) == 0;
	scene_close(&scene);
	return has;
}

int main(void)
{
	if (!has_attributes()) {
		puts("skipped: no attributes of users in $TMPDIR or /tmp");
		return 77;
	}
	Suite *suite = suite_create("marks");
	TCase *cases = tcase_create("marks");
	SRunner *runner;
	int failed;

	tcase_set_timeout(cases, 60);
	tcase_add_loop_test(cases, test_row, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(cases, test_taken_away_when_it_lives_on);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
