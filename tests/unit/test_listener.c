/* SPDX-License-Identifier: MIT */
#include "listener.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "fixture.h"

static char directory[64];
static char path[96];
static struct listener listener;

static void setup(void)
{
	(void)strcpy(directory, "/tmp/oomguard-listener.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	(void)snprintf(path, sizeof(path), "%s/run/socket", directory);
	listener_init(&listener);
}

static void teardown(void)
{
	char run[80];

	listener_close(&listener);
	(void)unlink(path);
	(void)snprintf(run, sizeof(run), "%s/run", directory);
	(void)rmdir(run);
	(void)rmdir(directory);
}

static int connected(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)strcpy(address.sun_path, path);
	ck_assert_int_ge(fd, 0);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	(void)close(fd);
	return -errno;
}

static bool is_there(void)
{
	struct stat file;

	return lstat(path, &file) == 0;
}

START_TEST(test_opens)
{
	struct stat file;
	int fd, client;
	uid_t uid;

	ck_assert_int_eq(listener_open(&listener, path), 0);
	ck_assert_int_eq(lstat(path, &file), 0);
	ck_assert_int_eq(file.st_mode, S_IFSOCK | 0666);
	ck_assert_int_eq(listener_accept(&listener, 0, &fd, &uid), 0);
	client = connected();
	ck_assert_int_eq(listener_accept(&listener, 0, &fd, &uid), 1);
	ck_assert_uint_eq(uid, geteuid());
	ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	(void)close(fd);
	(void)close(client);
	listener_close(&listener);
	ck_assert(!is_there());
}
END_TEST

/* What a teller that was killed leaves behind. */
START_TEST(test_removes_a_stale_one)
{
	ck_assert_int_eq(listener_open(&listener, path), 0);
	(void)close(listener.fd);
	listener_init(&listener);
	ck_assert(is_there());
	ck_assert_int_eq(listener_open(&listener, path), 0);
	(void)close(connected());
}
END_TEST

START_TEST(test_leaves_a_living_one)
{
	struct listener other;

	ck_assert_int_eq(listener_open(&listener, path), 0);
	ck_assert_int_eq(listener_open(&other, path), -EADDRINUSE);
	ck_assert_int_eq(other.fd, -1);
	listener_close(&other);
	(void)close(connected());
}
END_TEST

START_TEST(test_leaves_what_is_no_socket)
{
	ck_assert_int_eq(listener_open(&listener, path), 0);
	listener_close(&listener);
	(void)close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	ck_assert_int_eq(listener_open(&listener, path), -EEXIST);
	ck_assert(is_there());
	(void)unlink(path);
	ck_assert_int_eq(symlink("/dev/null", path), 0);
	ck_assert_int_eq(listener_open(&listener, path), -EEXIST);
	ck_assert(is_there());
}
END_TEST

/* Somebody else's socket at the same place is not ours to remove. */
START_TEST(test_removes_only_its_own)
{
	struct listener other;

	ck_assert_int_eq(listener_open(&other, path), 0);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(listener_open(&listener, path), 0);
	listener_close(&other);
	ck_assert(is_there());
}
END_TEST

START_TEST(test_bad_paths)
{
	char longest[200];

	memset(longest, 'a', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	ck_assert_int_eq(listener_open(&listener, longest), -ENAMETOOLONG);
	ck_assert_int_eq(listener_open(&listener, ""), -ENAMETOOLONG);
	ck_assert_int_eq(listener_open(&listener, "/proc/1/no/where"), -ENOENT);
}
END_TEST

START_TEST(test_descriptors_run_out)
{
	struct rlimit few, before;
	int fd, client;
	uid_t uid;

	ck_assert_int_eq(listener_open(&listener, path), 0);
	client = connected();
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = (struct rlimit){ (rlim_t)client + 1, before.rlim_max };
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	ck_assert_int_eq(listener_accept(&listener, 5000, &fd, &uid), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert_int_eq(listener_fd(&listener, 5999), -1);
	ck_assert_int_eq(listener_fd(&listener, 6000), listener.fd);
	ck_assert_int_eq(listener_accept(&listener, 6000, &fd, &uid), 1);
	(void)close(fd);
	(void)close(client);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("listener");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, test_opens);
	tcase_add_test(cases, test_removes_a_stale_one);
	tcase_add_test(cases, test_leaves_a_living_one);
	tcase_add_test(cases, test_leaves_what_is_no_socket);
	tcase_add_test(cases, test_removes_only_its_own);
	tcase_add_test(cases, test_bad_paths);
	tcase_add_test(cases, test_descriptors_run_out);
	return fixture_run(cases, "listener");
}
