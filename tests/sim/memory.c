/* SPDX-License-Identifier: MIT */
/*
 * What the kernel does with memory: it gives, reclaims, swaps, lets tasks wait,
 * and in the end takes a victim of its own.
 */
#include "machine.h"

#include <signal.h>

#include "invariants.h"

#define CACHE_KIB_S (4LL << 20) /* that reclaim of clean pages gives */
#define FILE_KIB_S (1LL << 20)  /* of mapped ones */
#define DISK_KIB_S (200LL << 10)
#define FILE_FLOOR_KIB 2048
#define KEPT_MOST_KIB (256 * 1024)
#define PROGRESS_KIB 32 /* in a step */
#define OOM_REAPER_US 2000000

static struct memory *const memory = &machine.memory;

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t square_root(int64_t value)
{
	int64_t root = 0;

	while ((root + 1) * (root + 1) <= value)
		root++;
	return root;
}

void memory_start(void)
{
	const struct scenario *scenario = machine.scenario;

	memory->total_kib = scenario->total_kib;
	memory->kernel_kib = scenario->kernel_kib;
	memory->cold_kib = scenario->cache_kib;
	memory->swap_total_kib = scenario->swap_kib;
	memory->min_kib =
		least(most(square_root(16 * memory->total_kib), 128), 262144);
	memory->low_kib = memory->min_kib +
			  most(memory->min_kib / 4, memory->total_kib / 1000);
	memory->high_kib = 2 * memory->low_kib - memory->min_kib;
	memory->stuck_most_us = random_between(&machine.noise, 20, 400) * 1000;
}

int64_t memory_zram_kib(void)
{
	return machine.scenario->zram
		       ? memory->swap_used_kib * machine.scenario->zram_ratio /
				 10000
		       : 0;
}

int64_t memory_free_kib(void)
{
	return memory->total_kib - memory->kernel_kib - memory->anon_kib -
	       memory->shared_kib - memory->shmem_kib - memory->tmpfs_kib -
	       memory->file_kib - memory->cold_kib - memory_zram_kib();
}

int64_t memory_available_kib(void)
{
	int64_t file = memory->cold_kib + memory->file_kib;
	int64_t kib = memory_free_kib() - memory->high_kib + file -
		      least(file / 2, memory->low_kib);

	return most(kib, 0);
}

static bool is_swappable(const struct process *process)
{
	return process->life == LIFE_RUNS && process->actor >= 0 &&
	       !machine.scenario->actors[process->actor].locked;
}

/* What of its anonymous memory is in use all the time. */
static int64_t hot_kib(const struct process *process)
{
	int64_t all = process->anon_kib + process->swap_kib;

	return process->actor < 0
		       ? all
		       : all * machine.scenario->actors[process->actor].hot /
				 10000;
}

/*
 * While it can swap the kernel leaves some of the file cache: 12 to 28 MiB of
 * 1 GiB (measured).
 */
static int64_t kept_kib(void)
{
	return memory->swap_used_kib < memory->swap_total_kib
		       ? least(memory->total_kib / 50, KEPT_MOST_KIB)
		       : 0;
}

static int64_t take_cold(int64_t goal_kib, int64_t step_us)
{
	int64_t taken = memory->cold_kib + memory->file_kib - kept_kib();

	taken = most(least(taken, memory->cold_kib), 0);
	taken = least(goal_kib, taken);
	taken = least(taken, CACHE_KIB_S * step_us / 1000000);
	memory->cold_kib -= taken;
	return taken;
}

/* Mapped ones, or what is left of the others, down to `floor_kib`. */
static int64_t take_file(int64_t goal_kib, int64_t floor_kib, int64_t step_us)
{
	int64_t there = memory->cold_kib + memory->file_kib - floor_kib;
	int64_t taken = 0;
	int64_t cold;

	goal_kib = least(goal_kib, FILE_KIB_S * step_us / 1000000);
	goal_kib = least(goal_kib, there);
	if (goal_kib <= 0)
		return 0;
	cold = least(goal_kib, memory->cold_kib);
	memory->cold_kib -= cold;
	goal_kib -= cold;
	if (goal_kib == 0)
		return cold;
	for (int i = 0; i < machine.highest; i++) {
		struct process *process = &machine.processes[i];
		int64_t share = process->file_kib * goal_kib / memory->file_kib;
		if (process->life != LIFE_RUNS)
			continue;
		process->file_kib -= share;
		taken += share;
	}
	memory->file_kib -= taken;
	return taken + cold;
}

/* The cold pages first, of everybody alike. */
static int64_t swap_out(int64_t goal_kib, int64_t step_us)
{
	int64_t room = memory->swap_total_kib - memory->swap_used_kib;
	int64_t there = 0, taken = 0, files;

	goal_kib = least(goal_kib, room);
	goal_kib = least(goal_kib,
			 machine.scenario->swap_rate * step_us / 1000000);
	if (goal_kib <= 0)
		return 0;
	/* Files in tmpfs go the same way, and nobody reads them again. */
	files = least(memory->tmpfs_kib, goal_kib / 2);
	memory->tmpfs_kib -= files;
	memory->tmpfs_out_kib += files;
	memory->swap_used_kib += files;
	goal_kib -= files;
	for (int pass = 0; pass < 2 && there < goal_kib; pass++) {
		there = 0;
		for (int i = 0; i < machine.highest; i++)
			if (is_swappable(&machine.processes[i]))
				there += most(
					machine.processes[i].anon_kib -
						(pass ? 0
						      : hot_kib(&machine.processes
									 [i])),
					0);
		for (int i = 0; i < machine.highest && there > 0; i++) {
			struct process *process = &machine.processes[i];
			int64_t mine, share;
			if (!is_swappable(process))
				continue;
			mine = most(process->anon_kib -
					    (pass ? 0 : hot_kib(process)),
				    0);
			share = least(mine,
				      mine * (goal_kib - taken) / there + 1);
			share = least(share, goal_kib - taken);
			process->anon_kib -= share;
			process->swap_kib += share;
			taken += share;
		}
	}
	memory->anon_kib -= taken;
	memory->swap_used_kib += taken;
	memory->swapped_out += (taken + files) / 4;
	return taken + files;
}

/* Returns what was made free. */
static int64_t reclaim(int64_t goal_kib, int64_t step_us)
{
	int64_t got = take_cold(goal_kib, step_us);

	if (got < goal_kib) {
		int64_t file =
			take_file((goal_kib - got) / 2, kept_kib(), step_us);
		int64_t swapped = swap_out(goal_kib - got - file, step_us);
		if (machine.scenario->zram)
			swapped -=
				swapped * machine.scenario->zram_ratio / 10000;
		got += file + swapped;
		/* Nothing can be swapped out: then the rest of the cache. */
		if (swapped <= 0)
			got += take_file(goal_kib - got, FILE_FLOOR_KIB,
					 step_us);
	}
	memory->scanned += got / 2 + 256;
	memory->stolen += got / 4;
	return got;
}

/* The process that out_of_memory() takes, or NULL. */
static struct process *worst(void)
{
	struct process *found = NULL;
	int64_t points = INT64_MIN;

	for (int i = 0; i < machine.highest; i++) {
		struct process *process = &machine.processes[i];
		int64_t own;
		if (process->life != LIFE_RUNS || process->pid == 1 ||
		    process->is_kthread || process->adj == -1000 ||
		    process_score(process) == 0)
			continue;
		/* One that dies already has the reserves. */
		if (process->is_dying &&
		    machine.now_us < process->exit_us + OOM_REAPER_US)
			return NULL;
		own = process_rss_kib(process) + process->swap_kib +
		      process->adj *
			      (memory->total_kib + memory->swap_total_kib) /
			      1000;
		if (own > points && !process->is_dying) {
			points = own;
			found = process;
		}
	}
	return found;
}

static void kill_worst(void)
{
	struct tally *tally = &machine.tally;
	struct process *process = worst();

	memory->stuck_us = 0;
	if (!process)
		return;
	memory->oom_kills++;
	invariants_kernel(process);
	tally->kernel_kills++;
	if (machine.warned_us != NEVER)
		tally->late_us += machine.now_us - machine.warned_us;
	(void)machine_signal(process, SIGKILL, false);
}

/* How much of what is wanted is there, in permyriad; reclaims for it. */
static int64_t supply(int64_t wanted_kib, int64_t step_us)
{
	int64_t free_kib = memory_free_kib();
	int64_t got = 0;
	int64_t there;

	if (free_kib - wanted_kib < memory->low_kib)
		got = reclaim(memory->high_kib + wanted_kib - free_kib,
			      step_us);
	there = most(memory_free_kib() - memory->min_kib, 0);
	if (wanted_kib == 0 || there >= wanted_kib) {
		memory->stuck_us = 0;
		return 10000;
	}
	/* As long as anything is made free the kernel tries again. */
	if (there + got < PROGRESS_KIB)
		memory->stuck_us += step_us;
	else
		memory->stuck_us = 0;
	return there * 10000 / wanted_kib;
}

static void grant(struct process *process, int64_t permyriad, int64_t step_us)
{
	int64_t wanted = process->wants_kib + process->writes_kib +
			 process->refault_kib + process->swapin_kib;
	int64_t disk_kib = DISK_KIB_S * step_us / 1000000;
	int64_t grown = process->wants_kib * permyriad / 10000;
	int64_t written = process->writes_kib * permyriad / 10000;
	int64_t file = process->refault_kib * permyriad / 10000;
	int64_t anon = process->swapin_kib * permyriad / 10000;

	process->stall = 0;
	if (wanted == 0)
		return;
	process->made_kib += grown + written;
	process->anon_kib += grown + anon;
	process->swap_kib -= anon;
	process->file_kib += file;
	memory->anon_kib += grown + anon;
	memory->swap_used_kib -= anon;
	memory->file_kib += file;
	memory->refaulted += (file + anon) / 4;
	memory->tmpfs_kib += written;
	machine.tmpfs_kib[process->actor] += written;
	process->stall = 10000 - permyriad;
	if (process->refault_kib + process->swapin_kib > 0)
		process->stall = most(
			process->stall,
			least((process->refault_kib + process->swapin_kib) *
				      10000 / most(disk_kib, 1),
			      9500));
}

/* Files and swapped pages that are in use come back, as fast as a disk. */
static void want_back(struct process *process, int64_t disk_kib)
{
	const struct actor *actor = &machine.scenario->actors[process->actor];
	int64_t missing = actor->file_kib - process->file_kib;
	int64_t hot = hot_kib(process);

	process->refault_kib = most(least(missing, disk_kib), 0);
	process->swapin_kib = least(process->swap_kib, disk_kib);
	process->swapin_kib =
		most(least(process->swapin_kib, hot - process->anon_kib), 0);
}

static void account_stalls(int64_t step_us)
{
	int64_t some = 0, full = 10000;
	bool waits = false;

	for (int i = 0; i < machine.highest; i++) {
		const struct process *process = &machine.processes[i];
		if (process->life != LIFE_RUNS || process->actor < 0)
			continue;
		if (process->stall > some)
			some = process->stall;
		waits |= process->stall > 0;
		if (process->wants_kib + process->writes_kib +
				    process->refault_kib + process->swapin_kib >
			    0 ||
		    machine.scenario->actors[process->actor].busy)
			full = least(full, process->stall);
	}
	if (!waits)
		return;
	memory->some_us += step_us * some / 10000;
	memory->full_us += step_us * least(full, some) / 10000;
	machine.tally.stalled_us += step_us * least(full, some) / 10000;
}

void memory_step(int64_t step_us)
{
	int64_t disk_kib = DISK_KIB_S * step_us / 1000000;
	int64_t wanted = 0, back = 0;
	int64_t permyriad;

	for (int i = 0; i < machine.highest; i++) {
		struct process *process = &machine.processes[i];
		process->refault_kib = process->swapin_kib = 0;
		if (process->life != LIFE_RUNS || process->actor < 0 ||
		    process->is_dying)
			continue;
		want_back(process, disk_kib);
		wanted += process->wants_kib + process->writes_kib;
		back += process->refault_kib + process->swapin_kib;
	}
	/* All of them together have one disk. */
	for (int i = 0; i < machine.highest && back > disk_kib; i++) {
		struct process *process = &machine.processes[i];
		process->refault_kib = process->refault_kib * disk_kib / back;
		process->swapin_kib = process->swapin_kib * disk_kib / back;
	}
	permyriad = supply(wanted + least(back, disk_kib), step_us);
	for (int i = 0; i < machine.highest; i++)
		if (machine.processes[i].life == LIFE_RUNS &&
		    machine.processes[i].actor >= 0)
			grant(&machine.processes[i], permyriad, step_us);
	account_stalls(step_us);
	if (memory->stuck_us >= memory->stuck_most_us)
		kill_worst();
}
