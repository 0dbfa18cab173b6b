/* SPDX-License-Identifier: MIT */
#include "dispatch.h"

#include <fcntl.h>
#include <signal.h>

#include "description.h"
#include "encode.h"
#include "finder.h"
#include "given_teller.h"
#include "idl.h"
#include "json_text.h"
#include "procfs.h"
#include "told.h"
#include "varlink.h"
#include "wards.h"

/*
 * What is really answered, against varlink/io.oomguard.varlink: each member of
 * a reply is described, each that is described has been seen.
 */

static struct idl idl;
static struct teller *teller;

static void setup(void)
{
	idl_init(&idl, description_oomguard);
	teller = given_teller();
}

static void teardown(void)
{
	given_teller_end(teller);
}

/* Reads what the client has to get, as fast as it comes. */
static json_object *take_message(struct client *client)
{
	static char bytes[4 * 1024 * 1024];
	size_t length = 0;
	bool goes_on;

	do {
		goes_on = client->stream.kind != STREAM_NONE;
		if (goes_on)
			(void)dispatch_fill(teller, client);
		ck_assert(!client->doomed);
		ck_assert_uint_lt(length + client->out_length, sizeof(bytes));
		memcpy(bytes + length, client->out, client->out_length);
		length += client->out_length;
		client->out_length = 0;
	} while (goes_on);
	ck_assert_uint_gt(length, 0);
	ck_assert_uint_eq(strnlen(bytes, length), length - 1);
	json_object *message = json_tokener_parse(bytes);
	ck_assert_msg(message, "no JSON: %s", bytes);
	return message;
}

static json_object *ask_as(uid_t uid, const char *method,
			   const char *parameters)
{
	struct client *client = given_client(teller, uid);
	char request[512];
	int length = snprintf(request, sizeof(request),
			      "{\"method\":\"%s\",\"parameters\":%s}", method,
			      parameters);

	dispatch_call(teller, client, request, (size_t)length);
	return take_message(client);
}

static void ck_reply(const char *method)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "io.oomguard.%s", method);
	json_object *message = ask_as(0, name, "{}");
	json_object *parameters = json_object_object_get(message, "parameters");
	ck_assert_int_eq(json_object_object_length(message), 1);
	idl_check(&idl, idl_reply(&idl, method), parameters, method);
	json_object_put(message);
}

/* One record of each kind, outcome, reason and signal, least and full. */
static void tell_all(void)
{
	uint64_t number = 0;

	for (int kind = 0; kind < RECORD_KINDS; kind++)
		for (int variant = 0; variant < 5; variant++) {
			struct told_record told =
				variant ? told_full((enum record_kind)kind)
					: told_least((enum record_kind)kind);
			told.record.number = ++number;
			told.record.outcome = (enum outcome)(variant % 4);
			told.record.signal = variant & 1 ? SIGKILL : SIGTERM;
			told.record.decision =
				given_decision((enum reason)variant);
			told.record.decision.urgency =
				(enum urgency)(variant % 4);
			given_told(teller, &told);
		}
}

/* This process, as the state file of a guard has it. */
static void put_ward(void)
{
	static struct wards wards;
	const struct procfs procfs = {
		.root = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
	};
	char directory[] = "/tmp/oomguard-test-XXXXXX";
	char path[64], boot[WARDS_BOOT_SIZE] = "";
	struct process_stat stat;
	FILE *file;

	ck_assert_ptr_nonnull(mkdtemp(directory));
	(void)snprintf(path, sizeof(path), "%s/protected", directory);
	ck_assert_int_eq(procfs_read_stat(&procfs, getpid(), &stat), 0);
	wards_init(&wards, boot);
	wards.wards[3] =
		(struct ward){ .pid = getpid(),
			       .start_ticks = stat.start_ticks,
			       .former = 500,
			       .ours = 300,
			       .unit = wards_unit(&wards, "a.service") };
	file = fopen(path, "we");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(&wards, sizeof(wards), 1, file), 1);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(setenv("RUNTIME_DIRECTORY", directory, 1), 0);
}

static void take_state_away(void)
{
	const char *directory = getenv("RUNTIME_DIRECTORY");
	char path[64];

	if (directory == NULL)
		ck_abort_msg("leave_state() was not called");
	(void)snprintf(path, sizeof(path), "%s/protected", directory);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rmdir(directory), 0);
}

START_TEST(test_contract)
{
	struct snapshot snapshot;

	tell_all();
	teller->ledger.muted_until_ms = GIVEN_NOW_MS + 5000;
	given_snapshot(&snapshot);
	teller->finder = finder_create("/proc");
	ck_assert_ptr_nonnull(teller->finder);
	ck_reply("Status");
	snapshot.mode = MODE_OBSERVE;
	snapshot.decision = given_decision(REASON_EXHAUSTION);
	board_put_snapshot((struct board *)teller->map.board, &snapshot);
	ck_reply("Status");
	ck_reply("Candidates");
	ck_reply("Records");
	put_ward();
	ck_reply("Protected");
	memset(&snapshot, 0, sizeof(snapshot));
	snapshot.guard_pid = 1 << 30;
	snapshot.chosen = -1;
	snapshot.candidates_ms = -1;
	snapshot.decision.exhaustion_ms = INT64_MAX;
	board_put_snapshot((struct board *)teller->map.board, &snapshot);
	ck_reply("Status");
	ck_reply("Candidates");
	finder_destroy(teller->finder);

	static const char *const types[] = {
		"Urgency", "Levels", "Decision", "Candidate", "Peer",
		"Strike",  "Record", "Snapshot", "Ward",      "Growth"
	};
	for (int i = 0; i < ROWS(types); i++)
		idl_check_met(&idl, idl_find(&idl, "type", types[i],
					     strlen(types[i])));
	idl_check_met(&idl, idl_reply(&idl, "Status"));
	idl_check_met(&idl, idl_reply(&idl, "Candidates"));
	idl_check_met(&idl, idl_reply(&idl, "Records"));
	idl_check_met(&idl, idl_reply(&idl, "Protected"));
	take_state_away();
}
END_TEST

START_TEST(test_types_are_all_named_here)
{
	int count = 0;

	for (const char *at = idl.text; (at = strstr(at, "\ntype ")); at++)
		count++;
	ck_assert_int_eq(count, 10);
}
END_TEST

/* Whatever a state file or a process claims: valid JSON, UTF-8, no overflow. */
START_TEST(test_hostile)
{
	struct told_record told;
	uint64_t state = 88172645463325252ULL + (uint64_t)_i;
	struct viewer viewer = { .uid = 0 };
	size_t length;

	for (size_t i = 0; i < sizeof(told); i++)
		((unsigned char *)&told)[i] =
			(unsigned char)fixture_random(&state);
	/* A bool that is neither is no C; sane.h keeps it out. */
	told.record.has_victim = told.record.has_runner_up = true;
	told.record.is_marked = true;
	told.record.is_told = true;
	told.record.decision.swap_is_held = true;
	told.record.decision.swap_is_disbelieved = false;
	told.record.strike.term_only = true;
	told.record.victim.grown.is_known = true;
	told.record.victim.grown.has_history = true;
	told.record.victim.is_culprit = true;
	told.record.runner_up.grown = told.record.victim.grown;
	told.record.runner_up.is_culprit = false;
	told.record.kind = (enum record_kind)(_i % RECORD_KINDS);
	told.record.decision.reason = (enum reason)(_i % 5);
	told.record.victim.unit[CGROUP_UNIT_SIZE - 1] = '\0';
	json_object *record = encode_record(&told, &viewer);
	const char *text = varlink_text(record, &length);
	json_object *again = json_text_parse(text, length, 16);
	ck_assert_ptr_nonnull(again);
	ck_assert_uint_lt(length, CLIENT_OUTPUT_ENOUGH);
	json_object_put(again);
	json_object_put(record);
}
END_TEST

static const struct {
	const char *name;
	uid_t viewer;
	bool proc_hides;
	bool sees;
} viewers[] = {
	{ "anybody, open /proc", 1000, false, true },
	{ "anybody, hidepid", 1000, true, false },
	{ "its own user, hidepid", 998, true, true },
	{ "root, hidepid", 0, true, true },
};

START_TEST(test_command_line)
{
	struct told_record told = told_full(RECORD_STRIKE);
	struct viewer viewer = { viewers[_i].viewer, viewers[_i].proc_hides };
	json_object *record = encode_record(&told, &viewer);
	json_object *victim = json_object_object_get(record, "victim");

	ck_assert_msg(json_object_object_get_ex(victim, "cmdline", NULL) ==
			      viewers[_i].sees,
		      "%s", viewers[_i].name);
	ck_assert_str_eq(
		json_object_get_string(json_object_object_get(victim, "user")),
		"tomcat");
	json_object_put(record);
}
END_TEST

START_TEST(test_numbers)
{
	json_object *object = json_object_new_object();

	put_bytes(object, "most", INT64_MAX);
	put_bytes(object, "least", INT64_MIN);
	put_bytes(object, "some", 3);
	put_percent(object, "share", 1007);
	ck_assert_str_eq(
		json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN),
		"{\"most\":9223372036854775807,\"least\":-9223372036854775808,"
		"\"some\":3072,\"share\":10.07}");
	json_object_put(object);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("encode");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, test_contract);
	tcase_add_test(cases, test_types_are_all_named_here);
	tcase_add_loop_test(cases, test_hostile, 0, 60);
	tcase_add_loop_test(cases, test_command_line, 0, ROWS(viewers));
	tcase_add_test(cases, test_numbers);
	return fixture_run(cases, "encode");
}
