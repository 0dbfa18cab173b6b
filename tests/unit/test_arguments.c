/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

static const struct {
	const char *name;
	const char *arguments;
	int status;
} rows[] = {
	{ "help", "--help", 0 },
	{ "version", "--version", 0 },
	{ "an option that is not known", "--nope", 2 },
	{ "a word", "word", 2 },
	{ "a word after an option", "--proc /nonexistent word", 2 },
	{ "a value where none belongs", "--help=3", 2 },
	{ "no value", "--proc", 2 },
	{ "a value after a blank", "--proc /nonexistent", 1 },
	{ "a value after an equals sign", "--proc=/nonexistent", 1 },
};

START_TEST(test_arguments)
{
	char command[512];

	snprintf(command, sizeof(command), "timeout 20 %s %s >/dev/null 2>&1",
		 OOMGUARDD, rows[_i].arguments);
	int status = system(command);
	ck_assert_msg(WIFEXITED(status) &&
			      WEXITSTATUS(status) == rows[_i].status,
		      "%s: %d", rows[_i].name, WEXITSTATUS(status));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("arguments");
	TCase *tcase = tcase_create("rows");
	SRunner *runner = srunner_create(suite);

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, test_arguments, 0,
			    (int)(sizeof(rows) / sizeof(rows[0])));
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
