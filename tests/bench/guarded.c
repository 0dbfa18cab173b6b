/* SPDX-License-Identifier: MIT */
#include "guarded.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "crowd.h"

#define WAIT_NS INT64_C(20000000000)

void guarded_begin(struct guard_child *guard, const char *path,
		   const struct stage *stage, const char *config)
{
	char file[STAGE_PATH_SIZE + 64];
	int64_t begun_ns = bench_now_ns();
	const char *line;
	int error;

	snprintf(file, sizeof(file), "%s/%s", stage->path, config);
	error = guard_child_start(guard, path, stage->path, file);
	if (error)
		bench_die(path, error);
	do {
		struct pollfd output = { .fd = guard->output,
					 .events = POLLIN };
		(void)poll(&output, 1, 100);
		line = guard_child_line(guard);
		if (bench_now_ns() - begun_ns > WAIT_NS)
			bench_die("the guard does not start", ETIMEDOUT);
	} while (!line || strncmp(line, "guarding", 8) != 0);
}
