/* SPDX-License-Identifier: MIT */
#include "query.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "answer.h"
#include "clock.h"
#include "json_text.h"

#define QUERY_DEPTH 16
#define QUERY_PIECE 65536

/* What was read so far. */
struct query_bytes {
	char *bytes;
	size_t length;
	size_t size;
};

const char *query_path(const char *option)
{
	const char *variable = getenv("OOMGUARD_SOCKET");

	if (option)
		return option;
	return variable && *variable ? variable : QUERY_SOCKET;
}

static enum query_trouble query_trouble(struct query_reply *reply, int error)
{
	switch (error) {
	case ENOENT:
		return QUERY_ABSENT;
	case ECONNREFUSED:
		return QUERY_CRASHED;
	case EACCES:
	case EPERM:
		return QUERY_DENIED;
	case ECONNRESET:
	case EPIPE:
		return QUERY_DROPPED;
	case EAGAIN:
	case EINPROGRESS:
	case ETIMEDOUT:
		return QUERY_HUNG;
	case EMSGSIZE:
	case EBADMSG:
		return QUERY_GARBAGE;
	default:
		reply->error = error;
		return QUERY_FAILED;
	}
}

/* A full backlog of a hung server makes connect() wait: only so long. */
static int query_connect(const char *path, int timeout_ms)
{
	const struct timeval most = { timeout_ms / 1000,
				      timeout_ms % 1000 * 1000 };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, error;

	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s", path) >=
	    (int)sizeof(address.sun_path))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof(most));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	error = errno;
	(void)close(fd);
	return -error;
}

static int query_send(int fd, const char *method,
		      struct json_object *parameters)
{
	struct json_object *call = json_object_new_object();
	const char *bytes;
	ssize_t sent;
	size_t length;
	int rc = 0;

	json_object_object_add(call, "method", json_object_new_string(method));
	if (parameters)
		json_object_object_add(call, "parameters", parameters);
	bytes = json_object_to_json_string_ext(call, JSON_C_TO_STRING_PLAIN);
	length = strlen(bytes) + 1; /* The NUL ends the message. */
	sent = send(fd, bytes, length, MSG_NOSIGNAL);
	if (sent < 0)
		rc = -errno;
	else if ((size_t)sent != length)
		rc = -ETIMEDOUT;
	json_object_put(call);
	return rc;
}

static int query_grow(struct query_bytes *got)
{
	char *larger;

	if (got->length < got->size)
		return 0;
	if (got->size >= QUERY_REPLY_MOST)
		return -EMSGSIZE;
	larger = realloc(got->bytes, got->size + QUERY_PIECE);
	if (!larger)
		return -ENOMEM;
	got->bytes = larger;
	got->size += QUERY_PIECE;
	return 0;
}

/* Waits for more. Returns how many bytes came, or -errno. */
static int query_read(int fd, struct query_bytes *got, int64_t until_ms)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	int64_t left_ms = until_ms - clock_now_ms();
	ssize_t length;
	int rc = query_grow(got);

	if (rc < 0)
		return rc;
	rc = poll(&poller, 1, left_ms > 0 ? (int)left_ms : 0);
	if (rc < 0)
		return errno == EINTR ? 0 : -errno;
	if (rc == 0)
		return -ETIMEDOUT;
	length = recv(fd, got->bytes + got->length, got->size - got->length, 0);
	if (length < 0)
		return -errno;
	if (length == 0)
		return got->length ? -EBADMSG : -ECONNRESET;
	got->length += (size_t)length;
	return (int)length;
}

/* Reads one message, up to its NUL. Its length, or -errno. */
static int query_receive(int fd, struct query_bytes *got, int64_t until_ms)
{
	size_t seen = 0;

	for (;;) {
		const char *end = NULL;
		int rc = query_read(fd, got, until_ms);

		if (rc < 0)
			return rc;
		if (got->length > seen)
			end = memchr(got->bytes + seen, '\0',
				     got->length - seen);
		if (end)
			return (int)(end - got->bytes);
		seen = got->length;
	}
}

static int query_parse(struct query_reply *reply, const char *bytes, int length)
{
	struct json_object *message =
		json_text_parse(bytes, (size_t)length, QUERY_DEPTH);
	const char *dot;

	if (!message)
		return -EBADMSG;
	snprintf(reply->full, sizeof(reply->full), "%s",
		 answer_string(message, "error"));
	dot = strrchr(reply->full, '.');
	reply->name = dot ? dot + 1 : reply->full;
	reply->parameters =
		json_object_get(answer_object(message, "parameters"));
	if (!reply->parameters)
		reply->parameters = json_object_new_object();
	json_object_put(message);
	return 0;
}

void query_call(struct query_reply *reply, const char *path, const char *method,
		struct json_object *parameters, int timeout_ms)
{
	int64_t until_ms = clock_now_ms() + timeout_ms;
	struct query_bytes got = { 0 };
	int fd = query_connect(path, timeout_ms);
	int rc = fd;

	*reply = (struct query_reply){ .path = path, .name = reply->full };
	if (fd < 0)
		json_object_put(parameters);
	else
		rc = query_send(fd, method, parameters);
	if (rc >= 0 && fd >= 0)
		rc = query_receive(fd, &got, until_ms);
	if (rc >= 0)
		rc = query_parse(reply, got.bytes, rc);
	if (rc < 0)
		reply->trouble = query_trouble(reply, -rc);
	else if (reply->full[0])
		reply->trouble = QUERY_REFUSED;
	if (fd >= 0)
		(void)close(fd);
	free(got.bytes);
}

void query_finish(struct query_reply *reply)
{
	json_object_put(reply->parameters);
	reply->parameters = NULL;
}

static void query_put_refusal(struct text *out, const struct query_reply *reply)
{
	static const struct {
		const char *name;
		const char *words;
	} refusals[] = {
		{ "NotAllowed", "only root, or the user that the service runs "
				"as, may do this: try it with sudo" },
		{ "ConfigurationInvalid",
		  "the configuration has mistakes, and nothing was changed" },
		{ "Busy", "the guard is busy with another reload: try again" },
		{ "GuardGone", "the guard does not answer: see journalctl -u "
			       "oomguard" },
		{ "MethodNotFound", "the running service does not know this: "
				    "it is of another version, restart it" },
		{ "InterfaceNotFound", "the running service does not know "
				       "this: it is of another version" },
		{ "InvalidParameter", "the service refuses this value" },
	};

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (strcmp(refusals[i].name, reply->name) == 0) {
			text_put(out, refusals[i].words);
			return;
		}
	}
	text_put(out, "it answers with the error ");
	text_put_quoted(out, reply->full);
}

static void query_put_path(struct text *out, const char *before,
			   const struct query_reply *reply, const char *after)
{
	text_put(out, before);
	text_put(out, reply->path);
	text_put(out, after);
}

void query_put(struct text *out, const struct query_reply *reply)
{
	switch (reply->trouble) {
	case QUERY_FINE:
		return;
	case QUERY_ABSENT:
		query_put_path(out, "not running (no ", reply,
			       "); start it with: systemctl start oomguard");
		return;
	case QUERY_CRASHED:
		query_put_path(out, "nobody listens on ", reply,
			       ": it crashed or is being restarted; see "
			       "journalctl -u oomguard");
		return;
	case QUERY_DENIED:
		query_put_path(out, "no permission to connect to ", reply,
			       ": everybody may by default, so somebody "
			       "changed that; try it as root");
		return;
	case QUERY_DROPPED:
		text_put(out, "it closed the connection without an answer: it "
			      "has too many clients, or is being restarted");
		return;
	case QUERY_HUNG:
		text_put(out, "it listens but does not answer in time: "
			      "oomguard-teller is hung or stopped (the guard "
			      "does not need it)");
		return;
	case QUERY_GARBAGE:
		query_put_path(out, "what answers on ", reply,
			       " is not understood: another program, or "
			       "another version");
		return;
	case QUERY_REFUSED:
		query_put_refusal(out, reply);
		return;
	case QUERY_FAILED:
		query_put_path(out, "", reply, ": ");
		text_put(out, strerror(reply->error));
		return;
	}
}
