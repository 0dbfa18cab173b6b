/* SPDX-License-Identifier: MIT */
#include "reading.h"

#include <poll.h>
#include <pwd.h>
#include <signal.h>

#include "fixture.h"
#include "guard.h"
#include "tree.h"

static struct reading reading;
static uint32_t length;
static char file[512];

/* The name service of this test, instead of that of libc: one user hangs, one
 * is asked about while the whole unit gets SIGHUP. */
int getpwnam_r(const char *name, struct passwd *entry, char *bytes, size_t size,
	       struct passwd **found)
{
	(void)bytes;
	(void)size;
	while (strcmp(name, "hangs") == 0)
		(void)pause();
	if (strcmp(name, "hup") == 0)
		(void)raise(SIGHUP);
	*entry = (struct passwd){ .pw_uid = 1234 };
	*found = strcmp(name, "known") == 0 ? entry : NULL;
	return 0;
}

static void set_up(void)
{
	tree_begin();
	tree_path(file, "oomguard.conf");
	memset(&reading, UNTOUCHED, sizeof(reading));
	length = 0;
}

static void tear_down(void)
{
	(void)signal(SIGCHLD, SIG_DFL);
	tree_end();
}

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* Whether a rule for this user is there: -1 is for no user. */
static bool is_spared(uint32_t uid)
{
	const struct identity identity = {
		.comm = "x", .exe = "", .unit = "", .cgroup = "", .uid = uid
	};
	struct ruling ruling;

	settings_judge(&reading.settings, &identity, &ruling);
	return ruling.never >= 0;
}

START_TEST(test_read)
{
	tree_put("oomguard.conf", "[strike]\ngrace = 7s\n"
				  "[victim]\nnever = user:known\n");
	ck_assert_int_eq(reading_wait(file, &reading), 0);
	ck_assert_int_eq(reading.mistakes, 0);
	ck_assert_int_eq(reading.settings.grace_ms, 7000);
	ck_assert(is_spared(1234));
	ck_assert(!is_spared(1235));
}
END_TEST

START_TEST(test_the_signal_to_reload)
{
	tree_put("oomguard.conf", "[strike]\ngrace = 7s\n"
				  "[victim]\nnever = user:hup user:known\n");
	ck_assert_int_eq(reading_wait(file, &reading), 0);
	ck_assert_int_eq(reading.mistakes, 1);
	ck_assert(is_spared(1234));
}
END_TEST

/* Each is told and counted; what is valid counts nevertheless. */
START_TEST(test_mistakes)
{
	tree_put("oomguard.conf", "[strike]\ngrace = soon\n[nowhere]\n"
				  "[victim]\nnever = user:unknown user:7\n");
	ck_assert_int_eq(reading_wait(file, &reading), 0);
	ck_assert_int_eq(reading.mistakes, 3);
	ck_assert_int_eq(reading.settings.grace_ms, 10000);
	ck_assert(is_spared(7));
}
END_TEST

START_TEST(test_no_file)
{
	ck_assert_int_eq(reading_wait(file, &reading), 0);
	ck_assert_int_eq(reading.mistakes, 1);
	ck_assert_int_eq(reading.settings.grace_ms, 10000);
}
END_TEST

/* A network may be involved: users are left out, and all else counts. */
START_TEST(test_a_name_service_that_hangs)
{
	int64_t from_ms = now_ms();

	tree_put("oomguard.conf", "[strike]\ngrace = 7s\n"
				  "[victim]\nnever = user:known user:hangs\n"
				  "never = user:7\n");
	ck_assert_int_eq(reading_wait(file, &reading), 0);
	ck_assert_int_ge(now_ms() - from_ms, READING_MOST_MS - 1000);
	ck_assert_int_le(now_ms() - from_ms, READING_MOST_MS + 5000);
	ck_assert_int_eq(reading.mistakes, 2);
	ck_assert_int_eq(reading.settings.grace_ms, 7000);
	ck_assert(is_spared(7));
	ck_assert(!is_spared(1234));
}
END_TEST

/* Nobody reads what it tells: that is no reason to wait. */
START_TEST(test_nobody_listens)
{
	static const char bytes[4096];
	int64_t from_ms = now_ms();
	int ends[2];

	tree_put("oomguard.conf", "[nowhere]\n");
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	while (write(ends[1], bytes, sizeof(bytes)) > 0)
		;
	ck_assert_int_eq(fcntl(ends[1], F_SETFL, 0), 0);
	int kept = dup(STDERR_FILENO);
	ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	int error = reading_wait(file, &reading);
	(void)dup2(kept, STDERR_FILENO);
	ck_assert_int_eq(error, 0);
	ck_assert_int_eq(reading.mistakes, 1);
	ck_assert_int_lt(now_ms() - from_ms, READING_MOST_MS - 1000);
}
END_TEST

/* It needs none but those of its user. */
START_TEST(test_without_rights)
{
	tree_put("oomguard.conf", "[strike]\ngrace = 7s\n");
	ck_assert_int_eq(chmod(file, 0), 0);
	ck_assert_int_eq(reading_wait(file, &reading), 0);
	ck_assert_int_eq(reading.mistakes, 1);
	ck_assert_int_eq(reading.settings.grace_ms, 10000);
}
END_TEST

START_TEST(test_no_zombie_is_left)
{
	int waited_ms = 0;

	tree_put("oomguard.conf", "");
	ck_assert_int_eq(reading_wait(file, &reading), 0);
	while (waitpid(-1, NULL, WNOHANG) == 0)
		fixture_wait(&waited_ms);
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

/* What a child sends, in parts. */
static const struct {
	const char *name;
	size_t parts[3];
	int expected; /* after its end */
} sendings[] = {
	{ "at once", { sizeof(struct reading) }, 1 },
	{ "in parts", { 1, 100, sizeof(struct reading) - 101 }, 1 },
	{ "one byte too little", { 1, sizeof(struct reading) - 2 }, -EIO },
	{ "nothing", { 0 }, -EIO },
	{ "more than there is", { sizeof(struct reading), 10 }, 1 },
};

START_TEST(test_parts)
{
	static const char bytes[sizeof(struct reading)];
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	for (int i = 0; i < 3 && sendings[_i].parts[i]; i++) {
		size_t part = sendings[_i].parts[i];

		ck_assert_int_eq(write(ends[1], bytes, part), (ssize_t)part);
		ck_assert_int_eq(reading_take(ends[0], &reading, &length), 0);
	}
	(void)close(ends[1]);
	ck_assert_msg(reading_take(ends[0], &reading, &length) ==
			      sendings[_i].expected,
		      "%s", sendings[_i].name);
	ck_assert_uint_le(length, sizeof(reading));
	(void)close(ends[0]);
}
END_TEST

/* In the D state it does not even end by its alarm; the pipe stays open. */
START_TEST(test_a_reload_that_never_ends_is_given_up)
{
	static struct guard guard;
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	guard.reload = ends[0];
	guard.reload_until_ms = 20000;
	guard.settings.grace_ms = 7;
	guard_keep_reload(&guard, 19999);
	guard_reload_read(&guard, 19999);
	ck_assert_int_eq(guard.reload, ends[0]);
	guard_keep_reload(&guard, 20000);
	ck_assert_int_eq(guard.reload, -1);
	ck_assert_int_eq(guard.settings.grace_ms, 7);
	ck_assert_int_eq(write(ends[1], "", 1), -1); /* EPIPE: it is closed */
	guard_keep_reload(&guard, 30000);
	(void)close(ends[1]);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("reading");

	(void)signal(SIGPIPE, SIG_IGN);
	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, test_read);
	tcase_add_test(cases, test_the_signal_to_reload);
	tcase_add_test(cases, test_mistakes);
	tcase_add_test(cases, test_no_file);
	tcase_add_test(cases, test_a_name_service_that_hangs);
	tcase_add_test(cases, test_nobody_listens);
	tcase_add_test(cases, test_without_rights);
	tcase_add_test(cases, test_no_zombie_is_left);
	tcase_add_loop_test(cases, test_parts, 0, ROWS(sendings));
	tcase_add_test(cases, test_a_reload_that_never_ends_is_given_up);
	return fixture_run(cases, "reading");
}
