/* SPDX-License-Identifier: MIT */
#include "scene.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <check.h>

#include "note.h"

#define DEADLINE_NS INT64_C(20000000000)
#define TURN_MS 20
#define SHOWN 3000 /* of the transcript: Check's messages are bounded */

int64_t scene_now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

void scene_fail(const struct scene *scene, const char *what)
{
	size_t from = scene->length > SHOWN ? scene->length - SHOWN : 0;

	ck_abort_msg("%s%s; the guard has said:\n%.*s",
		     scene->name ? scene->name : "", what,
		     (int)(scene->length - from), scene->transcript + from);
	abort(); /* Not reached: the line above does not return. */
}

static void open_descriptors(struct scene *scene)
{
	char path[STAGE_PATH_SIZE + 16];
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	scene->chld = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	scene->looks = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	snprintf(path, sizeof(path), "%s/meminfo", scene->stage.path);
	scene_expect(scene, scene->chld >= 0);
	scene_expect(scene,
		     inotify_add_watch(scene->looks, path, IN_ACCESS) >= 0);
	scene_expect(scene, pipe2(scene->notes, O_CLOEXEC) == 0);
	(void)fcntl(scene->notes[0], F_SETFL, O_NONBLOCK);
}

/*
 * Memory must be seen to be back 100 ms after an exit, or the strike was
 * futile. Beside busy CPUs that takes a director who is as quick as the guard.
 */
static void be_quick(void)
{
	const struct sched_param parameter = { .sched_priority = 1 };

	(void)sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &parameter);
}

void scene_open(struct scene *scene)
{
	memset(scene, 0, sizeof(*scene));
	be_quick();
	scene->output = -1;
	scene->back_kib = SCENE_CALM_KIB;
	scene_expect(scene, stage_open(&scene->stage, SCENE_BUDGET_KIB) == 0);
	open_descriptors(scene);
	scene_show(scene, SCENE_CALM_KIB);
}

static void write_file(struct scene *scene, const char *name, const char *text,
		       size_t length)
{
	int fd = openat(scene->stage.root, name,
			O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	scene_expect(scene, fd >= 0);
	scene_expect(scene, write(fd, text, length) == (ssize_t)length);
	(void)close(fd);
}

void scene_configure_raw(struct scene *scene, const char *config)
{
	write_file(scene, "oomguard.conf", config, strlen(config));
}

void scene_configure(struct scene *scene, const char *config)
{
	char text[4096];

	snprintf(text, sizeof(text), "%s%s", SCENE_LEVELS, config);
	scene_configure_raw(scene, text);
}

void scene_show(struct scene *scene, int64_t available_kib)
{
	scene_expect(scene, stage_show(&scene->stage, available_kib) == 0);
}

void scene_spoil(struct scene *scene, const char *file, const char *text,
		 size_t length)
{
	write_file(scene, file, text, length);
}

void scene_mend(struct scene *scene, int64_t available_kib)
{
	write_file(scene, "meminfo", "", 0);
	scene_show(scene, available_kib);
}

static struct member *find_member(struct scene *scene, pid_t pid)
{
	for (size_t i = 0; i < scene->count; i++)
		if (scene->cast[i].pid == pid)
			return &scene->cast[i];
	return NULL;
}

static void take_note(struct scene *scene, const struct note *note)
{
	struct member *member = find_member(scene, note->pid);

	switch ((enum note_kind)note->kind) {
	case NOTE_READY:
		/* Of a vfork() the child says so, for its parent cannot. */
		for (size_t i = 0; i < scene->count && !member; i++)
			if (scene->cast[i].child == note->pid)
				member = &scene->cast[i];
		if (member)
			member->is_ready = true;
		return;
	case NOTE_CHILD:
		if (!member)
			member = &scene->cast[scene->count - 1];
		member->child = (pid_t)note->value;
		if (scene->crowd_count < SCENE_CROWD_MAX)
			scene->crowd[scene->crowd_count++] = member->child;
		return;
	case NOTE_ASKED:
		if (member && !member->asked_ns)
			member->asked_ns = note->value;
		return;
	case NOTE_LOST:
		scene->lost = (pid_t)note->value;
		return;
	}
}

static void take_notes(struct scene *scene)
{
	struct note note;

	while (read(scene->notes[0], &note, sizeof(note)) == sizeof(note))
		take_note(scene, &note);
}

static void hear(struct scene *scene)
{
	ssize_t length;

	while (scene->output >= 0) {
		size_t room = sizeof(scene->transcript) - scene->length;

		scene_expect(scene, room > 0);
		length = read(scene->output, scene->transcript + scene->length,
			      room);
		if (length <= 0)
			return;
		scene->length += (size_t)length;
	}
}

static void notice_end(struct scene *scene, const siginfo_t *info)
{
	struct member *member = find_member(scene, info->si_pid);

	if (info->si_pid == scene->guard) {
		scene->guard = 0;
		scene->guard_code = info->si_code;
		scene->guard_status = info->si_status;
		return;
	}
	if (!member) {
		scene->briefs_alive -= scene->briefs_alive > 0;
		return;
	}
	member->ended_ns = scene_now_ns();
	member->code = info->si_code;
	member->status = info->si_status;
	if (scene->back_kib)
		scene_show(scene, scene->back_kib);
}

static void reap(struct scene *scene)
{
	struct signalfd_siginfo ignored;
	siginfo_t info;

	while (read(scene->chld, &ignored, sizeof(ignored)) > 0)
		;
	while (stage_reap(&scene->stage, &info))
		notice_end(scene, &info);
}

/* Equal events that nobody has read yet become one. */
static void count_looks(struct scene *scene)
{
	char events[4096];

	if (read(scene->looks, events, sizeof(events)) > 0)
		scene->looks_count++;
}

static void keep_briefs(struct scene *scene)
{
	static const struct part brief = { .role = "brief" };

	while (scene->briefs_alive < scene->briefs) {
		pid_t pid = scene_spawn(scene, &brief);

		scene->briefs_alive++;
		scene_expect(scene, stage_add(&scene->stage, pid) == 0);
	}
}

static void check_guard(struct scene *scene)
{
	char what[64];

	if (scene->guard || scene->guard_may_end || !scene->guard_code)
		return;
	hear(scene);
	snprintf(what, sizeof(what), "the guard has ended, %s %d",
		 scene->guard_code == CLD_EXITED ? "status" : "signal",
		 scene->guard_status);
	scene_fail(scene, what);
}

void scene_turn(struct scene *scene, int64_t from_ns, const char *what)
{
	struct pollfd polled[] = {
		{ .fd = scene->chld, .events = POLLIN },
		{ .fd = scene->notes[0], .events = POLLIN },
		{ .fd = scene->output, .events = POLLIN },
		{ .fd = scene->looks, .events = POLLIN },
	};
	char message[256];

	(void)poll(polled, sizeof(polled) / sizeof(polled[0]), TURN_MS);
	reap(scene);
	take_notes(scene);
	hear(scene);
	count_looks(scene);
	keep_briefs(scene);
	check_guard(scene);
	if (scene_now_ns() - from_ns < DEADLINE_NS)
		return;
	snprintf(message, sizeof(message), "waited in vain for %s", what);
	scene_fail(scene, message);
}

void scene_await_end(struct scene *scene, const struct member *member)
{
	int64_t from_ns = scene_now_ns();

	while (!member->ended_ns)
		scene_turn(scene, from_ns, "the end of a player");
}

void scene_check_strike(struct scene *scene, const struct member *member)
{
	scene_show(scene, SCENE_SHORT_KIB);
	scene_await_end(scene, member);
	ck_assert_int_eq(member->code, CLD_KILLED);
	ck_assert_int_eq(member->status, SIGTERM);
}

void scene_await_asked(struct scene *scene, const struct member *member)
{
	int64_t from_ns = scene_now_ns();

	while (!member->asked_ns)
		scene_turn(scene, from_ns, "SIGTERM");
}

static char state_of(struct scene *scene, pid_t pid)
{
	struct process_status status;

	if (procfs_read_status(&scene->stage.real, pid, &status) != 0)
		return '\0';
	return status.state;
}

void scene_await_state(struct scene *scene, pid_t pid, char state)
{
	int64_t from_ns = scene_now_ns();

	while (state_of(scene, pid) != state)
		scene_turn(scene, from_ns, "a state of a process");
}

bool scene_lives(struct scene *scene, pid_t pid)
{
	char state = state_of(scene, pid);

	return state != '\0' && state != 'Z';
}

void scene_await_looks(struct scene *scene, int count)
{
	int64_t from_ns = scene_now_ns();
	int until = scene->looks_count + count;

	while (scene->looks_count < until)
		scene_turn(scene, from_ns, "the guard to read meminfo");
}

/* Of those who left a child behind, it has come to the director. */
static bool is_child(struct scene *scene, pid_t pid)
{
	struct process_status status;

	return pid &&
	       procfs_read_status(&scene->stage.real, pid, &status) == 0 &&
	       status.parent == getpid();
}

static void end_all(struct scene *scene)
{
	int64_t from_ns = scene_now_ns();
	siginfo_t info;

	scene->briefs = 0;
	while (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT | WNOHANG) == 0) {
		for (size_t i = 0; i < scene->count; i++) {
			if (!scene->cast[i].ended_ns)
				(void)kill(scene->cast[i].pid, SIGKILL);
			if (is_child(scene, scene->cast[i].child))
				(void)kill(scene->cast[i].child, SIGKILL);
		}
		scene_turn(scene, from_ns, "all players to end");
	}
}

void scene_close(struct scene *scene)
{
	scene_end_guard(scene, SIGTERM);
	end_all(scene);
	for (size_t i = 0; i < 2; i++)
		(void)close(scene->notes[i]);
	(void)close(scene->chld);
	(void)close(scene->looks);
	if (scene->output >= 0)
		(void)close(scene->output);
	stage_close(&scene->stage);
}
