/* SPDX-License-Identifier: MIT */
/*
 * What stands on the stage of the tests:
 *   player ROLE COMM AMOUNT ADJ UID PARENT
 * AMOUNT is its memory in KiB, of a crowd the number of its members. It is
 * built without sanitizers, whose memory would count as its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "note.h"

#define BRIEF_NS 3000000
#define SLOW_NS 100000000
#define LEFT_ALONE_S 60

struct player {
	const char *comm;
	long amount;
	const char *adj;
	long uid;
	long parent;
	char *memory;
};

static void tell(enum note_kind kind, int64_t value)
{
	const struct note note = { getpid(), (int32_t)kind, value };

	if (write(STDOUT_FILENO, &note, sizeof(note)) != sizeof(note))
		_exit(3); /* Nobody watches any more. */
}

static _Noreturn void sit(void)
{
	for (;;)
		(void)pause();
}

static void note_sigterm(int signal)
{
	struct timespec now;

	(void)signal;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	tell(NOTE_ASKED, now.tv_sec * INT64_C(1000000000) + now.tv_nsec);
}

static void leave_slowly(int signal)
{
	const struct timespec rest = { 0, SLOW_NS };

	note_sigterm(signal);
	(void)nanosleep(&rest, NULL);
	_exit(0);
}

static void handle(void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler };

	(void)sigaction(SIGTERM, &action, NULL);
}

static void be_ready(const struct player *player)
{
	(void)player;
	tell(NOTE_READY, 0);
	sit();
}

static void play_ignore(const struct player *player)
{
	(void)signal(SIGTERM, SIG_IGN);
	be_ready(player);
}

static void play_block(const struct player *player)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	be_ready(player);
}

static void *await_sigterm(void *set)
{
	int signal = 0;

	(void)sigwait(set, &signal);
	note_sigterm(signal);
	_exit(0);
}

/* The main thread blocks it, another one receives it: a clean shutdown. */
static void play_sigwait(const struct player *player)
{
	static sigset_t set;
	pthread_t thread;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (pthread_create(&thread, NULL, await_sigterm, &set) != 0)
		_exit(3);
	be_ready(player);
}

static void play_stubborn(const struct player *player)
{
	handle(note_sigterm);
	be_ready(player);
}

static void play_slow(const struct player *player)
{
	handle(leave_slowly);
	be_ready(player);
}

static void play_stopped(const struct player *player)
{
	tell(NOTE_READY, 0);
	(void)raise(SIGSTOP);
	sit();
	(void)player;
}

static void *outlive_main(void *argument)
{
	char state = ' ';

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (state != 'Z') {
		char bytes[256] = "";
		int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
		const char *end;

		(void)!read(fd, bytes, sizeof(bytes) - 1);
		(void)close(fd);
		end = strrchr(bytes, ')');
		state = end ? end[2] : ' ';
	}
	be_ready(argument);
	return NULL;
}

/* What was on the stack of a thread that has exited is nobody's any more. */
static void play_threadless(const struct player *player)
{
	static struct player kept;
	pthread_t thread;

	kept = *player;
	if (pthread_create(&thread, NULL, outlive_main, &kept) != 0)
		_exit(3);
	pthread_exit(NULL);
}

/* The child outlives its parent, to show that nobody pursues it. */
static void play_vfork(const struct player *player)
{
	if (vfork() == 0) {
		(void)alarm(LEFT_ALONE_S);
		tell(NOTE_CHILD, getpid());
		tell(NOTE_READY, 0);
		sit();
	}
	(void)player;
	_exit(3);
}

static pid_t fork_sitter(void)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid < 0)
		_exit(3);
	if (pid > 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent)
		sit();
	_exit(3);
}

static void play_copy(const struct player *player)
{
	tell(NOTE_CHILD, fork_sitter());
	be_ready(player);
}

/* A member that exits stays a zombie, so that its pid stays its own. */
static void play_crowd(const struct player *player)
{
	siginfo_t info = { 0 };

	for (long i = 0; i < player->amount; i++)
		tell(NOTE_CHILD, fork_sitter());
	tell(NOTE_READY, 0);
	if (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0)
		tell(NOTE_LOST, info.si_pid);
	sit();
}

static void play_fork(const struct player *player)
{
	tell(NOTE_READY, 0);
	for (;;) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		if (pid > 0)
			(void)waitpid(pid, NULL, 0);
	}
	(void)player;
}

static void play_brief(const struct player *player)
{
	const struct timespec rest = { 0, BRIEF_NS };

	(void)player;
	(void)nanosleep(&rest, NULL);
	_exit(0);
}

/* Allocates after it has locked its memory, as the guard must not. */
static void play_allocate(const struct player *player)
{
	void *volatile memory; /* Or the compiler knows better. */

	(void)mlockall(MCL_CURRENT);
	memory = malloc((size_t)player->amount + 1);
	free(memory);
	_exit(0);
}

static void play_allocate_child(const struct player *player)
{
	int status = 0;

	(void)mlockall(MCL_CURRENT);
	pid_t pid = fork();
	if (pid == 0)
		play_allocate(player);
	(void)waitpid(pid, &status, 0);
	_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				  : WEXITSTATUS(status));
}

static const struct {
	const char *name;
	void (*play)(const struct player *player);
} roles[] = {
	{ "sit", be_ready },
	{ "ignore", play_ignore },
	{ "block", play_block },
	{ "sigwait", play_sigwait },
	{ "stubborn", play_stubborn },
	{ "slow", play_slow },
	{ "stopped", play_stopped },
	{ "threadless", play_threadless },
	{ "vfork", play_vfork },
	{ "copy", play_copy },
	{ "crowd", play_crowd },
	{ "fork", play_fork },
	{ "brief", play_brief },
	{ "allocate", play_allocate },
	{ "allocate-child", play_allocate_child },
};

static void take_memory(struct player *player)
{
	size_t size = (size_t)player->amount * 1024;

	player->memory = mmap(NULL, size ? size : 1, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (player->memory == MAP_FAILED)
		_exit(3);
	(void)madvise(player->memory, size, MADV_NOHUGEPAGE);
	memset(player->memory, 1, size);
}

static void set_adj(const char *adj)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	(void)!write(fd, adj, strlen(adj)); /* Raising is free for all. */
	(void)close(fd);
}

/* The death signal last: a change of the user takes it away. */
static void settle_in(const struct player *player)
{
	set_adj(player->adj);
	if (player->uid >= 0 && setuid((uid_t)player->uid) != 0)
		_exit(3);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != player->parent)
		_exit(3);
	(void)prctl(PR_SET_NAME, player->comm);
}

int main(int argc, char **argv)
{
	if (argc != 7)
		return 2;
	struct player player = {
		.comm = argv[2],
		.amount = strtol(argv[3], NULL, 10),
		.adj = argv[4],
		.uid = strtol(argv[5], NULL, 10),
		.parent = strtol(argv[6], NULL, 10),
	};
	settle_in(&player);
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (strcmp(roles[i].name, argv[1]) != 0)
			continue;
		if (roles[i].play != play_crowd)
			take_memory(&player);
		roles[i].play(&player);
	}
	return 2;
}
