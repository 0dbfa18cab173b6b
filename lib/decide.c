/* SPDX-License-Identifier: MIT */
#include "decide.h"

#include "hot.h"

#define FILL_AHEAD_MS 300 /* a scan, a signal and an exit, with a busy CPU */
#define RAISE_MOST_KIB (4LL << 20)
#define BARE_MS 300
#define FLOOR_MOST_KIB (32 * 1024)
#define OLD_MS 10000 /* nobody has counted since: in calm nobody does */
#define IDLE_MS 1000
#define FREED_LEAST_KIB 1024 /* in that time, by any disk */
#define WAITING_PERMYRIAD 5000
#define FALLING_MS 60000
#define REFAULT_LEAST_PERMYRIAD 2500

#define SLEEP_LEAST_MS 10
#define SLEEP_HELD_MS 100
#define SLEEP_STALLED_MS 500
#define SLEEP_MOST_MS 10000
#define STALLED_PERMYRIAD 200
#define CPU_KIB_MS 1573 /* 1.5 GiB/s: one thread filled 0.5 to 1.4 */

void watch_init(struct watch *watch)
{
	*watch = (struct watch){ .low_since_ms = -1,
				 .bare_since_ms = -1,
				 .falling_since_ms = -1 };
}

int64_t watch_swap_help_kib(const struct watch *watch,
			    const struct decision *decision)
{
	return watch->swap_is_useless ? 0 : decision->swap_free_kib;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* A level, or as far above `next_kib` as is filled in a moment. */
static int64_t raised_kib(int64_t level_kib, int64_t next_kib,
			  int64_t fill_kib_s)
{
	int64_t kib = next_kib + fill_kib_s * FILL_AHEAD_MS / 1000;
	int64_t most_kib = least(level_kib * 2, RAISE_MOST_KIB);

	kib = least(kib, most_kib);
	return kib > level_kib ? kib : level_kib;
}

struct levels decide_levels(const struct settings *settings,
			    const struct sample *sample, int64_t fill_kib_s)
{
	int64_t base_kib = sample_base_kib(sample);
	int64_t swap_kib = sample->memory.swap_total_kib;
	struct levels levels = { .base_kib = base_kib };
	int64_t warn_kib =
		settings_amount_kib(&settings->memory_warn, base_kib);
	int64_t term_kib =
		settings_amount_kib(&settings->memory_term, base_kib);
	int64_t kill_kib =
		settings_amount_kib(&settings->memory_kill, base_kib);

	term_kib = least(term_kib, warn_kib);
	kill_kib = least(kill_kib, term_kib);
	levels.kill_kib = raised_kib(kill_kib, 0, fill_kib_s);
	levels.term_kib = raised_kib(term_kib, levels.kill_kib, fill_kib_s);
	levels.warn_kib = raised_kib(warn_kib, levels.term_kib, fill_kib_s);
	levels.swap_term_kib = swap_kib * settings->swap_term_permyriad / 10000;
	levels.swap_kill_kib = swap_kib * settings->swap_kill_permyriad / 10000;
	levels.swap_kill_kib =
		least(levels.swap_kill_kib, levels.swap_term_kib);
	levels.swap_warn_kib = levels.swap_term_kib * 3 / 2;
	return levels;
}

/* The file cache; what is in shared memory is none. */
static int64_t cache_kib(const struct sample *sample)
{
	return sample->memory.cached_kib - sample->memory.shmem_kib;
}

static void open_window(struct watch *watch, const struct sample *sample)
{
	watch->window_ms = sample->at_ms;
	watch->window_cache_kib = cache_kib(sample);
	watch->window_out_pages = sample->vmstat.swapped_out_pages;
	watch->window_scanned_pages = sample->vmstat.scanned_pages;
}

/* What the kernel made free in the window: it swaps, or drops file cache. */
static int64_t freed_kib(const struct watch *watch, const struct sample *sample)
{
	int64_t page_kib = sample->page_kib ? sample->page_kib : 4;
	int64_t out_kib =
		(sample->vmstat.swapped_out_pages - watch->window_out_pages) *
		page_kib;
	int64_t dropped_kib = watch->window_cache_kib - cache_kib(sample);

	return dropped_kib > 0 ? out_kib + dropped_kib : out_kib;
}

static bool tasks_wait(const struct sample *sample, const struct trend *trend)
{
	return !sample->has_pressure ||
	       trend_stall_permyriad(trend, STALL_SOME, IDLE_MS) >=
		       WAITING_PERMYRIAD;
}

/* Tasks that wait only after it were not in vain: reclaim has just begun. */
static void close_window(struct watch *watch, const struct sample *sample,
			 const struct trend *trend)
{
	if (sample->at_ms - watch->window_ms < IDLE_MS)
		return;
	watch->reclaim_is_idle = freed_kib(watch, sample) < FREED_LEAST_KIB &&
				 tasks_wait(sample, trend);
	if (!sample->has_pressure)
		watch->reclaim_is_idle = watch->reclaim_is_idle &&
					 sample->vmstat.scanned_pages >
						 watch->window_scanned_pages;
	open_window(watch, sample);
}

/*
 * The kernel has taken the file cache instead, the code of programs with it.
 * While it can swap it leaves some: 12 to 28 MiB of 1 GiB, and 0 to 8 MiB with
 * a cgroup that may not swap (18 runs on Linux 6.12). But who fills 150 MiB/s
 * leaves 4 to 10 MiB for 0.3 to 2 s on Linux 6.1, and lives where he is left
 * alone. Nothing that the machine counts tells the two apart: in 300 ms 8 MiB
 * were swapped out for him and 2 to 8 MiB, of others, beside such a cgroup; who
 * scans, how much is free and who waits were alike. So somebody must be there
 * who may not swap.
 */
static bool is_bare(struct watch *watch, const struct sample *sample)
{
	int64_t floor_kib =
		least(sample_base_kib(sample) / 100, FLOOR_MOST_KIB);

	if (cache_kib(sample) >= floor_kib)
		watch->bare_since_ms = -1;
	else if (watch->bare_since_ms < 0)
		watch->bare_since_ms = sample->at_ms;
	return watch->bare_since_ms >= 0 &&
	       sample->at_ms - watch->bare_since_ms >= BARE_MS;
}

/*
 * Less than the level term is left to swap out, and all of it would have to go,
 * with what is in use: the rest is locked, or the kernel's, or cgroups that may
 * not swap have it. That was counted a moment ago, of those who were seen.
 * Whatever else meminfo tells of now may be swapped, for all that is known:
 * what was added since, and tmpfs that belongs to nobody.
 */
static bool is_swapped_out(const struct sample *sample,
			   const struct levels *levels)
{
	int64_t anon_kib = sample->memory.active_anon_kib +
			   sample->memory.inactive_anon_kib;
	int64_t others_kib = anon_kib - sample->swapless_kib;

	if (anon_kib > 0 && anon_kib < levels->term_kib)
		return true;
	return sample->swapless_kib >= levels->kill_kib &&
	       sample->at_ms - sample->swappable_ms <= OLD_MS &&
	       sample->swappable_kib < levels->term_kib &&
	       others_kib < levels->term_kib;
}

/*
 * Whether swap is free but of no use (cgroups without swap, locked memory, zram
 * that is full): below the kill level hardly anything is left to swap; or
 * cgroups of as much may not swap, and no file cache is left; or tasks wait for
 * memory and nothing is made free. That available falls faster than anything is
 * swapped out tells nothing: the kernel takes file cache first, and
 * MemAvailable is without the watermarks, below the kill level long before
 * kswapd wakes (who grew into free swap by 20 MiB/s was struck for it, on Linux
 * 6.12).
 */
static bool swap_disbelieved(struct watch *watch, const struct sample *sample,
			     const struct trend *trend, int64_t available_kib,
			     const struct levels *levels)
{
	int64_t kill_kib = levels->kill_kib;

	if (available_kib >= kill_kib || !sample->has_vmstat) {
		watch->low_since_ms = -1;
		watch->bare_since_ms = -1;
		return false;
	}
	if (watch->low_since_ms < 0 || watch->low_since_ms > sample->at_ms ||
	    watch->window_out_pages > sample->vmstat.swapped_out_pages) {
		watch->low_since_ms = sample->at_ms;
		watch->bare_since_ms = -1;
		watch->reclaim_is_idle = false;
		open_window(watch, sample);
	}
	close_window(watch, sample, trend);
	return (is_bare(watch, sample) && sample->swapless_kib >= kill_kib) ||
	       is_swapped_out(sample, levels) ||
	       (watch->reclaim_is_idle && tasks_wait(sample, trend));
}

/* The urgency of the memory alone, and of the swap alone. */
static enum urgency level_reached(int64_t free_kib, int64_t warn_kib,
				  int64_t term_kib, int64_t kill_kib)
{
	if (free_kib < kill_kib)
		return URGENCY_KILL;
	if (free_kib < term_kib)
		return URGENCY_TERM;
	return free_kib < warn_kib ? URGENCY_WARN : URGENCY_NONE;
}

static void decide_memory(struct decision *decision,
			  const struct sample *sample,
			  const struct trend *trend, struct watch *watch)
{
	const struct levels *levels = &decision->levels;
	enum urgency memory =
		level_reached(decision->available_kib, levels->warn_kib,
			      levels->term_kib, levels->kill_kib);
	enum urgency swap = URGENCY_KILL;
	bool disbelieved = swap_disbelieved(watch, sample, trend,
					    decision->available_kib, levels);

	if (sample->memory.swap_total_kib > 0)
		swap = level_reached(
			decision->swap_free_kib, levels->swap_warn_kib,
			levels->swap_term_kib, levels->swap_kill_kib);
	watch->swap_is_useless = disbelieved;
	decision->swap_is_disbelieved = swap < memory && disbelieved;
	decision->swap_is_held = swap < memory && !disbelieved;
	decision->urgency = decision->swap_is_held ? swap : memory;
	if (decision->urgency == URGENCY_NONE)
		return;
	decision->reason = REASON_MEMORY;
	decision->observed = decision->available_kib;
	decision->limit = decision->urgency == URGENCY_KILL ? levels->kill_kib
			  : decision->urgency == URGENCY_TERM
				  ? levels->term_kib
				  : levels->warn_kib;
}

/* Raises the decision to `urgency` if the stall is over its limit. */
static void raise_by_stall(struct decision *decision, const struct trend *trend,
			   enum urgency urgency, enum stall stall,
			   int32_t limit_permyriad, int64_t window_ms)
{
	int32_t permyriad = trend_stall_permyriad(trend, stall, window_ms);

	if (decision->urgency >= urgency || permyriad < limit_permyriad ||
	    !trend_reclaims(trend, window_ms))
		return;
	decision->urgency = urgency;
	decision->reason = stall == STALL_FULL ? REASON_PRESSURE_FULL
					       : REASON_PRESSURE_SOME;
	decision->observed = permyriad;
	decision->limit = limit_permyriad;
	decision->window_ms = window_ms;
}

static void decide_pressure(struct decision *decision,
			    const struct settings *settings,
			    const struct sample *sample,
			    const struct trend *trend)
{
	int64_t gate_kib = decision->levels.base_kib *
			   settings->pressure_below_permyriad / 10000;
	int64_t window_ms = settings->pressure_term_window_ms;

	if (!sample->has_pressure || !sample->has_vmstat)
		return;
	/* Who only grows into free swap stalls, but nothing is read back. */
	if ((decision->available_kib >= gate_kib || decision->swap_is_held) &&
	    trend_refault_permyriad(trend, window_ms) < REFAULT_LEAST_PERMYRIAD)
		return;
	raise_by_stall(decision, trend, URGENCY_KILL, STALL_FULL,
		       settings->pressure_kill_full_permyriad,
		       settings->pressure_kill_window_ms);
	raise_by_stall(decision, trend, URGENCY_TERM, STALL_FULL,
		       settings->pressure_term_full_permyriad, window_ms);
	raise_by_stall(decision, trend, URGENCY_TERM, STALL_SOME,
		       settings->pressure_term_some_permyriad, window_ms);
}

/* Only a warning, and only while half of the memory is in use anyway. */
static void decide_exhaustion(struct decision *decision,
			      const struct settings *settings,
			      struct watch *watch)
{
	int64_t half_kib = decision->levels.base_kib / 2;

	if (decision->exhaustion_ms >= settings->exhaustion_warn_ms ||
	    decision->available_kib >= half_kib) {
		watch->falling_since_ms = -1;
		return;
	}
	if (watch->falling_since_ms < 0 ||
	    watch->falling_since_ms > decision->at_ms)
		watch->falling_since_ms = decision->at_ms;
	if (decision->urgency >= URGENCY_WARN ||
	    decision->at_ms - watch->falling_since_ms < FALLING_MS)
		return;
	decision->urgency = URGENCY_WARN;
	decision->reason = REASON_EXHAUSTION;
	decision->observed = decision->exhaustion_ms;
	decision->limit = settings->exhaustion_warn_ms;
}

struct decision decide(const struct settings *settings,
		       const struct sample *sample, const struct trend *trend,
		       struct watch *watch)
{
	struct decision decision = {
		.at_ms = sample->at_ms,
		.available_kib = sample_available_kib(sample),
		.unowned_kib = sample_unowned_kib(sample),
		.swap_free_kib = sample_swap_free_kib(sample),
		.fill_kib_s = trend_fill_kib_s(trend),
		.exhaustion_ms = trend_exhaustion_ms(trend),
	};

	decision.levels = decide_levels(settings, sample, decision.fill_kib_s);
	decide_memory(&decision, sample, trend, watch);
	decide_pressure(&decision, settings, sample, trend);
	decide_exhaustion(&decision, settings, watch);
	if (decision.available_kib < decision.levels.term_kib)
		decision.gap_kib =
			decision.levels.term_kib - decision.available_kib;
	return decision;
}

/* The distance to the next level below. */
static int64_t headroom_kib(const struct decision *decision)
{
	const struct levels *levels = &decision->levels;
	int64_t available_kib = decision->available_kib;

	if (available_kib >= levels->warn_kib)
		return available_kib - levels->warn_kib;
	if (available_kib >= levels->term_kib && !decision->swap_is_held)
		return available_kib - levels->term_kib;
	if (available_kib >= levels->kill_kib)
		return available_kib - levels->kill_kib;
	return 0;
}

int64_t decide_sleep_ms(const struct decision *decision,
			const struct trend *trend, int cpus)
{
	int64_t sleep_ms = headroom_kib(decision) /
			   ((cpus > 0 ? cpus : 1) * (int64_t)CPU_KIB_MS);
	int64_t least_ms =
		decision->swap_is_held ? SLEEP_HELD_MS : SLEEP_LEAST_MS;

	if (trend_stall_permyriad(trend, STALL_SOME, SLEEP_MOST_MS) >=
	    STALLED_PERMYRIAD)
		sleep_ms = least(sleep_ms, SLEEP_STALLED_MS);
	sleep_ms = least(sleep_ms, SLEEP_MOST_MS);
	return sleep_ms > least_ms ? sleep_ms : least_ms;
}

const char *urgency_name(enum urgency urgency)
{
	switch (urgency) {
	case URGENCY_NONE:
		return "none";
	case URGENCY_WARN:
		return "warn";
	case URGENCY_TERM:
		return "term";
	case URGENCY_KILL:
		return "kill";
	}
	return "?";
}
