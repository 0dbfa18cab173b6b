/* SPDX-License-Identifier: MIT */
#include "unmatched.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cgroup.h"
#include "process.h"
#include "selector.h"

static void unmatched_add_bare(struct unmatched *out,
			       const struct identity *identity, int32_t pid,
			       int64_t adj)
{
	if (out->bare_count++)
		return;
	out->bare.pid = pid;
	out->bare.adj = adj;
	snprintf(out->bare.comm, sizeof(out->bare.comm), "%s", identity->comm);
	snprintf(out->bare.unit, sizeof(out->bare.unit), "%s", identity->unit);
}

/* What several share, like the buffers of a database, is there once. */
static bool unmatched_add_up(struct unmatched *out,
			     const struct settings *settings,
			     const struct identity *identity,
			     const struct process_status *status)
{
	int64_t shared_kib = status->file_kib + status->shmem_kib;
	struct ruling ruling;

	settings_judge(settings, identity, &ruling);
	out->holders += status->anon_kib > 0;
	if (ruling.protect < 0) {
		out->endable += ruling.never < 0 && status->anon_kib > 0;
		return false;
	}
	out->covered++;
	out->protected_kib += status->anon_kib;
	if (shared_kib > out->shared_kib)
		out->shared_kib = shared_kib;
	return true;
}

/* What cannot be read is empty and matches nothing. */
static void unmatched_look(struct unmatched *out,
			   const struct settings *settings,
			   const struct procfs *procfs, int32_t pid)
{
	struct process_status status;
	char cgroup[CGROUP_PATH_SIZE] = "";
	char unit[CGROUP_UNIT_SIZE] = "";
	char exe[PROCFS_EXE_SIZE] = "";
	struct identity identity = { status.comm, exe, unit, cgroup, 0 };
	int64_t adj;
	int r;

	if (procfs_read_status(procfs, pid, &status) < 0)
		return;
	identity.uid = status.uid;
	if (!procfs_read_cgroup(procfs, pid, cgroup))
		cgroup_unit(cgroup, unit);
	r = procfs_read_exe(procfs, pid, exe);
	if (r == -EACCES || r == -EPERM)
		out->hidden++;
	for (uint32_t i = 0; i < settings->rules_count; i++) {
		if (settings_rule_matches(&settings->rules[i], &identity))
			out->matches[i] = true;
	}
	if (unmatched_add_up(out, settings, &identity, &status) &&
	    procfs_read_score_adj(procfs, pid, &adj) == 0 &&
	    adj > settings->protect_adj)
		unmatched_add_bare(out, &identity, pid, adj);
}

int unmatched_find(struct unmatched *out, const struct settings *settings,
		   const struct procfs *procfs)
{
	struct procfs_walk walk;
	int32_t pid;

	memset(out, 0, sizeof(*out));
	procfs_walk_begin(&walk, procfs);
	while ((pid = procfs_walk_next(&walk)) > 0)
		unmatched_look(out, settings, procfs, pid);
	return pid;
}
