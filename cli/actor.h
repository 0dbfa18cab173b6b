/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_ACTOR_H
#define OOMGUARD_ACTOR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* How an actor behaves. */
enum actor_role {
	ACTOR_SITTER,     /* takes its memory and waits */
	ACTOR_LEAK,       /* grows until SIGTERM ends it */
	ACTOR_STUBBORN,   /* grows on after SIGTERM */
	ACTOR_STOPPED,    /* takes its last gulp and stops itself */
	ACTOR_THREADLESS, /* its main thread exits, another one grows */
};

/* What the director and the actors tell each other, in shared memory. */
struct script {
	_Atomic bool is_on;            /* the hog may begin to grow */
	_Atomic int64_t available_kib; /* what the stage shows */
	_Atomic int32_t ready;         /* actors that hold their first memory */
	_Atomic int64_t asked_ns;      /* SIGTERM came to the hog; 0: not yet */
	_Atomic int32_t asked_by;      /* the pid that sent it */
	_Atomic bool is_full;          /* the hog has taken all it may */
	_Atomic bool is_gulping;       /* its last gulp; then it stops itself */
};

struct actor {
	enum actor_role role;
	const char *comm;
	int64_t start_kib;  /* taken at once */
	int64_t most_kib;   /* a hog never takes more */
	int64_t rate_kib_s; /* how fast a hog grows */
	int64_t pause_kib;  /* STOPPED: available before its last gulp */
	int64_t gulp_kib;   /* and its size */
};

/* CLOCK_MONOTONIC in nanoseconds. */
int64_t actor_now_ns(void);

/* Shared memory for a script, or NULL with errno. */
struct script *actor_script(void);

/*
 * Starts an actor in a process group of its own, at oom_score_adj 1000. It
 * dies with the caller, however the caller ends. Returns its pid or -errno.
 */
pid_t actor_start(const struct actor *actor, struct script *script);

#endif
