/* SPDX-License-Identifier: MIT */
#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "door.h"
#include "text.h"
#include "thread.h"

#define RETRY_LEAST_MS 1000
#define RETRY_MOST_MS 60000

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

/* The only variables that the teller needs. */
static const char *const kept[] = { "JOURNAL_STREAM", "RUNTIME_DIRECTORY",
				    "STATE_DIRECTORY", "PATH", "LANG" };
#define KEPT (sizeof(kept) / sizeof(kept[0]))

/* Beside this program, if it is there. */
static void find_program(char path[LINK_PATH_SIZE])
{
	static const char name[] = "oomguard-teller";
	ssize_t length =
		readlink("/proc/self/exe", path, LINK_PATH_SIZE - sizeof(name));

	while (length > 0 && path[length - 1] != '/')
		length--;
	path[length > 0 ? length : 0] = '\0';
	if (length <= 0)
		return;
	memcpy(path + length, name, sizeof(name));
	if (access(path, X_OK) != 0)
		path[0] = '\0';
}

/* So that no holder can take the pages away from another one. */
static void seal(int fd)
{
	(void)fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
}

static int make_progress(struct link *link)
{
	int fd = memfd_create("oomguard-told", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	link->progress = fd;
	if (ftruncate(fd, LINK_PROGRESS_SIZE) != 0)
		return -errno;
	seal(fd);
	return 0;
}

static int make_board(struct link *link)
{
	char name[32];
	struct text text;
	int fd = memfd_create("oomguard", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, sizeof(*link->board)) == 0)
		link->board = mmap(NULL, sizeof(*link->board),
				   PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (!link->board || link->board == MAP_FAILED) {
		link->board = NULL;
		(void)close(fd);
		return -ENOMEM;
	}
	board_init(link->board);
	seal(fd);
	text_init(&text, name, sizeof(name));
	door_put_path(&text, fd);
	link->board_fd = open(name, O_RDONLY | O_CLOEXEC);
	(void)close(fd);
	return link->board_fd < 0 ? -errno : 0;
}

int link_open(struct link *link, const char *path)
{
	struct text text;

	*link = (struct link){ .board_fd = -1,
			       .socket = -1,
			       .wake = -1,
			       .progress = -1,
			       .pidfd = -1,
			       .pause_ms = RETRY_LEAST_MS };
	if (!path)
		find_program(link->path);
	else if (strcmp(path, "none") != 0) {
		text_init(&text, link->path, sizeof(link->path));
		text_put(&text, path);
	}
	if (!link->path[0])
		return 0;
	link->is_awaited = true;
	link->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (link->wake < 0)
		return -errno;
	int error = make_progress(link);
	return error ? error : make_board(link);
}

/* Above those that it inherits, so that none is overwritten. */
static int move_up(int fd)
{
	return fcntl(fd, F_DUPFD, LINK_LAST + 1);
}

static void give_descriptors(const struct link *link, int socket)
{
	int fds[] = { move_up(link->board_fd), move_up(socket),
		      move_up(link->wake), move_up(link->progress) };

	for (int i = 0; i < 4; i++)
		if (fds[i] < 0 || dup2(fds[i], LINK_BOARD + i) < 0)
			_exit(EXIT_FAILURE);
	(void)close(STDIN_FILENO);
	(void)open("/dev/null", O_RDONLY);
	(void)syscall(SYS_close_range, LINK_LAST + 1, ~0U, 0);
}

static void give_environment(char *environment[KEPT + 1],
			     char bytes[KEPT][LINK_PATH_SIZE])
{
	size_t count = 0;

	for (size_t i = 0; i < KEPT; i++) {
		const char *value = getenv(kept[i]);
		struct text text;
		if (!value)
			continue;
		text_init(&text, bytes[i], LINK_PATH_SIZE);
		text_put(&text, kept[i]);
		text_put(&text, "=");
		text_put(&text, value);
		environment[count++] = bytes[i];
	}
	environment[count] = NULL;
}

/* In the child, which may wait and allocate: it is not the guard any more. */
static _Noreturn void become_teller(const struct link *link, int socket)
{
	char bytes[KEPT][LINK_PATH_SIZE];
	char *environment[KEPT + 1];
	char *const arguments[] = { (char *)"oomguard-teller", NULL };
	cap_t none = cap_init();
	sigset_t signals;

	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	(void)sigemptyset(&signals);
	(void)sigprocmask(SIG_SETMASK, &signals, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGCHLD, SIG_DFL);
	if (!none || cap_set_proc(none) != 0)
		_exit(EXIT_FAILURE);
	give_descriptors(link, socket);
	give_environment(environment, bytes);
	(void)execve(link->path, arguments, environment);
	_exit(127);
}

void link_start(struct link *link, int64_t now_ms)
{
	int ends[2];

	if (!link->board || link->socket >= 0 || now_ms < link->retry_ms)
		return;
	link->is_awaited = false;
	link->retry_ms = now_ms + link->pause_ms;
	if (link->pause_ms < RETRY_MOST_MS)
		link->pause_ms *= 2;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       0, ends) != 0)
		return;
	link->pid = fork();
	if (link->pid == 0)
		become_teller(link, ends[1]);
	(void)close(ends[1]);
	if (link->pid < 0) {
		(void)close(ends[0]);
		return;
	}
	link->socket = ends[0];
	link->started_ms = now_ms;
	/* Its socket tells the end, too: the pidfd is not needed for that. */
	link->pidfd = (int)syscall(SYS_pidfd_open, link->pid, 0U);
}

void link_lost(struct link *link, int64_t now_ms)
{
	(void)close(link->socket);
	if (link->pidfd >= 0)
		(void)close(link->pidfd);
	link->socket = -1;
	link->pidfd = -1;
	link->pid = 0;
	if (now_ms - link->started_ms >= RETRY_MOST_MS)
		link->pause_ms = RETRY_LEAST_MS;
	link->retry_ms = now_ms + link->pause_ms;
}

bool link_is_up(const struct link *link)
{
	return link->socket >= 0;
}

bool link_tell(struct link *link, struct record *record)
{
	if (!link->board)
		return false;
	record->is_told = !link->is_awaited && !link_is_up(link);
	(void)board_put_record(link->board, record);
	/* Full only after 2^64 - 2 records that nobody took. */
	(void)thread_wake(link->wake);
	return !record->is_told;
}

int link_take(struct link *link, struct request *request)
{
	char bytes[sizeof(*request) + 1];
	ssize_t length = recv(link->socket, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (length == 0)
		return -EPIPE;
	if (length < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -EPIPE;
	memcpy(request, bytes, sizeof(*request));
	return request_is_valid(request, length) ? 1 : 0;
}

void link_answer(struct link *link, uint64_t cookie, int error,
		 const char *words)
{
	struct request_answer answer = { .magic = REQUEST_MAGIC,
					 .error = error,
					 .cookie = cookie };
	struct text text;

	if (!link_is_up(link))
		return;
	text_init(&text, answer.text, sizeof(answer.text));
	text_put(&text, words);
	answer.length = (uint32_t)text.length;
	/* A teller that does not read its answers goes without. */
	(void)send(link->socket, &answer,
		   offsetof(struct request_answer, text) + text.length,
		   MSG_DONTWAIT | MSG_NOSIGNAL);
}
