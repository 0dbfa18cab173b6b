/* SPDX-License-Identifier: MIT */
#include "scene.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define ARGUMENTS_MOST 24

/* What leads nowhere useful: the guard's lines do not get through. */
static int open_deaf(struct scene *scene, enum hearing hearing)
{
	static const char bytes[4096];
	int ends[2] = { -1, -1 };

	if (hearing == HEARING_FULL)
		return open("/dev/full", O_WRONLY | O_CLOEXEC);
	scene_expect(scene,
		     (hearing == HEARING_STUCK
			      ? pipe2(ends, O_CLOEXEC)
			      : socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC,
					   0, ends)) == 0);
	(void)fcntl(ends[1], F_SETFL, O_NONBLOCK);
	while (write(ends[1], bytes, sizeof(bytes)) > 0)
		;
	while (write(ends[1], bytes, 1) > 0)
		;
	(void)fcntl(ends[1], F_SETFL, 0);
	return ends[1]; /* The other end stays open until the test ends. */
}

/* The first one's arguments come first, if there are any. */
static void become(const char *const *first, const char *const *second)
{
	const char *arguments[ARGUMENTS_MOST + 1] = { NULL };
	size_t count = 0;

	for (; first && *first && count < ARGUMENTS_MOST; first++)
		arguments[count++] = *first;
	for (; *second && count < ARGUMENTS_MOST; second++)
		arguments[count++] = *second;
	(void)execvp(arguments[0], (char *const *)arguments);
}

static _Noreturn void become_guard(const struct scene *scene, int output,
				   pid_t parent)
{
	char config[STAGE_PATH_SIZE + 16], cgroup[STAGE_PATH_SIZE + 16];
	sigset_t none;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (scene->preload)
		(void)setenv("LD_PRELOAD", scene->preload, 1);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		(void)(output < 0 ? close(fd) : dup2(output, fd));
	snprintf(config, sizeof(config), "%s/oomguard.conf", scene->stage.path);
	snprintf(cgroup, sizeof(cgroup), "%s/cgroup", scene->stage.path);
	become(scene->tracer,
	       (const char *const[]){ OOMGUARDD, "--proc", scene->stage.path,
				      "--config", config, "--teller",
				      scene->teller ? scene->teller : "none",
				      scene->has_cgroups ? "--cgroup" : NULL,
				      cgroup, NULL });
	_exit(127);
}

void scene_guard_unheard(struct scene *scene, enum hearing hearing)
{
	int output = -1, ends[2];
	pid_t parent = getpid();

	if (hearing == HEARING_LINES) {
		scene_expect(scene, pipe2(ends, O_CLOEXEC) == 0);
		(void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
		scene->output = ends[0];
		output = ends[1];
	} else if (hearing != HEARING_CLOSED) {
		output = open_deaf(scene, hearing);
	}
	scene->guard = fork();
	if (scene->guard == 0)
		become_guard(scene, output, parent);
	scene_expect(scene, scene->guard > 0);
	if (output >= 0)
		(void)close(output);
}

void scene_guard(struct scene *scene, enum hearing hearing)
{
	scene_guard_unheard(scene, hearing);
	if (hearing == HEARING_LINES)
		scene_await_line(scene, "guarding");
	else
		scene_await_looks(scene, 5);
}

/* The end of the first line after `from` that contains the words, or 0. */
static size_t find_line(const struct scene *scene, size_t from,
			const char *words)
{
	const char *begin = scene->transcript + from;
	const char *end = scene->transcript + scene->length;
	const char *found =
		memmem(begin, (size_t)(end - begin), words, strlen(words));
	const char *newline =
		found ? memchr(found, '\n', (size_t)(end - found)) : NULL;

	return newline ? (size_t)(newline + 1 - scene->transcript) : 0;
}

void scene_await_line(struct scene *scene, const char *words)
{
	int64_t from_ns = scene_now_ns();
	size_t end;

	while ((end = find_line(scene, scene->heard, words)) == 0)
		scene_turn(scene, from_ns, words);
	scene->heard = end;
}

int scene_count(const struct scene *scene, const char *words)
{
	size_t end = 0;
	int count = 0;

	while ((end = find_line(scene, end, words)) > 0)
		count++;
	return count;
}

int scene_count_of(const struct scene *scene, const char *words, pid_t pid)
{
	char bytes[128];

	snprintf(bytes, sizeof(bytes), "%s %d ", words, (int)pid);
	return scene_count(scene, bytes);
}

bool scene_was_late(const struct scene *scene)
{
	return scene->back_kib && scene_count(scene, " futile: ") > 0;
}

void scene_end_guard(struct scene *scene, int signal)
{
	int64_t from_ns = scene_now_ns();

	scene->guard_may_end = true;
	if (scene->guard)
		(void)kill(scene->guard, signal);
	while (scene->guard)
		scene_turn(scene, from_ns, "the end of the guard");
	scene_turn(scene, from_ns, "its last words");
}
