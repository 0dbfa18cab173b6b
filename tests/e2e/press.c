/* SPDX-License-Identifier: MIT */
#include "press.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define AGAIN_NS INT64_C(300000000)

static void in_directory(const struct press *press, const char *name,
			 char path[108])
{
	snprintf(path, 108, "%s/%s", press->directory, name);
}

static struct sockaddr_un address_of(const struct press *press,
				     const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	in_directory(press, name, address.sun_path);
	return address;
}

/* The guard gives its teller no arguments. */
static bool write_program(struct press *press)
{
	FILE *file;

	snprintf(press->teller, sizeof(press->teller), "%s/teller",
		 press->directory);
	file = fopen(press->teller, "we");
	if (!file)
		return false;
	fprintf(file,
		"#!/bin/sh\nexec %s --socket %s/socket --state %s --journal "
		"%s/journal\n",
		TELLER, press->directory, press->directory, press->directory);
	return fclose(file) == 0 && chmod(press->teller, 0700) == 0;
}

void press_open(struct press *press, struct scene *scene)
{
	struct sockaddr_un address;

	memset(press, 0, sizeof(*press));
	strcpy(press->directory, "/tmp/oomguard-press.XXXXXX");
	scene_expect(scene, mkdtemp(press->directory));
	address = address_of(press, "journal");
	press->journal =
		socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	scene_expect(scene, bind(press->journal, (struct sockaddr *)&address,
				 sizeof(address)) == 0);
	scene_expect(scene, write_program(press));
	scene->teller = press->teller;
}

void press_close(struct press *press)
{
	static const char *const names[] = { "journal", "socket", "history",
					     "history.new", "teller" };
	char path[108];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		in_directory(press, names[i], path);
		(void)unlink(path);
	}
	(void)rmdir(press->directory);
	(void)close(press->journal);
}

/* The value of a field in the journal's protocol, or NULL. */
static const char *field(const char *bytes, const char *name)
{
	const char *found = strstr(bytes, name);

	return found ? found + strlen(name) : NULL;
}

static void take(struct press *press, const char *bytes)
{
	const char *number = field(bytes, "\nOOMGUARD_NUMBER=");
	const char *dropped = field(bytes, "\nOOMGUARD_DROPPED=");
	int nth = number ? atoi(number) : 0;

	if (dropped)
		press->dropped += atoi(dropped);
	if (nth <= 0 || nth >= PRESS_NUMBERS_MAX)
		return;
	if (press->told[nth]++ == 0)
		press->count++;
	else
		press->twice++;
	if (nth > press->newest)
		press->newest = nth;
	if (field(bytes, "\nOOMGUARD_KIND=reloaded\n"))
		press->has_reloaded = true;
	if (field(bytes, "\nOOMGUARD_OUTCOME="))
		press->outcomes++;
	if (field(bytes, "\nOOMGUARD_OUTCOME=settled\n"))
		press->settled++;
}

void press_read(struct press *press)
{
	char bytes[32768];
	ssize_t length;

	while ((length = recv(press->journal, bytes, sizeof(bytes) - 1, 0)) >=
	       0) {
		bytes[length] = '\0';
		take(press, bytes);
	}
}

void press_fill(struct press *press, struct scene *scene)
{
	struct sockaddr_un address = address_of(press, "journal");
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ssize_t sent;

	do
		sent = sendto(fd, "A=b\n", 4, 0, (struct sockaddr *)&address,
			      sizeof(address));
	while (sent == 4);
	scene_expect(scene, errno == EAGAIN);
	(void)close(fd);
}

int press_connect(const struct press *press, pid_t *pid)
{
	struct sockaddr_un address = address_of(press, "socket");
	struct ucred peer = { 0 };
	socklen_t size = sizeof(peer);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0) {
		*pid = peer.pid;
		return fd;
	}
	(void)close(fd);
	return -1;
}

pid_t press_await_teller(struct press *press, struct scene *scene, pid_t other)
{
	int64_t from_ns = scene_now_ns();
	pid_t pid = 0;

	for (;;) {
		int fd = press_connect(press, &pid);

		if (fd >= 0) {
			(void)close(fd);
			if (pid != other)
				return pid;
		}
		press_read(press);
		scene_turn(scene, from_ns, "a teller");
	}
}

void press_await_all(struct press *press, struct scene *scene)
{
	int64_t from_ns = scene_now_ns(), asked_ns = 0;

	press_read(press);
	press->has_reloaded = false;
	while (!press->has_reloaded) {
		if (scene_now_ns() - asked_ns > AGAIN_NS) {
			(void)kill(scene->guard, SIGHUP);
			asked_ns = scene_now_ns();
		}
		scene_turn(scene, from_ns, "a record");
		press_read(press);
	}
}
