/* SPDX-License-Identifier: MIT */
#include "protect.h"

#include "fixture.h"
#include "settings_table.h"

static const struct {
	const char *name;
	const char *pattern;
	const char *path;
	bool matches;
} paths[] = {
	{ "a unit", "nginx.service", "/system.slice/nginx.service", true },
	{ "below it", "nginx.service", "/system.slice/nginx.service/w", true },
	{ "a bare unit", "nginx.service", "nginx.service", true },
	{ "another unit", "nginx.service", "/system.slice/nginx2.service",
	  false },
	{ "an instance of a template", "postgresql@*.service",
	  "/system.slice/system-postgresql.slice/postgresql@15-main.service",
	  true },
	{ "a slice, of a unit in it", "db.slice", "/db.slice/a.service", true },
	{ "a slice in a slice", "db-main.slice", "/db.slice/db-main.slice/x",
	  true },
	{ "a slice that is not on the way", "db.slice", "/ab.slice/a.service",
	  false },
	{ "no slice by a pattern of units", "*", "/system.slice", false },
	{ "every unit", "*", "/system.slice/a.service", true },
	{ "no unit by a pattern of slices", "*.slice", "/a.service", false },
	{ "a user's unit with a name of the system", "sshd.service",
	  "/user.slice/user-1.slice/user@1.service/sshd.service", false },
	{ "a user's slice with a name of the system", "db.slice",
	  "/user.slice/user-1.slice/user@1.service/db.slice", false },
	{ "a service in a container", "sshd.service",
	  "/machine.slice/machine-a.scope/system.slice/sshd.service", false },
	{ "a container by its scope", "docker-*9f86*",
	  "/system.slice/docker-119f8622.scope", true },
	{ "a container without systemd", "9f86*", "/docker/9f8600aa", true },
	{ "by the group that it is in", "docker*", "/docker/9f8600aa", true },
	{ "a pod without systemd", "pod7*",
	  "/kubepods/burstable/pod77/9f8600aa", true },
	{ "what a container calls a unit", "sshd.service",
	  "/docker/9f86/sshd.service", false },
	{ "what a container calls a slice", "db.slice", "/docker/9f86/db.slice",
	  false },
	{ "behind what a container calls a unit", "x*",
	  "/docker/9f86/a.service/x", false },
	{ "escaped by systemd", "cpu.service", "/system.slice/_cpu.service",
	  true },
	{ "outside of the namespace", "*", "/../a", false },
	{ "the root", "*", "/", false },
	{ "nothing", "*", "", false },
};

START_TEST(test_path)
{
	ck_assert_msg(protect_matches(paths[_i].pattern, paths[_i].path) ==
			      paths[_i].matches,
		      "%s", paths[_i].name);
}
END_TEST

START_TEST(test_inside)
{
	ck_assert(protect_name("a*", CGROUP_UNIT, "ab", 2));
	ck_assert(protect_name("a*", CGROUP_GROUP, "ab", 2));
	ck_assert(!protect_name("a*", CGROUP_SLICE, "ab", 2));
	ck_assert(!protect_name("a*", CGROUP_INSIDE, "ab", 2));
}
END_TEST

static void set(struct settings *settings, const char *key, const char *value)
{
	char bytes[256];
	struct text why;

	text_init(&why, bytes, sizeof(bytes));
	ck_assert_msg(settings_set(settings, "protect", key, value, &why) == 0,
		      "%s", bytes);
}

static const struct {
	const char *path;
	const char *name;
	bool is_covered;
} names[] = {
	{ "/system.slice/a.service", "a.service", true },
	{ "/system.slice/a.service/worker", "a.service", true },
	{ "/system.slice/b.service", "b.service", false },
	{ "/db.slice/b.service", "b.service", true },
	{ "/db.slice", "", true },
	{ "/docker/9f86", "9f86", true },
	{ "/docker/1234", "1234", false },
	{ "/docker/9f86/inside", "9f86", true },
	{ "/", "", false },
};

START_TEST(test_name)
{
	static struct settings settings;
	char name[CGROUP_UNIT_SIZE];
	int32_t rule;

	settings_init(&settings);
	set(&settings, "units", "a.service db.slice 9f*");
	rule = protect_path(&settings, names[_i].path, name);
	ck_assert_msg((rule >= 0) == names[_i].is_covered, "%s",
		      names[_i].path);
	ck_assert_str_eq(name, names[_i].name);
	if (rule >= 0)
		ck_assert(settings.rules[rule].effect == RULE_PROTECT_UNIT);
}
END_TEST

#define NEW(listed, value)                                                     \
	{                                                                      \
		.is_covered = (listed), .present = (value)                     \
	}
#define OURS(listed, value, was, given)                                        \
	{                                                                      \
		.is_covered = (listed), .present = (value), .is_known = true,  \
		.former = (was), .ours = (given)                               \
	}
#define CHILD(listed, value, was, given)                                       \
	{                                                                      \
		.is_covered = (listed), .present = (value), .inherits = true,  \
		.former = (was), .ours = (given)                               \
	}
#define OVER(listed, value, was, given)                                        \
	{                                                                      \
		.is_covered = (listed), .present = (value), .is_known = true,  \
		.is_over = true, .former = (was), .ours = (given)              \
	}
#define RAISED                                                                 \
	{                                                                      \
		.is_covered = true, .is_raised = true                          \
	}

static const struct {
	const char *name;
	struct protect_case given;
	enum protect_act act;
	int32_t former;
	int32_t value;
} plans[] = {
	{ "new, and listed", NEW(true, 0), PROTECT_SET, 0, -900 },
	{ "new, listed, with a value of its own", NEW(true, 300), PROTECT_SET,
	  300, -900 },
	{ "new, listed, a bit higher", NEW(true, -899), PROTECT_SET, -899,
	  -900 },
	{ "new, listed, the same by its unit", NEW(true, -900), PROTECT_NOTHING,
	  -900, -900 },
	{ "new, listed, lower by its unit", NEW(true, -901), PROTECT_NOTHING,
	  -901, -900 },
	{ "not listed", NEW(false, 0), PROTECT_NOTHING, 0, 0 },
	{ "not listed, low by its unit", NEW(false, -900), PROTECT_NOTHING, 0,
	  0 },
	{ "ours, and listed", OURS(true, -900, 0, -900), PROTECT_NOTHING, 0,
	  -900 },
	{ "a child with our value", CHILD(true, -900, 200, -900), PROTECT_ADOPT,
	  200, -900 },
	{ "listed no longer", OURS(false, -900, 200, -900), PROTECT_PUT_BACK,
	  200, 200 },
	{ "listed no longer, and changed by others",
	  OURS(false, -899, 200, -900), PROTECT_FORGET, 0, 0 },
	{ "a job with our value", CHILD(false, -900, 0, -900), PROTECT_PUT_BACK,
	  0, 0 },
	{ "a job with its own value", CHILD(false, 0, 0, -900), PROTECT_NOTHING,
	  0, 0 },
	{ "ours by other settings", OURS(true, -500, 200, -500), PROTECT_SET,
	  200, -900 },
	{ "a child of such", CHILD(true, -500, 200, -500), PROTECT_SET, 200,
	  -900 },
	{ "it was lower than the new value", OURS(true, -1000, -950, -1000),
	  PROTECT_PUT_BACK, -950, -950 },
	{ "it was as the new value", OURS(true, -1000, -900, -1000),
	  PROTECT_PUT_BACK, -900, -900 },
	{ "lowered by itself, as sshd does", OURS(true, -950, 0, -900),
	  PROTECT_LEAVE, -950, -900 },
	{ "raised by itself or by choom", OURS(true, 0, 0, -900), PROTECT_LEAVE,
	  0, -900 },
	{ "a worker that raised itself", RAISED, PROTECT_NOTHING, 0, -900 },
	{ "protected against its wish before", OVER(true, -900, 5, -900),
	  PROTECT_PUT_BACK, 5, 5 },
	{ "that, and raised again since", OVER(true, 7, 5, -900), PROTECT_LEAVE,
	  7, -900 },
	{ "that, and listed no longer", OVER(false, -900, 5, -900),
	  PROTECT_PUT_BACK, 5, 5 },
};

START_TEST(test_plan)
{
	struct settings settings = { .protect_adj = -900 };
	struct protect_plan plan = protect_plan(&settings, &plans[_i].given);

	ck_assert_msg(plan.act == plans[_i].act, "%s: %d", plans[_i].name,
		      plan.act);
	if (plan.act == PROTECT_NOTHING || plan.act == PROTECT_FORGET)
		return;
	ck_assert_msg(plan.former == plans[_i].former, "%s", plans[_i].name);
	ck_assert_msg(plan.value == plans[_i].value, "%s", plans[_i].name);
}
END_TEST

START_TEST(test_workers)
{
	const struct settings settings = { .protect_adj = -900,
					   .workers = WORKERS_PROTECT };
	const struct protect_case raised = RAISED;
	const struct protect_case known = OURS(true, 5, 0, -900);
	const struct protect_case lower = NEW(true, -950);
	const struct protect_case new = NEW(true, 0);
	const struct protect_case over = OVER(true, -900, 5, -900);
	const struct protect_case old = OVER(true, -500, 5, -500);
	struct protect_plan plan = protect_plan(&settings, &raised);

	ck_assert(plan.act == PROTECT_SET && plan.former == 0 && plan.is_wish);
	plan = protect_plan(&settings, &known);
	ck_assert(plan.act == PROTECT_SET && plan.former == 5 && plan.is_wish);
	ck_assert(protect_plan(&settings, &lower).act == PROTECT_NOTHING);
	ck_assert(!protect_plan(&settings, &new).is_wish);
	ck_assert(protect_plan(&settings, &over).act == PROTECT_NOTHING);
	plan = protect_plan(&settings, &old);
	ck_assert(plan.act == PROTECT_SET && plan.former == 5 && plan.is_wish);
}
END_TEST

/* What it raised itself it has for good; what its unit gave it may be ours. */
START_TEST(test_whose_wish)
{
	const struct settings settings = { .protect_adj = -900 };
	const struct protect_case over = OVER(true, -900, 5, -900);
	const struct protect_case lower = OURS(true, -1000, -950, -1000);

	ck_assert(protect_plan(&settings, &over).is_wish);
	ck_assert(!protect_plan(&settings, &lower).is_wish);
}
END_TEST

/* Only -1000 by choice reaches what the kernel never ends. */
START_TEST(test_never_by_choice)
{
	const struct protect_case listed = { .is_covered = true };
	static struct settings settings;

	settings_init(&settings);
	ck_assert_int_eq(protect_plan(&settings, &listed).value, -900);
	set(&settings, "oom-score-adj", "-1000");
	ck_assert_int_eq(protect_plan(&settings, &listed).value, -1000);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("protect");

	tcase_add_loop_test(cases, test_path, 0, ROWS(paths));
	tcase_add_test(cases, test_inside);
	tcase_add_loop_test(cases, test_name, 0, ROWS(names));
	tcase_add_loop_test(cases, test_plan, 0, ROWS(plans));
	tcase_add_test(cases, test_workers);
	tcase_add_test(cases, test_whose_wish);
	tcase_add_test(cases, test_never_by_choice);
	return fixture_run(cases, "protect");
}
