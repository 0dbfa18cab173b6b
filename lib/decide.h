/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_DECIDE_H
#define OOMGUARD_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "sample.h"
#include "settings.h"
#include "trend.h"

enum urgency { URGENCY_NONE, URGENCY_WARN, URGENCY_TERM, URGENCY_KILL };

enum reason {
	REASON_NONE,
	REASON_MEMORY,        /* KiB available against a level */
	REASON_PRESSURE_SOME, /* permyriad stalled against a limit */
	REASON_PRESSURE_FULL,
	REASON_EXHAUSTION, /* ms to exhaustion against a limit */
};

/* The levels in numbers, on this machine, at this moment. */
struct levels {
	int64_t base_kib;
	int64_t warn_kib;
	int64_t term_kib;
	int64_t kill_kib;
	int64_t swap_warn_kib; /* one and a half of term, as memory has it */
	int64_t swap_term_kib;
	int64_t swap_kill_kib;
};

/* An urgency with its evidence: what is told is what was compared. */
struct decision {
	int64_t at_ms; /* of the sample */
	enum urgency urgency;
	enum reason reason;
	int64_t observed; /* in the unit of the reason */
	int64_t limit;
	int64_t window_ms; /* of pressure */
	int64_t available_kib;
	int64_t unowned_kib; /* of no process: sample_unowned_kib() */
	int64_t swap_free_kib;
	bool swap_is_held;        /* swap is still free and holds memory back */
	bool swap_is_disbelieved; /* free, but it does not help */
	int64_t gap_kib;          /* what is missing to the term level */
	int64_t fill_kib_s;
	int64_t exhaustion_ms; /* INT64_MAX: not in sight */
	struct levels levels;
};

/* What decide() remembers from one sample to the next. */
struct watch {
	int64_t low_since_ms; /* available below kill; -1: it is not */
	/* Since when it is looked whether anything is made free. */
	int64_t window_ms;
	int64_t window_cache_kib;
	int64_t window_out_pages;
	int64_t window_scanned_pages;
	bool reclaim_is_idle;     /* by the last window */
	bool swap_is_useless;     /* whether much of it is free or little */
	int64_t bare_since_ms;    /* no file cache is left; -1: some is */
	int64_t falling_since_ms; /* exhaustion in sight; -1: it is not */
};

void watch_init(struct watch *watch);

/* The free swap that helps: none while it is not believed in. */
int64_t watch_swap_help_kib(const struct watch *watch,
			    const struct decision *decision);

/*
 * The levels: `smaller counts`, in order (kill <= term <= warn), each raised
 * where the fill rate would leave less than 0.3 s to the next one below, and of
 * kill to nothing; at most to its double and to 4 GiB. More would strike who
 * fills memory in a burst and rests above the level (seen in a guest of 1 GiB,
 * at 130 MiB/s, where all levels were raised by 0.3 s). `fill_kib_s` 0 gives
 * the levels at rest.
 */
struct levels decide_levels(const struct settings *settings,
			    const struct sample *sample, int64_t fill_kib_s);

/* The judgement of one sample. Pure but for `watch`. */
struct decision decide(const struct settings *settings,
		       const struct sample *sample, const struct trend *trend,
		       struct watch *watch);

/*
 * How long the guard may sleep: the distance to the next level at 1.5 GiB/s
 * for each CPU (the fastest that memory was seen to be filled), 10 ms to 10 s;
 * while the pressure windows fill, at most half a second.
 */
int64_t decide_sleep_ms(const struct decision *decision,
			const struct trend *trend, int cpus);

const char *urgency_name(enum urgency urgency);

#endif
