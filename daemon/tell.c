/* SPDX-License-Identifier: MIT */
#include "tell.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hot.h"

/*
 * Pipes and terminals are ready only when they take a line of up to PIPE_BUF;
 * sockets take it or refuse it. O_NONBLOCK would also change the descriptor of
 * whoever started the guard.
 */
bool tell_now(const char *bytes, size_t length)
{
	struct pollfd ready = { .fd = STDERR_FILENO, .events = POLLOUT };
	ssize_t sent =
		send(STDERR_FILENO, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent < 0 && errno == ENOTSOCK && poll(&ready, 1, 0) == 1 &&
	    ready.revents == POLLOUT)
		sent = write(STDERR_FILENO, bytes, length);
	return sent == (ssize_t)length;
}

static bool tell_dropped(const struct tell *tell)
{
	char bytes[64];
	struct text line;

	text_init(&line, bytes, sizeof(bytes));
	text_put_int(&line, (int64_t)tell->dropped);
	text_put(&line, " lines could not be written\n");
	return tell_now(bytes, line.length);
}

void tell_line(struct tell *tell, const struct text *text)
{
	char bytes[TELL_LINE_SIZE + 1];

	memcpy(bytes, text->bytes, text->length);
	bytes[text->length] = '\n';
	if (tell->dropped > 0 && tell_dropped(tell))
		tell->dropped = 0;
	if (!tell_now(bytes, text->length + 1))
		tell->dropped++;
}

void tell_lines(struct tell *tell, const char *lines)
{
	char bytes[TELL_LINE_SIZE];
	struct text line;

	while (*lines) {
		size_t length = strcspn(lines, "\n");
		text_init(&line, bytes, sizeof(bytes));
		text_put_bytes(&line, lines, length);
		tell_line(tell, &line);
		lines += length + (lines[length] == '\n');
	}
}
