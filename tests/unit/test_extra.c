/* SPDX-License-Identifier: MIT */
#include "extra.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "told.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define NOBODY_KNOWS 4000000001U

static char directory[] = "/tmp/oomguard-extra-XXXXXX";
static int root;
static struct finder *finder;
static struct extra extra;

static void put_file(int32_t pid, const char *name, const char *text)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "%d", pid);
	(void)mkdirat(root, path, 0700);
	(void)snprintf(path, sizeof(path), "%d/%s", pid, name);
	fd = openat(root, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	(void)close(fd);
}

static void put_process(int32_t pid, const char *cmdline)
{
	put_file(pid, "cmdline", cmdline);
}

static void put_start(int32_t pid, uint64_t start_ticks)
{
	char text[160];

	(void)snprintf(text, sizeof(text),
		       "%d (x) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %" PRIu64
		       " 0 0 0\n",
		       pid, start_ticks);
	put_file(pid, "stat", text);
}

static void remove_process(int32_t pid)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%d/stat", pid);
	(void)unlinkat(root, path, 0);
	(void)snprintf(path, sizeof(path), "%d/cmdline", pid);
	(void)unlinkat(root, path, 0);
	(void)snprintf(path, sizeof(path), "%d", pid);
	(void)unlinkat(root, path, AT_REMOVEDIR);
}

static void setup(void)
{
	(void)snprintf(directory + sizeof(directory) - 7, 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	root = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent", 1);
	finder = finder_create(directory);
	ck_assert_ptr_nonnull(finder);
}

static void teardown(void)
{
	finder_destroy(finder);
	for (int32_t pid = 1; pid <= 300; pid++)
		remove_process(pid);
	(void)close(root);
	ck_assert_int_eq(rmdir(directory), 0);
}

static struct candidate given_candidate(int32_t pid)
{
	return (struct candidate){ .pid = pid, .uid = NOBODY_KNOWS };
}

static const char *known_cmdline(int32_t pid)
{
	static char answer[FINDER_ANSWER_SIZE];
	struct question question = { .kind = QUESTION_CMDLINE, .pid = pid };

	finder_recall(finder, &question, answer, sizeof(answer));
	return answer;
}

/* Waits until the command line is found that is expected. */
static void await_cmdline(int32_t pid, const char *expected)
{
	int waited_ms = 0;

	while (strcmp(known_cmdline(pid), expected) != 0)
		fixture_wait(&waited_ms);
}

static struct snapshot given_snapshot(enum urgency urgency, int32_t pid)
{
	return (struct snapshot){ .decision = { .urgency = urgency },
				  .candidates_count = 1,
				  .candidates = { given_candidate(pid) } };
}

static struct record given_record(int32_t pid, const char *cgroup)
{
	struct record record = { .has_victim = true,
				 .victim = given_candidate(pid) };

	(void)snprintf(record.cgroup, sizeof(record.cgroup), "%s", cgroup);
	return record;
}

START_TEST(test_remembers_the_gone)
{
	struct snapshot snapshot = given_snapshot(URGENCY_WARN, 42);
	struct record record = given_record(42, "/docker/" ID);
	struct candidate other = given_candidate(43);

	put_process(42, "java -jar shop.jar");
	put_process(43, "other");
	extra_remember(finder, &snapshot);
	await_cmdline(42, "java -jar shop.jar");
	remove_process(42);
	extra_fill(finder, &record, &extra);
	ck_assert_str_eq(extra.cmdline, "java -jar shop.jar");
	ck_assert_str_eq(extra.container, ID);
	ck_assert_str_eq(extra.user, "");
	ck_assert_str_eq(extra.restart, "");

	/* The outcome comes without the cgroup, and much later. */
	record.cgroup[0] = '\0';
	record.monotonic_ms = 3600000;
	extra_fill(finder, &record, &extra);
	ck_assert_str_eq(extra.container, ID);
	extra_of(finder, &other, NULL, 3600001, &extra);
	await_cmdline(43, "other");
	ck_assert_str_eq(known_cmdline(42), "java -jar shop.jar");
}
END_TEST

static const struct {
	const char *name;
	enum urgency urgency;
	enum urgency told;
	bool remembers;
} moments[] = {
	{ "calm", URGENCY_NONE, URGENCY_NONE, false },
	{ "warn", URGENCY_WARN, URGENCY_NONE, true },
	{ "warn is still told", URGENCY_NONE, URGENCY_WARN, true },
	{ "kill", URGENCY_KILL, URGENCY_TERM, true },
};

START_TEST(test_when)
{
	struct snapshot snapshot = given_snapshot(moments[_i].urgency, 42);
	struct candidate later = given_candidate(43);

	snapshot.told = moments[_i].told;
	put_process(42, "first");
	put_process(43, "second");
	extra_remember(finder, &snapshot);
	extra_of(finder, &later, NULL, 1000, &extra);
	await_cmdline(43, "second");
	ck_assert_msg((strcmp(known_cmdline(42), "first") == 0) ==
			      moments[_i].remembers,
		      "%s: %s", moments[_i].name, known_cmdline(42));
}
END_TEST

/* Who is being ended already is no candidate any more. */
START_TEST(test_victims)
{
	struct snapshot snapshot = given_snapshot(URGENCY_TERM, 42);

	snapshot.strikes[STRIKES_MAX - 1].stage = STAGE_ASKED;
	snapshot.victims[STRIKES_MAX - 1] = given_candidate(43);
	snapshot.victims[0] = given_candidate(44);
	put_process(43, "victim");
	put_process(44, "former victim");
	extra_remember(finder, &snapshot);
	await_cmdline(43, "victim");
	ck_assert_str_eq(known_cmdline(44), "");
}
END_TEST

/* A board that lies must not lead us out of its bounds. */
START_TEST(test_too_many)
{
	struct snapshot snapshot = given_snapshot(URGENCY_WARN, 42);

	snapshot.candidates_count = UINT32_MAX;
	extra_remember(finder, &snapshot);
}
END_TEST

START_TEST(test_another_process)
{
	struct candidate candidate = given_candidate(42);

	put_process(42, "first");
	extra_of(finder, &candidate, "/docker/" ID, 0, &extra);
	ck_assert_str_eq(extra.cmdline, "");
	await_cmdline(42, "first");
	candidate.start_ticks = 1;
	extra_of(finder, &candidate, NULL, 0, &extra);
	ck_assert_str_eq(extra.cmdline, "");
	ck_assert_str_eq(extra.container, "");
}
END_TEST

/* Its start is not known to the guard before the census has met it. */
START_TEST(test_start_known_later)
{
	struct candidate candidate = given_candidate(42);

	put_process(42, "leak");
	put_start(42, 7);
	extra_of(finder, &candidate, NULL, 0, &extra);
	await_cmdline(42, "leak");
	remove_process(42);
	candidate.start_ticks = 7;
	extra_of(finder, &candidate, NULL, 0, &extra);
	ck_assert_str_eq(extra.cmdline, "leak");
	candidate.start_ticks = 8;
	extra_of(finder, &candidate, NULL, 0, &extra);
	ck_assert_str_eq(extra.cmdline, "");
}
END_TEST

static const struct {
	const char *name;
	const char *first;
	int64_t later_ms;
	const char *cmdline;
} ages[] = {
	{ "young", "first", 59999, "first" },
	{ "old", "first", 60000, "second" },
	{ "had none", "", 999, "" },
	{ "had none, and is asked again", "", 1000, "second" },
};

START_TEST(test_age)
{
	struct candidate candidate = given_candidate(42);
	struct candidate other = given_candidate(43);

	put_process(42, ages[_i].first);
	put_process(43, "other");
	put_process(44, "another");
	extra_of(finder, &candidate, NULL, 5000, &extra);
	extra_of(finder, &other, NULL, 5000, &extra);
	await_cmdline(43, "other");
	ck_assert_str_eq(known_cmdline(42), ages[_i].first);
	put_process(42, "second");
	extra_of(finder, &candidate, NULL, 5000 + ages[_i].later_ms, &extra);
	ck_assert_str_eq(extra.cmdline, ages[_i].first);
	other = given_candidate(44);
	extra_of(finder, &other, NULL, 5000 + ages[_i].later_ms, &extra);
	await_cmdline(44, "another");
	ck_assert_msg(strcmp(known_cmdline(42), ages[_i].cmdline) == 0,
		      "%s: %s", ages[_i].name, known_cmdline(42));
}
END_TEST

START_TEST(test_user)
{
	struct candidate candidate = { .pid = 42 };
	int waited_ms = 0;

	(void)snprintf(candidate.unit, sizeof(candidate.unit), "%s",
		       "nginx.service");
	for (;;) {
		extra_of(finder, &candidate, NULL, waited_ms, &extra);
		if (strcmp(extra.user, "root") == 0)
			break;
		fixture_wait(&waited_ms);
	}
	ck_assert_str_eq(extra.restart, "");
}
END_TEST

/*
 * The table is full: the ones that were asked for last are there. Of the first
 * ones the thread may be at work on one meanwhile, which then stays.
 */
START_TEST(test_bounded)
{
	struct candidate candidate;
	int stayed = 0;

	for (int32_t pid = 1; pid <= 300; pid++)
		put_process(pid, "x");
	for (int32_t pid = 1; pid <= 300; pid++) {
		candidate = given_candidate(pid);
		extra_of(finder, &candidate, NULL, pid, &extra);
	}
	await_cmdline(300, "x");
	await_cmdline(299, "x");
	for (int32_t pid = 1; pid <= 100; pid++)
		stayed += known_cmdline(pid)[0] != '\0';
	ck_assert_int_le(stayed, 1);
}
END_TEST

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Opening a pipe waits for a writer, as reading may wait for mmap_lock. */
static void put_hanging_process(int32_t pid)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%d", pid);
	ck_assert_int_eq(mkdirat(root, path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%d/cmdline", pid);
	ck_assert_int_eq(mkfifoat(root, path, 0600), 0);
}

/* Waits until somebody reads, and lets him go on. */
static void end_hanging(void)
{
	int waited_ms = 0;
	int fd;

	while ((fd = openat(root, "42/cmdline", O_WRONLY | O_NONBLOCK)) < 0)
		fixture_wait(&waited_ms);
	ck_assert_int_eq(write(fd, "late", 4), 4);
	(void)close(fd);
}

START_TEST(test_hangs)
{
	struct candidate candidate = given_candidate(42);
	int64_t begin_ms = now_ms();
	int waited_ms = 0;

	put_hanging_process(42);
	put_process(43, "other");
	extra_of(finder, &candidate, NULL, 1, &extra);
	candidate = given_candidate(43);
	candidate.uid = 0;
	do {
		extra_of(finder, &candidate, NULL, 2 + waited_ms, &extra);
		fixture_wait(&waited_ms);
	} while (strcmp(extra.user, "root") != 0);
	ck_assert_str_eq(known_cmdline(43), "");
	for (int32_t pid = 1000; pid < 2000; pid++) {
		candidate = given_candidate(pid);
		extra_of(finder, &candidate, NULL, 3, &extra);
	}
	ck_assert_int_lt(now_ms() - begin_ms, 5000);
	ck_assert_str_eq(known_cmdline(42), "");
	end_hanging();
	await_cmdline(42, "late");
	remove_process(42);
}
END_TEST

START_TEST(test_destroyed_while_it_hangs)
{
	struct finder *other = finder_create(directory);
	struct candidate candidate = given_candidate(42);
	struct question question = { .kind = QUESTION_CMDLINE, .pid = 43 };
	int64_t begin_ms = now_ms();
	char answer[8];

	put_hanging_process(42);
	extra_of(other, &candidate, NULL, 1, &extra);
	finder_ask(other, &question, 1, answer, sizeof(answer));
	finder_destroy(other);
	ck_assert_int_lt(now_ms() - begin_ms, 5000);
	remove_process(42);
}
END_TEST

START_TEST(test_nothing)
{
	struct record record = { .has_victim = false };

	memset(&extra, UNTOUCHED, sizeof(extra));
	extra_fill(finder, &record, &extra);
	ck_assert_str_eq(extra.cmdline, "");
	ck_assert_str_eq(extra.restart, "");
	record = given_record(42, "/docker/" ID);
	memset(&extra, UNTOUCHED, sizeof(extra));
	extra_fill(NULL, &record, &extra);
	ck_assert_str_eq(extra.container, "");
	ck_assert_str_eq(extra.cmdline, "");
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("extra");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, test_remembers_the_gone);
	tcase_add_loop_test(cases, test_when, 0, ROWS(moments));
	tcase_add_test(cases, test_victims);
	tcase_add_test(cases, test_too_many);
	tcase_add_test(cases, test_another_process);
	tcase_add_test(cases, test_start_known_later);
	tcase_add_loop_test(cases, test_age, 0, ROWS(ages));
	tcase_add_test(cases, test_user);
	tcase_add_test(cases, test_bounded);
	tcase_add_test(cases, test_hangs);
	tcase_add_test(cases, test_destroyed_while_it_hangs);
	tcase_add_test(cases, test_nothing);
	return fixture_run(cases, "extra");
}
