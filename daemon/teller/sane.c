/* SPDX-License-Identifier: MIT */
#include "sane.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define NUMBER_MOST (INT64_C(1) << 51)
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Where things are, in a struct of which only its bytes are known. */
struct place {
	size_t offset;
	size_t size;
};

#define PLACE(type, member)                                                    \
	{                                                                      \
		offsetof(type, member), sizeof(((type *)0)->member)            \
	}

static bool texts_end(const void *base, const struct place *places,
		      size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!memchr((const char *)base + places[i].offset, '\0',
			    places[i].size))
			return false;
	return true;
}

static bool numbers_are_small(const void *base, const size_t *offsets,
			      size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int64_t number;
		memcpy(&number, (const char *)base + offsets[i],
		       sizeof(number));
		if (number < -NUMBER_MOST || number > NUMBER_MOST)
			return false;
	}
	return true;
}

/* Another value in a bool is undefined behaviour as soon as it is read. */
static bool switches_are_switches(const void *base, const size_t *offsets,
				  size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (((const unsigned char *)base)[offsets[i]] > 1)
			return false;
	return true;
}

static bool candidate_is_sane(const struct candidate *candidate)
{
	static const size_t numbers[] = {
		offsetof(struct candidate, score),
		offsetof(struct candidate, score_adj),
		offsetof(struct candidate, status.anon_kib),
		offsetof(struct candidate, status.file_kib),
		offsetof(struct candidate, status.shmem_kib),
		offsetof(struct candidate, status.swap_kib),
		offsetof(struct candidate, status.tables_kib),
		offsetof(struct candidate, ruling.grace_ms),
		offsetof(struct candidate, relief_kib),
		offsetof(struct candidate, adj_kib),
		offsetof(struct candidate, weight_kib),
		offsetof(struct candidate, badness_kib),
		offsetof(struct candidate, group.relief_kib),
	};
	static const size_t switches[] = {
		offsetof(struct candidate, status.has_memory),
		offsetof(struct candidate, status.is_namespace_init),
		offsetof(struct candidate, ruling.term_only),
		offsetof(struct candidate, sigterm_is_futile),
		offsetof(struct candidate, is_ward),
		offsetof(struct candidate, is_vague),
		offsetof(struct candidate, is_culprit),
		offsetof(struct candidate, grown.is_known),
		offsetof(struct candidate, grown.has_history),
		offsetof(struct candidate, grown.is_member),
	};
	static const struct place texts[] = {
		PLACE(struct candidate, status.comm),
		PLACE(struct candidate, unit),
	};

	return candidate->exemption <= EXEMPT_NO_RELIEF &&
	       candidate->choice <= CHOICE_LAST_RESORT &&
	       candidate->group.rule <= GROUP_AGAIN &&
	       candidate->grown.window < GROWTH_WINDOWS &&
	       numbers_are_small(candidate, numbers, COUNT(numbers)) &&
	       switches_are_switches(candidate, switches, COUNT(switches)) &&
	       texts_end(candidate, texts, COUNT(texts));
}

static bool decision_is_sane(const struct decision *decision)
{
	static const size_t numbers[] = {
		offsetof(struct decision, at_ms),
		offsetof(struct decision, observed),
		offsetof(struct decision, limit),
		offsetof(struct decision, window_ms),
		offsetof(struct decision, available_kib),
		offsetof(struct decision, unowned_kib),
		offsetof(struct decision, swap_free_kib),
		offsetof(struct decision, gap_kib),
		offsetof(struct decision, fill_kib_s),
		offsetof(struct decision, levels.base_kib),
		offsetof(struct decision, levels.warn_kib),
		offsetof(struct decision, levels.term_kib),
		offsetof(struct decision, levels.kill_kib),
		offsetof(struct decision, levels.swap_warn_kib),
		offsetof(struct decision, levels.swap_term_kib),
		offsetof(struct decision, levels.swap_kill_kib),
	};
	static const size_t switches[] = {
		offsetof(struct decision, swap_is_held),
		offsetof(struct decision, swap_is_disbelieved),
	};

	return decision->urgency <= URGENCY_KILL &&
	       decision->reason <= REASON_EXHAUSTION &&
	       decision->exhaustion_ms >= 0 &&
	       numbers_are_small(decision, numbers, COUNT(numbers)) &&
	       switches_are_switches(decision, switches, COUNT(switches));
}

static bool strike_is_sane(const struct strike *strike)
{
	static const size_t numbers[] = {
		offsetof(struct strike, relief_kib),
		offsetof(struct strike, available_kib),
		offsetof(struct strike, begun_kib),
		offsetof(struct strike, unowned_kib),
		offsetof(struct strike, grace_ms),
		offsetof(struct strike, calm_ms),
		offsetof(struct strike, asked_ms),
		offsetof(struct strike, killed_ms),
		offsetof(struct strike, group.relief_kib),
		offsetof(struct strike, exited_ms),
	};
	static const size_t switches[] = {
		offsetof(struct strike, term_only),
		offsetof(struct strike, is_writer),
	};

	return strike->stage <= STAGE_EXITED &&
	       strike->group.rule <= GROUP_AGAIN &&
	       numbers_are_small(strike, numbers, COUNT(numbers)) &&
	       switches_are_switches(strike, switches, COUNT(switches));
}

static bool peers_are_sane(const struct record_peer peers[RECORD_PEERS])
{
	for (int i = 0; i < RECORD_PEERS; i++)
		if (!memchr(peers[i].comm, '\0', sizeof(peers[i].comm)))
			return false;
	return true;
}

static bool frame_is_sane(const struct record *record)
{
	static const size_t numbers[] = {
		offsetof(struct record, realtime_us),
		offsetof(struct record, monotonic_ms),
		offsetof(struct record, available_kib),
		offsetof(struct record, count),
	};
	static const size_t switches[] = {
		offsetof(struct record, is_told),
		offsetof(struct record, has_victim),
		offsetof(struct record, has_runner_up),
		offsetof(struct record, is_marked),
	};
	static const struct place texts[] = {
		PLACE(struct record, cgroup),
		PLACE(struct record, text),
	};

	return record->version == RECORD_VERSION &&
	       record->size == sizeof(*record) && record->kind < RECORD_KINDS &&
	       record->outcome <= OUTCOME_RECOVERED &&
	       record->number <= INT64_MAX && record->signal >= 0 &&
	       record->signal <= 64 &&
	       numbers_are_small(record, numbers, COUNT(numbers)) &&
	       switches_are_switches(record, switches, COUNT(switches)) &&
	       texts_end(record, texts, COUNT(texts));
}

static bool extra_is_sane(const struct extra *extra)
{
	static const struct place texts[] = {
		PLACE(struct extra, cmdline),
		PLACE(struct extra, user),
		PLACE(struct extra, container),
		PLACE(struct extra, restart),
	};

	return texts_end(extra, texts, COUNT(texts));
}

bool sane_told(const struct told_record *told)
{
	const struct record *record = &told->record;

	return frame_is_sane(record) && decision_is_sane(&record->decision) &&
	       strike_is_sane(&record->strike) &&
	       candidate_is_sane(&record->victim) &&
	       candidate_is_sane(&record->runner_up) &&
	       peers_are_sane(record->biggest) &&
	       peers_are_sane(record->growing) && extra_is_sane(&told->extra);
}
