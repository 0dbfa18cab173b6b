/* SPDX-License-Identifier: MIT */
#include "restart.h"

#include "fixture.h"

/* The table of systemd.service(5), Restart=. */
static const struct {
	const char *restart;
	bool after_term;
	bool after_kill;
	bool after_oom_kill;
} rows[] = {
	{ "no", false, false, false },
	{ "always", true, true, true },
	{ "on-success", true, false, false },
	{ "on-failure", false, true, true },
	{ "on-abnormal", false, true, true },
	{ "on-abort", false, true, false },
	{ "on-watchdog", false, false, false },
	{ "", false, false, false },
};

START_TEST(test_returns)
{
	ck_assert_msg(restart_returns(rows[_i].restart, "SIGTERM") ==
				      rows[_i].after_term &&
			      restart_returns(rows[_i].restart, "SIGKILL") ==
				      rows[_i].after_kill &&
			      restart_returns(rows[_i].restart, "oom-kill") ==
				      rows[_i].after_oom_kill,
		      "%s", rows[_i].restart);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("restart");

	tcase_add_loop_test(cases, test_returns, 0, ROWS(rows));
	return fixture_run(cases, "restart");
}
