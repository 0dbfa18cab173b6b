/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_LISTENER_H
#define OOMGUARD_LISTENER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/un.h>

/* The socket file, and what listens on it. */
struct listener {
	int fd; /* -1: it does not listen */
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	dev_t device; /* of the file that was made: only this one is removed */
	ino_t inode;
	int64_t paused_until_ms; /* descriptors or memory have run out */
};

void listener_init(struct listener *listener);

/*
 * Makes the socket, for everybody to connect to, and the directory it is in if
 * that is missing. What a service that died left behind is removed: a socket
 * on which nobody answers. Returns 0, -EADDRINUSE where somebody answers,
 * -EEXIST where there is a file that is no socket, or -errno.
 */
int listener_open(struct listener *listener, const char *path);
void listener_close(struct listener *listener);

/* The descriptor for poll(2), or -1 while nobody is let in. */
int listener_fd(const struct listener *listener, int64_t now_ms);

/*
 * Lets one client in: 1 with its descriptor, which does not block, and user.
 * 0: there is nobody, or no descriptor for him: then not before a second.
 */
int listener_accept(struct listener *listener, int64_t now_ms, int *fd,
		    uid_t *uid);

#endif
