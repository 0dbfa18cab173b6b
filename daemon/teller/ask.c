/* SPDX-License-Identifier: MIT */
#include "ask.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>

void ask_open(struct ask *ask, int fd)
{
	*ask = (struct ask){ .fd = fd };
}

int ask_send(struct ask *ask, enum request_kind kind, int64_t pause_ms,
	     uint64_t *cookie)
{
	struct request request = {
		.magic = REQUEST_MAGIC,
		.kind = kind,
		.cookie = ++ask->cookie,
		.pause_ms = pause_ms,
	};
	ssize_t sent = send(ask->fd, &request, sizeof(request),
			    MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent == (ssize_t)sizeof(request)) {
		*cookie = request.cookie;
		return 0;
	}
	return errno == EAGAIN || errno == EINTR || errno == ENOBUFS ? -EBUSY
								     : -EPIPE;
}

int ask_receive(struct ask *ask, struct request_answer *answer)
{
	const size_t head = offsetof(struct request_answer, text);
	ssize_t got = recv(ask->fd, answer, sizeof(*answer), MSG_DONTWAIT);

	if (got == 0)
		return -EPIPE;
	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -EPIPE;
	if ((size_t)got < head || answer->magic != REQUEST_MAGIC ||
	    answer->length >= sizeof(answer->text) ||
	    (size_t)got != head + answer->length)
		return 0;
	answer->text[answer->length] = '\0';
	return 1;
}
