/* SPDX-License-Identifier: MIT */
#include "sandbox.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

static void close_others(int last_fd)
{
	if (syscall(SYS_close_range, last_fd + 1, ~0U, 0) == 0)
		return;
	/* Before Linux 5.9. */
	for (int fd = last_fd + 1; fd < 1024; fd++)
		(void)close(fd);
}

/* Also out of the bounding set, as far as that is allowed. */
static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return syscall(SYS_capset, &header, none) == 0 ? 0 : -errno;
}

static void limit(int resource, rlim_t most)
{
	struct rlimit rlimit;

	if (getrlimit(resource, &rlimit) == 0 && rlimit.rlim_max > most) {
		rlimit = (struct rlimit){ .rlim_cur = most, .rlim_max = most };
		(void)setrlimit(resource, &rlimit); /* Only ever lower. */
	}
}

int sandbox_enter(int last_fd)
{
	int error;

	close_others(last_fd);
	limit(RLIMIT_NOFILE, SANDBOX_DESCRIPTORS);
	limit(RLIMIT_CORE, 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	limit(RLIMIT_DATA, SANDBOX_MEMORY);
#endif
	error = drop_capabilities();
	if (error)
		return error;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : -errno;
}
