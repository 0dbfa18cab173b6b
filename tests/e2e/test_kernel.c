/* SPDX-License-Identifier: MIT */
/* Whom the kernel's OOM killer ended: the machine apart from cgroups. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <check.h>

#include "scene.h"

static struct scene scene;

static void put_directory(const char *name)
{
	char path[STAGE_PATH_SIZE + 64];

	snprintf(path, sizeof(path), "%s/%s", scene.stage.path, name);
	scene_expect(&scene, mkdir(path, 0700) == 0);
}

static void put_counts(int kills, int ooms)
{
	char text[256];

	snprintf(text, sizeof(text), "low 0\noom %d\noom_kill %d\n", ooms,
		 kills);
	if (scene.has_cgroups)
		scene_spoil(&scene, "cgroup/a.slice/memory.events", text,
			    strlen(text));
	snprintf(text, sizeof(text), "pgscan_direct 0\noom_kill %d\n", kills);
	scene_spoil(&scene, "vmstat", text, strlen(text));
}

static void set_the_scene(bool has_cgroups)
{
	scene_open(&scene);
	scene.has_cgroups = has_cgroups;
	put_directory("cgroup");
	put_directory("cgroup/a.slice");
	put_counts(7, 3);
	scene_configure(&scene, "");
	scene_guard(&scene, HEARING_LINES);
	/* In quiet hours vmstat is not read. */
	scene_show(&scene, SCENE_SHORT_KIB);
	scene_await_line(&scene, "nobody to strike");
}

START_TEST(test_apart)
{
	set_the_scene(true);
	put_counts(8, 4);
	scene_await_line(&scene, "1 process ended by the kernel's OOM killer "
				 "in a cgroup at its own limit");
	put_counts(10, 4);
	scene_await_line(&scene, "2 processes ended by the kernel's OOM "
				 "killer: it was faster");
	put_counts(13, 5);
	scene_await_line(&scene, "2 processes ended by the kernel's OOM "
				 "killer: it was faster");
	scene_await_line(&scene, "1 process ended by the kernel's OOM killer "
				 "in a cgroup");
	scene_await_looks(&scene, 20);
	scene_expect(&scene, scene_count(&scene, "OOM killer") == 4);
	scene_close(&scene);
}
END_TEST

START_TEST(test_cgroups_are_not_known)
{
	set_the_scene(false);
	put_counts(8, 4);
	scene_await_line(&scene, "1 process ended by the kernel's OOM killer, "
				 "of the machine or of a cgroup at its limit");
	scene_close(&scene);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kernel");
	TCase *tcase = tcase_create("kernel");
	SRunner *runner = srunner_create(suite);

	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, test_apart);
	tcase_add_test(tcase, test_cgroups_are_not_known);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
