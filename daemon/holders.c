/* SPDX-License-Identifier: MIT */
#include "holders.h"

#include "guard.h"

#include "hot.h"

void holders_find(struct guard *guard, struct holders *out)
{
	char path[CGROUP_PATH_SIZE];

	*out = (struct holders){ .cgroup_kib = 0 };
	clerk_lock(&guard->clerk);
	out->mounts = guard->reaper_world.mounts;
	out->cgroup_kib = census_shmem_kib(&guard->census, path);
	clerk_unlock(&guard->clerk);
	/* What a cgroup that is gone has made is its parent's: not known. */
	if (out->cgroup_kib * 2 < guard->sample.memory.shmem_kib)
		out->cgroup_kib = 0;
	if (out->cgroup_kib > 0)
		cgroup_unit(path, out->cgroup);
	if (out->cgroup[0] == '\0')
		out->cgroup_kib = 0;
}

bool holders_matter(const struct guard *guard)
{
	return guard->decision.urgency >= URGENCY_WARN &&
	       (guard->strikes.futile > 0 || guard->told.nobody ||
		guard->culprit.is_unowned);
}
