/* SPDX-License-Identifier: MIT */
#include "methods.h"

#include <string.h>
#include <unistd.h>

#include "report.h"
#include "self.h"
#include "words.h"

#define WORDS_SIZE 768
#define LAST_STRIKES 5
#define GROWING_MOST 3

static json_object *new_words(const struct text *text)
{
	return varlink_string(text->bytes, text->length);
}

static void put_machine(json_object *status, const struct snapshot *snapshot)
{
	const struct sample *sample = &snapshot->sample;

	put_bytes(status, "memoryTotal", sample->memory.total_kib);
	put_bytes(status, "memoryBase", sample_base_kib(sample));
	put_bytes(status, "swapTotal", sample->memory.swap_total_kib);
	if (sample->arc_kib > 0)
		put_bytes(status, "zfsArc", sample->arc_kib);
	json_object_object_add(status, "decision",
			       encode_decision(&snapshot->decision));
	if (sample->has_pressure) {
		put_percent(status, "stallSome",
			    snapshot->stall_some_permyriad);
		put_percent(status, "stallFull",
			    snapshot->stall_full_permyriad);
	}
	put_bool(status, "reclaims", snapshot->reclaims);
}

static void put_chosen(json_object *status, struct teller *teller,
		       const struct snapshot *snapshot,
		       const struct viewer *viewer)
{
	if (snapshot->chosen < 0 || snapshot->chosen >= BOARD_CANDIDATES)
		return;
	json_object_object_add(
		status, "chosen",
		teller_candidate(teller,
				 &snapshot->candidates[snapshot->chosen],
				 viewer));
	put_int(status, "chosenAge", teller->now_ms - snapshot->candidates_ms);
}

/* Of those that were looked at last: who grew most in the last minutes. */
static void put_growing(json_object *status, const struct snapshot *snapshot)
{
	struct record_peer peers[RECORD_PEERS] = { 0 };

	for (uint32_t i = 0;
	     i < snapshot->candidates_count && i < BOARD_CANDIDATES; i++) {
		const struct candidate *candidate = &snapshot->candidates[i];
		uint32_t kib = candidate->grown.own_kib[GROWTH_MIDDLE];
		int at = GROWING_MOST;
		if (!grown_is_told(&candidate->grown) || kib == 0)
			continue;
		for (; at > 0 && peers[at - 1].kib < kib; at--)
			peers[at] = peers[at - 1];
		peers[at] = (struct record_peer){ candidate->pid, kib, "" };
		memcpy(peers[at].comm, candidate->status.comm,
		       sizeof(peers[at].comm));
	}
	peers[GROWING_MOST].pid = 0;
	put_peers(status, "growing", peers);
}

static void put_strikes(json_object *status, struct teller *teller,
			const struct snapshot *snapshot,
			const struct viewer *viewer)
{
	json_object *strikes = json_object_new_array();

	for (int i = 0; i < STRIKES_MAX; i++) {
		const struct strike *strike = &snapshot->strikes[i];
		if (strike->stage == STAGE_NONE)
			continue;
		json_object_array_add(
			strikes,
			encode_strike(strike,
				      teller_candidate(teller,
						       &snapshot->victims[i],
						       viewer),
				      teller->now_ms));
	}
	json_object_object_add(status, "strikes", strikes);
	put_int(status, "strikesTotal", (int64_t)snapshot->strikes_total);
}

/* The newest records that say how a strike went, the newest first. */
struct last {
	int count;
	const struct told_record *told[LAST_STRIKES];
};

static bool is_about_a_strike(const struct record *record)
{
	return record->kind == RECORD_STRIKE ||
	       record->kind == RECORD_OUTCOME ||
	       record->kind == RECORD_OBSERVED || record->kind == RECORD_KERNEL;
}

/* An earlier record of a strike that is listed already. */
static bool is_listed(const struct last *last, const struct record *record)
{
	if (record->kind != RECORD_STRIKE && record->kind != RECORD_OUTCOME)
		return false;
	for (int i = 0; i < last->count; i++) {
		const struct record *other = &last->told[i]->record;
		if ((other->kind == RECORD_STRIKE ||
		     other->kind == RECORD_OUTCOME) &&
		    other->strike.number == record->strike.number &&
		    other->strike.pid == record->strike.pid &&
		    other->strike.asked_ms == record->strike.asked_ms)
			return true;
	}
	return false;
}

static void find_last(const struct ledger *ledger, struct last *last)
{
	uint64_t serial = ledger->newest;

	for (; last->count < LAST_STRIKES; serial--) {
		const struct told_record *told = ledger_get(ledger, serial);
		if (!told)
			return;
		if (is_about_a_strike(&told->record) &&
		    !is_listed(last, &told->record))
			last->told[last->count++] = told;
	}
}

static void put_last_strikes(json_object *status, const struct ledger *ledger,
			     const struct viewer *viewer)
{
	json_object *array = json_object_new_array();
	struct last last = { 0 };

	find_last(ledger, &last);
	while (last.count > 0)
		json_object_array_add(
			array, encode_record(last.told[--last.count], viewer));
	json_object_object_add(status, "lastStrikes", array);
}

static void put_left(json_object *status, const char *name, int64_t until_ms,
		     int64_t now_ms)
{
	if (until_ms > now_ms)
		put_int(status, name, until_ms - now_ms);
}

static void put_warnings(json_object *status, const struct snapshot *snapshot)
{
	json_object *warnings = json_object_new_array();
	char bytes[WORDS_SIZE];
	struct text words;

	text_init(&words, bytes, sizeof(bytes));
	for (unsigned int i = 0; words_warning(&words, snapshot, i); i++) {
		json_object_array_add(warnings, new_words(&words));
		text_init(&words, bytes, sizeof(bytes));
	}
	json_object_object_add(status, "warnings", warnings);
}

static void put_holders(json_object *status, const struct snapshot *snapshot)
{
	char bytes[WORDS_SIZE];
	struct text words;

	if (!snapshot->is_futile)
		return;
	text_init(&words, bytes, sizeof(bytes));
	report_holders(&words, &snapshot->sample, &snapshot->holders);
	json_object_object_add(status, "heldBy", new_words(&words));
}

static void put_memory(json_object *status, const char *name, int32_t pid)
{
	int64_t kib = self_memory_kib(pid);

	if (kib >= 0)
		put_bytes(status, name, kib);
}

static void put_costs(json_object *status, const struct teller *teller,
		      const struct snapshot *snapshot)
{
	put_int(status, "guardCpu", (int64_t)(snapshot->cpu_us / 1000));
	put_memory(status, "guardMemory", snapshot->guard_pid);
	put_int(status, "tellerCpu", self_cpu_ms());
	put_memory(status, "tellerMemory", getpid());
	put_int(status, "recordsDropped",
		(int64_t)teller->ledger.journal.dropped);
	put_int(status, "mistakes", snapshot->mistakes);
}

static void put_guard(json_object *status, const struct snapshot *snapshot,
		      int64_t now_ms)
{
	char bytes[WORDS_SIZE];
	struct text sentence;

	text_init(&sentence, bytes, sizeof(bytes));
	words_sentence(&sentence, snapshot, now_ms);
	put_text(status, "state", words_state(snapshot, now_ms), 16);
	json_object_object_add(status, "sentence", new_words(&sentence));
	put_text(status, "mode",
		 snapshot->mode == MODE_OBSERVE ? "observe" : "guard", 16);
	put_text(status, "version", OOMGUARD_VERSION, 32);
	put_int(status, "guardPid", snapshot->guard_pid);
	put_int(status, "uptime", now_ms - snapshot->started_ms);
	put_int(status, "age", now_ms - snapshot->at_ms);
}

json_object *teller_status(struct teller *teller,
			   const struct snapshot *snapshot,
			   const struct viewer *viewer)
{
	json_object *status = json_object_new_object();

	put_guard(status, snapshot, teller->now_ms);
	put_machine(status, snapshot);
	put_chosen(status, teller, snapshot, viewer);
	put_growing(status, snapshot);
	put_holders(status, snapshot);
	put_strikes(status, teller, snapshot, viewer);
	put_last_strikes(status, &teller->ledger, viewer);
	if (snapshot->protection.is_wanted) {
		put_int(status, "protectedCount", snapshot->protection.count);
		put_bytes(status, "protectedMemory",
			  snapshot->protection.memory_kib);
	}
	put_int(status, "kernelKills", snapshot->kernel_kills);
	put_int(status, "limitKills", snapshot->limit_kills);
	put_left(status, "pausedFor", snapshot->paused_until_ms,
		 teller->now_ms);
	put_left(status, "mutedFor", teller->ledger.muted_until_ms,
		 teller->now_ms);
	put_warnings(status, snapshot);
	put_costs(status, teller, snapshot);
	return status;
}
