/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>

int progress_open(struct progress **progress, int fd)
{
	struct stat file;
	struct progress *map;

	if (fstat(fd, &file) != 0)
		return -errno;
	if (file.st_size < (off_t)sizeof(*map))
		return -EPROTO;
	map = mmap(NULL, sizeof(*map), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		   0);
	if (map == MAP_FAILED)
		return -errno;
	if (map->begun > map->done) {
		map->dropped += map->begun - map->done;
		map->done = map->begun;
	}
	*progress = map;
	return 0;
}

void progress_close(struct progress *progress)
{
	(void)munmap(progress, sizeof(*progress));
}
