/* SPDX-License-Identifier: MIT */
/* The teller may hang, be flooded or die: strikes go on, and are told. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <check.h>

#include "press.h"

#include "board.h"

#define MS INT64_C(1000000)
#define CROSSINGS 5 /* more blow the fuse */
#define CROSSING_MOST_MS 50
#define FLOOD 200
#ifdef SANITIZED
#define MEMORY_MOST_KIB INT64_MAX
#else
#define MEMORY_MOST_KIB (12 * 1024)
#endif
#define GRACE_MS 300

/*
 * The term level is 26214. A deeper fall would raise it so much that a hog of
 * this size brings back too little, and the kill level as well.
 */
#define CALM_KIB 32000
#define SHORT_KIB 25500
#define HOG_KIB 8192

static struct scene scene;
static struct press press;

static const struct part hog = { .role = "slow",
				 .comm = "hog",
				 .amount_kib = HOG_KIB };
static const struct part stubborn = { .role = "stubborn",
				      .comm = "hog",
				      .amount_kib = HOG_KIB };
static const struct part innocent = { .role = "sit",
				      .comm = "innocent",
				      .amount_kib = 3072 };

static void set_the_scene(void)
{
	scene_open(&scene);
	scene_configure(&scene, "");
	scene.back_kib = CALM_KIB;
	scene_show(&scene, CALM_KIB);
	press_open(&press, &scene);
}

/* As many clients as fast as they can; those who get in ask and never read. */
static _Noreturn void flood(void)
{
	static const char request[] = "{\"method\":\"io.oomguard.Status\"}";
	int fds[FLOOD];
	pid_t pid;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	memset(fds, -1, sizeof(fds));
	for (;;) {
		for (int i = 0; i < FLOOD; i++) {
			if (fds[i] < 0)
				fds[i] = press_connect(&press, &pid);
			if (fds[i] < 0 || send(fds[i], request, sizeof(request),
					       MSG_NOSIGNAL) > 0)
				continue;
			(void)close(fds[i]);
			fds[i] = -1;
		}
	}
}

static pid_t start_flood(void)
{
	pid_t pid = fork();

	scene_expect(&scene, pid >= 0);
	if (pid == 0)
		flood();
	return pid;
}

/* From short memory to SIGTERM, as the hog itself has noticed it. */
static int64_t cross(void)
{
	scene.count = 0; /* They come and go. */
	const struct member *member = scene_cast(&scene, &hog);
	scene_await_looks(&scene, 5);
	int64_t from_ns = scene_now_ns();
	scene_show(&scene, SHORT_KIB);
	scene_await_end(&scene, member);
	scene_await_looks(&scene, 20);
	/* A busy machine may not let it notice before the grace is over. */
	return member->asked_ns ? member->asked_ns - from_ns : INT64_MAX;
}

static int64_t resident_kib(pid_t pid)
{
	char path[64];
	long pages = 0;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	FILE *file = fopen(path, "re");
	scene_expect(&scene, file && fscanf(file, "%*d %ld", &pages) == 1);
	(void)fclose(file);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Nothing was told twice, and what was not told was counted. */
static void check_all_told(int in_doubt)
{
	int sum = press.count + press.dropped;

	ck_assert_int_eq(press.twice, 0);
	ck_assert_msg(sum >= press.newest && sum <= press.newest + in_doubt,
		      "%d told and %d dropped of %d", press.count,
		      press.dropped, press.newest);
}

/* More than the board can hold. */
static void make_records(void)
{
	for (int i = 0; i < BOARD_RECORDS; i++) {
		scene_spoil(&scene, "meminfo", "?", 1);
		scene_await_looks(&scene, 2);
		scene_mend(&scene, CALM_KIB);
		scene_await_looks(&scene, 2);
	}
}

START_TEST(test_stopped_flooded_unread)
{
	int64_t best_ns = INT64_MAX;

	set_the_scene();
	scene_guard(&scene, HEARING_CLOSED);
	pid_t teller = press_await_teller(&press, &scene, 0);
	press_await_all(&press, &scene);
	int before = press.newest;
	press_fill(&press, &scene);
	(void)kill(teller, SIGSTOP);
	scene_await_state(&scene, teller, 'T');
	pid_t flooding = start_flood();
	printf("from the crossing to SIGTERM:");
	for (int i = 0; i < CROSSINGS; i++) {
		int64_t took_ns = cross();
		if (took_ns < INT64_MAX)
			printf(" %.1f", (double)took_ns / MS);
		if (took_ns < best_ns)
			best_ns = took_ns;
	}
	printf(" ms\n");
	ck_assert_int_lt(best_ns, CROSSING_MOST_MS * MS);
	make_records();
	(void)kill(teller, SIGCONT);
	(void)kill(flooding, SIGKILL);
	press_await_all(&press, &scene);
	ck_assert_int_gt(press.newest, before + BOARD_RECORDS);
	ck_assert_int_gt(press.dropped, 0);
	check_all_told(0);
	printf("%d of %d records dropped, and told\n", press.dropped,
	       press.newest);
	int64_t both_kib = resident_kib(scene.guard) + resident_kib(teller);
	printf("guard and teller: %d KiB\n", (int)both_kib);
	ck_assert_int_lt(both_kib, MEMORY_MOST_KIB);
	scene_close(&scene);
	press_close(&press);
}
END_TEST

enum moment { CALM, CROSSED, ASKED, GRACE, EXITED, TOLD, MOMENTS };

static const char *const moments[MOMENTS] = {
	[CALM] = "before the crossing",    [CROSSED] = "after the crossing",
	[ASKED] = "after SIGTERM",         [GRACE] = "during the grace",
	[EXITED] = "before it is settled", [TOLD] = "after it is settled",
};

static void await_moment(const struct member *member, enum moment moment)
{
	int64_t from_ns = scene_now_ns();

	if (moment >= ASKED)
		scene_await_asked(&scene, member);
	while (moment == GRACE &&
	       scene_now_ns() - member->asked_ns < GRACE_MS / 2 * MS)
		scene_turn(&scene, from_ns, "half of the grace");
	if (moment >= EXITED)
		scene_await_end(&scene, member);
	while (moment == TOLD && !press.outcomes) {
		press_read(&press);
		scene_turn(&scene, from_ns, "the outcome");
	}
}

/* Returns false if the stage was late. */
static bool play_killed(enum moment moment)
{
	set_the_scene();
	const struct member *other = scene_cast(&scene, &innocent);
	const struct member *member = scene_cast(&scene, &stubborn);
	scene_guard(&scene, HEARING_CLOSED);
	pid_t teller = press_await_teller(&press, &scene, 0);
	press_await_all(&press, &scene);
	if (moment == CALM)
		(void)kill(teller, SIGKILL);
	if (moment == EXITED)
		scene.back_kib = 0;
	int64_t from_ns = scene_now_ns();
	scene_show(&scene, SHORT_KIB);
	await_moment(member, moment);
	if (moment != CALM)
		(void)kill(teller, SIGKILL);
	scene_await_end(&scene, member);
	scene_show(&scene, CALM_KIB);
	ck_assert_int_eq(member->code, CLD_KILLED);
	ck_assert_int_eq(member->status, SIGKILL);
	ck_assert_int_ge(member->ended_ns - from_ns, (GRACE_MS - 2) * MS);
	(void)press_await_teller(&press, &scene, teller);
	press_await_all(&press, &scene);
	check_all_told(1);
	bool was_late = press.outcomes > press.settled;
	scene_expect(&scene, was_late || scene_lives(&scene, other->pid));
	scene_expect(&scene, was_late || press.settled == 1);
	scene_close(&scene);
	press_close(&press);
	return !was_late;
}

START_TEST(test_killed)
{
	for (int i = 0; i < SCENE_TRIES; i++)
		if (play_killed((enum moment)_i))
			return;
	ck_abort_msg("%s: the stage was late each time", moments[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("teller");
	TCase *tcase = tcase_create("teller");
	SRunner *runner = srunner_create(suite);

	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, test_stopped_flooded_unread);
	tcase_add_loop_test(tcase, test_killed, 0, MOMENTS);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
