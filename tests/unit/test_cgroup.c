/* SPDX-License-Identifier: MIT */
#include "cgroup.h"

#include <errno.h>
#include <stdbool.h>

#include "fixture.h"

static const struct {
	const char *name;
	const char *bytes;
	size_t length;
	int error;
	const char *path;
} rows[] = {
	{ "version 2", BYTES("0::/system.slice/a.service\n"), 0,
	  "/system.slice/a.service" },
	{ "the root of version 2", BYTES("0::/\n"), 0, "/" },
	{ "hybrid and used", BYTES("1:name=systemd:/b\n0::/a\n"), 0, "/a" },
	{ "hybrid, version 2 first", BYTES("0::/a\n1:name=systemd:/b\n"), 0,
	  "/a" },
	{ "hybrid and not used", BYTES("1:name=systemd:/b\n0::/\n"), 0, "/b" },
	{ "hybrid and nowhere", BYTES("1:name=systemd:/\n0::/\n"), 0, "/" },
	{ "version 1", BYTES("9:memory:/m\n10:name=systemd:/b\n"), 0, "/b" },
	{ "version 1 without systemd", BYTES("9:memory:/m\n"), -EBADMSG, "" },
	{ "deleted", BYTES("0::/a (deleted)\n"), 0, "/a" },
	{ "deleted, and called so", BYTES("0::/a (deleted) (deleted)\n"), 0,
	  "/a (deleted)" },
	{ "a path with colons", BYTES("0::/a:b:c\n"), 0, "/a:b:c" },
	{ "a path with spaces and bytes", BYTES("0::/a b\\x2d\xff\n"), 0,
	  "/a b\\x2d\xff" },
	{ "outside of the namespace", BYTES("0::/../../a\n"), 0, "/../../a" },
	{ "cut off", BYTES("0::/a"), -EBADMSG, "" },
	{ "an empty path", BYTES("0::\n"), -EBADMSG, "" },
	{ "a relative path", BYTES("0::a\n"), -EBADMSG, "" },
	{ "a NUL in the path", BYTES("0::/a\0b\n"), -EBADMSG, "" },
	{ "a name that only looks like it", BYTES("1:name=systemdx:/b\n"),
	  -EBADMSG, "" },
	{ "nothing", BYTES(""), -EBADMSG, "" },
	{ "only colons", BYTES("::\n:::\n"), -EBADMSG, "" },
};

START_TEST(test_path)
{
	char *copy = fixture_copy(rows[_i].bytes, rows[_i].length);
	char path[CGROUP_PATH_SIZE] = "";

	ck_assert_msg(cgroup_parse(copy, rows[_i].length, path) ==
			      rows[_i].error,
		      "%s", rows[_i].name);
	ck_assert_msg(strcmp(path, rows[_i].path) == 0, "%s: %s", rows[_i].name,
		      path);
	free(copy);
}
END_TEST

static const struct {
	const char *file;
	const char *path;
	const char *unit;
} captured[] = {
	{ "cgroup/v2",
	  "/user.slice/user-1000.slice/user@1000.service/app.slice/"
	  "nginx.service",
	  "user@1000.service" },
	{ "cgroup/v1", "/system.slice/docker-9f86d081884c.scope",
	  "docker-9f86d081884c.scope" },
	{ "cgroup/hybrid", "/system.slice/docker-9f86d081884c.scope",
	  "docker-9f86d081884c.scope" },
	{ "cgroup/hybrid-unused", "/system.slice/docker-9f86d081884c.scope",
	  "docker-9f86d081884c.scope" },
};

START_TEST(test_captured)
{
	char bytes[4096];
	size_t length = fixture_read(captured[_i].file, bytes, sizeof(bytes));
	char path[CGROUP_PATH_SIZE];
	char unit[CGROUP_UNIT_SIZE];

	ck_assert_int_eq(cgroup_parse(bytes, length, path), 0);
	ck_assert_str_eq(path, captured[_i].path);
	cgroup_unit(path, unit);
	ck_assert_str_eq(unit, captured[_i].unit);
}
END_TEST

static const struct {
	const char *name;
	const char *path;
	const char *unit;
} units[] = {
	{ "a service", "/system.slice/nginx.service", "nginx.service" },
	{ "a slice in a slice", "/a.slice/a-b.slice/c.service", "c.service" },
	{ "pid 1", "/init.scope", "init.scope" },
	{ "a session", "/user.slice/user-0.slice/session-3.scope",
	  "session-3.scope" },
	{ "below a service", "/system.slice/a.service/worker", "a.service" },
	{ "a user's unit with a name of the system",
	  "/user.slice/user-1000.slice/user@1000.service/sshd.service",
	  "user@1000.service" },
	{ "a service inside a container",
	  "/machine.slice/machine-x.scope/system.slice/sshd.service",
	  "machine-x.scope" },
	{ "a container without systemd", "/docker/9f86/sshd.service", "" },
	{ "Kubernetes with systemd",
	  "/kubepods.slice/kubepods-pod1.slice/cri-containerd-9f.scope",
	  "cri-containerd-9f.scope" },
	{ "Kubernetes without", "/kubepods/burstable/pod1/9f", "" },
	{ "only slices", "/system.slice", "" },
	{ "the root", "/", "" },
	{ "nothing", "", "" },
	{ "outside of the namespace", "/../a.service", "" },
	{ "only a suffix", "/system.slice/.service", "" },
	{ "another suffix", "/system.slice/a.timer", "" },
	{ "escaped by systemd", "/system.slice/_cpu.service", "cpu.service" },
	{ "a mount", "/system.slice/boot.mount", "boot.mount" },
	{ "a double slash", "//a.service", "" },
};

START_TEST(test_unit)
{
	char unit[CGROUP_UNIT_SIZE] = "before";

	cgroup_unit(units[_i].path, unit);
	ck_assert_msg(strcmp(unit, units[_i].unit) == 0, "%s: %s",
		      units[_i].name, unit);
}
END_TEST

static bool path_fits(size_t size)
{
	char bytes[CGROUP_PATH_SIZE + 16] = "0::/";
	char path[CGROUP_PATH_SIZE];
	int error;

	memset(bytes + 4, 'a', size - 1);
	bytes[3 + size] = '\n';
	error = cgroup_parse(bytes, size + 4, path);
	ck_assert(error == -ENAMETOOLONG || strlen(path) == size);
	return error == 0;
}

static bool unit_fits(size_t size)
{
	char path[CGROUP_PATH_SIZE] = "/";
	char unit[CGROUP_UNIT_SIZE];

	memset(path + 1, 'a', size);
	memcpy(path + 1 + size - 8, ".service", 9);
	cgroup_unit(path, unit);
	ck_assert(strlen(unit) == size || unit[0] == '\0');
	return unit[0] != '\0';
}

START_TEST(test_longest)
{
	ck_assert(path_fits(CGROUP_PATH_SIZE - 1));
	ck_assert(!path_fits(CGROUP_PATH_SIZE));
	ck_assert(unit_fits(CGROUP_UNIT_SIZE - 1));
	ck_assert(!unit_fits(CGROUP_UNIT_SIZE));
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("cgroup");

	tcase_add_loop_test(cases, test_path, 0, ROWS(rows));
	tcase_add_loop_test(cases, test_captured, 0, ROWS(captured));
	tcase_add_loop_test(cases, test_unit, 0, ROWS(units));
	tcase_add_test(cases, test_longest);
	return fixture_run(cases, "cgroup");
}
