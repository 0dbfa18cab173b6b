/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_WARDEN_H
#define OOMGUARD_WARDEN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "cgroup.h"
#include "clerk.h"
#include "keeper.h"
#include "wards.h"

#define WARDEN_NODES 192 /* cgroups that are watched */

/* A cgroup that is watched: on the way to units, or protected. */
struct node {
	int fd; /* of its directory; -1: the place is free */
	int watches[3];
	uint32_t hash; /* of its name */
	int16_t parent;
	int16_t rule; /* that protects it, or -1 */
	uint8_t place;
	bool is_new;   /* what is in it is not known */
	bool is_dirty; /* its processes changed */
};

/* Whom the kernel should take; pid 0: nobody in particular. */
struct nominee {
	uint64_t start_ticks;
	int32_t pid;
};

/* What the guard tells of it. */
struct warden_news {
	uint32_t count;     /* processes with our value */
	int64_t memory_kib; /* of these, what they share counted once */
	uint32_t left_out;  /* did not fit into the table */
	bool has_overflown; /* not all cgroups can be watched */
	bool is_complete;   /* all rules have been looked at */
	uint32_t unmatched; /* rules that match nothing */
	int16_t unmatched_rule;
	struct refusal refusal;
};

/*
 * The thread that protects: it sleeps until a cgroup of a protected unit
 * changes, and looks at new processes every few seconds where selectors want
 * that. All it holds is fixed. The clerk's lock is held for changes in memory
 * only, never for a file.
 */
struct warden {
	pthread_t thread;
	bool runs;
	int wake;
	int inotify;
	int cgroups; /* the root of the hierarchy of version 2, or -1 */
	atomic_bool must_reload;
	atomic_bool must_end;
	struct procfs procfs;
	struct keeper keeper;
	struct wards wards;
	struct warden_news news; /* under the clerk's lock, as the wards */
	struct nominee nominee;  /* the same: the guard's wish */
	const char *trouble;     /* of the state file, or NULL */
	bool has_units;
	bool has_processes;
	bool is_first;    /* since settings changed */
	bool has_matched; /* a rule that matched nothing before */
	bool has_overflown;
	int64_t sweep_ms;  /* when everything is looked at next */
	int64_t swept_ms;  /* when it was last */
	int64_t births_ms; /* when it is looked whether somebody was born */
	char newest[16];   /* the last pid that was given, of loadavg */
	size_t root_length;
	uint8_t matched[SETTINGS_RULES_MAX];
	struct node nodes[WARDEN_NODES];
	_Alignas(8) char bytes[4096]; /* a directory, or events */
};

/*
 * Takes over what a dead guard has left and starts the thread. `cgroups` is a
 * directory like /sys/fs/cgroup, or -1. Returns 0 or -errno.
 */
int warden_start(struct warden *warden, const char *proc, int cgroups,
		 struct clerk *clerk, const struct settings *settings);

/* There are new settings; under the same lock as their change, the clerk's. */
void warden_reload(struct warden *warden);

/* Puts everything back, at most `most_ms`, and takes the state file away. */
void warden_stop(struct warden *warden, int most_ms);

/*
 * What a dead guard left is put back: for ExecStopPost=. Returns the number of
 * processes, -EBUSY where a guard lives, or -errno.
 */
int warden_put_back(struct warden *warden, const char *proc,
		    const struct settings *settings);

#endif
