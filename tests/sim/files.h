/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SIM_FILES_H
#define OOMGUARD_SIM_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "machine.h"
#include "text.h"

/* What can be read, of the machine, of a process and of a cgroup. */
enum file {
	FILE_NONE,
	FILE_MEMINFO,
	FILE_VMSTAT,
	FILE_PRESSURE,
	FILE_SWAPS,
	FILE_ZRAM,
	FILE_BOOT,
	FILE_PROCESS, /* from here on: of a process */
	FILE_STATUS = FILE_PROCESS,
	FILE_STAT,
	FILE_STATM,
	FILE_SCORE,
	FILE_ADJ,
	FILE_CGROUP,
	FILE_COMM,
	FILE_THREAD,
	FILE_GROUP, /* from here on: of a cgroup */
	FILE_EVENTS = FILE_GROUP,
	FILE_PROCS,
	FILE_POPULATED,
	FILE_CURRENT,
	FILE_SWAPPED,
	FILE_SWAP_MOST,
	FILE_GROUP_STAT,
};

/* The file of a process or a cgroup by its name, or FILE_NONE. */
enum file files_of_process(const char *name);
enum file files_of_group(const char *name);

/* Puts the text that the kernel would write. */
void files_put(struct text *text, enum file file, const struct process *process,
	       int group);

/* Makes nonsense of a text, cut at an end of a line or filled with bytes. */
void files_spoil(struct text *text, struct random *noise);

#endif
