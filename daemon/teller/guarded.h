/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_GUARDED_H
#define OOMGUARD_GUARDED_H

#include "encode.h"
#include "wards.h"

#define GUARDED_MOST 512 /* of one answer; more are counted */

/*
 * The wards of the guard's state file, or an empty table where there is none:
 * any bytes may be in it. False for what is none.
 */
bool guarded_read(const char *path, struct wards *wards);

/*
 * Those whose value is in force, as /proc (a directory that is open) shows them
 * now; *left_out are more than GUARDED_MOST. `now_ticks` of CLOCK_BOOTTIME.
 */
json_object *guarded_list(const struct wards *wards, int proc,
			  uint64_t now_ticks, int64_t *left_out);

#endif
