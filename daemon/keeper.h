/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_KEEPER_H
#define OOMGUARD_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "clerk.h"
#include "process.h"
#include "procfs.h"
#include "protect.h"
#include "settings.h"
#include "wards.h"

/* What the kernel refused last, and how often. */
struct refusal {
	int error; /* -errno; 0: nothing */
	int32_t pid;
	char comm[PROCESS_COMM_SIZE];
	uint32_t count;
};

/*
 * Changes oom_score_adj, one process at a time, and remembers it: in the table,
 * which other threads may read under the clerk's lock, and in the state file
 * before the change itself.
 */
struct keeper {
	const struct procfs *procfs;
	const struct settings *settings;
	struct clerk *clerk; /* NULL: there are no other threads */
	struct wards *wards;
	int file; /* the state file, or -1 */
	int32_t self;
	int32_t wanted;     /* oom_score_adj of the settings */
	int32_t nominee;    /* whose value stays raised for now; 0: nobody's */
	uint8_t round;      /* of looks: who was seen is stamped with it */
	bool has_written;   /* since the caller has looked */
	bool has_missed;    /* the same: somebody could not be looked at */
	bool has_failed;    /* the same, and is there */
	bool must_return;   /* somebody is about to exec: look again soon */
	bool is_ending;     /* nobody is protected any more */
	bool is_back;       /* copies of nominees are being put back */
	bool is_again;      /* whoever is known was looked at just now */
	uint64_t now_ticks; /* of CLOCK_BOOTTIME, as start_ticks */
	uint32_t left_out;  /* did not fit into the table */
	struct refusal refusal;
};

/* Where a process was found, and whether it is protected there. */
struct claim {
	bool is_covered;
	const char *unit;
};

/* Looks at one process, and does what protect_plan() says. */
void keeper_consider(struct keeper *keeper, int32_t pid,
		     const struct claim *claim);

/* The same, found out by its cgroup. `by_itself`: a selector matches it. */
void keeper_consider_anywhere(struct keeper *keeper, int32_t pid,
			      bool by_itself);

/*
 * Raises the value of this very process and remembers it, as long as it is
 * keeper->nominee. False where it is gone, has a value of ours, or may not be
 * changed.
 */
bool keeper_nominate(struct keeper *keeper, int32_t pid, uint64_t start_ticks);

/*
 * Takes an entry out of the table and of the state file. One of somebody
 * nominated stays until keeper_put_back_copies(): by it his copies are known.
 */
void keeper_forget(struct keeper *keeper, struct ward *ward);
void keeper_drop(struct keeper *keeper, struct ward *ward);

/* The clerk's lock, where there is a clerk. */
void keeper_lock(struct keeper *keeper);
void keeper_unlock(struct keeper *keeper);

/* Forgets the wards of a unit, NULL: of any, that are no more. */
void keeper_forget_dead(struct keeper *keeper, const char *unit);

/* Whether the value of this process was given to anybody. */
bool keeper_gave(struct keeper *keeper, int32_t pid);

/*
 * Puts back everything, also what children have inherited meanwhile. Returns
 * the number of processes that it was put back for.
 */
int keeper_put_back(struct keeper *keeper);

/*
 * The same for all who were nominated, and whoever has their value by fork;
 * forgets them when nobody has it any more.
 */
void keeper_put_back_copies(struct keeper *keeper);

/* After keeper_put_back(): whether nobody has a value of ours any more. */
bool keeper_has_all_back(struct keeper *keeper);

/* Ticks of CLOCK_BOOTTIME, in the unit of start_ticks. */
uint64_t keeper_now_ticks(void);

#endif
