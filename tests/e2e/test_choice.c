/* SPDX-License-Identifier: MIT */
/* Whom the guard ends, of those who stand on the stage. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "scene.h"

#define PARTS 3
#define MIB 1024
#define NOBODY (-1)
#define TERM_KIB 22000 /* one of 8 MiB covers the gap */

static struct scene scene;

#define PART(name, mib, ...)                                                   \
	{                                                                      \
		.comm = (name), .amount_kib = (mib)*MIB, __VA_ARGS__           \
	}
#define SIT(...) PART(__VA_ARGS__, .role = "sit")

static const struct {
	const char *name;
	const char *config;
	struct part parts[PARTS]; /* without a role: there is none */
	int victim;               /* which, or NOBODY */
	bool is_for_root;         /* a player changes its user */
} rows[] = {
	{ .name = "the largest",
	  .parts = { SIT("a", 8), SIT("b", 16), SIT("c", 12) },
	  .victim = 1 },
	{ .name = "prefer: a smaller one",
	  .config = "prefer = comm:b 20%\n",
	  .parts = { SIT("a", 16), SIT("b", 10) },
	  .victim = 1 },
	{ .name = "prefer of too little weight changes nothing",
	  .config = "prefer = comm:b 2%\n",
	  .parts = { SIT("a", 16), SIT("b", 10) },
	  .victim = 0 },
	{ .name = "prefer does not choose what brings back too little",
	  .config = "prefer = comm:b 90%\n",
	  .parts = { SIT("a", 16), SIT("b", 2) },
	  .victim = 0 },
	{ .name = "avoid spares the largest",
	  .config = "avoid = comm:a 20%\n",
	  .parts = { SIT("a", 16), SIT("b", 10) },
	  .victim = 1 },
	{ .name = "avoid is no protection",
	  .config = "avoid = comm:a 90%\n",
	  .parts = { SIT("a", 16), SIT("b", 2) },
	  .victim = 0 },
	{ .name = "oom_score_adj counts",
	  .parts = { SIT("a", 16), SIT("b", 10, .adj = 200) },
	  .victim = 1 },
	{ .name = "never by name",
	  .config = "never = comm:a*\n",
	  .parts = { SIT("aa", 16), SIT("b", 10) },
	  .victim = 1 },
	{ .name = "never by executable",
	  .config = "never = exe:/*/oomguard-stage-*/player\n",
	  .parts = { SIT("a", 16, .is_copied = true), SIT("b", 10) },
	  .victim = 1 },
	{ .name = "never by unit",
	  .config = "never = unit:a.service\n",
	  .parts = { SIT("a", 16, .cgroup = "0::/system.slice/a.service\n"),
		     SIT("b", 10, .cgroup = "0::/system.slice/b.service\n") },
	  .victim = 1 },
	{ .name = "never by cgroup",
	  .config = "never = cgroup:/kubepods*\n",
	  .parts = { SIT("a", 16, .cgroup = "0::/kubepods.slice/pod/a\n"),
		     SIT("b", 10, .cgroup = "0::/docker/b\n") },
	  .victim = 1 },
	{ .name = "never by user",
	  .config = "never = user:65534\n",
	  .parts = { SIT("a", 16, .uid = 65534), SIT("b", 10) },
	  .victim = 1,
	  .is_for_root = true },
	{ .name = "the built-in list",
	  .parts = { SIT("a", 16, .cgroup = "0::/system.slice/dbus.service\n"),
		     SIT("b", 10) },
	  .victim = 1 },
	{ .name = "never-defaults = no",
	  .config = "never-defaults = no\n",
	  .parts = { SIT("a", 16, .cgroup = "0::/system.slice/dbus.service\n"),
		     SIT("b", 10) },
	  .victim = 0 },
	{ .name = "a user's own dbus.service is not the system's",
	  .parts = { SIT("a", 16,
			 .cgroup =
				 "0::/user.slice/user-1000.slice/"
				 "user@1000.service/app.slice/dbus.service\n"),
		     SIT("b", 10) },
	  .victim = 0 },
	{ .name = "a name is not enough for the built-in list",
	  .parts = { SIT("sshd", 16), SIT("b", 10) },
	  .victim = 0 },
	{ .name = "everybody is protected",
	  .config = "never = comm:*\n",
	  .parts = { SIT("a", 16), PART("b", 10, .role = "stubborn") },
	  .victim = NOBODY },
	{ .name = "a copy-on-write child, its parent, and a larger hog",
	  .parts = { PART("a", 12, .role = "copy"), SIT("b", 16) },
	  .victim = 1 },
	{ .name = "the parent in vfork() is protected",
	  .config = "never = comm:a\n",
	  .parts = { PART("a", 16, .role = "vfork"), SIT("b", 10) },
	  .victim = 1 },
	{ .name = "threadless, between smaller ones",
	  .parts = { SIT("a", 8), PART("b", 16, .role = "threadless"),
		     SIT("c", 4) },
	  .victim = 1 },
	{ .name = "beside one that forks all the time",
	  .parts = { PART("a", 8, .role = "fork"), SIT("b", 16) },
	  .victim = 1 },
};

static void configure(const char *rules)
{
	char config[1024];

	snprintf(config, sizeof(config), "[victim]\n%s", rules ? rules : "");
	scene_configure(&scene, config);
}

static void check_cast(int victim)
{
	for (int i = 0; i < (int)scene.count; i++) {
		const struct member *member = &scene.cast[i];

		if (i == victim)
			continue;
		scene_expect(&scene, !member->ended_ns && !member->asked_ns);
		if (member->child)
			scene_expect(&scene,
				     scene_lives(&scene, member->child));
	}
}

/* Returns false if the stage was late. */
static bool play(int row)
{
	int victim = rows[row].victim;
	bool was_late;

	scene_open(&scene);
	configure(rows[row].config);
	for (int i = 0; i < PARTS && rows[row].parts[i].role; i++)
		(void)scene_cast(&scene, &rows[row].parts[i]);
	scene_guard(&scene, HEARING_LINES);
	scene_show(&scene, TERM_KIB);
	if (victim == NOBODY) {
		scene_await_line(&scene, "nobody to strike");
		scene_show(&scene, SCENE_DIRE_KIB);
		scene_await_looks(&scene, 30);
		scene_expect(&scene, scene_count(&scene, "nobody") == 1);
	} else {
		scene_await_end(&scene, &scene.cast[victim]);
		scene_await_line(&scene, " back after ");
		ck_assert_int_eq(scene.cast[victim].status, SIGTERM);
	}
	was_late = scene_was_late(&scene);
	if (!was_late)
		check_cast(victim);
	scene_close(&scene);
	return !was_late;
}

START_TEST(test_row)
{
	if (rows[_i].is_for_root && geteuid() != 0) {
		printf("skipped, needs root: %s\n", rows[_i].name);
		return;
	}
	for (int i = 0; i < SCENE_TRIES; i++)
		if (play(_i))
			return;
	ck_abort_msg("the stage is too slow");
}
END_TEST

/* All tie in oom_score on a large machine; the hog came first, or last. */
START_TEST(test_two_thousand_bystanders)
{
	const struct part crowd = { .role = "crowd", .amount_kib = 2000 };
	const struct part hog = { .role = "sit",
				  .comm = "hog",
				  .amount_kib = 8 * MIB };
	const struct member *first, *last;

	scene_open(&scene);
	configure(NULL);
	first = scene_cast(&scene, &hog);
	(void)scene_cast(&scene, &crowd);
	ck_assert_uint_eq(scene.crowd_count, 2000);
	scene_guard(&scene, HEARING_LINES);
	scene_show(&scene, TERM_KIB);
	scene_await_end(&scene, first);
	scene_await_line(&scene, " back after ");
	last = scene_cast(&scene, &hog);
	scene_show(&scene, TERM_KIB);
	scene_await_end(&scene, last);
	scene_await_line(&scene, " back after ");
	scene_expect(&scene, scene.lost == 0);
	scene_expect(&scene, scene_count(&scene, "SIGTERM") == 2);
	scene_close(&scene);
}
END_TEST

/* Some are always just gone when the guard looks at them. */
START_TEST(test_churn)
{
	const struct part forker = { .role = "fork", .amount_kib = 4 * MIB };
	const struct part hog = { .role = "sit",
				  .comm = "hog",
				  .amount_kib = 28 * MIB };

	scene_open(&scene);
	configure("never = comm:fork\n");
	scene.briefs = 8;
	(void)scene_cast(&scene, &forker);
	scene_guard(&scene, HEARING_LINES);
	for (int i = 0; i < 10; i++) {
		const struct member *member = scene_cast(&scene, &hog);

		scene_show(&scene, SCENE_DIRE_KIB);
		scene_await_end(&scene, member);
		ck_assert_int_eq(member->status, SIGKILL);
		scene_await_line(&scene, " back after ");
	}
	scene_expect(&scene, !scene.cast[0].ended_ns);
	scene_close(&scene);
}
END_TEST

/* Entries that are no processes, or none that can be read. */
START_TEST(test_odd_entries)
{
	static const char *const names[] = {
		"0",          "00012",      "-1", "12x", "4194303",
		"4294967297", "2147483647", " 7", "1"
	};
	const struct part hog = { .role = "sit", .amount_kib = 12 * MIB };

	scene_open(&scene);
	configure(NULL);
	const struct member *member = scene_cast(&scene, &hog);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		scene_expect(&scene, stage_put(&scene.stage, names[i],
					       "no directory") == 0);
	scene_guard(&scene, HEARING_LINES);
	scene_show(&scene, TERM_KIB);
	scene_await_end(&scene, member);
	scene_await_line(&scene, " back after ");
	scene_close(&scene);
}
END_TEST

static const char *const hostile_names[] = {
	"x\n Killed sshd",    "x\nstrike 9: S",
	"\x1b[2J\x1b[31mred", "\xff\xfe\xc3(\xa0!",
	"a\"b\\c: d",         "\342\200\256desrever",
	"a) R 1 1 (",         "",
	"\r\tbell\a\b\x7f",
};

/* Every line begins as the guard begins its lines, and is plain ASCII. */
static void check_lines(void)
{
	static const char *const begins[] = {
		"degraded: ", "guarding: ", "state ",
		"strike ",    "nobody ",    "ended",
	};
	const char *at = scene.transcript;
	const char *end = at + scene.length;

	while (at < end) {
		size_t known = 0;

		for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
			known += strncmp(at, begins[i], strlen(begins[i])) == 0;
		scene_expect(&scene, known == 1);
		for (; *at != '\n'; at++)
			scene_expect(&scene, *at >= ' ' && *at <= '~');
		at++;
	}
}

START_TEST(test_hostile_names)
{
	size_t count = sizeof(hostile_names) / sizeof(hostile_names[0]);

	scene_open(&scene);
	configure(NULL);
	scene_guard(&scene, HEARING_LINES);
	for (size_t i = 0; i < count; i++) {
		const struct part hog = { .role = "sit",
					  .comm = hostile_names[i],
					  .amount_kib = 28 * MIB };
		const struct member *member = scene_cast(&scene, &hog);

		scene_show(&scene, SCENE_DIRE_KIB);
		scene_await_end(&scene, member);
		scene_await_line(&scene, " back after ");
		scene_expect(&scene, scene_count_of(&scene, "SIGKILL to",
						    member->pid) == 1);
	}
	scene_end_guard(&scene, SIGTERM);
	check_lines();
	scene_expect(&scene, scene_count(&scene, "SIGKILL to") == (int)count);
	scene_expect(&scene,
		     scene_count(&scene, "\"x\\x0a Killed sshd\"") == 1);
	scene_close(&scene);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("choice");
	TCase *tcase = tcase_create("choice");
	SRunner *runner = srunner_create(suite);

	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(tcase, test_row, 0,
			    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(tcase, test_two_thousand_bystanders);
	tcase_add_test(tcase, test_churn);
	tcase_add_test(tcase, test_odd_entries);
	tcase_add_test(tcase, test_hostile_names);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
