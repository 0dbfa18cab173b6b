/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"

void doctor_check_pressure(struct doctor *doctor)
{
	char bytes[256];

	if (doctor_read(doctor, "/proc/pressure/memory", bytes, sizeof(bytes)) >
	    0) {
		doctor_say(doctor, "pressure", VERDICT_OK, "",
			   "the kernel measures memory pressure (PSI)");
		return;
	}
	doctor_say(doctor, "pressure", VERDICT_WARNING,
		   "Boot with psi=1 on the kernel's command line "
		   "(GRUB_CMDLINE_LINUX in /etc/default/grub, then "
		   "update-grub).",
		   "the kernel does not measure memory pressure: thrashing "
		   "with memory available is not seen");
}

void doctor_check_cgroup(struct doctor *doctor)
{
	if (doctor_exists(doctor, "/sys/fs/cgroup/cgroup.controllers")) {
		doctor_say(doctor, "cgroup", VERDICT_OK, "",
			   "cgroups are version 2");
		return;
	}
	if (!doctor_exists(doctor, "/sys/fs/cgroup")) {
		doctor_say(doctor, "cgroup", VERDICT_WARNING,
			   "Mount it: systemd does that by itself.",
			   "no cgroups are mounted: units are not known");
		return;
	}
	doctor_say(doctor, "cgroup", VERDICT_WARNING,
		   "Boot with systemd.unified_cgroup_hierarchy=1 on the "
		   "kernel's command line.",
		   "cgroups are version 1%s: units are known, but limits and "
		   "events of cgroups are not seen",
		   doctor_exists(doctor, "/sys/fs/cgroup/unified") ? " (hybrid)"
								   : "");
}

/* The value of hidepid= of /proc, or "". */
static const char *doctor_hidepid(const struct doctor *doctor, char *bytes,
				  size_t size)
{
	char mounts[16384];
	char *rest = NULL;

	(void)doctor_read(doctor, "/proc/mounts", mounts, sizeof(mounts));
	for (char *line = strtok_r(mounts, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		const char *option = strstr(line, "hidepid=");

		if (!strstr(line, " /proc proc ") || !option)
			continue;
		option += strlen("hidepid=");
		snprintf(bytes, size, "%.*s", (int)strcspn(option, ", "),
			 option);
		if (strcmp(bytes, "off") != 0 && strcmp(bytes, "0") != 0)
			return bytes;
	}
	return "";
}

void doctor_check_hidepid(struct doctor *doctor)
{
	char bytes[32];
	const char *value = doctor_hidepid(doctor, bytes, sizeof(bytes));

	if (!*value)
		doctor_say(doctor, "hidepid", VERDICT_OK, "",
			   "/proc shows the processes of all users");
	else
		doctor_say(doctor, "hidepid", VERDICT_NOTE,
			   "The guard needs CAP_SYS_PTRACE then (see rights); "
			   "this command sees all processes only as root.",
			   "/proc is mounted with hidepid=%s", value);
}

void doctor_check_swap(struct doctor *doctor)
{
	const struct sample *sample = &doctor->sample;
	int64_t total_kib = sample->memory.swap_total_kib;
	struct piece total;

	piece_kib(&total, total_kib);
	if (total_kib == 0)
		doctor_say(doctor, "swap", VERDICT_NOTE,
			   "A little swap (a few GiB) gives warnings time; "
			   "without it leave the levels at their defaults or "
			   "higher.",
			   "there is no swap: memory alone decides, and a leak "
			   "is met late");
	else if (sample->swaps.zram_size_kib >= total_kib)
		doctor_say(doctor, "swap", VERDICT_NOTE,
			   "Nothing to do: only what compression saves counts "
			   "as free swap.",
			   "all swap (%s) is zram, which is in memory itself",
			   total.bytes);
	else
		doctor_say(doctor, "swap", VERDICT_OK, "", "%s of swap",
			   total.bytes);
}

void doctor_check_panic(struct doctor *doctor)
{
	int64_t value = doctor_number(doctor, "/proc/sys/vm/panic_on_oom");

	if (value > 0)
		doctor_say(doctor, "panic", VERDICT_PROBLEM,
			   "Unless that is wanted: sysctl vm.panic_on_oom=0, "
			   "and in /etc/sysctl.d.",
			   "vm.panic_on_oom is %d: where the kernel is first, "
			   "the machine goes down",
			   (int)value);
	else
		doctor_say(doctor, "panic", VERDICT_OK, "",
			   "the kernel does not panic when memory is out");
}

void doctor_check_allocating(struct doctor *doctor)
{
	if (doctor_number(doctor, "/proc/sys/vm/oom_kill_allocating_task") > 0)
		doctor_say(doctor, "allocating", VERDICT_WARNING,
			   "sysctl vm.oom_kill_allocating_task=0, and in "
			   "/etc/sysctl.d.",
			   "vm.oom_kill_allocating_task is 1: the kernel ends "
			   "whoever asks for memory, whatever its "
			   "oom_score_adj");
	else
		doctor_say(doctor, "allocating", VERDICT_OK, "",
			   "the kernel's OOM killer goes by oom_score");
}

void doctor_check_overcommit(struct doctor *doctor)
{
	if (doctor_number(doctor, "/proc/sys/vm/overcommit_memory") == 2)
		doctor_say(doctor, "overcommit", VERDICT_WARNING,
			   "sysctl vm.overcommit_memory=0, or a higher "
			   "vm.overcommit_ratio.",
			   "vm.overcommit_memory is 2: allocations fail at "
			   "CommitLimit, often long before memory is short");
	else
		doctor_say(doctor, "overcommit", VERDICT_OK, "",
			   "allocations do not fail before memory is short");
}

void doctor_check_min_ttl(struct doctor *doctor)
{
	int64_t ms = doctor_number(doctor, "/sys/kernel/mm/lru_gen/min_ttl_ms");

	if (ms > 0)
		doctor_say(doctor, "min_ttl", VERDICT_WARNING,
			   "echo 0 >/sys/kernel/mm/lru_gen/min_ttl_ms, and in "
			   "tmpfiles.d: the guard does this work.",
			   "lru_gen/min_ttl_ms is %d: the kernel's OOM killer "
			   "comes when the pages of that time do not fit, "
			   "maybe before the guard",
			   (int)ms);
	else
		doctor_say(doctor, "min_ttl", VERDICT_OK, "",
			   "the kernel's OOM killer waits until nothing can "
			   "be reclaimed");
}

void doctor_check_min_free(struct doctor *doctor)
{
	int64_t kib = doctor_number(doctor, "/proc/sys/vm/min_free_kbytes");
	struct piece reserve, kill;

	piece_kib(&reserve, kib);
	piece_kib(&kill, doctor->levels.kill_kib);
	if (kib > doctor->levels.kill_kib && doctor->levels.kill_kib > 0)
		doctor_say(doctor, "min_free", VERDICT_WARNING,
			   "Lower vm.min_free_kbytes, or raise the levels: "
			   "programs stall in reclaim while this much is free.",
			   "vm.min_free_kbytes reserves %s, more than the kill "
			   "level (%s)",
			   reserve.bytes, kill.bytes);
	else if (kib > 0)
		doctor_say(doctor, "min_free", VERDICT_OK, "",
			   "the kernel reserves %s", reserve.bytes);
}
