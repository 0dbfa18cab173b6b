/* SPDX-License-Identifier: MIT */
#include "selector_parse.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	const char *pattern;
	const char *string;
	bool matches;
} globs[] = {
	{ "same", "java", "java", true },
	{ "prefix is not enough", "java", "javac", false },
	{ "string ends early", "javac", "java", false },
	{ "star for nothing", "java*", "java", true },
	{ "star for all", "*", "anything", true },
	{ "star for an empty string", "*", "", true },
	{ "empty for empty", "", "", true },
	{ "empty pattern, some string", "", "a", false },
	{ "star matches slashes", "/kubepods*", "/kubepods/pod1/c1", true },
	{ "star in the middle", "a*c", "abbbc", true },
	{ "star goes back", "a*bc", "abbcbc", true },
	{ "two stars", "*a*b", "xxaxxb", true },
	{ "two stars, no end", "*a*b", "xxaxxbx", false },
	{ "stars in a row", "a***b", "ab", true },
	{ "one byte", "a?c", "abc", true },
	{ "one byte is not none", "ab?", "ab", false },
	{ "question mark matches a slash", "a?c", "a/c", true },
	{ "class", "[a-c]x", "bx", true },
	{ "class, first", "[a-c]x", "ax", true },
	{ "class, last", "[a-c]x", "cx", true },
	{ "class, just beyond", "[a-c]x", "dx", false },
	{ "class, just before", "[b-c]x", "ax", false },
	{ "class of single bytes", "[xyz]", "y", true },
	{ "negated class", "[!a-c]", "d", true },
	{ "negated class, inside", "[!a-c]", "b", false },
	{ "bracket comes first", "[]a]", "]", true },
	{ "negated bracket", "[!]a]", "]", false },
	{ "dash at the end", "[a-]", "-", true },
	{ "dash at the end is no range", "[a-]", "b", false },
	{ "dash at the start", "[-a]", "-", true },
	{ "two ranges", "[0-9a-f]", "e", true },
	{ "between two ranges", "[0-9a-f]", "G", false },
	{ "class after a star", "*[0-9]", "worker7", true },
	{ "class needs one byte", "a[b]", "a", false },
	{ "class that is not closed", "[abc", "a", false },
	{ "high bytes", "[\x80-\xff]", "\xc3", true },
	{ "backslash stands for itself", "a\\x2db", "a\\x2db", true },
	{ "backslash escapes nothing", "a\\*", "a*", false },
	{ "case matters", "Java", "java", false },
};

START_TEST(test_glob)
{
	ck_assert_msg(selector_glob(globs[_i].pattern, globs[_i].string) ==
			      globs[_i].matches,
		      "%s", globs[_i].name);
}
END_TEST

/*
 * With backtracking to every star this takes longer than the universe lasts;
 * the test's own timeout ends it then.
 */
START_TEST(test_hostile_glob)
{
	char pattern[SELECTOR_PATTERN_SIZE];
	char string[4096];

	memset(string, 'a', sizeof(string));
	string[sizeof(string) - 1] = '\0';
	for (size_t i = 0; i < sizeof(pattern) - 2; i++)
		pattern[i] = i % 2 ? 'a' : '*';
	pattern[sizeof(pattern) - 2] = 'b';
	pattern[sizeof(pattern) - 1] = '\0';
	ck_assert(!selector_glob(pattern, string));
	memset(string, '[', sizeof(string) - 1);
	memset(pattern, '[', sizeof(pattern) - 1);
	pattern[0] = '*';
	ck_assert(!selector_glob(pattern, string));
}
END_TEST

static const struct {
	const char *name;
	const char *string;
	enum selector_kind kind;
	const char *pattern;
	uint32_t uid;
} good[] = {
	{ "bare is comm", "java", SELECTOR_COMM, "java", UINT32_MAX },
	{ "comm", "comm:java*", SELECTOR_COMM, "java*", UINT32_MAX },
	{ "comm with a colon", "comm:tmux:?server", SELECTOR_COMM,
	  "tmux:?server", UINT32_MAX },
	{ "comm of 15 bytes", "comm:123456789012345", SELECTOR_COMM,
	  "123456789012345", UINT32_MAX },
	{ "15 bytes and stars", "*234567890123456*", SELECTOR_COMM,
	  "*234567890123456*", UINT32_MAX },
	{ "long but for the class", "[0-9][0-9][0-9][0-9]", SELECTOR_COMM,
	  "[0-9][0-9][0-9][0-9]", UINT32_MAX },
	{ "a type alone", ".service", SELECTOR_COMM, ".service", UINT32_MAX },
	{ "comm like a unit", "comm:a.service", SELECTOR_COMM, "a.service",
	  UINT32_MAX },
	{ "comma inside", "a,b", SELECTOR_COMM, "a,b", UINT32_MAX },
	{ "class of a unit", "unit:[!a^]?*@:-_.0", SELECTOR_UNIT,
	  "[!a^]?*@:-_.0", UINT32_MAX },
	{ "exe", "exe:/usr/bin/java", SELECTOR_EXE, "/usr/bin/java",
	  UINT32_MAX },
	{ "exe anywhere", "exe:*/java", SELECTOR_EXE, "*/java", UINT32_MAX },
	{ "unit", "unit:a\\x2db.service", SELECTOR_UNIT, "a\\x2db.service",
	  UINT32_MAX },
	{ "unit with a star", "unit:nginx*", SELECTOR_UNIT, "nginx*",
	  UINT32_MAX },
	{ "cgroup", "cgroup:/kubepods*", SELECTOR_CGROUP, "/kubepods*",
	  UINT32_MAX },
	{ "user by name", "user:postgres", SELECTOR_USER, "postgres",
	  UINT32_MAX },
	{ "user by number", "user:1000", SELECTOR_USER, "1000", 1000 },
	{ "root by number", "user:0", SELECTOR_USER, "0", 0 },
	{ "the last user", "user:4294967294", SELECTOR_USER, "4294967294",
	  4294967294U },
	{ "a name that begins like a number", "user:7up", SELECTOR_USER, "7up",
	  UINT32_MAX },
};

START_TEST(test_good)
{
	const char *name = good[_i].name;
	struct selector selector;
	char bytes[256];
	struct text why;

	text_init(&why, bytes, sizeof(bytes));
	ck_assert_msg(!selector_parse(good[_i].string, &selector, &why),
		      "%s: %s", name, bytes);
	ck_assert_msg(selector.kind == good[_i].kind, "%s", name);
	ck_assert_str_eq(selector.pattern, good[_i].pattern);
	ck_assert_msg(selector.uid == good[_i].uid, "%s", name);
	ck_assert_str_eq(bytes, "");
}
END_TEST

static const struct {
	const char *string;
	const char *why;
} bad[] = {
	{ "", "empty selector \"\": expected" },
	{ "comm:", "empty selector \"comm:\"" },
	{ "unit:", "empty selector" },
	{ "usr:foo", "unknown kind of selector \"usr:foo\": expected comm:" },
	{ "tmux:", "unknown kind of selector" },
	{ "Comm:java", "unknown kind of selector" },
	{ "1234567890123456", "too long for a comm: \"1234567890123456\"" },
	{ "comm:12345678[0-9]012345*6", "too long for a comm:" },
	{ "exe:java", "no absolute path: \"java\"" },
	{ "exe:./java", "no absolute path" },
	{ "cgroup:kubepods", "no absolute path" },
	{ "unit:nginx", "no type in the unit \"nginx\"" },
	{ "nginx.service", "unit without a kind \"nginx.service\"" },
	{ "user.slice", "unit without a kind" },
	{ "/usr/bin/java", "path without a kind \"/usr/bin/java\"" },
	{ "unit:a.service,", "\",\" or \";\" at the end of \"a.service,\"" },
	{ "sshd;", "\",\" or \";\" at the end of" },
	{ "\"Web", "quote in \"\\x22Web\"" },
	{ "Content'", "quote in" },
	{ "unit:a,b.service", "not for the name of a unit: \",b.service\"" },
	{ "user:post*", "pattern in user: \"post*\"" },
	{ "user:4294967295", "too large a number in user:" },
	{ "user:99999999999999999999999", "too large a number in user:" },
	{ "[abc", "\"[\" is not closed in \"[abc\"" },
	{ "unit:a[", "\"[\" is not closed" },
	{ "[]", "\"[\" is not closed" },
};

START_TEST(test_bad)
{
	struct selector selector = { .kind = SELECTOR_UNIT, .pattern = "x" };
	char bytes[256];
	struct text why;

	text_init(&why, bytes, sizeof(bytes));
	ck_assert_int_eq(selector_parse(bad[_i].string, &selector, &why),
			 -EINVAL);
	ck_assert_msg(!strncmp(bytes, bad[_i].why, strlen(bad[_i].why)),
		      "%s: %s", bad[_i].string, bytes);
	ck_assert_str_eq(selector.pattern, "x");
}
END_TEST

START_TEST(test_length)
{
	char string[SELECTOR_PATTERN_SIZE + 6] = "unit:*";
	struct selector selector;
	char bytes[512];
	struct text why;

	text_init(&why, bytes, sizeof(bytes));
	memset(string + 6, 'a', SELECTOR_PATTERN_SIZE - 2);
	ck_assert(!selector_parse(string, &selector, &why));
	ck_assert_uint_eq(strlen(selector.pattern), SELECTOR_PATTERN_SIZE - 1);
	string[5 + SELECTOR_PATTERN_SIZE - 1] = 'a';
	ck_assert_int_eq(selector_parse(string, &selector, &why), -EINVAL);
	ck_assert_ptr_nonnull(strstr(bytes, "expected at most 159 bytes"));
}
END_TEST

static const struct identity java = {
	.comm = "java",
	.exe = "/usr/lib/jvm/bin/java",
	.unit = "tomcat.service",
	.cgroup = "/system.slice/tomcat.service",
	.uid = 998,
};
static const struct identity unknown = { "", "", "", "", 0 };

static const struct {
	const char *selector;
	const struct identity *identity;
	bool matches;
} matches[] = {
	{ "jav?", &java, true },
	{ "exe:/usr/lib/*/java", &java, true },
	{ "exe:*python", &java, false },
	{ "unit:tomcat.*", &java, true },
	{ "unit:java*", &java, false },
	{ "cgroup:/system.slice/*", &java, true },
	{ "cgroup:*.slice", &java, false },
	{ "user:998", &java, true },
	{ "user:999", &java, false },
	{ "user:tomcat", &java, false }, /* its number is not known yet */
	{ "comm:*", &unknown, false },
	{ "exe:*", &unknown, false },
	{ "unit:*", &unknown, false },
	{ "cgroup:*", &unknown, false },
	{ "user:0", &unknown, true },
};

START_TEST(test_matches)
{
	struct selector selector;
	char bytes[256];
	struct text why;

	text_init(&why, bytes, sizeof(bytes));
	ck_assert(!selector_parse(matches[_i].selector, &selector, &why));
	ck_assert_msg(selector_matches(&selector, matches[_i].identity) ==
			      matches[_i].matches,
		      "%s", matches[_i].selector);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
	Suite *suite = suite_create("selector");
	TCase *rows = tcase_create("rows");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(rows, test_glob, 0, ROWS(globs));
	tcase_add_test(rows, test_hostile_glob);
	tcase_add_loop_test(rows, test_good, 0, ROWS(good));
	tcase_add_loop_test(rows, test_bad, 0, ROWS(bad));
	tcase_add_test(rows, test_length);
	tcase_add_loop_test(rows, test_matches, 0, ROWS(matches));
	suite_add_tcase(suite, rows);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
