/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_PROCFS_H
#define OOMGUARD_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cgroup.h"
#include "door.h"
#include "process.h"
#include "sample.h"

#define PROCFS_EXE_SIZE 512

/*
 * The only door to /proc: a directory that is opened once. Any directory with
 * the same files will do. A file that is not there then counts as absent.
 */
struct procfs {
	int root;
	int meminfo;
	int vmstat;     /* -1: not there */
	int pressure;   /* -1: not there or off; read-only, no trigger */
	int arcstats;   /* -1: no ZFS */
	int swaps;      /* -1: not there */
	bool is_kernel; /* procfs by fstatfs(): triggers may be written */
};

/* What a sample could not read; the parts keep what the caller gave. */
enum procfs_trouble {
	PROCFS_MEMINFO = 1,
	PROCFS_PRESSURE = 2,
	PROCFS_VMSTAT = 4,
};

/* Opens what is there. Returns 0, or -errno of the root or of meminfo. */
int procfs_open(struct procfs *procfs, const char *root);
void procfs_close(struct procfs *procfs);

/*
 * Reads meminfo, pressure and arcstats over the last good *sample; what is
 * unreadable or garbage keeps its last good values. Returns a set of PROCFS_*
 * that failed, 0 if none. Costs about 5 us, blocks on nothing.
 */
unsigned int procfs_read_sample(const struct procfs *procfs,
				struct sample *sample);

/* The same for vmstat, which costs twice as much: only where it matters. */
unsigned int procfs_read_vmstat(const struct procfs *procfs,
				struct sample *sample);

/*
 * Reads /proc/swaps (which takes a mutex: at the pace of the census only) and
 * what zram saves. `sys` is a directory like /sys, or -1.
 */
void procfs_read_swaps(const struct procfs *procfs, int sys,
		       struct sample *sample);

#define PROCFS_TRIGGER_MS 1000 /* the window that is wanted */

/*
 * Opens pressure/memory and writes a trigger: `some` for 100 ms in 1 s, or
 * where the kernel refuses that window, for 200 ms in 2 s. The descriptor
 * polls POLLPRI; POLLERR alone means that the trigger is gone. Returns it and
 * sets *window_ms, or -ENOTSUP on a directory that is no procfs, or -errno.
 */
int procfs_open_trigger(const struct procfs *procfs, int64_t *window_ms);

/*
 * A walk over all pids, with getdents64 and no allocation. It moves the offset
 * of the root, so there is one walk at a time.
 */
struct procfs_walk {
	struct door_walk walk;
	_Alignas(8) char bytes[16384];
};
void procfs_walk_begin(struct procfs_walk *walk, const struct procfs *procfs);
/* The next pid, or 0 at the end, or -errno. */
int32_t procfs_walk_next(struct procfs_walk *walk);

/*
 * Files of one process. All return 0 or -errno, -ENOENT or -ESRCH where it has
 * vanished (a normal case), -EBADMSG for garbage.
 *
 * A process whose main thread has exited still holds its memory, which is then
 * read from a thread that lives.
 */
int procfs_read_status(const struct procfs *procfs, int32_t pid,
		       struct process_status *out);
int procfs_read_stat(const struct procfs *procfs, int32_t pid,
		     struct process_stat *out);
int procfs_read_score_adj(const struct procfs *procfs, int32_t pid,
			  int64_t *out);
int procfs_read_cgroup(const struct procfs *procfs, int32_t pid,
		       char path[CGROUP_PATH_SIZE]);
/* Without the " (deleted)" of an executable that was replaced. */
int procfs_read_exe(const struct procfs *procfs, int32_t pid,
		    char path[PROCFS_EXE_SIZE]);

/*
 * Whether an error of one of these says nothing at all: not that the process is
 * gone, nor that there is no answer, nor that it means nothing to us. (The
 * kernel allocates for some of its answers.)
 */
bool procfs_is_unread(int error);

/* Whether it says that the process is gone. */
bool procfs_is_gone(int error);

/* The shared part of statm: file pages and shared memory, in pages. */
int procfs_read_shared(const struct procfs *procfs, int32_t pid,
		       int64_t *pages);

/*
 * Whether the path of an executable means what it means to us: the process
 * lives in the mount namespace of pid 1. In one of its own anybody can call a
 * program /usr/sbin/sshd. Blocks on nothing.
 */
bool procfs_is_at_home(const struct procfs *procfs, int32_t pid);

/* The same, or it is the very file at that path (which may block). */
bool procfs_exe_is_native(const struct procfs *procfs, int32_t pid,
			  const char *exe);

/*
 * The descriptor of oom_score stays bound to this very process: reading it
 * fails with -ESRCH once it is gone, even when the pid was given away again.
 */
int procfs_open_score(const struct procfs *procfs, int32_t pid);
int procfs_read_score(int score_fd, int64_t *out);

#endif
