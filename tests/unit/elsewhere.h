/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_TEST_ELSEWHERE_H
#define OOMGUARD_TEST_ELSEWHERE_H

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "tree.h"

/*
 * A process in a mount namespace of its own, where the file at `path` is
 * another one than here: `sleep` under that name. Returns its pid, or -errno
 * where such a thing is not permitted.
 */

static inline void elsewhere_copy(const char *from, const char *to)
{
	char command[1200];

	(void)snprintf(command, sizeof(command), "cp %s %s", from, to);
	ck_assert_int_eq(system(command), 0);
}

static inline int elsewhere_enter(const char *file, const char *path)
{
	if (unshare(CLONE_NEWNS) != 0 &&
	    unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
		return errno;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount(file, path, NULL, MS_BIND, NULL) != 0)
		return errno;
	return 0;
}

static inline pid_t elsewhere_start(const char *file, const char *path)
{
	int ends[2], error = 0;
	pid_t pid;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		error = elsewhere_enter(file, path);
		if (!error)
			(void)execl(path, path, "600", (char *)NULL);
		error = error ? error : errno;
		(void)!write(ends[1], &error, sizeof(error));
		_exit(1);
	}
	(void)close(ends[1]);
	/* The end of the pipe is closed by execl(). */
	if (read(ends[0], &error, sizeof(error)) > 0) {
		(void)fixture_reap(pid);
		pid = -error;
	}
	(void)close(ends[0]);
	return pid;
}

static inline void elsewhere_end(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	(void)fixture_reap(pid);
}

#endif
