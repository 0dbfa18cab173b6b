/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_LOOKUP_H
#define OOMGUARD_LOOKUP_H

#include <stddef.h>
#include <stdint.h>

/*
 * What may wait for somebody else, and is therefore called by threads that
 * nobody waits for. Each result is empty where it could not be had.
 */

/*
 * The command line, cut to `size`, its arguments with one blank between. It is
 * read in the memory of the process, which may hold its mmap_lock or have to be
 * swapped in for that (facts: 121 ms, seconds while memory is short). A process
 * that did not start at `start_ticks` is another one; 0: that is not known.
 * Returns when it started (/proc/PID/stat, field 22), or 0.
 */
uint64_t lookup_cmdline(int proc, int32_t pid, uint64_t start_ticks,
			char *value, size_t size);

/* The name of a user, from wherever NSS gets it. */
void lookup_user(uint32_t uid, char *value, size_t size);

/*
 * Restart= of a service, as the service manager has it in force; at most about
 * two seconds. Empty where there is no system bus.
 */
void lookup_restart(const char *unit, char *value, size_t size);

#endif
