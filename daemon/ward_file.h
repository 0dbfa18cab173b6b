/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_WARD_FILE_H
#define OOMGUARD_WARD_FILE_H

#include "wards.h"

#define WARD_FILE "protected"

/*
 * The table of wards in the runtime directory, so that a guard that was killed
 * leaves word of what it changed. Written, not mapped: nobody can take the
 * guard's pages away by cutting the file short.
 */

/*
 * Opens (or makes) the file in $RUNTIME_DIRECTORY, for one guard at a time, and
 * fills *wards with what a dead one left there, or with an empty table. What is
 * not valid is not used. Returns a descriptor; -ENOENT without such a
 * directory, -EBUSY where another guard has it, or -errno: then *wards is empty
 * and may be used without the file. `was_spoilt` tells that something was there
 * which could not be used.
 */
int ward_file_open(struct wards *wards, bool *was_spoilt);

/* Writes one of them, with its unit's name. */
void ward_file_save(int fd, const struct wards *wards, const struct ward *ward);

/* Takes the file away: there is nothing to put back. */
void ward_file_remove(int fd);

#endif
