/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "settings_table.h"

#define MANY 32

static char directory[64];
static char file[128];
static char drop_ins[128];
static struct config config;

static int messages_count;
static char messages[MANY][1024];

static void setup(void)
{
	snprintf(directory, sizeof(directory), "/tmp/oomguard-config-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(file, sizeof(file), "%s/main.conf", directory);
	snprintf(drop_ins, sizeof(drop_ins), "%s/d", directory);
	ck_assert(!mkdir(drop_ins, 0755));
	messages_count = 0;
}

static int remove_entry(const char *path, const struct stat *status, int type,
			struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void teardown(void)
{
	ck_assert(!nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS));
}

static void tell(void *user, const char *message)
{
	ck_assert_ptr_eq(user, &messages_count);
	ck_assert_int_lt(messages_count, MANY);
	snprintf(messages[messages_count++], sizeof(messages[0]), "%s",
		 message);
}

static void write_bytes(const char *path, const void *bytes, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	ck_assert_int_ge(fd, 0);
	ck_assert(write(fd, bytes, length) == (ssize_t)length);
	close(fd);
}

static void write_text(const char *path, const char *text)
{
	write_bytes(path, text, strlen(text));
}

static int load(const char *path)
{
	int mistakes =
		config_load(&config, path, drop_ins, tell, &messages_count);

	ck_assert_int_eq(mistakes, config.mistakes);
	ck_assert_int_eq(mistakes, messages_count);
	return mistakes;
}

/* The message must be about this line (0: none) and begin like that. */
static void expect(int index, int line, const char *why)
{
	char prefix[256];

	if (line)
		snprintf(prefix, sizeof(prefix), "%s:%d: %s", file, line, why);
	else
		snprintf(prefix, sizeof(prefix), "%s: %s", file, why);
	ck_assert_msg(!strncmp(messages[index], prefix, strlen(prefix)),
		      "%s, expected %s", messages[index], prefix);
}

static struct config_origin origin_of(const char *section, const char *key)
{
	size_t count;

	return config
		.origins[settings_find(section, key) - settings_table(&count)];
}

#define LONG_193                                                               \
	"never = unit:"                                                        \
	"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff"         \
	"gggggggggghhhhhhhhhhiiiiiiiiiijjjjjjjjjjkkkkkkkkkkllllllllll"         \
	".service unit:aaaaaaaaaabbbbbbbbbbccccccccccdddddddd.service"

/* One line that is wrong after [memory], or NULL for what is right. */
static const struct {
	const char *text;
	const char *why;
} lines[] = {
	{ "warn = 12%", NULL },
	{ "warn=12%", NULL },
	{ "warn\t=\t12%\t", NULL },
	{ "warn = 12%\r", NULL },
	{ "warn = 12% ; a note", NULL },
	{ "warn = 12% # a note", NULL },
	{ "warn = 12%\t# a note ; = [x", NULL },
	{ "# warn", NULL },
	{ "   ; warn", NULL },
	{ " \t ", NULL },
	{ "[swap]", NULL },
	{ "[swap]  # a note", NULL },
	{ "warn", "no \"=\" in \"warn\": expected KEY = VALUE" },
	{ "warn ; = 12%", "no \"=\" in \"warn\"" },
	{ "= 12%", "no key in" },
	{ "warn = 12%\f",
	  "control character in \"warn = 12%\\x0c\": expected text" },
	{ "\vwarn = 12%", "control character" },
	{ "warn = 12%\x7f", "control character" },
	{ "warn = 12% # a note of \x1b[1m", NULL },
	{ "warn =;12%", "no blank before the comment in \"warn =;12%\"" },
	{ "warn =# 12%", "no blank before the comment in" },
	{ "warn: 12%", "\":\" where \"=\" belongs in \"warn: 12%\"" },
	{ "warn: a = 12%", "\":\" where \"=\" belongs in" },
	{ "warn = 12%;a note", "unknown unit in \"12%;a note\"" },
	{ "warn = 12%#a note", "unknown unit in" },
	{ "warn = \"12%\"", "no number in \"\\x2212%\\x22\"" },
	{ "warn = 12% = 13%", "no \"or\" between" },
	{ " warn = 12%", "indented line: expected" },
	{ "\twarn", "indented line" },
	{ " [swap]", "indented line" },
	{ "[swap", "section is not closed in \"[swap\"" },
	{ "[swap ; ]", "section is not closed in \"[swap\"" },
	{ "[swap] term = 3%", "text after the section in" },
	{ "[]", "unknown section \"\"" },
	{ "[ swap ]", "unknown section \" swap \": expected \"swap\"" },
	{ "[swaps]", "unknown section \"swaps\": expected \"swap\"" },
	{ "[swap]]", "text after the section in" },
	{ "[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]",
	  "unknown section \"aaa" },
	{ "wran = 12%", "unknown key \"wran\": expected \"warn\"" },
	{ "warn = ", "no number in \"\"" },
	{ "\x1b[31m = 1%", "control character in \"\\x1b[31m = 1%\"" },
};

START_TEST(test_lines)
{
	char text[512];

	snprintf(text, sizeof(text), "# first\n[memory]\n%s\n[strike]\n",
		 lines[_i].text);
	write_text(file, text);
	ck_assert_msg(load(file) == !!lines[_i].why, "%s: %s", lines[_i].text,
		      messages[0]);
	if (lines[_i].why)
		expect(0, 3, lines[_i].why);
}
END_TEST

/* What follows a broken header must not count for the section before. */
START_TEST(test_bad_header)
{
	write_text(file, "[memory]\nwarn = 12%\n[swp]\nterm = 1%\nkill = 0.5%\n"
			 "[swap\nterm = 2%\n[swap]\nterm = 7%\n");
	ck_assert_int_eq(load(file), 2);
	expect(0, 3, "unknown section \"swp\"");
	expect(1, 6, "section is not closed");
	ck_assert_int_eq(config.settings.memory_term.permyriad, 1000);
	ck_assert_int_eq(config.settings.swap_term_permyriad, 700);
}
END_TEST

START_TEST(test_key_before_section)
{
	write_text(file, "\n\nwarn = 12%\n");
	ck_assert_int_eq(load(file), 1);
	expect(0, 3, "key before any section: expected [SECTION] first");
}
END_TEST

/* inih would make a second line of what is behind its buffer. */
START_TEST(test_long_lines)
{
	char text[2048];

	ck_assert_uint_eq(strlen(LONG_193), 193);
	snprintf(text, sizeof(text), "[victim]\n%s%s\n%saaaaa\n%saaaaaa\n",
		 LONG_193, "", LONG_193, LONG_193);
	write_text(file, text);
	ck_assert_int_eq(load(file), 1);
	expect(0, 4, "line of 199 bytes: expected at most 198");
	messages_count = 0;
	snprintf(text, sizeof(text),
		 "[memory]\n; %0196d warn = 1%%\n#%0500d [swap]\nterm = 3%%\n"
		 "kill = %0400d%%\n\nwarn = 12%%\n",
		 0, 0, 1);
	write_text(file, text);
	ck_assert_int_eq(load(file), 2);
	expect(0, 5, "line of 408 bytes");
	ck_assert_int_eq(config.settings.memory_warn.permyriad, 1200);
	expect(1, 4, "memory.kill 5% or 1G is above memory.term 3%");
}
END_TEST

START_TEST(test_nul)
{
	static const char text[] =
		"[memory]\nwarn = 12%\0 x\n\0\n# \0\nkill=1%";

	write_bytes(file, text, sizeof(text) - 1);
	ck_assert_int_eq(load(file), 2);
	expect(0, 2, "NUL byte: expected text");
	expect(1, 3, "NUL byte");
	ck_assert_int_eq(config.settings.memory_warn.permyriad, 1500);
	ck_assert_int_eq(config.settings.memory_kill.permyriad, 100);
}
END_TEST

START_TEST(test_foreign_text)
{
	write_text(file, "\xef\xbb\xbf[memory]\r\nwarn = 12%\r\n\r\n"
			 "[victim]\r\nnever = a\r\nnever = b");
	ck_assert_int_eq(load(file), 0);
	ck_assert_int_eq(config.settings.memory_warn.permyriad, 1200);
	ck_assert_int_eq(origin_of("memory", "warn").line, 2);
	ck_assert_int_eq(origin_of("victim", "never").line, 6);
}
END_TEST

START_TEST(test_duplicates)
{
	write_text(file, "[memory]\nwarn = 12%\nwarn = 13%\n[victim]\n"
			 "never = a\nnever = b\n[memory]\nwarn = 12%\n");
	ck_assert_int_eq(load(file), 2);
	expect(0, 3,
	       "second \"warn\": expected one in a file, and it is in "
	       "line 2");
	expect(1, 8, "second \"warn\"");
	ck_assert_int_eq(config.settings.memory_warn.permyriad, 1200);
}
END_TEST

static void add_drop_in(const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", drop_ins, name);
	write_text(path, text);
}

START_TEST(test_drop_ins)
{
	uint32_t last;

	write_text(file, "[memory]\nwarn = 12%\nterm = 9%\n[victim]\n"
			 "never = a\nprefer = p 1%\n");
	add_drop_in("20.conf", "[memory]\nwarn = 14%\n");
	add_drop_in("10.conf", "[memory]\nwarn = 13%\n[victim]\nnever = b\n");
	add_drop_in("B.conf", "[victim]\nnever =\nnever = c\n");
	add_drop_in("a.conf", "[victim]\nnever = d\n");
	add_drop_in(".hidden.conf", "x\n");
	add_drop_in("30.conf~", "x\n");
	add_drop_in("30.conf.bak", "x\n");
	add_drop_in(".conf", "x\n");
	ck_assert_int_eq(load(file), 0);
	ck_assert_int_eq(config.files_count, 5);
	ck_assert_int_eq(config.settings.memory_warn.permyriad, 1400);
	ck_assert_int_eq(config.settings.memory_term.permyriad, 900);
	ck_assert_int_eq(origin_of("memory", "warn").file, 3);
	ck_assert_int_eq(origin_of("memory", "term").file, 1);
	ck_assert_int_eq(origin_of("memory", "kill").file, 0);
	last = config.settings.rules_count - 1;
	ck_assert_str_eq(config.settings.rules[last].selector.pattern, "d");
	ck_assert_int_eq(config.rule_origins[last].file, 5);
	ck_assert_int_eq(config.rule_origins[last].line, 2);
	ck_assert_str_eq(config.settings.rules[last - 1].selector.pattern, "c");
	ck_assert_int_eq(config.rule_origins[last - 1].file, 4);
	ck_assert_int_eq(config.rule_origins[last - 1].line, 3);
	ck_assert_str_eq(config.settings.rules[last - 2].selector.pattern, "p");
	ck_assert_int_eq(config.rule_origins[last - 2].file, 1);
	ck_assert_int_eq(config.rule_origins[last - 2].line, 6);
	ck_assert_int_eq(config.rule_origins[0].file, 0);
	ck_assert_ptr_nonnull(strstr(config.files[2], "/20.conf"));
}
END_TEST

START_TEST(test_many_drop_ins)
{
	char name[32];

	write_text(file, "");
	for (int i = 1; i <= CONFIG_FILES_MAX; i++) {
		snprintf(name, sizeof(name), "%03d.conf", i);
		add_drop_in(name, "");
	}
	ck_assert_int_eq(load(file), 1);
	ck_assert_ptr_nonnull(strstr(messages[0], "/064.conf: one file too"));
}
END_TEST

START_TEST(test_conflict_in_drop_in)
{
	write_text(file, "[memory]\n\nkill = 8%\n");
	add_drop_in("1.conf", "[memory]\nterm = 7%\n");
	ck_assert_int_eq(load(file), 1);
	expect(0, 3, "memory.kill 8% is above memory.term 7%");
}
END_TEST

/* Used as it is, kill would be cut to term: no SIGTERM any more. */
START_TEST(test_conflicting_pair_is_default)
{
	size_t count;
	const struct setting *table = settings_table(&count);
	const struct setting *kill = settings_find("memory", "kill");

	write_text(file, "[memory]\nkill = 50%\nwarn = 20%\n"
			 "[swap]\nterm = 3%\nkill = 4%\n");
	ck_assert_int_eq(load(file), 2);
	expect(0, 2, "memory.kill 50% is above memory.term 10% or 2G");
	ck_assert_int_eq(config.settings.memory_kill.permyriad, 500);
	ck_assert_int_eq(config.settings.memory_kill.kib, 1 << 20);
	ck_assert_int_eq(config.settings.memory_term.permyriad, 1000);
	ck_assert_int_eq(config.settings.memory_warn.permyriad, 2000);
	ck_assert_int_eq(config.settings.swap_term_permyriad, 1000);
	ck_assert_int_eq(config.settings.swap_kill_permyriad, 500);
	ck_assert_int_eq(config.origins[kill - table].file, 0);
}
END_TEST

/* Where a default contradicts the third of them, that one goes, too. */
START_TEST(test_conflicting_pair_drags_the_third_along)
{
	write_text(file, "[memory]\nwarn = 4%\nterm = 2%\nkill = 3%\n");
	ck_assert_int_eq(load(file), 1);
	expect(0, 4, "memory.kill 3% is above memory.term 2%");
	ck_assert_int_eq(config.settings.memory_warn.permyriad, 1500);
	ck_assert_int_eq(config.settings.memory_term.permyriad, 1000);
	ck_assert_int_eq(config.settings.memory_kill.permyriad, 500);
}
END_TEST

START_TEST(test_users)
{
	const struct rule *rules = config.settings.rules;
	uint32_t last;

	write_text(file, "[victim]\nnever = user:root user:no-such-user\n"
			 "never = user:12345\n");
	ck_assert_int_eq(load(file), 1);
	expect(0, 2, "unknown user \"no-such-user\": expected");
	last = config.settings.rules_count - 1;
	ck_assert_uint_eq(rules[last].selector.uid, 12345);
	ck_assert_uint_eq(rules[last - 1].selector.uid, SELECTOR_UID_UNKNOWN);
	ck_assert_uint_eq(rules[last - 2].selector.uid, 0);
}
END_TEST

/* Where the name service hangs: all but the names counts. */
START_TEST(test_without_users)
{
	const struct rule *rules = config.settings.rules;
	uint32_t last;

	write_text(file, "[strike]\ngrace = 7s\n"
			 "[victim]\nnever = user:root user:0\n");
	config.without_users = true;
	ck_assert_int_eq(load(file), 1);
	ck_assert(config.without_users);
	expect(0, 4,
	       "unknown user \"root\": expected a user of this machine, "
	       "or a number; Connection timed out");
	last = config.settings.rules_count - 1;
	ck_assert_uint_eq(rules[last].selector.uid, 0);
	ck_assert_uint_eq(rules[last - 1].selector.uid, SELECTOR_UID_UNKNOWN);
	ck_assert_int_eq(config.settings.grace_ms, 7000);
	config.without_users = false;
	messages_count = 0;
	ck_assert_int_eq(load(file), 0);
	ck_assert_uint_eq(rules[last - 1].selector.uid, 0);
}
END_TEST

START_TEST(test_no_file)
{
	ck_assert_int_eq(load(file), 1);
	expect(0, 0, "cannot be opened: No such file or directory");
	ck_assert_int_eq(config.files_count, 0);
	ck_assert_int_eq(config.settings.grace_ms, 10000);
}
END_TEST

START_TEST(test_no_directory)
{
	write_text(file, "");
	ck_assert_int_eq(config_load(&config, file, "/nonexistent", tell, NULL),
			 0);
	ck_assert_int_eq(config_load(&config, file, NULL, tell, NULL), 0);
	ck_assert_int_eq(
		config_load(&config, file, file, tell, &messages_count), 1);
	expect(0, 0, "cannot be read: Not a directory");
}
END_TEST

START_TEST(test_kinds)
{
	ck_assert(!mkdir(file, 0755));
	ck_assert_int_eq(load(file), 1);
	expect(0, 0, "is a directory: expected a file");
	ck_assert(!rmdir(file));
	messages_count = 0;
	/* Nobody writes to it: a blocking open would hang. */
	ck_assert(!mkfifo(file, 0644));
	ck_assert_int_eq(load(file), 1);
	expect(0, 0, "is no regular file: expected a file");
	messages_count = 0;
	ck_assert_int_eq(
		config_load(&config, "/dev/null", NULL, tell, &messages_count),
		1);
}
END_TEST

START_TEST(test_unreadable)
{
	write_text(file, "[memory]\n");
	ck_assert(!chmod(file, 0));
	if (!geteuid()) {
		ck_assert(!chmod(directory, 0755));
		ck_assert(!seteuid(65534));
	}
	ck_assert_int_eq(load(file), 1);
	expect(0, 0, "cannot be opened: Permission denied");
	if (!getuid())
		ck_assert(!seteuid(0));
}
END_TEST

START_TEST(test_size)
{
	static char text[256 * 1024 + 1];
	static const char head[] = "[memory]\nwarn = 12%\n";

	memset(text, '\n', sizeof(text));
	memcpy(text, head, sizeof(head) - 1);
	write_bytes(file, text, sizeof(text) - 1);
	ck_assert_int_eq(load(file), 0);
	write_bytes(file, text, sizeof(text));
	ck_assert_int_eq(load(file), 1);
	expect(0, 0, "too large: expected at most 256 KiB");
	ck_assert_int_eq(config.settings.memory_warn.permyriad, 1200);
}
END_TEST

/* A reader fails in the middle: /proc/self/mem has no first page. */
START_TEST(test_read_error)
{
	ck_assert_int_eq(config_load(&config, "/proc/self/mem", NULL, tell,
				     &messages_count),
			 1);
	ck_assert_str_eq(messages[0], "/proc/self/mem: cannot be read: "
				      "Input/output error");
}
END_TEST

START_TEST(test_full_rules)
{
	char text[8192] = "[victim]\n";
	int length = (int)strlen(text);
	uint32_t built_in;

	settings_init(&config.settings);
	built_in = config.settings.rules_count;
	for (uint32_t i = built_in; i < SETTINGS_RULES_MAX + 2; i++)
		length += snprintf(text + length, sizeof(text) - (size_t)length,
				   "never = a\n");
	write_text(file, text);
	ck_assert_int_eq(load(file), 2);
	expect(0, (int)(SETTINGS_RULES_MAX - built_in) + 2,
	       "no room for the rule \"a\"");
	ck_assert_uint_eq(config.settings.rules_count, SETTINGS_RULES_MAX);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
	Suite *suite = suite_create("config");
	TCase *rows = tcase_create("rows");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(rows, setup, teardown);
	tcase_add_loop_test(rows, test_lines, 0, ROWS(lines));
	tcase_add_test(rows, test_bad_header);
	tcase_add_test(rows, test_key_before_section);
	tcase_add_test(rows, test_long_lines);
	tcase_add_test(rows, test_nul);
	tcase_add_test(rows, test_foreign_text);
	tcase_add_test(rows, test_duplicates);
	tcase_add_test(rows, test_drop_ins);
	tcase_add_test(rows, test_many_drop_ins);
	tcase_add_test(rows, test_conflict_in_drop_in);
	tcase_add_test(rows, test_conflicting_pair_is_default);
	tcase_add_test(rows, test_conflicting_pair_drags_the_third_along);
	tcase_add_test(rows, test_users);
	tcase_add_test(rows, test_without_users);
	tcase_add_test(rows, test_no_file);
	tcase_add_test(rows, test_no_directory);
	tcase_add_test(rows, test_kinds);
	tcase_add_test(rows, test_unreadable);
	tcase_add_test(rows, test_size);
	tcase_add_test(rows, test_read_error);
	tcase_add_test(rows, test_full_rules);
	suite_add_tcase(suite, rows);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
