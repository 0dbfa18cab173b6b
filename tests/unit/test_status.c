/* SPDX-License-Identifier: MIT */
#include "status.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "procfs.h"

#include "given.h"

#define NOW_MS 1000000

static char directory[] = "/tmp/oomguard-status-XXXXXX";
static int server;
static struct status status;
static struct notify notify;
static char bytes[1024];

static void listen_at(const char *path, bool is_abstract)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				     strlen(path));

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	if (is_abstract)
		at.sun_path[0] = '\0';
	server = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(server, (struct sockaddr *)&at, size), 0);
	(void)setenv("NOTIFY_SOCKET", path, 1);
	status = (struct status){ 0 };
	notify_open(&notify);
}

static void setup(void)
{
	char path[80];

	(void)snprintf(directory + sizeof(directory) - 7, 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	(void)snprintf(path, sizeof(path), "%s/notify", directory);
	listen_at(path, false);
}

static void teardown(void)
{
	char path[80];

	(void)close(notify.socket);
	(void)close(server);
	(void)snprintf(path, sizeof(path), "%s/notify", directory);
	(void)unlink(path);
	(void)rmdir(directory);
}

/* What was sent, or "". */
static const char *received(void)
{
	ssize_t got = recv(server, bytes, sizeof(bytes) - 1, MSG_DONTWAIT);

	bytes[got > 0 ? got : 0] = '\0';
	return bytes;
}

#define CALM                                                                   \
	.decision = { .available_kib = 17 * GIB,                               \
		      .levels = { .base_kib = 24 * GIB,                        \
				  .warn_kib = GIB * 7 / 2 } },                 \
	.privileges = { .may_kill = true }
#define NUMBERS ": 70 % available (17.0 GiB), warn below 3.5 GiB"

static const struct {
	const char *name;
	struct snapshot snapshot;
	const char *line;
} lines[] = {
	{ "calm", { CALM }, "calm" NUMBERS "; 0 strikes, 0 kernel kills" },
	{ "one of each",
	  { CALM, .strikes_total = 1, .kernel_kills = 1 },
	  "calm" NUMBERS "; 1 strike, 1 kernel kill" },
	{ "warn",
	  { CALM, .told = URGENCY_WARN },
	  "warn" NUMBERS "; 0 strikes, 0 kernel kills" },
	{ "kill",
	  { CALM, .told = URGENCY_KILL, .strikes_total = 2 },
	  "kill" NUMBERS "; 2 strikes, 0 kernel kills" },
	{ "observing",
	  { CALM, .mode = MODE_OBSERVE, .told = URGENCY_TERM },
	  "observing, term" NUMBERS "; 0 strikes, 0 kernel kills" },
	{ "paused",
	  { CALM, .paused_until_ms = NOW_MS + 540000 },
	  "paused, calm" NUMBERS
	  "; 0 strikes, 0 kernel kills; goes on in 9 min" },
	{ "the pause is just over",
	  { CALM, .paused_until_ms = NOW_MS },
	  "paused, calm" NUMBERS "; 0 strikes, 0 kernel kills" },
	{ "mistakes in the configuration",
	  { CALM, .mistakes = 3 },
	  "calm" NUMBERS "; 0 strikes, 0 kernel kills; degraded: mistakes in "
	  "the configuration" },
	{ "the fuse",
	  { CALM, .fuse_is_blown = true },
	  "calm" NUMBERS "; 0 strikes, 0 kernel kills; holding back: only the "
	  "kill level strikes" },
	{ "unreadable",
	  { CALM, .trouble = PROCFS_MEMINFO | PROCFS_PRESSURE | PROCFS_VMSTAT },
	  "calm" NUMBERS "; 0 strikes, 0 kernel kills; degraded: cannot read "
	  "meminfo; degraded: cannot read pressure; degraded: cannot read "
	  "vmstat" },
	{ "nothing is known yet",
	  { .mode = MODE_GUARD },
	  "calm: available (0 KiB), warn below 0 KiB; 0 strikes, 0 kernel "
	  "kills; degraded: may end only its own user's processes" },
};

START_TEST(test_line)
{
	char line[STATUS_SIZE];
	struct text text;

	text_init(&text, line, sizeof(line));
	status_put(&text, &lines[_i].snapshot, NOW_MS);
	ck_assert_msg(strcmp(line, lines[_i].line) == 0, "%s: %s",
		      lines[_i].name, line);
	ck_assert(status_tell(&status, &notify, &lines[_i].snapshot, NOW_MS));
	ck_assert_msg(strncmp(received(), "STATUS=", 7) == 0 &&
			      strcmp(bytes + 7, line) == 0,
		      "%s: %s", lines[_i].name, bytes);
}
END_TEST

static const struct {
	const char *name;
	enum urgency before;
	int64_t later_ms;
	int64_t available_kib;
	enum urgency told;
	uint64_t strikes_total;
	bool is_sent;
} moments[] = {
	{ "nothing has changed", 0, 60000, 17 * GIB, 0, 0, false },
	{ "a number, too early in calm", 0, 59999, 16 * GIB, 0, 0, false },
	{ "a number, in time", 0, 60000, 16 * GIB, 0, 0, true },
	{ "a number, too early at warn", URGENCY_WARN, 9999, 16 * GIB,
	  URGENCY_WARN, 0, false },
	{ "a number, in time at warn", URGENCY_WARN, 10000, 16 * GIB,
	  URGENCY_WARN, 0, true },
	{ "the urgency", 0, 1, 17 * GIB, URGENCY_WARN, 0, true },
	{ "calm again", URGENCY_WARN, 1, 17 * GIB, 0, 0, true },
	{ "a strike", 0, 1, 17 * GIB, 0, 1, true },
};

START_TEST(test_when)
{
	struct snapshot snapshot = { CALM };

	snapshot.told = moments[_i].before;
	ck_assert(status_tell(&status, &notify, &snapshot, NOW_MS));
	ck_assert_str_ne(received(), "");
	snapshot.decision.available_kib = moments[_i].available_kib;
	snapshot.told = moments[_i].told;
	snapshot.strikes_total = moments[_i].strikes_total;
	ck_assert_msg(status_tell(&status, &notify, &snapshot,
				  NOW_MS + moments[_i].later_ms) ==
			      moments[_i].is_sent,
		      "%s", moments[_i].name);
	ck_assert_msg((received()[0] != '\0') == moments[_i].is_sent, "%s",
		      moments[_i].name);
}
END_TEST

START_TEST(test_abstract)
{
	struct snapshot snapshot = { CALM };
	char name[64];

	(void)snprintf(name, sizeof(name), "@oomguard-status-%d", getpid());
	(void)close(notify.socket);
	(void)close(server);
	listen_at(name, true);
	ck_assert(status_tell(&status, &notify, &snapshot, NOW_MS));
	ck_assert_str_ne(received(), "");
}
END_TEST

/* A service manager that hangs does not hold us up. */
START_TEST(test_never_read)
{
	struct snapshot snapshot = { CALM };

	for (int i = 0; i < 2000; i++) {
		snapshot.strikes_total++;
		ck_assert(status_tell(&status, &notify, &snapshot, NOW_MS));
	}
	ck_assert_str_ne(received(), "");
}
END_TEST

START_TEST(test_no_socket)
{
	struct snapshot snapshot = { CALM };

	(void)close(notify.socket);
	(void)unsetenv("NOTIFY_SOCKET");
	notify_open(&notify);
	ck_assert_int_eq(notify.socket, -1);
	(void)status_tell(&status, &notify, &snapshot, NOW_MS);
	ck_assert_str_eq(received(), "");
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("status");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_loop_test(cases, test_line, 0, ROWS(lines));
	tcase_add_loop_test(cases, test_when, 0, ROWS(moments));
	tcase_add_test(cases, test_abstract);
	tcase_add_test(cases, test_never_read);
	tcase_add_test(cases, test_no_socket);
	return fixture_run(cases, "status");
}
