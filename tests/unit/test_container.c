/* SPDX-License-Identifier: MIT */
#include "container.h"

#include "fixture.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "ffff456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
	const char *name;
	const char *cgroup;
	const char *id;
} rows[] = {
	{ "docker, systemd driver", "/system.slice/docker-" ID ".scope", ID },
	{ "docker, cgroupfs driver", "/docker/" ID, ID },
	{ "docker, a service in it", "/docker/" ID "/system.slice/cron.service",
	  ID },
	{ "docker, version 1 with a parent", "/ecs/task-1/" ID, ID },
	{ "kubelet with containerd",
	  "/kubepods.slice/kubepods-burstable.slice/"
	  "kubepods-burstable-pod12.slice/cri-containerd-" ID ".scope",
	  ID },
	{ "kubelet with CRI-O",
	  "/kubepods.slice/kubepods-besteffort.slice/"
	  "kubepods-besteffort-pod12.slice/crio-" ID ".scope",
	  ID },
	{ "CRI-O, without systemd", "/kubepods/burstable/pod12/crio-" ID, ID },
	{ "kubelet, cgroupfs driver", "/kubepods/besteffort/pod12/" ID, ID },
	{ "podman", "/machine.slice/libpod-" ID ".scope", ID },
	{ "podman, the container's own cgroup",
	  "/machine.slice/libpod-" ID ".scope/container", ID },
	{ "podman of a user",
	  "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID
	  ".scope",
	  ID },
	{ "podman, cgroupfs driver", "/libpod_parent/libpod-" ID, ID },
	{ "one in another: the outer one",
	  "/docker/" ID "/kubepods.slice/cri-containerd-" OTHER ".scope", ID },
	{ "the monitor of CRI-O", "/system.slice/crio-conmon-" ID ".scope",
	  "" },
	{ "the monitor of podman", "/machine.slice/libpod-conmon-" ID ".scope",
	  "" },
	{ "a service", "/system.slice/docker.service", "" },
	{ "the root", "/", "" },
	{ "nothing", "", "" },
	{ "one digit too few",
	  "/docker/123456789abcdef0123456789abcdef"
	  "0123456789abcdef0123456789abcdef",
	  "" },
	{ "one digit too many", "/docker/" ID "0", "" },
	{ "not hexadecimal",
	  "/docker/g123456789abcdef0123456789abcdef"
	  "0123456789abcdef0123456789abcdef",
	  "" },
	{ "upper case",
	  "/docker/A123456789abcdef0123456789abcdef"
	  "0123456789abcdef0123456789abcdef",
	  "" },
	{ "another suffix", "/system.slice/docker-" ID ".slice", "" },
	{ "more than a suffix", "/system.slice/docker-" ID ".scope2", "" },
	{ "an unknown prefix", "/system.slice/thing-" ID ".scope", "" },
};

START_TEST(test_container)
{
	char id[80] = "before";

	container_of_cgroup(rows[_i].cgroup, id, sizeof(id));
	ck_assert_msg(strcmp(id, rows[_i].id) == 0, "%s: %s", rows[_i].name,
		      id);
}
END_TEST

START_TEST(test_size)
{
	char *id = malloc(65);

	container_of_cgroup("/docker/" ID, id, 65);
	ck_assert_str_eq(id, ID);
	container_of_cgroup("/docker/" ID, id, 64);
	ck_assert_str_eq(id, "");
	free(id);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("container");

	tcase_add_loop_test(cases, test_container, 0, ROWS(rows));
	tcase_add_test(cases, test_size);
	return fixture_run(cases, "container");
}
