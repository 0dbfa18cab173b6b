/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_MOUNTS_H
#define OOMGUARD_MOUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "field.h"

#define MOUNTS_LARGEST 3
#define MOUNT_PATH_SIZE 128

/* A tmpfs: its files are in memory, and stay there whoever ends. */
struct mount {
	uint32_t major;
	uint32_t minor;
	int64_t used_kib;
	char path[MOUNT_PATH_SIZE]; /* any byte */
};

/* The largest first; used_kib 0: no more. */
struct mounts {
	struct mount largest[MOUNTS_LARGEST];
};

/*
 * One line of /proc/PID/mountinfo (proc_pid_mountinfo(5)). False for what is no
 * tmpfs, and for a path that does not fit.
 */
bool mounts_parse(struct field line, struct mount *out);

/*
 * Those that pid 1 sees, each once. Reads a file and looks up paths that may
 * wait without bound, though never the root of anything but a tmpfs.
 */
void mounts_read(int proc, struct mounts *out);

#endif
