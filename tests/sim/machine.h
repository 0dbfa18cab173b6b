/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SIM_MACHINE_H
#define OOMGUARD_SIM_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "random.h"
#include "scenario.h"

#define PROCESSES 256
#define GROUPS 40
#define PIDS 32832 /* 64 are one word */
#define STEP_US 10000
#define NEVER INT64_MAX
#define HERTZ 100
#define BOOTED_US 1000000000 /* what has passed before a run begins */

#define PID_GUARD 400
#define PID_TELLER 401

enum life { LIFE_NONE, LIFE_RUNS, LIFE_EXITS, LIFE_ZOMBIE };

struct process {
	enum life life;
	uint32_t id; /* never given again */
	int32_t pid;
	int32_t parent;
	int16_t actor; /* -1: of the system */
	int16_t group;
	uint32_t uid;
	char comm[16];
	char exe[64];
	uint64_t start_ticks;
	int64_t start_us;
	int64_t leave_us;   /* when it ends by itself */
	int64_t changed_us; /* its identity */
	int64_t base_kib;   /* that it began with */
	int64_t anon_kib;
	int64_t swap_kib;
	int64_t file_kib; /* mapped, resident */
	int64_t back_kib; /* swapped, but wanted */
	int64_t made_kib; /* grown and written, ever */
	bool has_shared;
	int64_t adj;
	int64_t natural;    /* oom_score_adj as if nobody guarded */
	bool was_adjusted;  /* protected */
	bool was_nominated; /* itself, or whose copy it is */
	int64_t term_us;    /* first SIGTERM; NEVER: none */
	int64_t exit_us;    /* when its end begins */
	int64_t late_us;    /* when its memory begins to come back */
	int64_t gone_us;    /* when it is reaped */
	bool is_dying;      /* a deadly signal was sent */
	bool is_released;   /* process_mrelease */
	bool by_guard;
	bool was_seen; /* its status, by the guard itself */
	bool is_kthread;
	/* In this step. */
	int64_t wants_kib;
	int64_t writes_kib; /* to tmpfs */
	int64_t refault_kib;
	int64_t swapin_kib;
	int64_t stall; /* permyriad */
};

struct cgroup {
	char path[96];
	int16_t parent;
	bool exists;
	int64_t ooms;     /* of memory.events */
	int64_t marks[2]; /* user.oomd_ooms, user.oomd_kill */
};

struct memory {
	int64_t total_kib, kernel_kib;
	int64_t anon_kib;
	int64_t shared_kib, shmem_kib;    /* copy-on-write; shmem */
	int64_t tmpfs_kib, tmpfs_out_kib; /* the rest is swapped */
	int64_t file_kib;                 /* mapped and resident */
	int64_t cold_kib;                 /* read once */
	int64_t swap_total_kib, swap_used_kib;
	int64_t min_kib, low_kib, high_kib;
	int64_t some_us, full_us;
	int64_t scanned, stolen, refaulted, swapped_out;
	int64_t oom_kills;
	int64_t stuck_us; /* no progress for so long */
	int64_t stuck_most_us;
};

/* What is counted of one run. */
struct tally {
	int64_t kernel_kills; /* of the machine: the kernel was first */
	int64_t kernel_late;  /* of these, with a second of warning */
	int64_t late_us;      /* from the warn level to the kernel's kill */
	int64_t strikes;      /* processes that were signalled */
	int64_t wrong;        /* of these, innocent while a culprit lived */
	int64_t lost;         /* innocents ended, by whomever */
	int64_t needless;     /* strikes with memory free and no stall */
	int64_t stalled_us;   /* full */
	int64_t relief_ms;    /* from the first term level to calm */
	int64_t ticks;
	int64_t scans;
};

struct machine {
	const struct scenario *scenario;
	struct random noise;
	int64_t now_us;
	int64_t stepped_us;
	int64_t suspended_us;
	uint32_t last_id;
	int32_t last_pid;
	struct memory memory;
	struct tally tally;
	int16_t by_pid[PIDS];     /* index + 1 */
	uint64_t pids[PIDS / 64]; /* that are in use: a bit for each */
	int32_t highest;          /* process in use, and one */
	struct process processes[PROCESSES];
	int32_t groups_count;
	struct cgroup groups[GROUPS];
	int64_t respawn_us[SCENARIO_ACTORS];
	int64_t spawned[SCENARIO_ACTORS];
	int64_t tmpfs_kib[SCENARIO_ACTORS];
	int32_t alive[SCENARIO_ACTORS];
	int64_t warned_us; /* available below the warn level since; NEVER */
	int64_t warn_kib;
	bool is_without_resource; /* whoever writes an oom_score_adj now */
	bool is_clear;            /* no garbage any more */
};

extern struct machine machine;

void machine_start(const struct scenario *scenario);

/* Brings everything to this time. */
void machine_advance(int64_t now_us);

struct process *machine_find(int32_t pid);

/* The first from this one on that is in use; PIDS: none. */
int32_t machine_next_pid(int32_t pid);

/* The group with this path, made if it is missing. */
int16_t machine_group(const char *path);

/* As a user of the machine would: 0 or -errno. */
int machine_signal(struct process *process, int signal, bool by_guard);
void machine_release(struct process *process);

/* Somebody who would end soon ends now. */
void machine_vanish(void);

/* One living process of an actor, or NULL. */
struct process *machine_one(int64_t actor);

/* What it would bring back; what it shows to everybody. */
int64_t process_relief_kib(const struct process *process);
int64_t process_rss_kib(const struct process *process);
int64_t process_shared_kib(const struct process *process);
int64_t process_score(const struct process *process);

/* memory.c: one step of the memory of all. */
void memory_start(void);
void memory_step(int64_t step_us);
int64_t memory_free_kib(void);
int64_t memory_available_kib(void);
int64_t memory_zram_kib(void);

#endif
