/* SPDX-License-Identifier: MIT */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

/* The most that one step makes up for after the hog was not scheduled. */
#define ACTOR_STEP_NS 20000000

/* What a hog's thread works on. */
struct play {
	const struct actor *actor;
	struct script *script;
	char *memory;
	int64_t most_kib;
	int64_t taken_kib;
};

/* The only way to a signal handler, which gets no argument of ours. */
static struct script *actor_handler_script;

int64_t actor_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct script *actor_script(void)
{
	void *memory = mmap(NULL, sizeof(struct script), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static void actor_nap(int64_t ns)
{
	struct timespec time = { .tv_nsec = ns };

	(void)nanosleep(&time, NULL); /* waking early does no harm */
}

static void actor_note(const siginfo_t *info)
{
	int64_t never = 0;

	if (atomic_compare_exchange_strong(&actor_handler_script->asked_ns,
					   &never, actor_now_ns()))
		atomic_store(&actor_handler_script->asked_by, info->si_pid);
}

static void actor_obey(int number, siginfo_t *info, void *context)
{
	(void)context;
	actor_note(info);
	(void)raise(number); /* the default action is back: it kills */
}

static void actor_ignore(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	actor_note(info);
}

static void actor_handle_sigterm(enum actor_role role)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO };

	if (role == ACTOR_SITTER)
		return;
	if (role == ACTOR_STUBBORN) {
		action.sa_sigaction = actor_ignore;
		action.sa_flags |= SA_RESTART;
	} else {
		action.sa_sigaction = actor_obey;
		action.sa_flags |= (int)(SA_RESETHAND | SA_NODEFER);
	}
	sigaction(SIGTERM, &action, NULL);
}

static void actor_take(struct play *play, int64_t until_kib)
{
	const int64_t page_kib = sysconf(_SC_PAGESIZE) / 1024;

	if (until_kib > play->most_kib)
		until_kib = play->most_kib;
	while (play->taken_kib < until_kib) {
		play->memory[play->taken_kib * 1024] = 1;
		play->taken_kib += page_kib;
	}
}

static bool actor_may_grow(const struct play *play, int64_t until_kib)
{
	return play->taken_kib < play->most_kib &&
	       atomic_load(&play->script->available_kib) > until_kib;
}

static void actor_grow(struct play *play, int64_t until_kib)
{
	const int64_t page_kib = sysconf(_SC_PAGESIZE) / 1024;
	const int64_t page_ns = page_kib * 1000000000 / play->actor->rate_kib_s;
	int64_t last_ns = actor_now_ns();
	int64_t debt_ns = 0;

	while (actor_may_grow(play, until_kib)) {
		int64_t now_ns = actor_now_ns();
		int64_t pages;

		debt_ns += now_ns - last_ns;
		last_ns = now_ns;
		if (debt_ns > ACTOR_STEP_NS)
			debt_ns = ACTOR_STEP_NS;
		pages = debt_ns / page_ns;
		actor_take(play, play->taken_kib + pages * page_kib);
		debt_ns -= pages * page_ns;
		actor_nap(1000000);
	}
}

/*
 * Before the gulp it rests, so that the guard sees no fast leak and the levels
 * are where they are at rest.
 */
static void actor_gulp_and_stop(struct play *play)
{
	const struct timespec rest = { .tv_sec = 1, .tv_nsec = 100000000 };

	actor_grow(play, play->actor->pause_kib);
	(void)nanosleep(&rest, NULL);
	atomic_store(&play->script->is_gulping, true);
	actor_take(play, play->taken_kib + play->actor->gulp_kib);
	(void)raise(SIGSTOP);
	pause();
}

static void actor_play_hog(struct play *play)
{
	while (!atomic_load(&play->script->is_on))
		actor_nap(1000000);
	if (play->actor->role == ACTOR_STOPPED)
		actor_gulp_and_stop(play);
	else
		actor_grow(play, 0);
	atomic_store(&play->script->is_full, true);
}

/* Each thread has its own signal for the death of its parent. */
static void *actor_thread(void *argument)
{
	struct play play = *(struct play *)argument;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	free(argument);
	actor_play_hog(&play);
	for (;;)
		pause();
	return NULL;
}

/* What was on the stack of a thread that has exited is nobody's any more. */
static void actor_play_threadless(const struct play *play)
{
	struct play *copy = malloc(sizeof(*copy));
	pthread_t thread;

	if (!copy)
		_exit(1);
	*copy = *play;
	if (pthread_create(&thread, NULL, actor_thread, copy) != 0)
		_exit(1);
	pthread_exit(NULL);
}

static void actor_set_score(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, "1000", 4); /* raising is free for everybody */
	close(fd);
}

/* What it holds before it has taken anything: its parent's pages, mostly. */
static int64_t actor_held_kib(void)
{
	FILE *statm = fopen("/proc/self/statm", "re");
	long size, resident = 0, shared = 0;

	if (!statm)
		return 0;
	if (fscanf(statm, "%ld %ld %ld", &size, &resident, &shared) != 3)
		resident = shared;
	fclose(statm);
	return (resident - shared) * (sysconf(_SC_PAGESIZE) / 1024);
}

static void actor_settle_in(const struct actor *actor, pid_t director)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != director)
		_exit(1);
	prctl(PR_SET_NAME, actor->comm);
	(void)setpgid(0, 0); /* a terminal's Ctrl-C is for the director */
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	actor_handle_sigterm(actor->role);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	actor_set_score();
}

static void actor_play(const struct actor *actor, struct script *script)
{
	int64_t held_kib = actor_held_kib();
	struct play play = {
		.actor = actor,
		.script = script,
		.most_kib = actor->most_kib - held_kib,
	};

	play.memory = mmap(NULL, (size_t)actor->most_kib * 1024,
			   PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (play.memory == MAP_FAILED)
		_exit(1);
	(void)madvise(play.memory, (size_t)actor->most_kib * 1024,
		      MADV_NOHUGEPAGE); /* EINVAL: there are none */
	actor_take(&play, actor->start_kib - held_kib);
	atomic_fetch_add(&script->ready, 1);
	if (actor->role == ACTOR_THREADLESS)
		actor_play_threadless(&play);
	else if (actor->role != ACTOR_SITTER)
		actor_play_hog(&play);
	for (;;)
		pause();
}

pid_t actor_start(const struct actor *actor, struct script *script)
{
	pid_t director = getpid();
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid > 0)
		return pid;
	actor_handler_script = script;
	actor_settle_in(actor, director);
	actor_play(actor, script);
	_exit(1);
}
