/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SELF_H
#define OOMGUARD_SELF_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* CPU time of this process in ms. */
int64_t self_cpu_ms(void);

/* Resident memory of a process in KiB, or -1 where it cannot be seen. */
int64_t self_memory_kib(int32_t pid);

/*
 * Whether /proc is mounted so that users do not see each other's processes,
 * by what /proc/self/mountinfo says (proc_pid_mountinfo(5)).
 */
bool self_hides_others(FILE *mountinfo);

/* The same for this machine now; true where it is not known. */
bool self_proc_hides_others(void);

#endif
