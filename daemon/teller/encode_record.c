/* SPDX-License-Identifier: MIT */
#include "encode.h"

#include <signal.h>

#include "varlink.h"

static json_object *encode_peers(const struct record_peer peers[RECORD_PEERS])
{
	json_object *array = json_object_new_array();

	for (int i = 0; i < RECORD_PEERS && peers[i].pid != 0; i++) {
		json_object *peer = json_object_new_object();

		put_int(peer, "pid", peers[i].pid);
		json_object_object_add(
			peer, "comm",
			varlink_string(peers[i].comm, sizeof(peers[i].comm)));
		put_bytes(peer, "bytes", peers[i].kib);
		json_object_array_add(array, peer);
	}
	return array;
}

void put_peers(json_object *object, const char *name,
	       const struct record_peer peers[RECORD_PEERS])
{
	if (peers[0].pid != 0)
		json_object_object_add(object, name, encode_peers(peers));
}

static void put_signal(json_object *object, int number)
{
	if (number == SIGTERM)
		put_text(object, "signal", "SIGTERM", 7);
	else if (number == SIGKILL)
		put_text(object, "signal", "SIGKILL", 7);
}

/* Without overflow, whatever a state file claims. */
static int64_t difference(int64_t a, int64_t b)
{
	int64_t result;

	return __builtin_sub_overflow(a, b, &result) ? 0 : result;
}

static int64_t positive(int64_t value)
{
	return value > 0 ? value : 0;
}

static void put_outcome(json_object *object, const struct record *record)
{
	const struct strike *strike = &record->strike;
	const char *name = outcome_name(record->outcome);

	if (record->kind != RECORD_OUTCOME)
		return;
	put_text(object, "outcome", name, 16);
	if (record->outcome != OUTCOME_SETTLED &&
	    record->outcome != OUTCOME_FUTILE)
		return;
	put_bytes(object, "reliefGot",
		  positive(difference(record->available_kib,
				      strike->available_kib)));
	put_int(object, "timeToExit",
		difference(strike->exited_ms, strike->asked_ms));
	put_int(object, "timeToSettled",
		difference(record->monotonic_ms, strike->asked_ms));
}

static bool is_of_a_strike(enum record_kind kind)
{
	return kind == RECORD_STRIKE || kind == RECORD_OUTCOME;
}

static void put_strike(json_object *object, const struct record *record)
{
	if (is_of_a_strike(record->kind)) {
		put_int(object, "strike", record->strike.number);
		put_bytes(object, "reliefExpected", record->strike.relief_kib);
	}
	put_signal(object, record->signal);
	put_outcome(object, record);
}

static void put_victim(json_object *object, const struct told_record *told,
		       const struct viewer *viewer)
{
	const struct record *record = &told->record;

	if (record->has_victim)
		json_object_object_add(object, "victim",
				       encode_candidate(&record->victim,
							record->cgroup,
							&told->extra, viewer));
	if (record->has_victim)
		put_text(object, "choice", choice_name(record->victim.choice),
			 16);
	if (record->has_victim && record->count > 1)
		put_int(object, "repeats", record->count);
	if (record->has_runner_up)
		json_object_object_add(object, "runnerUp",
				       encode_candidate(&record->runner_up,
							NULL, NULL, viewer));
	put_text(object, "restart", told->extra.restart,
		 sizeof(told->extra.restart));
	if (record->is_marked)
		json_object_object_add(object, "marked",
				       json_object_new_boolean(true));
}

json_object *encode_record(const struct told_record *told,
			   const struct viewer *viewer)
{
	const struct record *record = &told->record;
	json_object *object = json_object_new_object();

	put_int(object, "number", (int64_t)record->number);
	put_int(object, "time", record->realtime_us);
	put_text(object, "kind", record_kind_name(record->kind), 32);
	put_int(object, "priority", record_priority(record));
	json_object_object_add(
		object, "sentence",
		varlink_string(record->text, sizeof(record->text)));
	json_object_object_add(object, "decision",
			       encode_decision(&record->decision));
	put_strike(object, record);
	put_victim(object, told, viewer);
	put_peers(object, "biggest", record->biggest);
	put_peers(object, "growing", record->growing);
	if (record->kind == RECORD_KERNEL)
		put_int(object, "kernelKills", record->count);
	if (record->kind == RECORD_LIMIT)
		put_int(object, "limitKills", record->count);
	return object;
}
