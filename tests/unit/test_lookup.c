/* SPDX-License-Identifier: MIT */
#include "lookup.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <systemd/sd-bus.h>

#include "fixture.h"

#define STAT "42 (x) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 777 0 0 0\n"

static char directory[] = "/tmp/oomguard-lookup-XXXXXX";
static char address[80];
static int root;
static char value[64];

static void put_file(const char *name, const char *bytes, size_t length)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "42/%s", name);
	fd = openat(root, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, length), (ssize_t)length);
	(void)close(fd);
}

static void setup(void)
{
	(void)snprintf(directory + sizeof(directory) - 7, 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	root = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(mkdirat(root, "42", 0700), 0);
	(void)snprintf(address, sizeof(address), "unix:path=%s/bus", directory);
	(void)setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1);
	(void)snprintf(value, sizeof(value), "%s", "before");
}

static void teardown(void)
{
	(void)unlinkat(root, "42/cmdline", 0);
	(void)unlinkat(root, "42/stat", 0);
	(void)unlinkat(root, "42", AT_REMOVEDIR);
	(void)unlinkat(root, "bus", 0);
	(void)close(root);
	ck_assert_int_eq(rmdir(directory), 0);
}

static const struct {
	const char *name;
	const char *bytes;
	size_t length;
	size_t size;
	const char *cmdline;
} cmdlines[] = {
	{ "two arguments", BYTES("java\0-jar\0"), 64, "java -jar" },
	{ "an empty one in between", BYTES("a\0\0b\0"), 64, "a  b" },
	{ "empty ones at the end", BYTES("a\0\0\0"), 64, "a" },
	{ "it has written a title", BYTES("postgres: idle   \0\0"), 64,
	  "postgres: idle" },
	{ "no end", BYTES("abc"), 64, "abc" },
	{ "nothing", BYTES(""), 64, "" },
	{ "only ends", BYTES("\0\0"), 64, "" },
	{ "any byte", BYTES("a\n\xff\0"), 64, "a\n\xff" },
	{ "it just fits", BYTES("123456789"), 10, "123456789" },
	{ "one byte too long", BYTES("1234567890"), 10, "123456789" },
};

START_TEST(test_cmdline)
{
	put_file("cmdline", cmdlines[_i].bytes, cmdlines[_i].length);
	lookup_cmdline(root, 42, 0, value, cmdlines[_i].size);
	ck_assert_msg(strcmp(value, cmdlines[_i].cmdline) == 0, "%s: %s",
		      cmdlines[_i].name, value);
}
END_TEST

static const struct {
	const char *name;
	int32_t pid;
	const char *stat; /* NULL: there is none */
	uint64_t start_ticks;
	uint64_t seen_ticks;
	const char *cmdline;
} identities[] = {
	{ "the same", 42, STAT, 777, 777, "java" },
	{ "whichever it is", 42, STAT, 0, 777, "java" },
	{ "the pid belongs to another one", 42, STAT, 778, 777, "" },
	{ "the start is not known", 42, NULL, 0, 0, "java" },
	{ "no stat", 42, NULL, 777, 0, "" },
	{ "garbage in stat", 42, "garbage", 777, 0, "" },
	{ "it has gone", 43, NULL, 0, 0, "" },
};

START_TEST(test_identity)
{
	put_file("cmdline", BYTES("java"));
	if (identities[_i].stat)
		put_file("stat", identities[_i].stat,
			 strlen(identities[_i].stat));
	uint64_t seen = lookup_cmdline(root, identities[_i].pid,
				       identities[_i].start_ticks, value,
				       sizeof(value));
	ck_assert_uint_eq(seen, identities[_i].seen_ticks);
	ck_assert_msg(strcmp(value, identities[_i].cmdline) == 0, "%s: %s",
		      identities[_i].name, value);
}
END_TEST

START_TEST(test_user)
{
	lookup_user(0, value, sizeof(value));
	ck_assert_str_eq(value, "root");
	lookup_user(0, value, 3);
	ck_assert_str_eq(value, "ro");
	lookup_user(4000000001U, value, sizeof(value));
	ck_assert_str_eq(value, "");
}
END_TEST

static int listen_at_bus(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/bus", directory);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(fd, 4), 0);
	return fd;
}

enum manner { ANSWERS, REFUSES, IS_SILENT };

static const struct {
	const char *name;
	const char *unit;
	enum manner manner;
	const char *restart;
} units[] = {
	{ "a service", "nginx.service", ANSWERS, "on-failure" },
	{ "an instance", "getty@tty1.service", ANSWERS, "always" },
	{ "it is not known", "x.service", REFUSES, "" },
	{ "never an answer", "nginx.service", IS_SILENT, "" },
};

/* The bus and the service manager in one: one client, until it goes. */
static int answer(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const int *row = userdata;
	char *unit = NULL;

	if (sd_bus_message_is_method_call(message, NULL, "Hello"))
		return sd_bus_reply_method_return(message, "s", ":1.1");
	if (!sd_bus_message_is_method_call(message, NULL, "Get"))
		return 0;
	if (units[*row].manner == IS_SILENT)
		return 1;
	(void)sd_bus_path_decode(sd_bus_message_get_path(message),
				 "/org/freedesktop/systemd1/unit", &unit);
	if (units[*row].manner == REFUSES || !unit ||
	    strcmp(unit, units[*row].unit) != 0)
		return sd_bus_error_set(error, SD_BUS_ERROR_UNKNOWN_OBJECT,
					"no such unit");
	free(unit);
	return sd_bus_reply_method_return(message, "v", "s",
					  units[*row].restart);
}

static _Noreturn void serve(int listener, int row)
{
	sd_bus *bus = NULL;
	sd_id128_t id;
	int fd = accept(listener, NULL, NULL);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fd < 0 || sd_id128_randomize(&id) < 0 || sd_bus_new(&bus) < 0 ||
	    sd_bus_set_fd(bus, fd, fd) < 0 ||
	    sd_bus_set_server(bus, 1, id) < 0 ||
	    sd_bus_add_filter(bus, NULL, answer, &row) < 0 ||
	    sd_bus_start(bus) < 0)
		_exit(1);
	while (sd_bus_process(bus, NULL) >= 0 &&
	       sd_bus_wait(bus, UINT64_MAX) >= 0)
		;
	_exit(0);
}

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

START_TEST(test_restart)
{
	int listener = listen_at_bus();
	int64_t begin_ms = now_ms();
	pid_t child = fork();

	if (child == 0)
		serve(listener, _i);
	(void)close(listener);
	lookup_restart(units[_i].unit, value, sizeof(value));
	(void)kill(child, SIGKILL);
	(void)fixture_reap(child);
	ck_assert_msg(strcmp(value, units[_i].restart) == 0, "%s: %s",
		      units[_i].name, value);
	ck_assert_int_lt(now_ms() - begin_ms, 5000);
}
END_TEST

START_TEST(test_no_bus)
{
	lookup_restart("nginx.service", value, sizeof(value));
	ck_assert_str_eq(value, "");
}
END_TEST

/* A bus that takes connections and then hangs. */
START_TEST(test_mute_bus)
{
	int listener = listen_at_bus();
	int64_t begin_ms = now_ms();

	lookup_restart("nginx.service", value, sizeof(value));
	ck_assert_str_eq(value, "");
	ck_assert_int_lt(now_ms() - begin_ms, 5000);
	(void)close(listener);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("lookup");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_loop_test(cases, test_cmdline, 0, ROWS(cmdlines));
	tcase_add_loop_test(cases, test_identity, 0, ROWS(identities));
	tcase_add_test(cases, test_user);
	tcase_add_loop_test(cases, test_restart, 0, ROWS(units));
	tcase_add_test(cases, test_no_bus);
	tcase_add_test(cases, test_mute_bus);
	return fixture_run(cases, "lookup");
}
