/* SPDX-License-Identifier: MIT */
#include "notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "field.h"
#include "text.h"

#include "hot.h"

/* Connected once, so that a message needs no address. */
static int open_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(path);
	int fd;

	if ((path[0] != '/' && path[0] != '@') ||
	    length >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, path, length + 1);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	socklen_t size =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	if (connect(fd, (const struct sockaddr *)&address, size) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

static uint64_t number_of(const char *name)
{
	const char *string = getenv(name);
	struct field field = { string, string };
	uint64_t number;

	if (!string)
		return 0;
	field.end = string + strlen(string);
	return field_u64(&field, &number) ? number : 0;
}

void notify_open(struct notify *notify)
{
	const char *path = getenv("NOTIFY_SOCKET");
	uint64_t pid = number_of("WATCHDOG_PID");

	*notify = (struct notify){ .socket = path ? open_socket(path) : -1 };
	/* Three signs in the time in which one is wanted. */
	if (pid == 0 || pid == (uint64_t)getpid())
		notify->watchdog_ms =
			(int64_t)(number_of("WATCHDOG_USEC") / 3000);
}

void notify_send(const struct notify *notify, const char *message)
{
	if (notify->socket >= 0)
		(void)send(notify->socket, message, strlen(message),
			   MSG_DONTWAIT | MSG_NOSIGNAL); /* Nothing to do. */
}

void notify_reloading(const struct notify *notify, int64_t now_ms)
{
	char bytes[64];
	struct text text;

	text_init(&text, bytes, sizeof(bytes));
	text_put(&text, "RELOADING=1\nMONOTONIC_USEC=");
	text_put_int(&text, now_ms * 1000);
	notify_send(notify, bytes);
}

void notify_alive(struct notify *notify, int64_t now_ms)
{
	if (notify->watchdog_ms <= 0 ||
	    now_ms - notify->alive_ms < notify->watchdog_ms)
		return;
	notify->alive_ms = now_ms;
	notify_send(notify, "WATCHDOG=1");
}
