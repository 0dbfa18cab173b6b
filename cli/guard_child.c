/* SPDX-License-Identifier: MIT */
#include "guard_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

int guard_child_find(char path[GUARD_CHILD_PATH_SIZE])
{
	static const char *const places[] = {
		"oomguardd",
		"../sbin/oomguardd",
	};
	char own[GUARD_CHILD_PATH_SIZE];
	ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);
	char *slash;

	if (length < 0)
		return -errno;
	own[length] = '\0';
	slash = strrchr(own, '/');
	if (!slash)
		return -ENOENT;
	*slash = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (snprintf(path, GUARD_CHILD_PATH_SIZE, "%s/%s", own,
			     places[i]) < GUARD_CHILD_PATH_SIZE &&
		    access(path, X_OK) == 0)
			return 0;
	}
	return -ENOENT;
}

static void guard_child_become(const char *path, const char *proc,
			       const char *config, int output, pid_t parent)
{
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	(void)setpgid(0, 0); /* a terminal's Ctrl-C is for the parent */
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(nothing, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	execl(path, path, "--proc", proc, "--config", config, (char *)NULL);
	dprintf(STDERR_FILENO, "cannot start %s: %s\n", path, strerror(errno));
	_exit(127);
}

int guard_child_start(struct guard_child *guard, const char *path,
		      const char *proc, const char *config)
{
	pid_t parent = getpid();
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		guard_child_become(path, proc, config, ends[1], parent);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return -errno;
	}
	(void)fcntl(ends[0], F_SETFL, O_NONBLOCK); /* cannot fail on a pipe */
	*guard = (struct guard_child){ .pid = pid,
				       .was = pid,
				       .output = ends[0] };
	return 0;
}

const char *guard_child_line(struct guard_child *guard)
{
	char byte;

	if (guard->output < 0)
		return NULL;
	while (read(guard->output, &byte, 1) == 1) {
		if (byte == '\n') {
			guard->line[guard->length] = '\0';
			guard->length = 0;
			return guard->line;
		}
		if (byte < 0x20 || byte > 0x7e)
			byte = '?';
		if (guard->length < sizeof(guard->line) - 1)
			guard->line[guard->length++] = byte;
	}
	return NULL;
}

void guard_child_close(struct guard_child *guard)
{
	if (guard->output >= 0)
		close(guard->output);
	guard->output = -1;
}
