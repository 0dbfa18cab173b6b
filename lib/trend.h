/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_TREND_H
#define OOMGUARD_TREND_H

#include <stdbool.h>
#include <stdint.h>

#include "sample.h"

#define TREND_FAST_MS 100 /* least distance of slots: 12 s are kept */
#define TREND_FAST_SLOTS 120
#define TREND_SLOW_MS 2000 /* two minutes are kept */
#define TREND_SLOW_SLOTS 60

struct trend_slot {
	int64_t at_ms;
	int64_t available_kib;
	int64_t spare_kib;
	int64_t some_us;
	int64_t full_us;
	int64_t scanned;
	int64_t stolen;
	int64_t refaulted;
	int64_t swapped_out;
};

struct trend_ring {
	uint32_t count;
	uint32_t newest;
	struct trend_slot slots[TREND_FAST_SLOTS];
};

/* How fast things change. Values only: the clock is in the samples. */
struct trend {
	struct trend_slot now;
	struct trend_ring fast;
	struct trend_ring slow;
	int64_t pressure_from_ms; /* nothing older counts for pressure */
	int64_t fill_from_ms;     /* nor for the fill rate */
};

enum stall { STALL_SOME, STALL_FULL };

void trend_init(struct trend *trend);

/*
 * Takes in a sample. One that is older than the last, or whose counters went
 * backwards, starts everything anew from itself.
 */
void trend_update(struct trend *trend, const struct sample *sample);

/* After a strike: pressure windows and fill rate start anew from now. */
void trend_restart(struct trend *trend, int64_t now_ms);

/* After vmstat was not read for a while: the pressure windows alone. */
void trend_restart_pressure(struct trend *trend, int64_t now_ms);

/*
 * How fast available memory falls, at least 0: the lesser of the rates over a
 * quarter of a second and over a whole one, or over what is known of it. So a
 * short burst counts by what it took, and none when it is over.
 */
int64_t trend_fill_kib_s(const struct trend *trend);

/* The same of what is spare in memory and swap together. */
int64_t trend_spend_kib_s(const struct trend *trend);

/* The share of the window that was stalled, as far as it is known. */
int32_t trend_stall_permyriad(const struct trend *trend, enum stall stall,
			      int64_t window_ms);

/* The machine itself reclaims: directly, in half of the window's seconds. */
bool trend_reclaims(const struct trend *trend, int64_t window_ms);

/* Refaults as a share of what was stolen in the window. */
int32_t trend_refault_permyriad(const struct trend *trend, int64_t window_ms);

/*
 * Time until available memory is gone at the rate of the last minute, in ms;
 * INT64_MAX where it does not fall or less than 20 s are known.
 */
int64_t trend_exhaustion_ms(const struct trend *trend);

#endif
