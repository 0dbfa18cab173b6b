/* SPDX-License-Identifier: MIT */
/* The guard allocates nothing after its start; see nomalloc.c. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "scene.h"

#define LOCKED_MOST_KIB 4096

static struct scene scene;

static const struct {
	const char *name;
	const char *preload;
	const char *role;
	int code;
	int status;
} proofs[] = {
	{ "aborts on malloc() after mlockall()", NOMALLOC, "allocate",
	  CLD_KILLED, SIGABRT },
	{ "lets a child of that process allocate", NOMALLOC, "allocate-child",
	  CLD_EXITED, 0 },
	{ "it is the library that aborts", "", "allocate", CLD_EXITED, 0 },
};

static bool has_aborted(int code)
{
	return code == CLD_KILLED || code == CLD_DUMPED;
}

START_TEST(test_proof)
{
	const struct part part = { .role = proofs[_i].role };
	struct member *member = &scene.cast[0];

	scene_open(&scene);
	scene.count = 1;
	(void)setenv("LD_PRELOAD", proofs[_i].preload, 1);
	member->pid = scene_spawn(&scene, &part);
	(void)unsetenv("LD_PRELOAD");
	scene_await_end(&scene, member);
	ck_assert_int_eq(has_aborted(member->code),
			 has_aborted(proofs[_i].code));
	ck_assert_int_eq(member->status, proofs[_i].status);
	scene_close(&scene);
}
END_TEST

static void strike(const struct part *part, int64_t available_kib)
{
	const struct member *member = scene_cast(&scene, part);

	scene_show(&scene, available_kib);
	scene_await_end(&scene, member);
	scene_await_line(&scene, " back after ");
}

static void reload(const char *config, const char *answer)
{
	scene_configure(&scene, config);
	(void)kill(scene.guard, SIGHUP);
	scene_await_line(&scene, answer);
}

/* All that a guard does in its life; an abort would end it. */
START_TEST(test_a_life_without_malloc)
{
	const struct part crowd = { .role = "crowd", .amount_kib = 200 };
	const struct part polite = { .role = "sit", .amount_kib = 12288 };
	const struct part stubborn = { .role = "stubborn",
				       .amount_kib = 12288 };

	scene_open(&scene);
	scene.preload = NOMALLOC;
	scene_configure(&scene, "");
	(void)scene_cast(&scene, &crowd);
	scene_guard(&scene, HEARING_LINES);
	scene_expect(&scene, scene_count(&scene, "nomalloc: armed") == 1);
	scene.briefs = 4;
	strike(&polite, SCENE_SHORT_KIB);
	strike(&stubborn, SCENE_SHORT_KIB);
	strike(&stubborn, SCENE_DIRE_KIB);
	reload("[victim]\nprefer = comm:sit 10%\n", "reloaded");
	reload("[victim]\nprefer = \n[x\n", "reload refused");
	scene_spoil(&scene, "meminfo", "?", 1);
	scene_await_line(&scene, "degraded: cannot read meminfo");
	scene_mend(&scene, SCENE_CALM_KIB);
	scene_await_line(&scene, "reading again");
	reload("[guard]\nmode = observe\n", "reloaded");
	(void)scene_cast(&scene, &polite);
	scene_show(&scene, SCENE_SHORT_KIB);
	scene_await_line(&scene, "observe: would strike");
	scene_close(&scene);
	ck_assert_int_eq(scene.guard_code, CLD_EXITED);
	ck_assert_int_eq(scene.guard_status, 0);
}
END_TEST

static long locked_kib(pid_t pid)
{
	char path[64], line[256];
	long kib = -1;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *file = fopen(path, "re");
	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, "VmLck:", 6) == 0)
			kib = strtol(line + 6, NULL, 10);
	(void)fclose(file);
	return kib;
}

START_TEST(test_locks_less_than_four_mib)
{
	const struct part polite = { .role = "sit", .amount_kib = 12288 };

	scene_open(&scene);
	scene_configure(&scene, "");
	scene_guard(&scene, HEARING_LINES);
	strike(&polite, SCENE_SHORT_KIB);
	if (scene_count(&scene, "memory is not fully locked"))
		printf("skipped: locking memory is not permitted\n");
	else
		ck_assert_int_ge(locked_kib(scene.guard), 1);
	ck_assert_int_lt(locked_kib(scene.guard), LOCKED_MOST_KIB);
	scene_close(&scene);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("nomalloc");
	TCase *tcase = tcase_create("nomalloc");
	SRunner *runner = srunner_create(suite);

	tcase_set_timeout(tcase, 40);
	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(tcase, test_proof, 0,
			    (int)(sizeof(proofs) / sizeof(proofs[0])));
	tcase_add_test(tcase, test_a_life_without_malloc);
	tcase_add_test(tcase, test_locks_less_than_four_mib);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
