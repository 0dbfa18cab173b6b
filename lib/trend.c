/* SPDX-License-Identifier: MIT */
#include "trend.h"

#include <string.h>

#include "hot.h"

#define FILL_LEAST_MS 250 /* less would take a burst for a leak */
#define FILL_MOST_MS 1000 /* and so would this alone, when it is over */
#define EXHAUSTION_WINDOW_MS 60000
#define EXHAUSTION_LEAST_MS 20000
#define RECLAIM_SLOT_MS 1000

void trend_init(struct trend *trend)
{
	memset(trend, 0, sizeof(*trend));
	trend->now.at_ms = -1;
}

static void ring_push(struct trend_ring *ring, uint32_t size,
		      int64_t distance_ms, const struct trend_slot *slot)
{
	if (ring->count > 0 &&
	    slot->at_ms - ring->slots[ring->newest].at_ms < distance_ms)
		return;
	ring->newest = ring->count ? (ring->newest + 1) % size : 0;
	ring->slots[ring->newest] = *slot;
	if (ring->count < size)
		ring->count++;
}

/* The slot `back` steps before the newest. */
static const struct trend_slot *ring_back(const struct trend_ring *ring,
					  uint32_t size, uint32_t back)
{
	return &ring->slots[(ring->newest + size - back) % size];
}

/*
 * The oldest slot that is not before `from_ms`, or NULL. From the newest on: in
 * calm it is one of the last few, and the others are not in any cache.
 */
static const struct trend_slot *ring_since(const struct trend_ring *ring,
					   uint32_t size, int64_t from_ms)
{
	const struct trend_slot *oldest = NULL;

	for (uint32_t back = 0; back < ring->count; back++) {
		const struct trend_slot *slot = ring_back(ring, size, back);
		if (slot->at_ms < from_ms)
			break;
		oldest = slot;
	}
	return oldest;
}

static struct trend_slot slot_of(const struct sample *sample)
{
	return (struct trend_slot){
		.at_ms = sample->at_ms,
		.available_kib = sample_available_kib(sample),
		.spare_kib = sample_spare_kib(sample),
		.some_us = sample->pressure.some_us,
		.full_us = sample->pressure.full_us,
		.scanned = sample->vmstat.scanned_pages,
		.stolen = sample->vmstat.stolen_pages,
		.refaulted = sample->vmstat.refaulted_pages,
		.swapped_out = sample->vmstat.swapped_out_pages,
	};
}

static bool went_backwards(const struct trend_slot *then,
			   const struct trend_slot *now)
{
	return now->at_ms < then->at_ms || now->some_us < then->some_us ||
	       now->full_us < then->full_us || now->scanned < then->scanned ||
	       now->stolen < then->stolen || now->refaulted < then->refaulted ||
	       now->swapped_out < then->swapped_out;
}

void trend_update(struct trend *trend, const struct sample *sample)
{
	struct trend_slot slot = slot_of(sample);

	if (trend->now.at_ms < 0 || went_backwards(&trend->now, &slot)) {
		trend_init(trend);
		trend->pressure_from_ms = slot.at_ms;
		trend->fill_from_ms = slot.at_ms;
	}
	trend->now = slot;
	ring_push(&trend->fast, TREND_FAST_SLOTS, TREND_FAST_MS, &slot);
	ring_push(&trend->slow, TREND_SLOW_SLOTS, TREND_SLOW_MS, &slot);
}

void trend_restart_pressure(struct trend *trend, int64_t now_ms)
{
	trend->pressure_from_ms = now_ms;
}

void trend_restart(struct trend *trend, int64_t now_ms)
{
	trend_restart_pressure(trend, now_ms);

	trend->fill_from_ms = now_ms;
}

enum stock { STOCK_AVAILABLE, STOCK_SPARE };

static int64_t stock_kib(const struct trend_slot *slot, enum stock stock)
{
	return stock == STOCK_SPARE ? slot->spare_kib : slot->available_kib;
}

static int64_t fall_since(const struct trend *trend, enum stock stock,
			  const struct trend_slot *base)
{
	int64_t fallen = stock_kib(base, stock) - stock_kib(&trend->now, stock);

	return fallen > 0 ? fallen * 1000 / (trend->now.at_ms - base->at_ms)
			  : 0;
}

static int64_t fall_kib_s(const struct trend *trend, enum stock stock)
{
	const struct trend_slot *newest = NULL, *oldest = NULL;

	for (uint32_t back = 0; back < trend->fast.count; back++) {
		const struct trend_slot *slot =
			ring_back(&trend->fast, TREND_FAST_SLOTS, back);
		int64_t age_ms = trend->now.at_ms - slot->at_ms;
		if (slot->at_ms < trend->fill_from_ms ||
		    (newest && age_ms > FILL_MOST_MS))
			break;
		if (age_ms < FILL_LEAST_MS)
			continue;
		newest = newest ? newest : slot;
		oldest = slot;
	}
	if (!newest)
		return 0;
	int64_t now_kib_s = fall_since(trend, stock, newest);
	int64_t kib_s = fall_since(trend, stock, oldest);
	return kib_s < now_kib_s ? kib_s : now_kib_s;
}

int64_t trend_fill_kib_s(const struct trend *trend)
{
	return fall_kib_s(trend, STOCK_AVAILABLE);
}

int64_t trend_spend_kib_s(const struct trend *trend)
{
	return fall_kib_s(trend, STOCK_SPARE);
}

/* The oldest slot in the window for pressure, or NULL. */
static const struct trend_slot *window_base(const struct trend *trend,
					    int64_t window_ms)
{
	int64_t from_ms = trend->now.at_ms - window_ms;

	if (from_ms < trend->pressure_from_ms)
		from_ms = trend->pressure_from_ms;
	return ring_since(&trend->fast, TREND_FAST_SLOTS, from_ms);
}

int32_t trend_stall_permyriad(const struct trend *trend, enum stall stall,
			      int64_t window_ms)
{
	const struct trend_slot *base = window_base(trend, window_ms);

	if (!base || window_ms <= 0)
		return 0;
	int64_t stalled_us = stall == STALL_FULL
				     ? trend->now.full_us - base->full_us
				     : trend->now.some_us - base->some_us;
	int64_t permyriad = stalled_us * 10 / window_ms;
	return permyriad > 10000 ? 10000 : (int32_t)permyriad;
}

bool trend_reclaims(const struct trend *trend, int64_t window_ms)
{
	const struct trend_slot *base = window_base(trend, window_ms);
	const struct trend_slot *slot;
	int64_t active_ms = 0;

	if (!base)
		return false;
	for (uint32_t back = trend->fast.count; back-- > 0;) {
		slot = back ? ring_back(&trend->fast, TREND_FAST_SLOTS,
					back - 1)
			    : &trend->now;
		if (slot->at_ms - base->at_ms < RECLAIM_SLOT_MS)
			continue;
		if (slot->scanned > base->scanned)
			active_ms += slot->at_ms - base->at_ms;
		base = slot;
	}
	return active_ms > 0 && active_ms * 2 >= window_ms;
}

int32_t trend_refault_permyriad(const struct trend *trend, int64_t window_ms)
{
	const struct trend_slot *base = window_base(trend, window_ms);

	if (!base || trend->now.stolen <= base->stolen)
		return 0;
	int64_t refaulted = trend->now.refaulted - base->refaulted;
	int64_t stolen = trend->now.stolen - base->stolen;
	if (refaulted >= stolen || refaulted > INT64_MAX / 10000)
		return 10000;
	return (int32_t)(refaulted * 10000 / stolen);
}

int64_t trend_exhaustion_ms(const struct trend *trend)
{
	int64_t from_ms = trend->now.at_ms - EXHAUSTION_WINDOW_MS;
	const struct trend_slot *base =
		ring_since(&trend->slow, TREND_SLOW_SLOTS, from_ms);

	if (!base || trend->now.at_ms - base->at_ms < EXHAUSTION_LEAST_MS)
		return INT64_MAX;
	int64_t fallen = base->available_kib - trend->now.available_kib;
	if (fallen <= 0)
		return INT64_MAX;
	return trend->now.available_kib * (trend->now.at_ms - base->at_ms) /
	       fallen;
}
