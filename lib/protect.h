/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_PROTECT_H
#define OOMGUARD_PROTECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cgroup.h"
#include "settings.h"

/*
 * Whether a pattern of protect.units means this component of a path. One that
 * ends in .slice means slices, any other one means units and groups.
 */
bool protect_name(const char *pattern, enum cgroup_place place,
		  const char *name, size_t length);

/* Whether it means a component of this path; a bare unit is a path, too. */
bool protect_matches(const char *pattern, const char *path);

/*
 * The rule of protect.units that holds for this path, or -1, and the name that
 * its processes are shown and remembered by: the unit, or the first group that
 * matches. Empty where there is none.
 */
int32_t protect_path(const struct settings *settings, const char *path,
		     char name[CGROUP_UNIT_SIZE]);

/* What is known of a process when its oom_score_adj is judged. */
struct protect_case {
	bool is_covered; /* listed as protected */
	int32_t present; /* its oom_score_adj */
	bool is_known;   /* the table has it */
	/*
	 * Of its own entry; or, where it has none, of the process that it has
	 * `ours` from by fork: then `inherits`.
	 */
	bool inherits;
	int32_t former;
	int32_t ours;
	bool is_over;   /* `ours` was written over what was its wish */
	bool is_raised; /* above the value of its parent since it was born */
};

enum protect_act {
	PROTECT_NOTHING,
	PROTECT_SET,      /* remember `former`, then write `value` */
	PROTECT_ADOPT,    /* remember `former`; `value` is there already */
	PROTECT_LEAVE,    /* remember that its present value is its wish */
	PROTECT_FORGET,   /* nothing of it is ours any more */
	PROTECT_PUT_BACK, /* write `value`, then forget */
};

struct protect_plan {
	enum protect_act act;
	int32_t former;
	int32_t value;
	bool is_wish; /* of the process: `former`, or what is put back */
};

/*
 * What is done about a process: it gets the value of the settings where its
 * own is higher. A lower one stays. One that it has raised itself is its wish,
 * unless workers = protect. Only a value that is ours is ever put back.
 */
struct protect_plan protect_plan(const struct settings *settings,
				 const struct protect_case *given);

#endif
