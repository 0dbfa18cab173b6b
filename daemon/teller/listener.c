/* SPDX-License-Identifier: MIT */
#include "listener.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define BACKLOG 32
#define PAUSE_MS 1000
#define SEND_BUFFER 32768 /* the kernel's memory for each client */

void listener_init(struct listener *listener)
{
	*listener = (struct listener){ .fd = -1 };
}

static int new_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* 0: nothing is there (any more), so that it can be made. */
static int remove_stale(const struct sockaddr_un *address)
{
	struct stat file;
	int error = 0, fd;

	if (lstat(address->sun_path, &file) != 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(file.st_mode))
		return -EEXIST;
	fd = new_socket();
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) ==
		    0 ||
	    errno != ECONNREFUSED)
		error = -EADDRINUSE;
	(void)close(fd);
	if (!error && unlink(address->sun_path) != 0 && errno != ENOENT)
		error = -errno;
	return error;
}

/* What cannot be made shows when the socket is bound. */
static void make_directory(const struct sockaddr_un *address)
{
	char path[sizeof(address->sun_path)];
	char *slash;

	memcpy(path, address->sun_path, sizeof(path));
	slash = strrchr(path, '/');
	if (!slash || slash == path)
		return;
	*slash = '\0';
	(void)mkdir(path, 0755);
}

static int bind_for_everybody(int fd, const struct sockaddr_un *address)
{
	mode_t mask = umask(0111);
	int error = 0;

	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) != 0)
		error = -errno;
	(void)umask(mask);
	return error;
}

static int listen_at(struct listener *listener,
		     const struct sockaddr_un *address)
{
	struct stat file;
	int error = bind_for_everybody(listener->fd, address);

	if (error)
		return error;
	memcpy(listener->path, address->sun_path, sizeof(listener->path));
	if (lstat(listener->path, &file) != 0)
		return -errno;
	listener->device = file.st_dev;
	listener->inode = file.st_ino;
	return listen(listener->fd, BACKLOG) == 0 ? 0 : -errno;
}

int listener_open(struct listener *listener, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(path);
	int error;

	listener_init(listener);
	if (length == 0 || length >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, length + 1);
	make_directory(&address);
	error = remove_stale(&address);
	if (error)
		return error;
	listener->fd = new_socket();
	if (listener->fd < 0)
		return -errno;
	error = listen_at(listener, &address);
	if (error)
		listener_close(listener);
	return error;
}

void listener_close(struct listener *listener)
{
	struct stat file;

	if (listener->path[0] && lstat(listener->path, &file) == 0 &&
	    file.st_dev == listener->device && file.st_ino == listener->inode)
		(void)unlink(listener->path);
	if (listener->fd >= 0)
		(void)close(listener->fd);
	listener_init(listener);
}

int listener_fd(const struct listener *listener, int64_t now_ms)
{
	return now_ms < listener->paused_until_ms ? -1 : listener->fd;
}

static bool identify(int fd, uid_t *uid)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
		return false;
	*uid = peer.uid;
	return true;
}

int listener_accept(struct listener *listener, int64_t now_ms, int *fd,
		    uid_t *uid)
{
	const int buffer = SEND_BUFFER;
	int accepted =
		accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (accepted < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		    errno == ENOBUFS)
			listener->paused_until_ms = now_ms + PAUSE_MS;
		return 0;
	}
	if (!identify(accepted, uid)) {
		(void)close(accepted);
		return 0;
	}
	/* Without it the kernel keeps more for a slow reader: no error. */
	(void)setsockopt(accepted, SOL_SOCKET, SO_SNDBUF, &buffer,
			 sizeof(buffer));
	*fd = accepted;
	return 1;
}
