/* SPDX-License-Identifier: MIT */
#include "self.h"

#include "fixture.h"

#define ROOT "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"
#define PROC "24 22 0:22 / /proc rw,nosuid - proc proc rw"

static const struct {
	const char *name;
	const char *mountinfo;
	bool hides;
} rows[] = {
	{ "as usual", ROOT PROC "\n", false },
	{ "by number", ROOT PROC ",hidepid=2\n", true },
	{ "by name", PROC ",gid=4,hidepid=invisible\n" ROOT, true },
	{ "switched off", PROC ",hidepid=off\n", false },
	{ "switched off by number", PROC ",hidepid=0\n", false },
	{ "another proc elsewhere",
	  PROC "\n60 22 0:50 / /srv/proc rw - proc proc rw,hidepid=2\n",
	  false },
	{ "another file system in its place",
	  "24 22 0:22 / /proc rw - tmpfs proc rw,hidepid=2\n", false },
	{ "hidden below what is open", PROC ",hidepid=2\n" PROC "\n", false },
	{ "open below what is hidden", PROC "\n" PROC ",hidepid=1\n", true },
};

START_TEST(test_hides)
{
	const char *bytes = rows[_i].mountinfo;
	FILE *file = fmemopen((void *)bytes, strlen(bytes), "r");

	ck_assert_msg(self_hides_others(file) == rows[_i].hides, "%s",
		      rows[_i].name);
	(void)fclose(file);
}
END_TEST

START_TEST(test_costs)
{
	ck_assert_int_gt(self_memory_kib(getpid()), 500);
	ck_assert_int_eq(self_memory_kib(1 << 30), -1);
	ck_assert_int_ge(self_cpu_ms(), 0);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("self");

	tcase_add_loop_test(cases, test_hides, 0, ROWS(rows));
	tcase_add_test(cases, test_costs);
	return fixture_run(cases, "self");
}
