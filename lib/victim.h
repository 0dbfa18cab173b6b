/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_VICTIM_H
#define OOMGUARD_VICTIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cgroup.h"
#include "culprit.h"
#include "decide.h"
#include "process.h"
#include "settings.h"

/* Why a process is not chosen. */
enum exemption {
	EXEMPT_NOT,
	EXEMPT_SELF,
	EXEMPT_INIT,
	EXEMPT_KERNEL,    /* oom_score 0: the kernel's own never */
	EXEMPT_NEVER,     /* the operator's list, or the built-in one */
	EXEMPT_PROTECTED, /* listed as critical */
	EXEMPT_FOREIGN,   /* another user's, and there is no right to it */
	EXEMPT_STRUCK,    /* it is being ended already */
	EXEMPT_ABANDONED, /* it could not be ended */
	EXEMPT_NO_RELIEF, /* ending it brings back too little */
};

/* By which rule a victim is chosen. */
enum choice {
	CHOICE_BADNESS,
	CHOICE_CULPRIT,     /* its growth explains the shortage */
	CHOICE_WRITER,      /* it fills tmpfs, which nobody gives back */
	CHOICE_LAST_RESORT, /* only the protected were left */
};

/* How long the relief must last, where the culprit is spared and takes more. */
#define VICTIM_LASTING_S 30

/* Who may be chosen, with everything that the choice was made of. */
struct candidate {
	int32_t pid;
	int32_t parent;
	uint32_t uid;
	uint64_t start_ticks; /* 0: not known to the census */
	int64_t score;        /* oom_score */
	int64_t score_adj;    /* the former one: ours undone */
	struct process_status status;
	struct ruling ruling;
	enum exemption exemption;
	int64_t relief_kib;
	int64_t adj_kib; /* the parts of badness */
	int64_t weight_kib;
	int64_t badness_kib;
	bool sigterm_is_futile; /* ignored, pid 1 of a container */
	bool is_ward;           /* its oom_score_adj is ours now */
	bool is_culprit;        /* to blame, whether it may be chosen or not */
	bool is_spared;         /* to blame, takes more, and may not be ended */
	struct grown grown;
	struct group group; /* what is ended with it */
	enum choice choice; /* of the one that is chosen */
	bool is_vague; /* younger than the census: its cgroup is not known */
	char unit[CGROUP_UNIT_SIZE];
};

/* What the choice was made of beside the candidates. */
struct quest {
	int32_t self;
	int32_t teller;      /* 0: there is none */
	bool is_last_resort; /* the protected may be chosen, too */
	bool only_own;       /* no right to end the processes of other users */
	uint32_t uid;        /* whose own these are */
	int64_t base_kib;
	int64_t total_kib; /* memory and swap: what oom_score refers to */
	int64_t gap_kib;
	int64_t margin_kib; /* half of the distance from term to warn */
	bool is_kill;       /* the kill level is reached: whoever helps */
	bool is_memory;     /* the reason is that too little is available */
	bool is_written;    /* or the writer has ended, its files are there */
	int64_t available_kib;
	int64_t kill_kib;   /* the level */
	int64_t settled_ms; /* the end of the last strike */
	int64_t fill_kib_s;
	int64_t spend_kib_s;   /* of memory and swap together */
	int64_t swap_help_kib; /* free swap that helps */
	int64_t now_ms;
	const struct culprit *culprit; /* NULL: not looked for */
};

/* RssAnon + VmSwap + VmPTE: what comes back when it ends. */
int64_t victim_relief_kib(const struct process_status *status);

/*
 * Whether SIGTERM cannot work on it: ignored, or pid 1 of a container without a
 * handler. Not where the main thread blocks it: that is how signalfd and
 * sigwait() receive it (mariadbd, everything on sd-event).
 */
bool victim_ignores_sigterm(const struct process_status *status);

/* What ending it brings, with its group where it has one. */
int64_t victim_whole_kib(const struct candidate *candidate);

/* The exemptions that need no look at its memory. */
enum exemption victim_exempt(const struct quest *quest, int32_t pid,
			     int64_t score, const struct ruling *ruling);

/* Fills relief, badness and its parts; exemption as it is. */
void victim_judge(const struct quest *quest, struct candidate *candidate);

/*
 * The least relief worth a strike: max(gap + margin, a quarter of the best), or
 * half of the best where nobody covers the gap; and always at least
 * victim_trifle_kib(). Below the kill level, where nobody covers it, also at
 * least half of gap + margin or 64 MiB: a service of 8 MiB was ended for a
 * shortage that others made and that it could not end (seen on 1 GiB).
 */
int64_t victim_floor_kib(const struct quest *quest, int64_t best_kib);

/* What is never worth a strike: half a percent of memory, at most 64 MiB. */
int64_t victim_trifle_kib(int64_t base_kib);

/*
 * What lasts so long while this one, to blame and spared, takes more: at the
 * present fill rate, or at that of its own growth and of its cgroup's in the
 * shortest window, whichever is higher. The rate of the moment falters, and
 * after a strike it begins anew: an innocent was ended for that (in a guest).
 */
int64_t victim_lasting_kib(const struct quest *quest,
			   const struct candidate *spared);

/*
 * The least relief worth a strike where what no process owns has made memory
 * short, for ending processes does not bring that back: none is enough above
 * the kill level, nor at it while memory does not fall; then it must last for
 * half a minute. Where available is nearly 0, memory and swap together must not
 * fall, and some swap must be free: what the kernel swaps out to have free
 * pages up to its watermarks is not taken by anybody. Above the kill level none
 * is enough either where tasks wait while the files of a writer are there that
 * has ended. 0: memory is short for another reason.
 */
int64_t victim_held_kib(const struct quest *quest);

/*
 * Chooses the culprit if its relief covers the gap: of the processes in the
 * cgroup to blame the one with half of their growth, and where none has that
 * the worst of them. Otherwise the candidate with the highest badness of those
 * with enough relief; the others get EXEMPT_NO_RELIEF. Of equals the younger,
 * then the higher pid. Where the culprit is spared and takes more, relief must
 * last half a minute: else one innocent after the other would end for it.
 * Who fills tmpfs is chosen while it does, whatever it brings.
 * Returns the index, or -1.
 */
int victim_choose(const struct quest *quest, struct candidate *candidates,
		  size_t count);

/* The second best of the same, or -1. */
int victim_runner_up(const struct candidate *candidates, size_t count,
		     int chosen);

/*
 * Whether to know who grew could change the choice: somebody else would cover
 * the gap, too.
 */
bool victim_is_open(const struct quest *quest,
		    const struct candidate *candidates, size_t count,
		    int chosen);

/* The culprit that takes more and may not be ended, or -1. */
int victim_spared(const struct candidate *candidates, size_t count);

const char *choice_name(enum choice choice);
const char *exemption_name(enum exemption exemption);

#endif
