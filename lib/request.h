/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_REQUEST_H
#define OOMGUARD_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What the teller may ask of the guard, over a socketpair (SOCK_SEQPACKET):
 * fixed size, checked, answered once each. Everything else is dropped.
 */
enum request_kind {
	REQUEST_RELOAD = 1,
	REQUEST_PAUSE,
	REQUEST_RESUME,
	REQUEST_HELLO, /* the socket listens; it gets no answer */
	REQUEST_LOOK,  /* in calm: publish how it is, and who would be struck */
};

#define REQUEST_MAGIC 0x6f6d7271U
#define REQUEST_PAUSE_MOST_MS (24 * 3600 * 1000)
#define REQUEST_ANSWER_TEXT 8192 /* the rest is cut */

struct request {
	uint32_t magic;
	uint32_t kind;
	uint64_t cookie;  /* comes back with the answer */
	int64_t pause_ms; /* of PAUSE: 1 to REQUEST_PAUSE_MOST_MS, or 0 */
};

/*
 * `error` is 0 or -errno: -EINVAL a reload with mistakes (text holds all of
 * them, one a line), -EBUSY a reload is under way, -EIO it could not be read.
 */
struct request_answer {
	uint32_t magic;
	int32_t error;
	uint64_t cookie;
	uint32_t length; /* of text, which is sent only so far */
	char text[REQUEST_ANSWER_TEXT];
};

bool request_is_valid(const struct request *request, int64_t length);

#endif
