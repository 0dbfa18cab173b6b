/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_WARD_FILE_H
#define OOMGUARD_WARD_FILE_H

#include "wards.h"

#define WARD_FILE "protected"

/*
 * The table of wards in the runtime directory, so that a guard that was killed
 * leaves word of what it changed. All its blocks are there from the start: a
 * full /run stops no write. Written, not mapped: who may write to the directory
 * (the teller is the same user) could cut the file short, and a guard that
 * touches a mapping of it would end by SIGBUS. To lock a mapping beside that
 * would be 40 KiB more of locked memory; the unit's MemorySwapMax=0 keeps the
 * pages that its guard has made in memory as well. Only the warden's thread
 * ever waits for a write.
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
