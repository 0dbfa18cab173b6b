/* SPDX-License-Identifier: MIT */
#include "settings_table.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nearest.h"

static struct settings settings;
static char bytes[1024];
static struct text why;
static const struct setting *pair[2];

static void setup(void)
{
	settings_init(&settings);
	text_init(&why, bytes, sizeof(bytes));
}

/* Sets a key that must be right. */
static void set(const char *section, const char *key, const char *value)
{
	ck_assert_msg(!settings_set(&settings, section, key, value, &why),
		      "%s.%s = %s: %s", section, key, value, bytes);
}

static void get(const char *section, const char *key, size_t nth, char *out,
		size_t size)
{
	struct text text;

	text_init(&text, out, size);
	if (!settings_value(&settings, settings_find(section, key), nth, &text))
		text_put(&text, "none");
}

START_TEST(test_defaults)
{
	ck_assert_int_eq(settings.mode, MODE_GUARD);
	ck_assert_int_eq(settings.memory_warn.permyriad, 1500);
	ck_assert_int_eq(settings.memory_warn.kib, 4 << 20);
	ck_assert_int_eq(settings.memory_kill.permyriad, 500);
	ck_assert_int_eq(settings.memory_kill.kib, 1 << 20);
	ck_assert_int_eq(settings.swap_term_permyriad, 1000);
	ck_assert_int_eq(settings.pressure_kill_full_permyriad, 7000);
	ck_assert_int_eq(settings.pressure_term_window_ms, 10000);
	ck_assert_int_eq(settings.exhaustion_warn_ms, 600000);
	ck_assert_int_eq(settings.grace_ms, 10000);
	ck_assert(settings.never_defaults);
	ck_assert_uint_gt(settings.rules_count, 30);
	for (uint32_t i = 0; i < settings.rules_count; i++)
		ck_assert(settings.rules[i].is_built_in);
}
END_TEST

/* Conflicts rely on it: what is printed is what the table says. */
START_TEST(test_table)
{
	size_t count;
	const struct setting *table = settings_table(&count);

	for (size_t i = 0; i < count; i++) {
		char value[64];

		get(table[i].section, table[i].key, 0, value, sizeof(value));
		ck_assert_str_eq(value, table[i].type == SETTING_RULES
						? "none"
						: table[i].initial);
		ck_assert_ptr_eq(settings_find(table[i].section, table[i].key),
				 &table[i]);
	}
	ck_assert_ptr_null(settings_find("memory", "grace"));
	ck_assert(!settings_conflict(&settings, 0, pair, &why));
}
END_TEST

static const struct {
	const char *section;
	const char *key;
	const char *value;
	const char *why; /* NULL: it is right */
} values[] = {
	{ "guard", "mode", "observe", NULL },
	{ "guard", "mode", "Observe",
	  "unknown word \"Observe\": expected guard or observe" },
	{ "guard", "mode", "", "unknown word \"\"" },
	{ "victim", "never-defaults", "no", NULL },
	{ "victim", "never-defaults", "true",
	  "unknown word \"true\": expected no or yes" },
	{ "memory", "warn", "20%", NULL },
	{ "memory", "warn", "20", "no unit in \"20\"" },
	{ "memory", "warn", "10s", "wrong unit in" },
	{ "swap", "term", "0%", NULL },
	{ "swap", "term", "100%", NULL },
	{ "swap", "term", "2G", "wrong unit in" },
	{ "pressure", "term-full", "1%", NULL },
	{ "pressure", "term-full", "0.99%",
	  "out of bounds: \"0.99%\": expected 1% to 100%" },
	{ "pressure", "term-some", "0%",
	  "out of bounds: \"0%\": expected 1% to 100%" },
	{ "pressure", "kill-full", "0%",
	  "out of bounds: \"0%\": expected 1% to 100%" },
	{ "pressure", "kill-full", "1%", NULL },
	{ "pressure", "kill-full", "100%", NULL },
	{ "pressure", "kill-full", "100.01%",
	  "out of bounds: \"100.01%\": expected 1% to 100%" },
	{ "pressure", "term-window", "2s", NULL },
	{ "pressure", "term-window", "1999ms",
	  "out of bounds: \"1999ms\": expected 2s to 10s" },
	{ "pressure", "term-window", "10s", NULL },
	{ "pressure", "term-window", "10001ms", "out of bounds:" },
	{ "pressure", "kill-window", "1s", NULL },
	{ "pressure", "kill-window", "999ms", "out of bounds:" },
	{ "trend", "warn-exhaustion", "0s", NULL },
	{ "trend", "warn-exhaustion", "24h", NULL },
	{ "trend", "warn-exhaustion", "1441min",
	  "out of bounds: \"1441min\": expected 0s to 24h" },
	{ "strike", "grace", "0s", NULL },
	{ "strike", "grace", "10min", NULL },
	{ "strike", "grace", "601s", "out of bounds:" },
	{ "memory", "wran", "1%", "unknown key \"wran\": expected \"warn\"" },
	{ "memory", "grace", "1s",
	  "unknown key \"grace\": expected one of warn, term, kill" },
	{ "memmory", "warn", "1%",
	  "unknown section \"memmory\": expected \"memory\"" },
	{ "xyz", "warn", "1%",
	  "unknown section \"xyz\": expected one of guard, memory, swap" },
	{ "", "warn", "1%", "unknown section \"\": expected one of guard" },
	{ "xyz\n", "a", "1%", "unknown section \"xyz\\x0a\"" },
	{ "victim", "prefer", "java 10%", NULL },
	{ "victim", "prefer", "java\t python  10%", NULL },
	{ "victim", "prefer", "10%", "no selector with a value in \"10%\"" },
	{ "victim", "prefer", "java",
	  "no selector with a value in \"java\": expected SELECTOR..." },
	{ "victim", "prefer", "java 10", "no unit in \"10\"" },
	{ "victim", "prefer", "java 100.01%", "out of bounds:" },
	{ "victim", "prefer", "java 10% python 5%",
	  "value in a selector's place: \"10%\"" },
	{ "victim", "prefer", "comm:10% python 5%", NULL },
	{ "victim", "prefer", "7z 5%", NULL },
	{ "victim", "never", "java 10%", "value in a selector's place:" },
	{ "victim", "never", "java 10s", "value in a selector's place:" },
	{ "victim", "never", "java usr:x", "unknown kind of selector" },
	{ "victim", "term-only", "unit:postgresql@*.service", NULL },
	{ "victim", "grace-for", "java 10min", NULL },
	{ "victim", "grace-for", "java 600001ms",
	  "out of bounds: \"600001ms\": expected 0s to 10min" },
	{ "victim", "grace-for", "java 10%", "wrong unit in" },
	{ "strike", "scope", "process", NULL },
	{ "strike", "scope", "cgroup",
	  "unknown word \"cgroup\": expected auto, process or unit" },
	{ "victim", "scope-for", "unit:ci-*.service java unit", NULL },
	{ "victim", "scope-for", "java auto", NULL },
	{ "victim", "scope-for", "java",
	  "no selector with a value in \"java\"" },
	{ "victim", "scope-for", "unit",
	  "no selector with a value in \"unit\": expected SELECTOR... SCOPE" },
	{ "victim", "scope-for", "java units", "no selector with a value in" },
};

START_TEST(test_values)
{
	struct settings before = settings;
	int r = settings_set(&settings, values[_i].section, values[_i].key,
			     values[_i].value, &why);

	if (!values[_i].why) {
		ck_assert_msg(!r, "%s", bytes);
		ck_assert_str_eq(bytes, "");
		return;
	}
	ck_assert_int_eq(r, -EINVAL);
	ck_assert_msg(!strncmp(bytes, values[_i].why, strlen(values[_i].why)),
		      "%s", bytes);
	ck_assert_mem_eq(&before, &settings, sizeof(settings));
}
END_TEST

START_TEST(test_lists)
{
	uint32_t built_in = settings.rules_count;
	char value[64];

	set("victim", "never", "a unit:b.service");
	set("victim", "prefer", "java python* 12.5%");
	set("victim", "never", " c ");
	ck_assert_uint_eq(settings.rules_count, built_in + 5);
	get("victim", "never", 1, value, sizeof(value));
	ck_assert_str_eq(value, "unit:b.service");
	get("victim", "never", 2, value, sizeof(value));
	ck_assert_str_eq(value, "comm:c");
	get("victim", "never", 3, value, sizeof(value));
	ck_assert_str_eq(value, "none");
	get("victim", "prefer", 1, value, sizeof(value));
	ck_assert_str_eq(value, "comm:python* 12.5%");
	set("victim", "never", " \t");
	ck_assert_uint_eq(settings.rules_count, built_in + 2);
	get("victim", "prefer", 0, value, sizeof(value));
	ck_assert_str_eq(value, "comm:java 12.5%");
	set("victim", "prefer", "");
	set("victim", "grace-for", "java 90s");
	get("victim", "grace-for", 0, value, sizeof(value));
	ck_assert_str_eq(value, "comm:java 90s");
	set("victim", "grace-for", "");
	setup();
	ck_assert_uint_eq(settings.rules_count, built_in);
}
END_TEST

START_TEST(test_full)
{
	struct settings before;

	while (settings.rules_count < SETTINGS_RULES_MAX - 1)
		set("victim", "never", "a");
	before = settings;
	ck_assert_int_eq(
		settings_set(&settings, "victim", "never", "b c", &why),
		-EINVAL);
	ck_assert_mem_eq(&before, &settings, sizeof(settings));
	ck_assert_str_eq(bytes, "no room for the rule \"c\": expected at most "
				"160, built-in included");
	set("victim", "never", "b");
	ck_assert_uint_eq(settings.rules_count, SETTINGS_RULES_MAX);
}
END_TEST

static const struct identity sshd = { .comm = "sshd",
				      .exe = "/usr/sbin/sshd",
				      .unit = "session-3.scope",
				      .cgroup = "/user.slice/session-3.scope",
				      .uid = 0 };
static const struct identity java = { .comm = "java",
				      .exe = "/usr/lib/jvm/bin/java",
				      .unit = "tomcat.service",
				      .cgroup = "/system.slice/tomcat.service",
				      .uid = 998 };

START_TEST(test_judge)
{
	struct ruling ruling;

	settings_judge(&settings, &java, &ruling);
	ck_assert_int_eq(ruling.never, -1);
	ck_assert_int_eq(ruling.weight_permyriad, 0);
	ck_assert(!ruling.term_only);
	ck_assert_int_eq(ruling.grace_ms, SETTINGS_UNSET);
	set("victim", "prefer", "java user:998 10%");
	set("victim", "avoid", "unit:tomcat.service 2.5%");
	set("victim", "term-only", "exe:*/java");
	ck_assert_int_eq(ruling.scope, SCOPE_AUTO);
	set("strike", "scope", "unit");
	set("victim", "scope-for", "java unit:tomcat.* process");
	settings_judge(&settings, &java, &ruling);
	ck_assert_int_eq(ruling.scope, SCOPE_PROCESS);
	set("victim", "scope-for", "java auto");
	set("victim", "grace-for", "java 0s");
	settings_judge(&settings, &java, &ruling);
	ck_assert_int_eq(ruling.scope, SCOPE_AUTO);
	ck_assert_int_eq(ruling.weight_permyriad, 1750);
	ck_assert(ruling.term_only);
	ck_assert_int_eq(ruling.grace_ms, 0);
	set("victim", "grace-for", "unit:tomcat.* 30s");
	set("victim", "grace-for", "java 20s");
	set("victim", "never", "cgroup:*tomcat*");
	settings_judge(&settings, &java, &ruling);
	ck_assert_int_eq(ruling.grace_ms, 30000);
	ck_assert_int_eq(ruling.never, (int32_t)settings.rules_count - 1);
}
END_TEST

START_TEST(test_protect)
{
	struct identity job = java;
	struct ruling ruling;

	settings_judge(&settings, &java, &ruling);
	ck_assert_int_eq(ruling.protect, -1);
	set("protect", "units", "tomcat.service");
	settings_judge(&settings, &java, &ruling);
	ck_assert_int_eq(ruling.protect, (int32_t)settings.rules_count - 1);
	ck_assert_int_eq(ruling.never, -1);
	job.cgroup = "/user.slice/session-4.scope";
	settings_judge(&settings, &job, &ruling);
	ck_assert_int_eq(ruling.protect, -1);
	job.cgroup = "";
	settings_judge(&settings, &job, &ruling);
	ck_assert_int_ge(ruling.protect, 0);
	set("protect", "processes", "java");
	set("protect", "units", "tomcat.*");
	settings_judge(&settings, &java, &ruling);
	ck_assert(settings.rules[ruling.protect].effect ==
		  RULE_PROTECT_PROCESS);
}
END_TEST

static const struct {
	const char *key;
	const char *value;
	bool is_valid;
} protects[] = {
	{ "oom-score-adj", "-1", true },
	{ "oom-score-adj", "-1000", true },
	{ "oom-score-adj", "0", false },
	{ "oom-score-adj", "-1001", false },
	{ "oom-score-adj", "-900x", false },
	{ "oom-score-adj", "", false },
	{ "workers", "protect", true },
	{ "workers", "yes", false },
	{ "last-resort", "culprit", true },
	{ "last-resort", "largest", true },
	{ "last-resort", "all", false },
	{ "units", "nginx.service docker-*9f* a.slice", true },
	{ "units", "nginx", false },
	{ "units", "unit:nginx.service", true },
	{ "units", "comm:nginx", false },
};

START_TEST(test_protect_values)
{
	const struct setting *setting =
		settings_find("protect", protects[_i].key);
	char shown[256];
	struct text value;

	ck_assert_msg((settings_set(&settings, "protect", protects[_i].key,
				    protects[_i].value, &why) == 0) ==
			      protects[_i].is_valid,
		      "%s = %s: %s", protects[_i].key, protects[_i].value,
		      bytes);
	if (!protects[_i].is_valid || setting->type == SETTING_RULES)
		return;
	text_init(&value, shown, sizeof(shown));
	ck_assert(settings_value(&settings, setting, 0, &value));
	ck_assert_str_eq(shown, protects[_i].value);
}
END_TEST

/* What is told can be written into a file, and means the same there. */
static const struct {
	const char *given;
	const char *told;
} told_units[] = {
	{ "nginx.service", "nginx.service" },
	{ "unit:nginx.service", "nginx.service" },
	{ "unit:unit:a.mount", "unit:unit:a.mount" },
};

START_TEST(test_told_units)
{
	char value[64];

	set("protect", "units", told_units[_i].given);
	get("protect", "units", 0, value, sizeof(value));
	ck_assert_str_eq(value, told_units[_i].told);
}
END_TEST

START_TEST(test_never_defaults)
{
	struct identity impostor = sshd;
	struct ruling ruling;

	settings_judge(&settings, &sshd, &ruling);
	ck_assert_int_ge(ruling.never, 0);
	ck_assert(settings.rules[ruling.never].is_built_in);
	impostor.exe = "/home/eve/sbin/sshd";
	settings_judge(&settings, &impostor, &ruling);
	ck_assert_int_eq(ruling.never, -1);
	set("victim", "never-defaults", "no");
	settings_judge(&settings, &sshd, &ruling);
	ck_assert_int_eq(ruling.never, -1);
	set("victim", "never", "sshd");
	settings_judge(&settings, &sshd, &ruling);
	ck_assert(!settings.rules[ruling.never].is_built_in);
}
END_TEST

static const struct {
	const char *name;
	const char *exe;
	const char *unit;
	bool never;
} built_ins[] = {
	{ "sshd by merged bin", "/usr/bin/sshd", "", true },
	{ "a session of sshd", "/usr/lib/openssh/sshd-session", "", true },
	{ "the same elsewhere", "/usr/libexec/openssh/sshd-session", "", true },
	{ "a user's manager", "/usr/lib/systemd/systemd", "user@1000.service",
	  true },
	{ "a user's shell", "/usr/bin/bash", "user@1000.service", false },
	{ "journald", "", "systemd-journald.service", true },
	{ "journald of a namespace", "", "systemd-journald@x.service", true },
	{ "a whole container of nspawn", "", "systemd-nspawn@web.service",
	  false },
	{ "the bus", "", "dbus.service", true },
	{ "what inherited docker's unit", "/usr/bin/python3", "docker.service",
	  false },
	{ "what a login without pam_systemd runs", "/usr/bin/stress",
	  "ssh.service", false },
	{ "docker itself", "/usr/bin/dockerd", "docker.service", true },
	{ "a shim", "/usr/bin/containerd-shim-runc-v2", "k3s.service", true },
	{ "the kubelet of k3s", "/var/lib/rancher/k3s/data/4af/bin/k3s",
	  "k3s.service", true },
	{ "a volume of k3s", "/var/lib/rancher/k3s/storage/pvc-1/bin/x",
	  "k3s.service", false },
	{ "oomguard", "", "oomguard.service", true },
};

START_TEST(test_built_in)
{
	struct identity identity = { .comm = "x",
				     .exe = built_ins[_i].exe,
				     .unit = built_ins[_i].unit,
				     .cgroup = "/x" };
	struct ruling ruling;

	settings_judge(&settings, &identity, &ruling);
	ck_assert_msg((ruling.never >= 0) == built_ins[_i].never, "%s",
		      built_ins[_i].name);
}
END_TEST

/* Two values, and which key is above another: NULL if there is none. */
static const struct {
	const char *name;
	const char *section;
	const char *keys[2];
	const char *values[2];
	const char *lesser;
} conflicts[] = {
	{ "term as warn", "memory", { "term", NULL }, { "15%", "" }, NULL },
	{ "term just above warn", "memory", { "term" }, { "15.01%" }, "term" },
	{ "kill just above term", "memory", { "kill" }, { "10.01%" }, "kill" },
	{ "kill as term", "memory", { "kill" }, { "10% or 2G" }, NULL },
	{ "size above size", "memory", { "kill" }, { "5% or 2.1G" }, "kill" },
	{ "only the default is above", "memory", { "term" }, { "4%" }, "kill" },
	{ "both were written",
	  "memory",
	  { "term", "kill" },
	  { "4%", "6%" },
	  "kill" },
	{ "share and size say nothing",
	  "memory",
	  { "term", "kill" },
	  { "10%", "100G" },
	  NULL },
	{ "some size above nothing",
	  "memory",
	  { "term", "kill" },
	  { "0%", "1G" },
	  "kill" },
	{ "nothing and nothing",
	  "memory",
	  { "term", "kill" },
	  { "0%", "0K" },
	  NULL },
	{ "swap kill as term", "swap", { "kill" }, { "10%" }, NULL },
	{ "swap kill above term", "swap", { "kill" }, { "10.01%" }, "kill" },
	{ "swap term below the default",
	  "swap",
	  { "term" },
	  { "4.99%" },
	  "kill" },
	{ "pressure term as kill",
	  "pressure",
	  { "term-full" },
	  { "70%" },
	  NULL },
	{ "pressure term above kill",
	  "pressure",
	  { "term-full" },
	  { "70.01%" },
	  "term-full" },
	{ "pressure kill below term",
	  "pressure",
	  { "kill-full" },
	  { "29.99%" },
	  "term-full" },
	{ "windows the same", "pressure", { "kill-window" }, { "10s" }, NULL },
	{ "kill window longer",
	  "pressure",
	  { "term-window" },
	  { "4999ms" },
	  "kill-window" },
};

START_TEST(test_conflict)
{
	const char *name = conflicts[_i].name;
	const char *lesser = conflicts[_i].lesser;

	for (int i = 0; i < 2 && conflicts[_i].keys[i]; i++)
		set(conflicts[_i].section, conflicts[_i].keys[i],
		    conflicts[_i].values[i]);
	bool found = settings_conflict(&settings, 0, pair, &why);
	ck_assert_msg(found == (lesser != NULL), "%s: %s", name, bytes);
	if (!found)
		return;
	ck_assert_msg(!strcmp(pair[0]->key, lesser), "%s", name);
	ck_assert_ptr_nonnull(strstr(bytes, ": expected "));
	ck_assert(!settings_conflict(&settings, 1, pair, &why));
}
END_TEST

START_TEST(test_two_conflicts)
{
	set("memory", "term", "1%");
	set("swap", "kill", "11%");
	ck_assert(settings_conflict(&settings, 0, pair, &why));
	ck_assert_str_eq(pair[0]->section, "memory");
	ck_assert_str_eq(pair[1]->key, "term");
	ck_assert_str_eq(bytes, "memory.kill 5% or 1G is above memory.term 1%: "
				"expected kill not above term");
	ck_assert(settings_conflict(&settings, 1, pair, &why));
	ck_assert_str_eq(pair[0]->section, "swap");
	ck_assert(!settings_conflict(&settings, 2, pair, &why));
}
END_TEST

static const char *const names[] = { "warn", "term", "kill", "term-window",
				     "warn-exhaustion" };

static const struct {
	const char *name;
	const char *nearest;
} nearests[] = {
	{ "warn", "warn" },
	{ "wran", "warn" },
	{ "Warn", "warn" },
	{ "wrn", "warn" },
	{ "warnn", "warn" },
	{ "war", "warn" },
	{ "tern", "term" },
	{ "term-windw", "term-window" },
	{ "term_window", "term-window" },
	{ "warnexaustin", "warn-exhaustion" }, /* 3 of 12 */
	{ "warnexustn", NULL },                /* 5 of 10 */
	{ "warn-exhustoin", "warn-exhaustion" },
	{ "grace", NULL },
	{ "k", NULL },
	{ "xy", NULL },
	{ "", NULL },
	{ "killkillkillkillkillkillkillkillkillkill", NULL },
};

START_TEST(test_nearest)
{
	const char *seen = nearest(nearests[_i].name, names, 5);

	ck_assert_pstr_eq(seen, nearests[_i].nearest);
}
END_TEST

static const struct {
	struct amount amount;
	int64_t base_kib;
	int64_t kib;
} levels[] = {
	{ { 1000, SETTINGS_UNSET }, 1000, 100 },
	{ { SETTINGS_UNSET, 300 }, 1000, 300 },
	{ { 1000, 300 }, 1000, 100 },
	{ { 1000, 300 }, 3000, 300 },
	{ { 1000, 300 }, 2999, 299 },
	{ { 1000, 300 }, 1 << 30, 300 },
	{ { 1, SETTINGS_UNSET }, 9999, 0 },
	{ { 10000, SETTINGS_UNSET }, INT64_C(1) << 53, INT64_C(1) << 53 },
};

START_TEST(test_amount_kib)
{
	ck_assert_int_eq(
		settings_amount_kib(&levels[_i].amount, levels[_i].base_kib),
		levels[_i].kib);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
	Suite *suite = suite_create("settings");
	TCase *rows = tcase_create("rows");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(rows, setup, NULL);
	tcase_add_test(rows, test_defaults);
	tcase_add_test(rows, test_table);
	tcase_add_loop_test(rows, test_values, 0, ROWS(values));
	tcase_add_test(rows, test_lists);
	tcase_add_test(rows, test_full);
	tcase_add_test(rows, test_judge);
	tcase_add_test(rows, test_never_defaults);
	tcase_add_test(rows, test_protect);
	tcase_add_loop_test(rows, test_protect_values, 0, ROWS(protects));
	tcase_add_loop_test(rows, test_told_units, 0, ROWS(told_units));
	tcase_add_loop_test(rows, test_built_in, 0, ROWS(built_ins));
	tcase_add_loop_test(rows, test_conflict, 0, ROWS(conflicts));
	tcase_add_test(rows, test_two_conflicts);
	tcase_add_loop_test(rows, test_nearest, 0, ROWS(nearests));
	tcase_add_loop_test(rows, test_amount_kib, 0, ROWS(levels));
	suite_add_tcase(suite, rows);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
