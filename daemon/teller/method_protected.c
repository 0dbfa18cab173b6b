/* SPDX-License-Identifier: MIT */
#include "methods.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "guarded.h"
#include "reply.h"

static uint64_t now_ticks(void)
{
	uint64_t hertz = (uint64_t)sysconf(_SC_CLK_TCK);
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now); /* Cannot fail. */
	return (uint64_t)now.tv_sec * hertz +
	       (uint64_t)now.tv_nsec * hertz / 1000000000;
}

/* Beside the socket, in the runtime directory of both. */
static bool read_wards(struct wards *wards)
{
	const char *place = getenv("RUNTIME_DIRECTORY");
	char path[512];

	if (!place || place[0] != '/')
		place = "/run/oomguard";
	(void)snprintf(path, sizeof(path), "%.*s/protected",
		       (int)strcspn(place, ":"), place);
	return guarded_read(path, wards);
}

void method_protected(struct teller *teller, struct client *client,
		      const struct call *call)
{
	json_object *reply = json_object_new_object();
	int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	static struct wards wards;
	int64_t left_out;

	(void)teller;
	(void)read_wards(&wards);
	json_object_object_add(
		reply, "processes",
		guarded_list(&wards, proc, now_ticks(), &left_out));
	if (proc >= 0)
		(void)close(proc);
	put_int(reply, "leftOut", left_out);
	reply_with(client, call, reply);
}
