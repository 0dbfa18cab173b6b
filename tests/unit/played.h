/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_TEST_PLAYED_H
#define OOMGUARD_TEST_PLAYED_H

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "board.h"
#include "fixture.h"
#include "link.h"
#include "request.h"

/*
 * Plays the guard for a real oomguard-teller: the board, the socketpair and the
 * eventfd that it expects, and a directory for its socket and history.
 */
struct played {
	struct board *board;
	int board_fd;
	int socket; /* of the guard's end */
	int wake;
	int progress;
	pid_t pid; /* of the teller */
	char directory[64];
	char path[96]; /* of its socket */
};

/* In the child: exactly the descriptors that the guard gives. */
static inline void played_become(const struct played *played, int socket,
				 rlim_t descriptors)
{
	struct rlimit limit = { descriptors, descriptors };
	int fds[] = { fcntl(played->board_fd, F_DUPFD, 10),
		      fcntl(socket, F_DUPFD, 10),
		      fcntl(played->wake, F_DUPFD, 10),
		      fcntl(played->progress, F_DUPFD, 10) };

	for (int i = 0; i < 4; i++)
		if (dup2(fds[i], LINK_BOARD + i) < 0)
			_exit(EXIT_FAILURE);
	for (int fd = LINK_LAST + 1; fd < 256; fd++)
		(void)close(fd);
	if (descriptors > 0)
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	(void)execl(TELLER, "oomguard-teller", "--socket", played->path,
		    "--state", played->directory, "--journal", "/nowhere",
		    (char *)NULL);
	_exit(127);
}

/* Starts (again) a teller at the same board. */
static inline void played_start(struct played *played, rlim_t descriptors)
{
	int ends[2];

	ck_assert_int_eq(
		socketpair(AF_UNIX,
			   SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
			   ends),
		0);
	played->pid = fork();
	ck_assert_int_ge(played->pid, 0);
	if (played->pid == 0)
		played_become(played, ends[1], descriptors);
	(void)close(ends[1]);
	played->socket = ends[0];
}

static inline void played_init(struct played *played)
{
	memset(played, 0, sizeof(*played));
	(void)strcpy(played->directory, "/tmp/oomguard-played.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(played->directory));
	(void)snprintf(played->path, sizeof(played->path), "%s/io.oomguard",
		       played->directory);
	played->board_fd = memfd_create("board", MFD_CLOEXEC);
	ck_assert_int_eq(ftruncate(played->board_fd, sizeof(struct board)), 0);
	played->board = mmap(NULL, sizeof(struct board), PROT_READ | PROT_WRITE,
			     MAP_SHARED, played->board_fd, 0);
	ck_assert_ptr_ne(played->board, MAP_FAILED);
	board_init(played->board);
	played->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	played->progress = memfd_create("progress", MFD_CLOEXEC);
	ck_assert_int_eq(ftruncate(played->progress, LINK_PROGRESS_SIZE), 0);
}

/* The next request of the teller; fails when none comes. */
static inline struct request played_request(const struct played *played)
{
	struct pollfd ready = { .fd = played->socket, .events = POLLIN };
	struct request request;
	ssize_t length;

	ck_assert_int_eq(poll(&ready, 1, DEADLINE_MS), 1);
	length = recv(played->socket, &request, sizeof(request), 0);
	ck_assert_msg(request_is_valid(&request, length), "%zd bytes", length);
	return request;
}

static inline void played_answer(const struct played *played, uint64_t cookie,
				 int error, const char *text)
{
	struct request_answer answer = { .magic = REQUEST_MAGIC,
					 .error = error,
					 .cookie = cookie,
					 .length = (uint32_t)strlen(text) };

	(void)strcpy(answer.text, text);
	(void)send(played->socket, &answer,
		   offsetof(struct request_answer, text) + answer.length,
		   MSG_NOSIGNAL);
}

static inline void played_tell(const struct played *played,
			       struct record *record)
{
	const uint64_t one = 1;

	(void)board_put_record(played->board, record);
	(void)!write(played->wake, &one, sizeof(one));
}

/* Hangs up, as a guard that ends; returns how the teller ended. */
static inline int played_end(struct played *played)
{
	(void)close(played->socket);
	played->socket = -1;
	return fixture_reap(played->pid);
}

static inline void played_finish(struct played *played)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/history", played->directory);
	(void)unlink(path);
	(void)unlink(played->path);
	(void)rmdir(played->directory);
	(void)munmap(played->board, sizeof(*played->board));
	(void)close(played->board_fd);
	(void)close(played->wake);
	(void)close(played->progress);
}

/* A client of the teller, or -errno. */
static inline int played_connect(const struct played *played)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)strcpy(address.sun_path, played->path);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	int error = errno;
	(void)close(fd);
	return -error;
}

#endif
