/* SPDX-License-Identifier: MIT */
/* How the guard ends a process: by which signal, and when. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "scene.h"

#define MS INT64_C(1000000)

static struct scene scene;

static const struct part keeper = { .role = "sit",
				    .comm = "keeper",
				    .amount_kib = 32768 };
static const struct part innocent = { .role = "sit",
				      .comm = "innocent",
				      .amount_kib = 3072 };

#define HOG_KIB 12288
#define RULES "[victim]\nnever = comm:keeper\n"

/* A larger one that is protected, and a smaller one, stand beside. */
static const struct {
	const char *name;
	const char *role;
	int64_t shown_kib;
	bool is_asked; /* SIGTERM comes first */
	bool is_killed;
	int code; /* how it ends */
	int status;
	int64_t least_ms; /* from SIGTERM to its end, as it sees it */
} rows[] = {
	{ "obeys SIGTERM", "sit", SCENE_SHORT_KIB, true, false, CLD_KILLED,
	  SIGTERM, 0 },
	{ "obeys, and memory is below the kill level", "sit", SCENE_DIRE_KIB,
	  false, true, CLD_KILLED, SIGKILL, 0 },
	{ "ignores SIGTERM: SIGKILL at once", "ignore", SCENE_SHORT_KIB, false,
	  true, CLD_KILLED, SIGKILL, 0 },
	{ "blocks SIGTERM: SIGKILL at once", "block", SCENE_SHORT_KIB, false,
	  true, CLD_KILLED, SIGKILL, 0 },
	{ "handles SIGTERM and stays: SIGKILL after the grace", "stubborn",
	  SCENE_SHORT_KIB, true, true, CLD_KILLED, SIGKILL, 200 },
	{ "handles SIGTERM slowly: exits by itself", "slow", SCENE_SHORT_KIB,
	  true, false, CLD_EXITED, 0, 0 },
	{ "is stopped: is continued to die", "stopped", SCENE_SHORT_KIB, true,
	  false, CLD_KILLED, SIGTERM, 0 },
	{ "is stopped, and memory is below the kill level", "stopped",
	  SCENE_DIRE_KIB, false, true, CLD_KILLED, SIGKILL, 0 },
	{ "its main thread is gone", "threadless", SCENE_SHORT_KIB, true, false,
	  CLD_KILLED, SIGTERM, 0 },
	{ "waits in vfork()", "vfork", SCENE_SHORT_KIB, true, false, CLD_KILLED,
	  SIGTERM, 0 },
};

static void check_words(pid_t pid, bool is_asked, bool is_killed)
{
	scene_expect(&scene, scene_count_of(&scene, "strike 1: SIGTERM to",
					    pid) == is_asked);
	scene_expect(&scene, scene_count_of(&scene, "strike 1: SIGKILL to",
					    pid) == is_killed);
	scene_expect(&scene, scene_count(&scene, "SIGTERM") == is_asked);
	scene_expect(&scene, scene_count(&scene, "SIGKILL") == is_killed);
	scene_expect(&scene, scene_count(&scene, "strike 1 settled") == 1);
}

START_TEST(test_row)
{
	struct part part = { .role = rows[_i].role,
			     .comm = "hog",
			     .amount_kib = HOG_KIB };

	scene_open(&scene);
	scene_configure_raw(&scene, rows[_i].shown_kib == SCENE_DIRE_KIB
					    ? SCENE_LOW_LEVELS RULES
					    : SCENE_LEVELS RULES);
	const struct member *first = scene_cast(&scene, &keeper);
	const struct member *other = scene_cast(&scene, &innocent);
	const struct member *hog = scene_cast(&scene, &part);
	if (!strcmp(part.role, "stopped"))
		scene_await_state(&scene, hog->pid, 'T');
	scene_guard(&scene, HEARING_LINES);
	scene_show(&scene, rows[_i].shown_kib);
	scene_await_end(&scene, hog);
	scene_await_line(&scene, "strike 1 settled");
	ck_assert_int_eq(hog->code, rows[_i].code);
	ck_assert_int_eq(hog->status, rows[_i].status);
	if (hog->asked_ns)
		ck_assert_int_ge(hog->ended_ns - hog->asked_ns,
				 rows[_i].least_ms * MS);
	check_words(hog->pid, rows[_i].is_asked, rows[_i].is_killed);
	scene_expect(&scene, scene_lives(&scene, first->pid));
	scene_expect(&scene, scene_lives(&scene, other->pid));
	if (hog->child) /* It was not pursued in the name of its parent. */
		scene_expect(&scene, scene_lives(&scene, hog->child));
	scene_close(&scene);
	ck_assert_int_eq(scene.guard_code, CLD_EXITED);
	ck_assert_int_eq(scene.guard_status, 0);
}
END_TEST

START_TEST(test_the_grace_of_a_selector)
{
	const struct part stubborn = { .role = "stubborn",
				       .amount_kib = HOG_KIB };

	scene_open(&scene);
	scene_configure(&scene, "[victim]\ngrace-for = comm:stubborn 1s\n");
	const struct member *hog = scene_cast(&scene, &stubborn);
	scene_guard(&scene, HEARING_LINES);
	scene_show(&scene, SCENE_SHORT_KIB);
	scene_await_end(&scene, hog);
	ck_assert_int_ge(hog->ended_ns - hog->asked_ns, 800 * MS);
	scene_close(&scene);
}
END_TEST

START_TEST(test_kill_level_cuts_the_grace_short)
{
	const struct part stubborn = { .role = "stubborn",
				       .amount_kib = HOG_KIB };

	scene_open(&scene);
	scene_configure(&scene, "[victim]\ngrace-for = comm:stubborn 10min\n");
	const struct member *hog = scene_cast(&scene, &stubborn);
	scene_guard(&scene, HEARING_LINES);
	scene_show(&scene, SCENE_SHORT_KIB);
	scene_await_asked(&scene, hog);
	scene_show(&scene, SCENE_DIRE_KIB);
	scene_await_end(&scene, hog);
	ck_assert_int_eq(hog->status, SIGKILL);
	scene_close(&scene);
}
END_TEST

START_TEST(test_term_only_is_never_killed)
{
	const struct part backend = { .role = "stubborn",
				      .comm = "backend",
				      .amount_kib = HOG_KIB };

	scene_open(&scene);
	scene_configure(&scene, "[victim]\nterm-only = comm:backend\n");
	const struct member *hog = scene_cast(&scene, &backend);
	scene_guard(&scene, HEARING_LINES);
	scene_show(&scene, SCENE_SHORT_KIB);
	scene_await_asked(&scene, hog);
	scene_show(&scene, SCENE_DIRE_KIB);
	scene_await_line(&scene, "strike 1 abandoned");
	scene_await_looks(&scene, 20);
	scene_expect(&scene, scene_lives(&scene, hog->pid));
	scene_expect(&scene, scene_count(&scene, "SIGKILL") == 0);
	scene_expect(&scene, scene_count(&scene, "SIGTERM") == 1);
	scene_close(&scene);
}
END_TEST

/* The clock of the grace runs on: what was asked once is then killed. */
START_TEST(test_recovered_and_short_again)
{
	const struct part stubborn = { .role = "stubborn",
				       .amount_kib = HOG_KIB };

	scene_open(&scene);
	scene_configure(&scene, "[victim]\ngrace-for = comm:stubborn 4s\n");
	const struct member *hog = scene_cast(&scene, &stubborn);
	scene_guard(&scene, HEARING_LINES);
	scene_show(&scene, SCENE_SHORT_KIB);
	scene_await_asked(&scene, hog);
	scene_show(&scene, SCENE_CALM_KIB);
	scene_await_line(&scene, "strike 1 recovered");
	scene_expect(&scene, scene_lives(&scene, hog->pid));
	scene_show(&scene, SCENE_SHORT_KIB);
	scene_await_end(&scene, hog);
	ck_assert_int_eq(hog->status, SIGKILL);
	ck_assert_int_ge(hog->ended_ns - hog->asked_ns, 3800 * MS);
	scene_await_line(&scene, "strike 1 settled");
	check_words(hog->pid, true, true);
	scene_close(&scene);
}
END_TEST

/* Nothing comes back: after the second it would only be destruction. */
START_TEST(test_two_futile_strikes_blow_the_fuse)
{
	struct part part = { .role = "sit" };
	const struct member *hogs[3];

	scene_open(&scene);
	scene.back_kib = 0;
	scene_configure(&scene, "");
	for (int i = 0; i < 3; i++) {
		part.amount_kib = HOG_KIB - i * 1024;
		hogs[i] = scene_cast(&scene, &part);
	}
	scene_guard(&scene, HEARING_LINES);
	scene_show(&scene, SCENE_SHORT_KIB);
	scene_await_line(&scene, "strike 1 futile");
	scene_await_line(&scene, "strike 2 futile");
	scene_await_line(&scene, "holding back");
	scene_await_looks(&scene, 20);
	scene_expect(&scene, hogs[0]->ended_ns && hogs[1]->ended_ns);
	scene_expect(&scene, scene_lives(&scene, hogs[2]->pid));
	scene_show(&scene, SCENE_DIRE_KIB);
	scene_await_end(&scene, hogs[2]);
	ck_assert_int_eq(hogs[2]->status, SIGKILL);
	scene_close(&scene);
}
END_TEST

START_TEST(test_several_at_the_kill_level)
{
	const struct part part = { .role = "stubborn", .amount_kib = 8192 };
	const struct member *hogs[3];

	scene_open(&scene);
	scene_configure(&scene, "");
	for (int i = 0; i < 3; i++)
		hogs[i] = scene_cast(&scene, &part);
	scene_guard(&scene, HEARING_LINES);
	scene_show(&scene, SCENE_DIRE_KIB);
	for (int i = 0; i < 3; i++) {
		scene_await_end(&scene, hogs[i]);
		ck_assert_int_eq(hogs[i]->status, SIGKILL);
		scene_expect(&scene, !hogs[i]->asked_ns);
	}
	scene_close(&scene);
}
END_TEST

/* At the term level one after the other; the next lives if memory is back. */
START_TEST(test_one_at_a_time_at_the_term_level)
{
	const struct part part = { .role = "stubborn", .amount_kib = 8192 };
	const struct member *hogs[3];
	int ended = 0;

	scene_open(&scene);
	scene_configure(&scene, "");
	for (int i = 0; i < 3; i++)
		hogs[i] = scene_cast(&scene, &part);
	scene_guard(&scene, HEARING_LINES);
	scene_show(&scene, SCENE_SHORT_KIB);
	scene_await_line(&scene, "strike 1 settled");
	scene_await_looks(&scene, 5);
	for (int i = 0; i < 3; i++)
		ended += hogs[i]->ended_ns != 0;
	ck_assert_int_eq(ended, 1);
	scene_expect(&scene, scene_count(&scene, "SIGTERM") == 1);
	scene_close(&scene);
}
END_TEST

START_TEST(test_observe_strikes_nobody)
{
	const struct part part = { .role = "stubborn", .amount_kib = HOG_KIB };

	scene_open(&scene);
	scene_configure(&scene, "[guard]\nmode = observe\n");
	const struct member *hog = scene_cast(&scene, &part);
	scene_guard(&scene, HEARING_LINES);
	scene_show(&scene, SCENE_SHORT_KIB);
	scene_await_line(&scene, "observe: would strike");
	scene_expect(&scene, scene_count_of(&scene, "would strike", hog->pid));
	scene_show(&scene, SCENE_DIRE_KIB);
	scene_await_looks(&scene, 30);
	scene_expect(&scene, scene_lives(&scene, hog->pid) && !hog->asked_ns);
	scene_expect(&scene, scene_count(&scene, "SIG") == 0);
	scene_close(&scene);
}
END_TEST

/* The numbers are real here: what the cast holds is not available. */
START_TEST(test_real_memory)
{
	const struct part base = { .role = "sit", .amount_kib = 10240 };
	const struct part hog = { .role = "stubborn", .amount_kib = 32768 };
	int64_t from_ns;

	scene_open(&scene);
	scene.back_kib = 0;
	scene_configure(&scene, "");
	const struct member *first = scene_cast(&scene, &base);
	scene_guard(&scene, HEARING_LINES);
	const struct member *second = scene_cast(&scene, &hog);
	from_ns = scene_now_ns();
	while (!scene_count(&scene, "strike 1 settled")) {
		scene_expect(&scene, stage_update(&scene.stage) == 0);
		scene_turn(&scene, from_ns, "the hog to end");
	}
	scene_expect(&scene, second->ended_ns && !first->ended_ns);
	scene_expect(&scene, scene_count(&scene, "SIGTERM") == 1);
	scene_close(&scene);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("strike");
	TCase *tcase = tcase_create("strike");
	SRunner *runner = srunner_create(suite);

	tcase_set_timeout(tcase, 40);
	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(tcase, test_row, 0,
			    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(tcase, test_the_grace_of_a_selector);
	tcase_add_test(tcase, test_kill_level_cuts_the_grace_short);
	tcase_add_test(tcase, test_term_only_is_never_killed);
	tcase_add_test(tcase, test_recovered_and_short_again);
	tcase_add_test(tcase, test_two_futile_strikes_blow_the_fuse);
	tcase_add_test(tcase, test_several_at_the_kill_level);
	tcase_add_test(tcase, test_one_at_a_time_at_the_term_level);
	tcase_add_test(tcase, test_observe_strikes_nobody);
	tcase_add_test(tcase, test_real_memory);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
