/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SIM_SCENARIO_H
#define OOMGUARD_SIM_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define SCENARIO_ACTORS 24
#define SCENARIO_EVENTS 16
#define SCENARIO_SETS 12
#define SCENARIO_LINE 192

/* Why it cannot be swapped: memory.swap.max is 0, or mlock(2). */
enum lock { LOCKED_NOT, LOCKED_CGROUP, LOCKED_PAGES };

/* What SIGTERM does. */
enum term { TERM_DEFAULT, TERM_HANDLED, TERM_IGNORED, TERM_NAMESPACE_INIT };

/* Who ought to be struck, for the counts of wrong victims. */
enum role { ROLE_INNOCENT, ROLE_CULPRIT };

/*
 * A program and what it does, as one or several processes. All sizes in KiB,
 * rates in KiB/s, times in ms.
 */
struct actor {
	char comm[16];
	char exe[64];
	char cgroup[96];
	int64_t role;
	int64_t uid;
	int64_t adj;        /* its own oom_score_adj */
	int64_t start_ms;   /* when the first of it begins */
	int64_t count;      /* how many live at once */
	int64_t spawn_ms;   /* between two of them; 0: all at once */
	int64_t life_ms;    /* of each; 0: for ever */
	int64_t restart_ms; /* after an end that it did not choose; -1: never */
	int64_t anon_kib;   /* that each begins with */
	int64_t rate;       /* by which it grows */
	int64_t max_kib;    /* up to here */
	int64_t period_ms;  /* then it frees what has grown; 0: never */
	int64_t hot;        /* permyriad of anon that is in use all the time */
	int64_t file_kib;   /* mapped files in use */
	int64_t shared_kib; /* shown by each, there once: fork, shmem */
	int64_t is_shmem;   /* of the shared: 1 shmem, 0 copy-on-write */
	int64_t tmpfs_rate; /* files written to tmpfs: they stay */
	int64_t tmpfs_max;
	int64_t read_rate; /* files read once: page cache */
	int64_t shrinks;   /* 1: it gives memory back when that is short */
	int64_t busy;      /* 1: it never waits for memory */
	int64_t locked;    /* enum lock */
	int64_t term;      /* enum term */
	int64_t term_ms;   /* HANDLED: the time that it takes; 0: for ever */
	int64_t exit_ms;   /* from a deadly signal to its end (D state) */
	int64_t held;      /* 1: its memory is not released meanwhile */
	int64_t late_ms;   /* from its end to the return of its memory */
	int64_t kthread;   /* 1: of the kernel */
	int64_t leader;    /* 1: its main thread has exited */
	int64_t vfork;     /* 1: the kernel never ends it */
};

enum event_kind {
	EVENT_PAUSE,   /* the teller asks; value: ms */
	EVENT_RESUME,  /* the same; it asks for a look, too */
	EVENT_RELOAD,  /* text: settings, as in a `set` line */
	EVENT_SUSPEND, /* value: ms that CLOCK_MONOTONIC stands still */
	EVENT_SWAPON,  /* value: KiB */
	EVENT_TELLER,  /* it hangs (1), dies (2), floods with garbage (3) */
	EVENT_CRASH,   /* the guard dies and is started again */
	EVENT_RENAME,  /* value: of which actor; one process calls exec() */
	EVENT_MOVE,    /* the same; it moves to the cgroup in text */
	EVENT_RAISE,   /* the same; it writes 300 to its oom_score_adj */
	EVENT_HOLD,    /* value: ms that the cgroup files block */
};

struct event {
	int64_t at_ms;
	int64_t kind;
	int64_t value;
	char text[96];
};

/*
 * All that happens in a run: with the noise's seed it is always the same. As
 * text it is what fixtures hold.
 */
struct scenario {
	uint64_t noise;
	char class[24];
	char said[96]; /* of a fixture: what was broken */
	int64_t length_ms;
	int64_t total_kib;
	int64_t kernel_kib; /* not to be had: code, tables, slab */
	int64_t cache_kib;  /* files that were read once */
	int64_t cpus;
	int64_t swap_kib;
	int64_t swap_rate;   /* KiB/s, of disk and zram alike */
	int64_t zram;        /* 1: the swap is zram */
	int64_t zram_ratio;  /* permyriad of a page that remain */
	int64_t psi;         /* 0: there is none */
	int64_t kernel;      /* 601: Linux 6.1 */
	int64_t pids;        /* the highest; small ones are used again soon */
	int64_t teller;      /* 1: there is one */
	int64_t cgroups;     /* 1: of version 2 */
	int64_t descriptors; /* RLIMIT_NOFILE */
	/* Permyriad of reads. */
	int64_t garbage; /* that give nonsense */
	int64_t vanish;  /* after which somebody who was to end anyway is gone
			  */
	int64_t failing; /* calls that change something: refused */
	uint32_t actors_count;
	uint32_t events_count;
	uint32_t sets_count;
	struct actor actors[SCENARIO_ACTORS];
	struct event events[SCENARIO_EVENTS];
	char sets[SCENARIO_SETS][96]; /* section.key=value */
};

/* An empty one with defaults. */
void scenario_init(struct scenario *scenario);

/* Only what is not the default. */
void scenario_print(const struct scenario *scenario, FILE *out);

/* Returns the number of the first bad line, or 0. */
int scenario_parse(struct scenario *scenario, FILE *in);

#endif
