/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_CONTAINER_H
#define OOMGUARD_CONTAINER_H

#include <stddef.h>

/*
 * The id of the container that a cgroup belongs to, 64 hexadecimal digits, as
 * docker, containerd, CRI-O and podman name their cgroups; empty where there is
 * none or `size` is too small. Of nested ones the outermost: the cgroups inside
 * a container carry whatever names it likes.
 */
void container_of_cgroup(const char *cgroup, char *id, size_t size);

#endif
