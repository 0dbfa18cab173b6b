/* SPDX-License-Identifier: MIT */
#include "files.h"

#include <string.h>

#define KIB_TICK 10240 /* that the kernel fills for it, at 1 GiB/s */

static void put_row(struct text *text, const char *name, int64_t value,
		    const char *unit)
{
	text_put(text, name);
	text_put_int(text, value);
	text_put(text, unit);
}

static int64_t mlocked_kib(void)
{
	int64_t kib = 0;

	for (int i = 0; i < machine.highest; i++) {
		const struct process *process = &machine.processes[i];

		if (process->life == LIFE_RUNS && process->actor >= 0 &&
		    machine.scenario->actors[process->actor].locked ==
			    LOCKED_PAGES)
			kib += process->anon_kib;
	}
	return kib;
}

static void put_meminfo(struct text *text)
{
	const struct memory *memory = &machine.memory;
	int64_t shmem = memory->tmpfs_kib + memory->shmem_kib;
	int64_t mlocked = mlocked_kib();

	put_row(text, "MemTotal:       ", memory->total_kib, " kB\n");
	put_row(text, "MemFree:        ", memory_free_kib(), " kB\n");
	put_row(text, "MemAvailable:   ", memory_available_kib(), " kB\n");
	put_row(text, "Buffers:        ", 0, " kB\n");
	put_row(text,
		"Cached:         ", memory->cold_kib + memory->file_kib + shmem,
		" kB\n");
	put_row(text, "Active(anon):   ",
		memory->anon_kib - mlocked + memory->shared_kib, " kB\n");
	put_row(text, "Inactive(anon): ", shmem, " kB\n");
	put_row(text, "Unevictable:    ", mlocked, " kB\n");
	put_row(text, "SwapTotal:      ", memory->swap_total_kib, " kB\n");
	put_row(text, "SwapFree:       ",
		memory->swap_total_kib - memory->swap_used_kib, " kB\n");
	put_row(text, "Shmem:          ", shmem, " kB\n");
	put_row(text, "SUnreclaim:     ", memory->kernel_kib / 2, " kB\n");
	put_row(text, "Hugetlb:        ", 0, " kB\n");
}

static void put_vmstat(struct text *text)
{
	const struct memory *memory = &machine.memory;

	put_row(text, "nr_free_pages ", memory_free_kib() / 4, "\n");
	put_row(text, "workingset_refault_anon ", 0, "\n");
	put_row(text, "workingset_refault_file ", memory->refaulted, "\n");
	put_row(text, "pswpin ", 0, "\n");
	put_row(text, "pswpout ", memory->swapped_out, "\n");
	put_row(text, "pgsteal_kswapd ", memory->stolen, "\n");
	put_row(text, "pgsteal_direct ", 0, "\n");
	put_row(text, "pgscan_kswapd ", memory->scanned, "\n");
	put_row(text, "pgscan_direct ", 0, "\n");
	put_row(text, "oom_kill ", memory->oom_kills, "\n");
}

static void put_pressure(struct text *text)
{
	put_row(text, "some avg10=0.00 avg60=0.00 avg300=0.00 total=",
		machine.memory.some_us, "\n");
	put_row(text, "full avg10=0.00 avg60=0.00 avg300=0.00 total=",
		machine.memory.full_us, "\n");
}

static void put_swaps(struct text *text)
{
	const struct memory *memory = &machine.memory;

	text_put(text, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	if (memory->swap_total_kib == 0)
		return;
	text_put(text, machine.scenario->zram ? "/dev/zram0" : "/dev/sda2");
	text_put(text, " partition ");
	put_row(text, "", memory->swap_total_kib, " ");
	put_row(text, "", memory->swap_used_kib, " -2\n");
}

static void put_zram(struct text *text)
{
	put_row(text, "", machine.memory.swap_used_kib * 1024, " ");
	put_row(text, "", memory_zram_kib() * 1024, " ");
	put_row(text, "", memory_zram_kib() * 1024, " 0 0 0 0 0 0\n");
}

static char state_of(const struct process *process)
{
	if (process->life == LIFE_ZOMBIE)
		return 'Z';
	return process->is_dying ? 'D' : 'S';
}

static bool is_leaderless(const struct process *process)
{
	return process->actor >= 0 &&
	       machine.scenario->actors[process->actor].leader;
}

static void put_memory(struct text *text, const struct process *process)
{
	int64_t shmem = process_shared_kib(process) - process->file_kib;

	put_row(text, "RssAnon:\t",
		process_rss_kib(process) - process->file_kib - shmem, " kB\n");
	put_row(text, "RssFile:\t", process->file_kib, " kB\n");
	put_row(text, "RssShmem:\t", shmem, " kB\n");
	put_row(text, "VmPTE:\t",
		process_relief_kib(process) - process->anon_kib -
			process->swap_kib,
		" kB\n");
	put_row(text, "VmSwap:\t", process->swap_kib, " kB\n");
}

/* Bit 14 is SIGTERM. */
static const char *signal_set(bool has_term)
{
	return has_term ? "0000000000004000" : "0000000000000000";
}

static void put_status(struct text *text, const struct process *process,
		       bool is_thread)
{
	int64_t term = process->actor < 0
			       ? TERM_DEFAULT
			       : machine.scenario->actors[process->actor].term;
	bool is_leader = !is_thread && is_leaderless(process);
	char state[2] = { is_leader ? 'Z' : state_of(process) };

	text_put(text, "Name:\t");
	text_put(text, process->comm);
	text_put(text, "\nUmask:\t0022\nState:\t");
	text_put(text, state);
	put_row(text, " (any)\nPid:\t", process->pid, "\n");
	put_row(text, "PPid:\t", process->parent, "\n");
	put_row(text, "Uid:\t", process->uid, "\t");
	put_row(text, "", process->uid, "\n");
	put_row(text, "NSpid:\t", process->pid,
		term == TERM_NAMESPACE_INIT ? "\t1\n" : "\n");
	if (!is_leader && process->life != LIFE_ZOMBIE && !process->is_kthread)
		put_memory(text, process);
	text_put(text, "SigBlk:\t0000000000000000\nSigIgn:\t");
	text_put(text, signal_set(term == TERM_IGNORED));
	text_put(text, "\nSigCgt:\t");
	text_put(text, signal_set(term == TERM_HANDLED));
	text_put(text, "\n");
}

static void put_stat(struct text *text, const struct process *process)
{
	char state[4] = { ' ', state_of(process), ' ' };
	int64_t rss = is_leaderless(process) || process->life == LIFE_ZOMBIE
			      ? 0
			      : process_rss_kib(process) / 4;

	put_row(text, "", process->pid, " (");
	text_put(text, process->comm);
	text_put(text, ")");
	text_put(text, state);
	put_row(text, "", process->parent, " 1 1 0 -1 ");
	put_row(text, "", process->is_kthread ? 0x208040 : 0, " 0 0 0 0 0 ");
	put_row(text, "", process->made_kib / KIB_TICK, " 0 0 20 0 1 0 ");
	put_row(text, "", (int64_t)process->start_ticks, " 1000000 ");
	put_row(text, "", rss, " 18446744073709551615 1 1 0 0 0\n");
}

static void put_statm(struct text *text, const struct process *process)
{
	put_row(text, "", process_rss_kib(process) / 4 + 100, " ");
	put_row(text, "", process_rss_kib(process) / 4, " ");
	put_row(text, "", process_shared_kib(process) / 4, " 10 0 50 0\n");
}

static void put_cgroup(struct text *text, const struct process *process)
{
	text_put(text, "0::");
	text_put(text, machine.groups[process->group].path);
	text_put(text, "\n");
}

static bool is_in(const struct process *process, int group)
{
	return process->life != LIFE_NONE && process->group == group;
}

static void put_procs(struct text *text, int group)
{
	for (int i = 0; i < machine.highest; i++)
		if (is_in(&machine.processes[i], group))
			put_row(text, "", machine.processes[i].pid, "\n");
}

static void put_populated(struct text *text, int group)
{
	bool is_populated = false;

	for (int i = 0; i < machine.highest; i++)
		is_populated |= is_in(&machine.processes[i], group);
	put_row(text, "populated ", is_populated, "\nfrozen 0\n");
}

static void put_events(struct text *text, int group)
{
	put_row(text, "low 0\nhigh 0\nmax 0\noom ", machine.groups[group].ooms,
		"\n");
	put_row(text, "oom_kill ", machine.groups[group].ooms,
		"\noom_group_kill 0\n");
}

/* Of what an actor has written: as much as of all that is in tmpfs. */
static int64_t resident_kib(uint32_t actor)
{
	const struct memory *memory = &machine.memory;
	int64_t all = memory->tmpfs_kib + memory->tmpfs_out_kib;

	return all == 0 ? 0
			: (int64_t)((double)machine.tmpfs_kib[actor] *
				    (double)memory->tmpfs_kib / (double)all);
}

/* What forked processes share is charged once, as what they have written. */
static int64_t group_shmem_kib(int group, int64_t *copied_kib)
{
	int64_t kib = 0;

	*copied_kib = 0;
	for (uint32_t i = 0; i < machine.scenario->actors_count; i++) {
		const struct actor *actor = &machine.scenario->actors[i];
		bool has_shared = false;
		if (machine_group(actor->cgroup) == group)
			kib += resident_kib(i);
		for (int at = 0; at < machine.highest; at++)
			has_shared |= is_in(&machine.processes[at], group) &&
				      machine.processes[at].actor == (int)i &&
				      machine.processes[at].has_shared;
		if (has_shared)
			*(actor->is_shmem ? &kib : copied_kib) +=
				actor->shared_kib;
	}
	return kib;
}

static void put_current(struct text *text, int group)
{
	int64_t copied_kib;
	int64_t kib = group_shmem_kib(group, &copied_kib);

	for (int i = 0; i < machine.highest; i++)
		if (is_in(&machine.processes[i], group))
			kib += machine.processes[i].anon_kib +
			       machine.processes[i].file_kib;
	put_row(text, "", (kib + copied_kib) * 1024, "\n");
}

static void put_swapped(struct text *text, int group)
{
	int64_t kib = 0;

	for (int i = 0; i < machine.highest; i++)
		if (is_in(&machine.processes[i], group))
			kib += machine.processes[i].swap_kib;
	for (uint32_t i = 0; i < machine.scenario->actors_count; i++)
		if (machine_group(machine.scenario->actors[i].cgroup) == group)
			kib += machine.tmpfs_kib[i] - resident_kib(i);
	put_row(text, "", kib * 1024, "\n");
}

static void put_swap_most(struct text *text, int group)
{
	for (uint32_t i = 0; i < machine.scenario->actors_count; i++)
		if (machine.scenario->actors[i].locked == LOCKED_CGROUP &&
		    machine_group(machine.scenario->actors[i].cgroup) ==
			    group) {
			text_put(text, "0\n");
			return;
		}
	text_put(text, "max\n");
}

static void put_group_stat(struct text *text, int group)
{
	int64_t copied_kib;

	put_row(text, "anon 0\nfile 0\nshmem ",
		group_shmem_kib(group, &copied_kib) * 1024, "\n");
	text_put(text, "inactive_file 0\n");
}

void files_put(struct text *text, enum file file, const struct process *process,
	       int group)
{
	switch (file) {
	case FILE_NONE:
		break;
	case FILE_MEMINFO:
		put_meminfo(text);
		break;
	case FILE_VMSTAT:
		put_vmstat(text);
		break;
	case FILE_PRESSURE:
		put_pressure(text);
		break;
	case FILE_SWAPS:
		put_swaps(text);
		break;
	case FILE_ZRAM:
		put_zram(text);
		break;
	case FILE_BOOT:
		text_put(text, "01234567-89ab-cdef-0123-456789abcdef\n");
		break;
	case FILE_STATUS:
	case FILE_THREAD:
		put_status(text, process, file == FILE_THREAD);
		break;
	case FILE_STAT:
		put_stat(text, process);
		break;
	case FILE_STATM:
		put_statm(text, process);
		break;
	case FILE_SCORE:
		put_row(text, "", process_score(process), "\n");
		break;
	case FILE_ADJ:
		put_row(text, "", process->adj, "\n");
		break;
	case FILE_CGROUP:
		put_cgroup(text, process);
		break;
	case FILE_COMM:
		text_put(text, process->comm);
		text_put(text, "\n");
		break;
	case FILE_EVENTS:
		put_events(text, group);
		break;
	case FILE_PROCS:
		put_procs(text, group);
		break;
	case FILE_POPULATED:
		put_populated(text, group);
		break;
	case FILE_CURRENT:
		put_current(text, group);
		break;
	case FILE_SWAPPED:
		put_swapped(text, group);
		break;
	case FILE_SWAP_MOST:
		put_swap_most(text, group);
		break;
	case FILE_GROUP_STAT:
		put_group_stat(text, group);
		break;
	}
}

static const struct {
	const char *name;
	enum file file;
} names[] = {
	{ "status", FILE_STATUS },
	{ "stat", FILE_STAT },
	{ "statm", FILE_STATM },
	{ "oom_score", FILE_SCORE },
	{ "oom_score_adj", FILE_ADJ },
	{ "cgroup", FILE_CGROUP },
	{ "comm", FILE_COMM },
	{ "memory.events", FILE_EVENTS },
	{ "cgroup.procs", FILE_PROCS },
	{ "cgroup.events", FILE_POPULATED },
	{ "memory.current", FILE_CURRENT },
	{ "memory.swap.current", FILE_SWAPPED },
	{ "memory.swap.max", FILE_SWAP_MOST },
	{ "memory.stat", FILE_GROUP_STAT },
};

static enum file find(const char *name, bool of_group)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i].name, name) == 0 &&
		    (names[i].file >= FILE_GROUP) == of_group)
			return names[i].file;
	return FILE_NONE;
}

enum file files_of_process(const char *name)
{
	return find(name, false);
}

enum file files_of_group(const char *name)
{
	return find(name, true);
}

void files_spoil(struct text *text, struct random *noise)
{
	size_t most = text->length;

	switch (random_between(noise, 0, 2)) {
	case 0:
		text->length = 0;
		break;
	case 1: /* Whole lines are missing. */
		text->length = (size_t)random_between(noise, 0, (int64_t)most);
		while (text->length > 0 &&
		       text->bytes[text->length - 1] != '\n')
			text->length--;
		break;
	case 2:
		for (size_t i = 0; i < most; i++)
			text->bytes[i] = (char)random_between(noise, 128, 255);
		break;
	}
	text->bytes[text->length] = '\0';
}
