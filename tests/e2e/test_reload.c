/* SPDX-License-Identifier: MIT */
/* The configuration, read by a guard that guards. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <check.h>

#include "scene.h"

#define PARDON_NS INT64_C(2500000000)
#define AT_ONCE_NS INT64_C(4000000000) /* less than an observer rests */

static struct scene scene;

/* Above the term level of SCENE_LEVELS even if that is raised, not of these. */
#define BETWEEN_KIB 56000
static const char higher[] = "[memory]\nwarn = 95%\nterm = 90%\nkill = 5%\n"
			     "[strike]\ngrace = 300ms\n";

START_TEST(test_reload)
{
	scene_open(&scene);
	scene_configure(&scene, "");
	const struct member *member = scene_cast(&scene, &scene_hog);
	scene_guard(&scene, HEARING_LINES);
	scene_configure_raw(&scene, higher);
	(void)kill(scene.guard, SIGHUP);
	scene_await_line(&scene, "reloaded");
	scene_show(&scene, BETWEEN_KIB);
	scene_await_end(&scene, member);
	scene_close(&scene);
}
END_TEST

START_TEST(test_reload_takes_rules)
{
	const struct part other = { .role = "sit",
				    .comm = "other",
				    .amount_kib = 8192 };

	scene_open(&scene);
	scene_configure(&scene, "");
	const struct member *first = scene_cast(&scene, &scene_hog);
	const struct member *second = scene_cast(&scene, &other);
	scene_guard(&scene, HEARING_LINES);
	scene_configure(&scene, "[victim]\nnever = comm:hog\n");
	(void)kill(scene.guard, SIGHUP);
	scene_await_line(&scene, "reloaded");
	scene_show(&scene, SCENE_SHORT_KIB);
	scene_await_end(&scene, second);
	scene_await_line(&scene, " back after ");
	scene_expect(&scene, !first->ended_ns);
	scene_close(&scene);
}
END_TEST

/* Asked already, and then spared by the new settings: not pursued. */
static const struct {
	const char *name;
	const char *config;
} pardons[] = {
	{ "observe", "[guard]\nmode = observe\n[victim]\n" },
	{ "never, by name", "[victim]\nnever = comm:hog\n" },
	{ "never, by unit", "[victim]\nnever = unit:hog.service\n" },
};

START_TEST(test_reload_spares_who_was_asked)
{
	const struct part part = { .role = "stubborn",
				   .comm = "hog",
				   .amount_kib = 12288,
				   .cgroup = "0::/system.slice/hog.service\n" };
	char config[256];

	scene_open(&scene);
	scene_configure(&scene, "[victim]\ngrace-for = comm:hog 2s\n");
	const struct member *member = scene_cast(&scene, &part);
	scene_guard(&scene, HEARING_LINES);
	scene_show(&scene, SCENE_SHORT_KIB);
	scene_await_asked(&scene, member);
	snprintf(config, sizeof(config), "%sgrace-for = comm:hog 2s\n",
		 pardons[_i].config);
	scene_configure(&scene, config);
	(void)kill(scene.guard, SIGHUP);
	scene_await_line(&scene, "strike 1 ended: by the new settings");
	scene_await_line(&scene, "reloaded");
	int64_t from_ns = scene_now_ns();
	while (scene_now_ns() - member->asked_ns < PARDON_NS)
		scene_turn(&scene, from_ns, "the grace to pass");
	scene_show(&scene, SCENE_DIRE_KIB);
	scene_await_looks(&scene, 30);
	scene_expect(&scene, scene_lives(&scene, member->pid));
	scene_expect(&scene, scene_count(&scene, "SIGKILL") == 0);
	/* A candidate again: its grace is spent. */
	scene_show(&scene, SCENE_CALM_KIB);
	scene_configure(&scene, "[victim]\ngrace-for = comm:hog 2s\n");
	(void)kill(scene.guard, SIGHUP);
	scene_await_line(&scene, "reloaded");
	scene_show(&scene, SCENE_SHORT_KIB);
	scene_await_end(&scene, member);
	ck_assert_int_eq(member->status, SIGKILL);
	scene_await_line(&scene, "strike 2 ");
	scene_close(&scene);
}
END_TEST

/* After a look in observe mode nothing is done for 10 s; now it counts. */
START_TEST(test_reload_from_observe_strikes_at_once)
{
	scene_open(&scene);
	scene_configure(&scene, "[guard]\nmode = observe\n");
	const struct member *member = scene_cast(&scene, &scene_stubborn);
	scene_guard(&scene, HEARING_LINES);
	scene_show(&scene, SCENE_SHORT_KIB);
	scene_await_line(&scene, "observe: would strike");
	scene_configure(&scene, "");
	(void)kill(scene.guard, SIGHUP);
	scene_await_line(&scene, "reloaded");
	int64_t from_ns = scene_now_ns();
	scene_await_asked(&scene, member);
	ck_assert_int_lt(member->asked_ns - from_ns, AT_ONCE_NS);
	scene_close(&scene);
}
END_TEST

/* Asked for many times while one is under way. */
START_TEST(test_many_reloads)
{
	scene_open(&scene);
	scene_configure(&scene, "");
	const struct member *member = scene_cast(&scene, &scene_hog);
	scene_guard(&scene, HEARING_LINES);
	for (int i = 0; i < 50; i++)
		(void)kill(scene.guard, SIGHUP);
	scene_configure_raw(&scene, higher);
	(void)kill(scene.guard, SIGHUP);
	scene_await_line(&scene, "reloaded");
	scene_show(&scene, BETWEEN_KIB);
	scene_await_end(&scene, member);
	scene_close(&scene);
}
END_TEST

START_TEST(test_broken_reload_changes_nothing)
{
	char broken[512];

	scene_open(&scene);
	scene_configure(&scene, "");
	const struct member *member = scene_cast(&scene, &scene_hog);
	scene_guard(&scene, HEARING_LINES);
	snprintf(broken, sizeof(broken), "%sterm-only comm:hog\n", higher);
	scene_configure_raw(&scene, broken);
	(void)kill(scene.guard, SIGHUP);
	scene_await_line(&scene, "oomguard.conf:7: ");
	scene_await_line(&scene, "reload refused: the configuration has "
				 "mistakes: nothing changed");
	scene_show(&scene, BETWEEN_KIB);
	scene_await_looks(&scene, 30);
	scene_expect(&scene, !member->ended_ns);
	scene_expect(&scene, scene_count(&scene, "reloaded") == 0);
	scene_check_strike(&scene, member);
	scene_close(&scene);
}
END_TEST

START_TEST(test_reload_without_a_file)
{
	scene_open(&scene);
	scene_configure(&scene, "");
	const struct member *member = scene_cast(&scene, &scene_hog);
	scene_guard(&scene, HEARING_LINES);
	scene_expect(&scene,
		     unlinkat(scene.stage.root, "oomguard.conf", 0) == 0);
	(void)kill(scene.guard, SIGHUP);
	scene_await_line(&scene, "oomguard.conf: ");
	scene_await_line(&scene, "reload refused");
	scene_check_strike(&scene, member);
	scene_close(&scene);
}
END_TEST

/* Every valid line counts, above all who is never to be struck. */
START_TEST(test_start_with_a_broken_file)
{
	const struct part keeper = { .role = "sit",
				     .comm = "keeper",
				     .amount_kib = 20480 };

	scene_open(&scene);
	scene_configure(&scene,
			"grace = soon\n[nowhere]\nx = 1\n"
			"[victim]\nnever = comm:keeper\nnever = tty:1\n");
	const struct member *first = scene_cast(&scene, &keeper);
	const struct member *member = scene_cast(&scene, &scene_hog);
	scene_guard(&scene, HEARING_LINES);
	scene_expect(&scene, scene_count(&scene, "oomguard.conf:7: ") == 1);
	scene_expect(&scene, scene_count(&scene, "oomguard.conf:8: ") == 1);
	scene_expect(&scene, scene_count(&scene, "oomguard.conf:12: ") == 1);
	scene_expect(&scene,
		     scene_count(&scene, "degraded: the configuration") == 1);
	scene_check_strike(&scene, member);
	scene_expect(&scene, !first->ended_ns);
	scene_close(&scene);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reload");
	TCase *tcase = tcase_create("reload");
	SRunner *runner = srunner_create(suite);

	tcase_set_timeout(tcase, 40);
	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, test_reload);
	tcase_add_test(tcase, test_reload_takes_rules);
	tcase_add_loop_test(tcase, test_reload_spares_who_was_asked, 0,
			    sizeof(pardons) / sizeof(pardons[0]));
	tcase_add_test(tcase, test_reload_from_observe_strikes_at_once);
	tcase_add_test(tcase, test_many_reloads);
	tcase_add_test(tcase, test_broken_reload_changes_nothing);
	tcase_add_test(tcase, test_reload_without_a_file);
	tcase_add_test(tcase, test_start_with_a_broken_file);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
