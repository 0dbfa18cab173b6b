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
	int64_t grace_ms; /* not before, from when memory was short */
} rows[] = {
	{ "obeys SIGTERM", "sit", SCENE_SHORT_KIB, true, false, CLD_KILLED,
	  SIGTERM, 0 },
	{ "obeys, and memory is below the kill level", "sit", SCENE_DIRE_KIB,
	  false, true, CLD_KILLED, SIGKILL, 0 },
	{ "ignores SIGTERM: SIGKILL at once", "ignore", SCENE_SHORT_KIB, false,
	  true, CLD_KILLED, SIGKILL, 0 },
	{ "blocks SIGTERM: SIGKILL after the grace", "block", SCENE_SHORT_KIB,
	  true, true, CLD_KILLED, SIGKILL, 0 },
	{ "waits for SIGTERM in a thread, as databases do: exits by itself",
	  "sigwait", SCENE_SHORT_KIB, true, false, CLD_EXITED, 0, 0 },
	{ "handles SIGTERM and stays: SIGKILL after the grace", "stubborn",
	  SCENE_SHORT_KIB, true, true, CLD_KILLED, SIGKILL, 300 },
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
}

/* The guard's clock is in whole ms. */
static void check_grace(const struct member *member, int64_t from_ns,
			int64_t grace_ms)
{
	ck_assert_int_ge(member->ended_ns - from_ns, (grace_ms - 2) * MS);
}

/* Returns false if the stage was late. */
static bool play(int row)
{
	struct part part = { .role = rows[row].role,
			     .comm = "hog",
			     .amount_kib = HOG_KIB };

	scene_open(&scene);
	scene_configure_raw(&scene, rows[row].shown_kib == SCENE_DIRE_KIB
					    ? SCENE_LOW_LEVELS RULES
					    : SCENE_LEVELS RULES);
	const struct member *first = scene_cast(&scene, &keeper);
	const struct member *other = scene_cast(&scene, &innocent);
	const struct member *hog = scene_cast(&scene, &part);
	if (!strcmp(part.role, "stopped"))
		scene_await_state(&scene, hog->pid, 'T');
	scene_guard(&scene, HEARING_LINES);
	int64_t from_ns = scene_now_ns();
	scene_show(&scene, rows[row].shown_kib);
	scene_await_end(&scene, hog);
	scene_await_line(&scene, " back after ");
	if (scene_was_late(&scene)) {
		scene_close(&scene);
		return false;
	}
	ck_assert_int_eq(hog->code, rows[row].code);
	ck_assert_int_eq(hog->status, rows[row].status);
	if (rows[row].grace_ms)
		check_grace(hog, from_ns, rows[row].grace_ms);
	check_words(hog->pid, rows[row].is_asked, rows[row].is_killed);
	scene_expect(&scene, scene_count(&scene, "strike 1 settled") == 1);
	scene_expect(&scene, scene_lives(&scene, first->pid));
	scene_expect(&scene, scene_lives(&scene, other->pid));
	if (hog->child) /* It was not pursued in the name of its parent. */
		scene_expect(&scene, scene_lives(&scene, hog->child));
	scene_close(&scene);
	ck_assert_int_eq(scene.guard_code, CLD_EXITED);
	ck_assert_int_eq(scene.guard_status, 0);
	return true;
}

START_TEST(test_row)
{
	for (int i = 0; i < SCENE_TRIES; i++)
		if (play(_i))
			return;
	ck_abort_msg("the stage is too slow");
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
	int64_t from_ns = scene_now_ns();
	scene_show(&scene, SCENE_SHORT_KIB);
	scene_await_end(&scene, hog);
	check_grace(hog, from_ns, 1000);
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

/*
 * The clock of the grace runs on: who was asked once and is chosen again is
 * killed when it is spent.
 */
START_TEST(test_recovered_and_short_again)
{
	const struct part stubborn = { .role = "stubborn",
				       .amount_kib = HOG_KIB };

	scene_open(&scene);
	scene_configure(&scene, "[victim]\ngrace-for = comm:stubborn 4s\n");
	const struct member *hog = scene_cast(&scene, &stubborn);
	scene_guard(&scene, HEARING_LINES);
	int64_t from_ns = scene_now_ns();
	scene_show(&scene, SCENE_SHORT_KIB);
	scene_await_asked(&scene, hog);
	scene_show(&scene, SCENE_CALM_KIB);
	scene_await_line(&scene, "strike 1 recovered");
	scene_expect(&scene, scene_lives(&scene, hog->pid));
	scene_show(&scene, SCENE_SHORT_KIB);
	scene_await_end(&scene, hog);
	ck_assert_int_eq(hog->status, SIGKILL);
	check_grace(hog, from_ns, 4000);
	scene_await_line(&scene, "strike 2 settled");
	scene_expect(&scene, scene_count_of(&scene, "strike 1: SIGTERM to",
					    hog->pid) == 1);
	scene_expect(&scene, scene_count_of(&scene, "strike 2: SIGKILL to",
					    hog->pid) == 1);
	scene_expect(&scene, scene_count(&scene, "SIGKILL") == 1);
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
	/* 22.7 MiB below it; two bring 16. */
	scene_configure_raw(&scene, "[memory]\nwarn = 45%\nterm = 40%\n"
				    "kill = 37%\n");
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

/* Returns how many of three have ended, or 0 if the stage was late. */
static int play_three(void)
{
	const struct part part = { .role = "stubborn", .amount_kib = 8192 };
	int ended = 0;

	scene_open(&scene);
	scene_configure(&scene, "");
	for (int i = 0; i < 3; i++)
		(void)scene_cast(&scene, &part);
	scene_guard(&scene, HEARING_LINES);
	scene_show(&scene, SCENE_SHORT_KIB);
	scene_await_line(&scene, " back after ");
	scene_await_looks(&scene, 5);
	for (size_t i = 0; i < scene.count; i++)
		ended += scene.cast[i].ended_ns != 0;
	scene_expect(&scene, scene_count(&scene, "SIGTERM") == ended);
	scene_close(&scene);
	return scene_was_late(&scene) ? 0 : ended;
}

/* The next lives if memory is back. */
START_TEST(test_one_at_a_time_at_the_term_level)
{
	int ended = 0;

	for (int i = 0; i < SCENE_TRIES && !ended; i++)
		ended = play_three();
	ck_assert_int_eq(ended, 1);
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
	scene_configure(&scene, "[victim]\nnever = comm:sit\n");
	const struct member *first = scene_cast(&scene, &base);
	scene_guard(&scene, HEARING_LINES);
	const struct member *second = scene_cast(&scene, &hog);
	from_ns = scene_now_ns();
	while (!scene_count(&scene, " back after ")) {
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
