/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_DISPATCH_H
#define OOMGUARD_DISPATCH_H

#include "teller.h"

/* The methods of varlink/: what the clients ask, and what they get. */

/* One request; the answer, if there is one yet, is put into the client. */
void dispatch_call(struct teller *teller, struct client *client,
		   const char *request, size_t length);

/* More of the answer to Records. Returns whether it could go on at once. */
bool dispatch_fill(struct teller *teller, struct client *client);

/* The guard has answered: so can who waits for it, if he is still there. */
void dispatch_answer(struct teller *teller,
		     const struct request_answer *answer);

/*
 * Answers whom the guard has kept waiting for too long. Returns when this must
 * be asked again.
 */
int64_t dispatch_expire(struct teller *teller);

/* The guard is gone: answers everybody who waits for it. */
void dispatch_guard_is_gone(struct teller *teller);

#endif
