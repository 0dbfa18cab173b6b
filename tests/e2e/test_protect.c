/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <check.h>

#include "scene.h"

#define MIB 1024L

static struct scene scene;

/* The big one is protected by its unit, another by its name. */
static struct member *play(const char *more, const char *unit)
{
	static const struct part other = { .role = "sit",
					   .comm = "listed",
					   .amount_kib = 4 * MIB };
	struct part big = { .role = "sit",
			    .comm = "database",
			    .amount_kib = 40 * MIB,
			    .cgroup = unit };
	char config[512];

	scene_open(&scene);
	snprintf(config, sizeof(config),
		 "[protect]\nunits = db.service\nprocesses = listed\n%s", more);
	scene_configure(&scene, config);
	(void)scene_cast(&scene, &other);
	struct member *member = scene_cast(&scene, &big);
	scene_guard(&scene, HEARING_LINES);
	return member;
}

#define DB "0::/system.slice/db.service\n"

START_TEST(test_nobody)
{
	struct member *member = play("", DB);

	scene_show(&scene, SCENE_DIRE_KIB);
	scene_await_line(&scene, "nobody to strike: ");
	scene_await_looks(&scene, 20);
	scene_expect(&scene, scene_lives(&scene, member->pid));
	scene_expect(&scene, scene_count(&scene, "SIGKILL to") == 0);
	scene_close(&scene);
}
END_TEST

/* Below the term level alone it is spared all the same. */
START_TEST(test_largest)
{
	struct member *member = play("last-resort = largest\n", DB);

	scene_show(&scene, SCENE_SHORT_KIB);
	scene_await_line(&scene, "nobody to strike: ");
	scene_await_looks(&scene, 20);
	scene_expect(&scene, scene_lives(&scene, member->pid));
	scene_show(&scene, SCENE_DIRE_KIB);
	scene_await_line(&scene, "the last resort is one of them");
	scene_await_end(&scene, member);
	scene_expect(&scene, member->status == SIGKILL);
	scene_expect(&scene, scene_count(&scene, "SIGKILL to") == 1);
	scene_close(&scene);
}
END_TEST

START_TEST(test_another_dies)
{
	static const struct part leak = { .role = "sit",
					  .comm = "script",
					  .amount_kib = 12 * MIB };
	struct member *member = play("last-resort = largest\n", DB);
	struct member *script = scene_cast(&scene, &leak);

	scene_show(&scene, SCENE_DIRE_KIB);
	scene_await_end(&scene, script);
	scene_expect(&scene, scene_lives(&scene, member->pid));
	scene_expect(&scene, scene_count(&scene, "last resort") == 0);
	scene_close(&scene);
}
END_TEST

/* Its name alone protects it, as long as it is listed. */
START_TEST(test_reload)
{
	struct member *member = play("", "0::/system.slice/other.service\n");

	scene_configure(&scene, "[protect]\nprocesses = database listed\n");
	scene_expect(&scene, kill(scene.guard, SIGHUP) == 0);
	scene_await_line(&scene, "reloaded");
	scene_show(&scene, SCENE_DIRE_KIB);
	scene_await_line(&scene, "nobody to strike: ");
	scene_expect(&scene, scene_lives(&scene, member->pid));
	scene_configure(&scene, "[protect]\nprocesses = listed\n");
	scene_expect(&scene, kill(scene.guard, SIGHUP) == 0);
	scene_await_end(&scene, member);
	scene_close(&scene);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("protect");
	TCase *tcase = tcase_create("protect");
	SRunner *runner = srunner_create(suite);

	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, test_nobody);
	tcase_add_test(tcase, test_largest);
	tcase_add_test(tcase, test_another_dies);
	tcase_add_test(tcase, test_reload);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
