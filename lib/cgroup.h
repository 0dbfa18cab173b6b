/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_CGROUP_H
#define OOMGUARD_CGROUP_H

#include <stdbool.h>
#include <stddef.h>

#define CGROUP_PATH_SIZE 512
#define CGROUP_UNIT_SIZE 256 /* UNIT_NAME_MAX of systemd */

/*
 * Takes the path out of /proc/PID/cgroup (cgroups(7)): the line `0::`, or
 * `name=systemd` where version 2 has nothing to say (hybrid and version 1),
 * without a trailing " (deleted)". Returns 0, -EBADMSG, or -ENAMETOOLONG.
 */
int cgroup_parse(const char *bytes, size_t length, char path[CGROUP_PATH_SIZE]);

/*
 * What the components of a path are, from the root on. Only the system's own
 * manager and runtimes of containers name groups outside of units: whatever is
 * inside of one may have been named by anybody.
 */
enum cgroup_place {
	CGROUP_SLICE, /* the root, too */
	CGROUP_UNIT,
	CGROUP_GROUP,  /* no name of systemd's: /docker/9f86, /lxc.payload.a */
	CGROUP_INSIDE, /* of a unit, or where it cannot be told */
};
enum cgroup_place cgroup_step(enum cgroup_place from, const char *name,
			      size_t length);

/*
 * The systemd unit of a path: the first component that is not a slice, with a
 * container or a user's own units left inside it. So a user's unit that calls
 * itself nginx.service is user@1000.service, and nobody can pretend to be a
 * service of the system. Empty where there is none.
 */
void cgroup_unit(const char *path, char unit[CGROUP_UNIT_SIZE]);

/*
 * Whether the name, or the last one of a path, is of the kind that this suffix
 * tells, such as ".slice", and not the suffix alone.
 */
bool cgroup_is_kind(const char *name, size_t length, const char *suffix);

#endif
