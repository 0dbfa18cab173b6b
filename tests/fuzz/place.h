/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_FUZZ_PLACE_H
#define OOMGUARD_FUZZ_PLACE_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* In memory where there is such a place: the disk is not what is tried. */
static inline void place_make(char directory[64])
{
	(void)snprintf(directory, 64, "%s/oomguard-fuzz-XXXXXX",
		       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(directory))
		abort();
}

/* The input as a file. */
static inline void place_write(const char *path, const void *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		abort();
	(void)close(fd);
}

#endif
