/* SPDX-License-Identifier: MIT */
#include "dispatch.h"

#include <errno.h>
#include <sys/socket.h>

#include "description.h"
#include "given_teller.h"
#include "idl.h"
#include "told.h"
#include "varlink.h"

static struct teller *teller;
static struct client *client;
static int guard;

static void setup(void)
{
	int ends[2];

	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends),
		0);
	teller = given_teller();
	ask_open(&teller->ask, ends[0]);
	guard = ends[1];
	client = given_client(teller, 0);
}

static void teardown(void)
{
	given_teller_end(teller);
	(void)close(guard);
}

static void call(const char *request)
{
	dispatch_call(teller, client, request, strlen(request));
}

/* The next message to the client, or "". */
static const char *message(void)
{
	static char bytes[CLIENT_OUTPUT_MOST];
	size_t length;

	if (!client->out || client->out_length == 0)
		return "";
	length = strnlen(client->out, client->out_length);
	ck_assert_uint_lt(length, client->out_length);
	memcpy(bytes, client->out, length + 1);
	client->out_length -= length + 1;
	memmove(client->out, client->out + length + 1, client->out_length);
	return bytes;
}

#define OURS "{\"method\":\"io.oomguard."
#define THEIRS "{\"method\":\"org.varlink.service."
#define ERROR(name, member, value)                                             \
	"{\"error\":\"" name "\",\"parameters\":{\"" member "\":\"" value "\"" \
	"}}"
#define INVALID(value)                                                         \
	ERROR("org.varlink.service.InvalidParameter", "parameter", value)
#define NOT_ALLOWED "{\"error\":\"io.oomguard.NotAllowed\",\"parameters\":{}}"

static const struct {
	const char *name;
	uid_t uid;
	const char *request;
	const char *expected;
} errors[] = {
	{ "another interface", 1, "{\"method\":\"io.systemd.Ping\"}",
	  ERROR("org.varlink.service.InterfaceNotFound", "interface",
		"io.systemd") },
	{ "the beginning of ours", 1, "{\"method\":\"io.Status\"}",
	  ERROR("org.varlink.service.InterfaceNotFound", "interface", "io") },
	{ "another method", 1, OURS "Stats\"}",
	  ERROR("org.varlink.service.MethodNotFound", "method",
		"io.oomguard.Stats") },
	{ "no interface", 1, "{\"method\":\"Status\"}",
	  ERROR("org.varlink.service.MethodNotFound", "method", "Status") },
	{ "only a dot", 1, "{\"method\":\".\"}",
	  ERROR("org.varlink.service.MethodNotFound", "method", ".") },
	{ "no method", 1, OURS "\"}",
	  ERROR("org.varlink.service.MethodNotFound", "method",
		"io.oomguard.") },
	{ "upgrade", 1, OURS "Status\",\"upgrade\":true}",
	  ERROR("org.varlink.service.MethodNotImplemented", "method",
		"io.oomguard.Status") },
	{ "unknown parameter", 1, OURS "Status\",\"parameters\":{\"x\":1}}",
	  INVALID("x") },
	{ "unknown parameter beside a known one", 1,
	  OURS "Records\",\"parameters\":{\"since\":1,\"until\":2}}",
	  INVALID("until") },
	{ "wrong type", 1, OURS "Records\",\"parameters\":{\"since\":\"1\"}}",
	  INVALID("since") },
	{ "a fraction", 1, OURS "Records\",\"parameters\":{\"since\":1.5}}",
	  INVALID("since") },
	{ "missing", 0, OURS "Pause\"}", INVALID("milliseconds") },
	{ "null for what must be there", 0,
	  OURS "Pause\",\"parameters\":{\"milliseconds\":null}}",
	  INVALID("milliseconds") },
	{ "pause of nothing", 0,
	  OURS "Pause\",\"parameters\":{\"milliseconds\":0}}",
	  INVALID("milliseconds") },
	{ "pause longer than a day", 0,
	  OURS "Pause\",\"parameters\":{\"milliseconds\":86400001}}",
	  INVALID("milliseconds") },
	{ "pause for ever", 0,
	  OURS "Pause\",\"parameters\":{\"milliseconds\":"
	       "99999999999999999999999}}",
	  INVALID("milliseconds") },
	{ "mute longer than a day", 0,
	  OURS "Mute\",\"parameters\":{\"milliseconds\":86400001}}",
	  INVALID("milliseconds") },
	{ "mute less than nothing", 0,
	  OURS "Mute\",\"parameters\":{\"milliseconds\":-1}}",
	  INVALID("milliseconds") },
	{ "interface that is not here", 1,
	  THEIRS "GetInterfaceDescription\",\"parameters\":{\"interface\":"
		 "\"io.oom\"}}",
	  ERROR("org.varlink.service.InterfaceNotFound", "interface",
		"io.oom") },
	{ "interface not named", 1, THEIRS "GetInterfaceDescription\"}",
	  INVALID("interface") },
	{ "reload by anybody", 1000, OURS "Reload\"}", NOT_ALLOWED },
	{ "pause by anybody", 1000,
	  OURS "Pause\",\"parameters\":{\"milliseconds\":1}}", NOT_ALLOWED },
	{ "resume by anybody", 1000, OURS "Resume\"}", NOT_ALLOWED },
	{ "mute by anybody", 1000,
	  OURS "Mute\",\"parameters\":{\"milliseconds\":1}}", NOT_ALLOWED },
};

START_TEST(test_error)
{
	client->uid = errors[_i].uid;
	call(errors[_i].request);
	const char *got = message();
	ck_assert_msg(strcmp(got, errors[_i].expected) == 0, "%s: %s",
		      errors[_i].name, got);
	ck_assert(!client->doomed);
	ck_assert_uint_eq(client->cookie, 0);
}
END_TEST

START_TEST(test_no_call_at_all)
{
	call("{\"method\":1}");
	ck_assert(client->doomed);
	ck_assert_str_eq(message(), "");
}
END_TEST

/* What is served is the file itself, whatever JSON does to it on the way. */
static void ck_description(const char *interface, const char *description)
{
	char request[256];

	(void)snprintf(request, sizeof(request),
		       THEIRS "GetInterfaceDescription\",\"parameters\":"
			      "{\"interface\":\"%s\"}}",
		       interface);
	call(request);
	json_object *reply = json_tokener_parse(message());
	json_object *text = json_object_object_get(
		json_object_object_get(reply, "parameters"), "description");
	ck_assert_str_eq(json_object_get_string(text), description);
	json_object_put(reply);
}

START_TEST(test_description)
{
	char bytes[32768] = "";
	int fd = open(VARLINK "/io.oomguard.varlink", O_RDONLY | O_CLOEXEC);

	ck_assert_int_gt(read(fd, bytes, sizeof(bytes) - 1), 1000);
	(void)close(fd);
	ck_assert_str_eq(bytes, description_oomguard);
	ck_description("io.oomguard", bytes);
	ck_description("org.varlink.service", description_service);
}
END_TEST

/* Each method and error that is described is there, and no other. */
START_TEST(test_methods_are_as_described)
{
	static struct idl idl;
	char request[128];
	int count = 0;

	idl_init(&idl, description_oomguard);
	for (const char *at = idl.text; (at = strstr(at, "\nmethod ")); at++) {
		const char *name = at + strlen("\nmethod ");
		(void)snprintf(request, sizeof(request), OURS "%.*s\"}",
			       (int)idl_word(name), name);
		call(request);
		ck_assert_ptr_null(strstr(message(), "MethodNotFound"));
		given_client(teller, 0);
		count++;
	}
	ck_assert_int_eq(count, 8);
}
END_TEST

START_TEST(test_info)
{
	call(THEIRS "GetInfo\"}");
	ck_assert_str_eq(
		message(),
		"{\"parameters\":{\"vendor\":\"oomguard\",\"product\":"
		"\"oomguard\",\"version\":\"" OOMGUARD_VERSION
		"\",\"url\":\"\",\"interfaces\":[\"org.varlink.service\","
		"\"io.oomguard\"]}}");
}
END_TEST

static void answer(uint64_t cookie, int error, const char *text)
{
	struct request_answer answer = { .magic = REQUEST_MAGIC,
					 .error = error,
					 .cookie = cookie,
					 .length = (uint32_t)strlen(text) };
	struct request_answer got;

	(void)strcpy(answer.text, text);
	ck_assert_int_gt(
		write(guard, &answer,
		      offsetof(struct request_answer, text) + answer.length),
		0);
	ck_assert_int_eq(ask_receive(&teller->ask, &got), 1);
	dispatch_answer(teller, &got);
}

static struct request asked(void)
{
	struct request request = { 0 };
	ssize_t length = read(guard, &request, sizeof(request));

	ck_assert(request_is_valid(&request, length));
	return request;
}

static const struct {
	const char *name;
	int error;
	const char *text;
	const char *expected;
} answers[] = {
	{ "good", 0, "", "{\"parameters\":{}}" },
	{ "mistakes", -EINVAL, "a:1: x\nb:2: \xff y\n",
	  "{\"error\":\"io.oomguard.ConfigurationInvalid\",\"parameters\":{"
	  "\"mistakes\":[\"a:1: x\",\"b:2: \xef\xbf\xbd y\"]}}" },
	{ "busy", -EBUSY, "",
	  "{\"error\":\"io.oomguard.Busy\",\"parameters\":{}}" },
	{ "not readable", -EIO, "",
	  "{\"error\":\"io.oomguard.ConfigurationInvalid\",\"parameters\":{"
	  "\"mistakes\":[\"the configuration could not be read\"]}}" },
};

START_TEST(test_reload)
{
	call(OURS "Reload\"}");
	struct request request = asked();
	ck_assert_uint_eq(request.kind, REQUEST_RELOAD);
	ck_assert_str_eq(message(), "");
	answer(request.cookie + 1, 0, "");
	ck_assert_str_eq(message(), "");
	answer(request.cookie, answers[_i].error, answers[_i].text);
	const char *got = message();
	ck_assert_msg(strcmp(got, answers[_i].expected) == 0, "%s: %s",
		      answers[_i].name, got);
	answer(request.cookie, 0, "");
	ck_assert_str_eq(message(), "");
}
END_TEST

START_TEST(test_pause)
{
	client->uid = 4711;
	call(OURS "Pause\",\"parameters\":{\"milliseconds\":86400000}}");
	struct request request = asked();
	ck_assert_uint_eq(request.kind, REQUEST_PAUSE);
	ck_assert_int_eq(request.pause_ms, 86400000);
	answer(request.cookie, 0, "");
	ck_assert_str_eq(message(), "{\"parameters\":{}}");
	call(OURS "Resume\"}");
	ck_assert_uint_eq(asked().kind, REQUEST_RESUME);
}
END_TEST

START_TEST(test_oneway)
{
	call(OURS "Reload\",\"oneway\":true}");
	answer(asked().cookie, 0, "");
	call(OURS "Status\",\"oneway\":true}");
	call(OURS "Nothing\",\"oneway\":true}");
	call(OURS "Records\",\"oneway\":true}");
	ck_assert_str_eq(message(), "");
	ck_assert(client->stream.kind == STREAM_NONE && !client->doomed);
}
END_TEST

START_TEST(test_guard_is_slow)
{
	call(OURS "Reload\"}");
	ck_assert_int_eq(dispatch_expire(teller),
			 GIVEN_NOW_MS + CLIENT_ANSWER_MS);
	teller->now_ms += CLIENT_ANSWER_MS - 1;
	(void)dispatch_expire(teller);
	ck_assert_str_eq(message(), "");
	teller->now_ms++;
	(void)dispatch_expire(teller);
	ck_assert_str_eq(message(), answers[2].expected);
}
END_TEST

START_TEST(test_guard_takes_nothing)
{
	for (int i = 0; i < 1000; i++)
		call(OURS "Resume\",\"oneway\":true}");
	call(OURS "Resume\"}");
	ck_assert_str_eq(message(), answers[2].expected);
}
END_TEST

START_TEST(test_guard_is_gone)
{
	static const char gone[] =
		"{\"error\":\"io.oomguard.GuardGone\",\"parameters\":{}}";

	call(OURS "Resume\"}");
	dispatch_guard_is_gone(teller);
	ck_assert_str_eq(message(), gone);
	(void)shutdown(guard, SHUT_RDWR);
	call(OURS "Resume\"}");
	ck_assert_str_eq(message(), gone);
}
END_TEST

#define OLD_MS 1000

/* What the guard has published `age_ms` ago. */
static void publish_look(enum urgency urgency, int64_t age_ms)
{
	struct snapshot snapshot;

	given_snapshot(&snapshot);
	snapshot.decision.urgency = urgency;
	snapshot.told = urgency;
	snapshot.at_ms = teller->now_ms - age_ms;
	snapshot.candidates_ms = snapshot.at_ms;
	board_put_snapshot((struct board *)teller->map.board, &snapshot);
}

static bool was_asked(void)
{
	struct request request;

	return read(guard, &request, sizeof(request)) > 0;
}

static const struct {
	const char *request;
	const char *age; /* how it tells that of the look */
} looking[] = {
	{ OURS "Status\"}", "\"chosenAge\":" },
	{ OURS "Candidates\"}", "\"age\":" },
};

static int64_t told_age(int row)
{
	const char *text = message();
	const char *age = strstr(text, looking[row].age);

	ck_assert_msg(age != NULL, "%s", text);
	return strtol(age + strlen(looking[row].age), NULL, 10);
}

static const struct {
	enum urgency urgency;
	int64_t age_ms;
	bool asks;
} looks[] = {
	{ URGENCY_NONE, OLD_MS, true },
	{ URGENCY_NONE, OLD_MS - 1, false },
	{ URGENCY_WARN, OLD_MS, false },
	{ URGENCY_TERM, OLD_MS, false },
};

START_TEST(test_old_look)
{
	publish_look(looks[_i].urgency, looks[_i].age_ms);
	call(OURS "Status\",\"oneway\":true}");
	ck_assert(!was_asked());
	call(looking[0].request);
	ck_assert_int_eq(was_asked(), looks[_i].asks);
	ck_assert_int_eq(message()[0] == '\0', looks[_i].asks);
}
END_TEST

START_TEST(test_look)
{
	struct client *other = &teller->clients.places[1];
	const char *request = looking[_i].request;

	publish_look(URGENCY_NONE, OLD_MS);
	call(request);
	uint64_t cookie = asked().cookie;
	client_open(other, -1, 0, teller->now_ms);
	dispatch_call(teller, other, request, strlen(request));
	ck_assert(!was_asked());
	publish_look(URGENCY_NONE, 0);
	answer(cookie + 1, 0, "");
	ck_assert_str_eq(message(), "");
	answer(cookie, 0, "");
	ck_assert_int_eq(told_age(_i), 0);
	ck_assert_uint_gt(other->out_length, 0);
	call(request);
	ck_assert(!was_asked());
	ck_assert_int_eq(told_age(_i), 0);
}
END_TEST

START_TEST(test_guard_does_not_look)
{
	publish_look(URGENCY_NONE, OLD_MS);
	call(looking[_i].request);
	uint64_t cookie = asked().cookie;
	ck_assert_int_eq(dispatch_expire(teller),
			 GIVEN_NOW_MS + CLIENT_LOOK_MS);
	teller->now_ms += CLIENT_LOOK_MS;
	(void)dispatch_expire(teller);
	ck_assert_int_eq(told_age(_i), OLD_MS + CLIENT_LOOK_MS);
	call(looking[_i].request);
	ck_assert(!was_asked());
	ck_assert_int_eq(told_age(_i), OLD_MS + CLIENT_LOOK_MS);
	answer(cookie, 0, "");
	ck_assert_str_eq(message(), "");
	teller->now_ms = GIVEN_NOW_MS + OLD_MS;
	call(looking[_i].request);
	ck_assert_uint_eq(asked().kind, REQUEST_LOOK);
	ck_assert_str_eq(message(), "");
}
END_TEST

START_TEST(test_not_published_yet)
{
	struct snapshot snapshot = { 0 };

	board_put_snapshot((struct board *)teller->map.board, &snapshot);
	call(OURS "Status\"}");
	ck_assert_str_eq(message(), answers[2].expected);
	call(OURS "Candidates\"}");
	ck_assert_str_eq(message(), answers[2].expected);
}
END_TEST

static void tell(uint64_t number, enum urgency urgency)
{
	struct told_record told = told_least(RECORD_STATE);

	told.record.number = number;
	told.record.realtime_us = (int64_t)number * 1000;
	told.record.decision.urgency = urgency;
	ledger_take(&teller->ledger, &told, teller->now_ms);
}

/* The number of the one record in the next message; 0: an empty list. */
static int64_t told_number(void)
{
	json_object *reply = json_tokener_parse(message());
	json_object *parameters = json_object_object_get(reply, "parameters");
	json_object *records = json_object_object_get(parameters, "records");
	int64_t number = 0;

	ck_assert(json_object_get_boolean(
		json_object_object_get(reply, "continues")));
	if (json_object_array_length(records) > 0)
		number = json_object_get_int64(json_object_object_get(
			json_object_array_get_idx(records, 0), "number"));
	json_object_put(reply);
	return number;
}

START_TEST(test_stream)
{
	tell(1, URGENCY_WARN);
	tell(2, URGENCY_NONE);
	tell(3, URGENCY_TERM);
	call(OURS "Records\",\"more\":true,\"parameters\":{\"since\":2000}}");
	ck_assert_str_eq(message(), "");
	ck_assert(!dispatch_fill(teller, client));
	ck_assert_int_eq(told_number(), 2);
	ck_assert_int_eq(told_number(), 3);
	ck_assert_int_eq(told_number(), 0);
	ck_assert(!dispatch_fill(teller, client));
	ck_assert_str_eq(message(), "");
	tell(4, URGENCY_NONE);
	(void)dispatch_fill(teller, client);
	ck_assert_int_eq(told_number(), 4);
	ck_assert_int_eq(client->stream.kind, STREAM_MORE);
}
END_TEST

START_TEST(test_muted)
{
	call(OURS "Records\",\"more\":true}");
	(void)dispatch_fill(teller, client);
	ck_assert_int_eq(told_number(), 0);
	teller->ledger.muted_until_ms = teller->now_ms + 1;
	tell(1, URGENCY_WARN);
	tell(2, URGENCY_TERM);
	teller->now_ms++;
	tell(3, URGENCY_WARN);
	(void)dispatch_fill(teller, client);
	ck_assert_int_eq(told_number(), 2);
	ck_assert_int_eq(told_number(), 3);
	/* Whoever asks later sees them all. */
	given_client(teller, 0);
	call(OURS "Records\",\"more\":true}");
	(void)dispatch_fill(teller, client);
	ck_assert_int_eq(told_number(), 1);
}
END_TEST

START_TEST(test_mute)
{
	call(OURS "Mute\",\"parameters\":{\"milliseconds\":1000}}");
	ck_assert_str_eq(message(), "{\"parameters\":{}}");
	ck_assert_int_eq(teller->ledger.muted_until_ms, GIVEN_NOW_MS + 1000);
	call(OURS "Mute\",\"parameters\":{\"milliseconds\":0}}");
	ck_assert_int_eq(teller->ledger.muted_until_ms, 0);
}
END_TEST

/* More than are kept: the oldest are missed, and that is told. */
START_TEST(test_stream_that_is_too_slow)
{
	call(OURS "Records\",\"more\":true}");
	(void)dispatch_fill(teller, client);
	ck_assert_int_eq(told_number(), 0);
	for (uint64_t i = 1; i <= HISTORY_RECORDS + 3; i++)
		tell(i, URGENCY_NONE);
	ck_assert(dispatch_fill(teller, client));
	const char *first = message();
	ck_assert_ptr_nonnull(strstr(first, "\"dropped\":3}"));
	ck_assert_ptr_nonnull(strstr(first, "\"number\":4,"));
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("dispatch");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_loop_test(cases, test_error, 0, ROWS(errors));
	tcase_add_test(cases, test_no_call_at_all);
	tcase_add_test(cases, test_description);
	tcase_add_test(cases, test_methods_are_as_described);
	tcase_add_test(cases, test_info);
	tcase_add_loop_test(cases, test_reload, 0, ROWS(answers));
	tcase_add_test(cases, test_pause);
	tcase_add_test(cases, test_oneway);
	tcase_add_test(cases, test_guard_is_slow);
	tcase_add_test(cases, test_guard_takes_nothing);
	tcase_add_test(cases, test_guard_is_gone);
	tcase_add_loop_test(cases, test_old_look, 0, ROWS(looks));
	tcase_add_loop_test(cases, test_look, 0, ROWS(looking));
	tcase_add_loop_test(cases, test_guard_does_not_look, 0, ROWS(looking));
	tcase_add_test(cases, test_not_published_yet);
	tcase_add_test(cases, test_stream);
	tcase_add_test(cases, test_muted);
	tcase_add_test(cases, test_mute);
	tcase_add_test(cases, test_stream_that_is_too_slow);
	return fixture_run(cases, "dispatch");
}
