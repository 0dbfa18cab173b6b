/* SPDX-License-Identifier: MIT */
#include "teller.h"

#include <dirent.h>
#include <json-c/json.h>
#include <sys/stat.h>

#include "given_teller.h"
#include "played.h"
#include "told.h"

/*
 * The real program, attacked over its socket, while the test plays the guard
 * and a good client. All clients here are of one user: of 16 places it has 8.
 */

#define OURS "{\"method\":\"io.oomguard."
#define STATUS OURS "Status\"}"
#ifdef __SANITIZE_ADDRESS__
#define MORE_KIB 65536 /* it does not give back what is freed */
#else
#define MORE_KIB 1024
#endif
/*
 * A good client has its answer by then, also on a machine that is busy with
 * other things; who is dropped for being slow is dropped after 10 s.
 */
#define GOOD_MS 5000

static struct played played;

static void setup(void)
{
	struct snapshot snapshot;

	played_init(&played);
	given_snapshot(&snapshot);
	board_put_snapshot(played.board, &snapshot);
	played_start(&played, 0);
	ck_assert_uint_eq(played_request(&played).kind, REQUEST_HELLO);
}

static void ck_ended(int status)
{
	struct stat file;

	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
		      "the teller ended with %x", status);
	ck_assert_int_ne(lstat(played.path, &file), 0);
}

static void teardown(void)
{
	if (played.socket >= 0)
		ck_ended(played_end(&played));
	played_finish(&played);
}

static int connected(void)
{
	int fd = played_connect(&played);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static void put(int fd, const char *bytes, size_t length)
{
	/* It may have hung up already: that is looked at afterwards. */
	(void)!send(fd, bytes, length, MSG_NOSIGNAL);
}

static void put_request(int fd, const char *request)
{
	put(fd, request, strlen(request) + 1);
}

static int64_t now_ms(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/*
 * One message, NUL-terminated, or its beginning; "" when the teller hung up
 * before one was complete, NULL when `most_ms` have passed.
 */
static const char *get_within(int fd, int most_ms)
{
	static char bytes[2 * 1024 * 1024];
	int64_t end_ms = now_ms() + most_ms;
	size_t length = 0;

	while (length < sizeof(bytes) - 1) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		int64_t left_ms = end_ms - now_ms();
		if (left_ms <= 0 || poll(&ready, 1, (int)left_ms) != 1)
			return NULL;
		ssize_t got = recv(fd, bytes + length, 1, 0);
		if (got <= 0)
			return "";
		if (bytes[length] == '\0')
			return bytes;
		length += (size_t)got;
	}
	return bytes;
}

static const char *get(int fd)
{
	const char *message = get_within(fd, DEADLINE_MS);

	ck_assert_msg(message, "no answer");
	return message;
}

static bool is_status(const char *message)
{
	return strncmp(message, "{\"parameters\":{\"status\":{", 25) == 0;
}

/* A new client gets its answer soon. */
static void ck_serves(void)
{
	int64_t from_ms = now_ms();
	int fd = connected();

	put_request(fd, STATUS);
	ck_assert(is_status(get(fd)));
	(void)close(fd);
	ck_assert_int_lt(now_ms() - from_ms, GOOD_MS);
}

static int count_descriptors(void)
{
	char path[64];
	int count = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", played.pid);
	DIR *directory = opendir(path);
	ck_assert_ptr_nonnull(directory);
	while (readdir(directory))
		count++;
	(void)closedir(directory);
	return count;
}

/* Descriptors are back to what they were, as soon as the teller looks. */
static void ck_descriptors(int before)
{
	int waited_ms = 0;

	while (count_descriptors() > before)
		fixture_wait(&waited_ms);
}

static int64_t cpu_us(void)
{
	struct timespec time;
	clockid_t clock;

	ck_assert_int_eq(clock_getcpuclockid(played.pid, &clock), 0);
	ck_assert_int_eq(clock_gettime(clock, &time), 0);
	return time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

/* Resident memory; and of it what is its own, which clients could make grow. */
static int64_t memory_kib(int64_t *own_kib)
{
	char path[64];
	long pages = 0, shared = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/statm", played.pid);
	FILE *file = fopen(path, "re");
	ck_assert_int_eq(fscanf(file, "%*d %ld %ld", &pages, &shared), 2);
	(void)fclose(file);
	if (own_kib)
		*own_kib = (pages - shared) * (sysconf(_SC_PAGESIZE) / 1024);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static int64_t own_kib(void)
{
	int64_t kib;

	(void)memory_kib(&kib);
	return kib;
}

START_TEST(test_serves)
{
	int before = count_descriptors();

	ck_serves();
	ck_descriptors(before);
}
END_TEST

static const struct {
	const char *name;
	const char *bytes;
	size_t length;
} bad[] = {
	{ "no JSON", BYTES("hello\0") },
	{ "HTTP", BYTES("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n\0") },
	{ "an empty message", BYTES("\0") },
	{ "a thousand empty messages", NULL, 1000 },
	{ "half of an object", BYTES("{\"method\":\"io.oomg\0") },
	{ "no object", BYTES("[]\0") },
	{ "no method", BYTES("{\"more\":true}\0") },
	{ "deep", BYTES("{\"method\":\"a.B\",\"parameters\":{\"x\":"
			"[[[[[[[[[[1]]]]]]]]]]}}\0") },
	{ "binary", BYTES("\xff\xfe\x01\x02\x80\x81\0") },
	{ "a good one behind a bad one", BYTES("{}\0" STATUS "\0") },
};

START_TEST(test_bad_requests)
{
	static const char zeros[1000];
	int fd = connected();

	put(fd, bad[_i].bytes ? bad[_i].bytes : zeros, bad[_i].length);
	ck_assert_msg(strcmp(get(fd), "") == 0, "%s", bad[_i].name);
	(void)close(fd);
	ck_serves();
}
END_TEST

START_TEST(test_oversized)
{
	static char zeros[1024 * 1024];
	int fd = connected();

	memset(zeros, ' ', sizeof(zeros));
	put(fd, zeros, sizeof(zeros));
	ck_assert_str_eq(get(fd), "");
	(void)close(fd);
	ck_serves();
}
END_TEST

START_TEST(test_single_bytes)
{
	static const char requests[] = STATUS "\0" STATUS;
	int fd = connected();

	for (size_t i = 0; i < sizeof(requests); i++)
		put(fd, requests + i, 1);
	ck_assert(is_status(get(fd)));
	ck_assert(is_status(get(fd)));
	(void)close(fd);
}
END_TEST

START_TEST(test_pipelined)
{
	static const char info[] =
		"{\"method\":\"org.varlink.service.GetInfo\"}";
	int fd = connected();

	for (int i = 0; i < 50; i++) {
		put(fd, info, sizeof(info));
		put_request(fd, STATUS);
	}
	for (int i = 0; i < 50; i++) {
		ck_assert_ptr_nonnull(strstr(get(fd), "\"vendor\""));
		ck_assert(is_status(get(fd)));
	}
	(void)close(fd);
}
END_TEST

START_TEST(test_half_closed)
{
	int fd = connected();

	for (int i = 0; i < 30; i++)
		put_request(fd, STATUS);
	put(fd, BYTES("{\"meth"));
	ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
	for (int i = 0; i < 30; i++)
		ck_assert(is_status(get(fd)));
	ck_assert_str_eq(get(fd), "");
	(void)close(fd);
}
END_TEST

START_TEST(test_half_sent)
{
	int fd = connected();
	int64_t from_ms = now_ms();

	put(fd, BYTES("{\"method\""));
	ck_assert_str_eq(get(fd), "");
	ck_assert_int_ge(now_ms() - from_ms, CLIENT_PARTIAL_MS - 1);
	ck_assert_int_lt(now_ms() - from_ms, CLIENT_PARTIAL_MS + GOOD_MS);
	(void)close(fd);
}
END_TEST

/* Who asks and never reads is held back, then dropped; nobody else feels it. */
START_TEST(test_never_reads)
{
	int before = count_descriptors(), fd;

	ck_serves();
	fd = connected();
	int64_t memory = own_kib();
	while (send(fd, STATUS, sizeof(STATUS), MSG_DONTWAIT) ==
	       (ssize_t)sizeof(STATUS))
		;
	ck_serves();
	ck_assert_int_lt(own_kib() - memory, MORE_KIB);
	ck_descriptors(before);
	(void)close(fd);
}
END_TEST

/* 200 at once: 8 of them are let in, the others are told nothing. */
START_TEST(test_two_hundred)
{
	int fds[200], served = 0, before = count_descriptors();
	int64_t memory;

	ck_serves();
	memory = own_kib();
	for (int i = 0; i < 200; i++) {
		fds[i] = connected();
		put_request(fds[i], STATUS);
	}
	for (int i = 0; i < 200; i++)
		served += is_status(get(fds[i]));
	ck_assert_int_eq(served, CLIENTS_PER_USER);
	ck_assert_int_le(count_descriptors(), before + CLIENTS_PER_USER);
	ck_assert_int_lt(own_kib() - memory, MORE_KIB);
	for (int i = 0; i < 200; i++)
		(void)close(fds[i]);
	ck_descriptors(before);
	ck_serves();
}
END_TEST

/* Others come and go as fast as they can, and one gets its answers. */
START_TEST(test_flood)
{
	uint64_t state = 88172645463325252ULL;
	int before = count_descriptors(), good = connected();
	int64_t memory = own_kib();

	for (int round = 0; round < 300; round++) {
		int fd = connected();
		char noise[5000];
		for (size_t i = 0; i < sizeof(noise); i++)
			noise[i] = (char)fixture_random(&state);
		if (round % 3 == 1)
			fixture_spoil(&state, strcpy(noise, STATUS),
				      sizeof(STATUS));
		put(fd, noise, fixture_random(&state) % sizeof(noise));
		(void)close(fd);
		if (round % 10 == 0) {
			int64_t from_ms = now_ms();
			put_request(good, STATUS);
			ck_assert(is_status(get(good)));
			ck_assert_int_lt(now_ms() - from_ms, GOOD_MS);
		}
	}
	(void)close(good);
	ck_descriptors(before);
	ck_assert_int_lt(own_kib() - memory, MORE_KIB);
}
END_TEST

static void tell(enum record_kind kind)
{
	struct told_record told = told_full(kind);

	told.record.realtime_us = 0; /* The number tells them apart. */
	played_tell(&played, &told.record);
}

START_TEST(test_records)
{
	int fd = connected(), list = connected(), waited_ms = 0;

	tell(RECORD_STARTED);
	tell(RECORD_STRIKE);
	put_request(fd, OURS "Records\",\"more\":true}");
	ck_assert_ptr_nonnull(strstr(get(fd), "\"kind\":\"started\""));
	ck_assert_ptr_nonnull(strstr(get(fd), "\"kind\":\"strike\""));
	ck_assert_ptr_nonnull(strstr(get(fd), "\"records\":[],"));
	tell(RECORD_OUTCOME);
	ck_assert_ptr_nonnull(strstr(get(fd), "\"kind\":\"outcome\""));
	/* One stream for a client: what it asks beside it has to wait. */
	put_request(fd, STATUS);
	tell(RECORD_PAUSED);
	ck_assert_ptr_nonnull(strstr(get(fd), "\"kind\":\"paused\""));
	put_request(list, OURS "Records\"}");
	json_object *reply = json_tokener_parse(get(list));
	json_object *records = json_object_object_get(
		json_object_object_get(reply, "parameters"), "records");
	ck_assert_uint_eq(json_object_array_length(records), 4);
	json_object_put(reply);
	(void)close(list);
	int before = count_descriptors();
	(void)close(fd);
	while (count_descriptors() >= before)
		fixture_wait(&waited_ms);
}
END_TEST

/* None of them was missed. */
static size_t count_records(int fd)
{
	put_request(fd, OURS "Records\"}");
	json_object *reply = json_tokener_parse(get(fd));
	ck_assert_ptr_nonnull(reply);
	json_object *parameters = json_object_object_get(reply, "parameters");
	size_t count = json_object_array_length(
		json_object_object_get(parameters, "records"));
	ck_assert_int_eq(json_object_get_int(
				 json_object_object_get(parameters, "dropped")),
			 0);
	json_object_put(reply);
	return count;
}

/* All that are kept come in one reply, which is larger than any buffer. */
START_TEST(test_all_records)
{
	struct pollfd taken = { .fd = played.wake, .events = POLLIN };
	int fd = connected(), waited_ms = 0;

	for (int i = 0; i < HISTORY_RECORDS; i++) {
		tell(RECORD_OUTCOME);
		while (i % 8 == 7 && poll(&taken, 1, 0) == 1)
			fixture_wait(&waited_ms);
	}
	/* The last ones may not have been taken yet. */
	while (count_records(fd) < HISTORY_RECORDS)
		fixture_wait(&waited_ms);
	(void)close(fd);
}
END_TEST

/* A teller that was stopped says how much it missed. */
START_TEST(test_stopped)
{
	int fd = connected(), status;

	put_request(fd, OURS "Records\",\"more\":true}");
	ck_assert_ptr_nonnull(strstr(get(fd), "\"records\":[],"));
	ck_assert_int_eq(kill(played.pid, SIGSTOP), 0);
	ck_assert_int_eq(waitpid(played.pid, &status, WUNTRACED), played.pid);
	for (int i = 0; i < BOARD_RECORDS + 11; i++)
		tell(RECORD_PAUSED);
	ck_assert_int_eq(kill(played.pid, SIGCONT), 0);
	ck_assert_ptr_nonnull(strstr(get(fd), "\"dropped\":11}"));
	(void)close(fd);
}
END_TEST

/* What was told is not told again, and the numbering goes on. */
START_TEST(test_killed_and_started_again)
{
	int fd = connected(), status;

	tell(RECORD_PAUSED);
	tell(RECORD_RESUMED);
	put_request(fd, OURS "Records\",\"more\":true}");
	ck_assert_ptr_nonnull(strstr(get(fd), "\"number\":1,"));
	ck_assert_ptr_nonnull(strstr(get(fd), "\"number\":2,"));
	(void)close(fd);
	ck_assert_int_eq(kill(played.pid, SIGKILL), 0);
	status = played_end(&played);
	ck_assert(WIFSIGNALED(status));
	played_start(&played, 0);
	ck_assert_uint_eq(played_request(&played).kind, REQUEST_HELLO);
	fd = connected();
	put_request(fd, OURS "Records\",\"more\":true}");
	ck_assert_ptr_nonnull(strstr(get(fd), "\"number\":1,"));
	ck_assert_ptr_nonnull(strstr(get(fd), "\"number\":2,"));
	ck_assert_ptr_nonnull(strstr(get(fd), "\"records\":[],"));
	(void)close(fd);
}
END_TEST

START_TEST(test_guard_answers)
{
	int fd = connected();

	put_request(fd, OURS "Reload\"}");
	struct request request = played_request(&played);
	ck_assert_uint_eq(request.kind, REQUEST_RELOAD);
	(void)send(played.socket, "garbage", 7, 0);
	played_answer(&played, request.cookie + 7, 0, "");
	ck_serves();
	played_answer(&played, request.cookie, -22, "f:1: a\nf:2: b\n");
	ck_assert_ptr_nonnull(
		strstr(get(fd), "\"mistakes\":[\"f:1: a\",\"f:2: b\"]"));
	put_request(fd, OURS "Resume\"}");
	ck_assert_uint_eq(played_request(&played).kind, REQUEST_RESUME);
	ck_ended(played_end(&played));
	ck_assert_ptr_nonnull(strstr(get(fd), "io.oomguard.GuardGone"));
	ck_assert_str_eq(get(fd), "");
	(void)close(fd);
}
END_TEST

START_TEST(test_sigterm)
{
	ck_assert_int_eq(kill(played.pid, SIGHUP), 0);
	ck_serves();
	ck_assert_int_eq(kill(played.pid, SIGTERM), 0);
	tell(RECORD_ENDED);
	ck_ended(fixture_reap(played.pid));
	(void)close(played.socket);
	played.socket = -1;
	struct history *history = calloc(1, sizeof(*history));
	ck_assert_int_eq(history_read(history, played.directory), 0);
	ck_assert_uint_eq(history->count, 1);
	free(history);
}
END_TEST

static void become(uid_t uid)
{
	ck_assert_int_eq(seteuid(uid), 0);
}

#define FEW 20 /* descriptors */

/* Whether it gets an answer, or the teller has no descriptor for it. */
static bool is_served(int fd)
{
	const int two = 2; /* "." and ".." */

	for (;;) {
		const char *message = get_within(fd, 300);
		if (message)
			return is_status(message);
		if (count_descriptors() == FEW + two)
			return false;
	}
}

/*
 * No descriptor is left for a client: it waits, and nothing spins. Of one user
 * there are not enough clients for that, and poll(2) wants a limit of 20.
 */
START_TEST(test_no_descriptors)
{
	int first = -1, last = -1, count;

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chmod(played.directory, 0755), 0);
	ck_ended(played_end(&played));
	played_start(&played, FEW);
	ck_assert_uint_eq(played_request(&played).kind, REQUEST_HELLO);
	for (count = 0; count < CLIENTS_MOST; count++) {
		become(count < CLIENTS_PER_USER ? 0 : 65534);
		last = connected();
		become(0);
		put_request(last, STATUS);
		if (!is_served(last))
			break;
		if (count == 0)
			first = last;
	}
	ck_assert_int_lt(count, CLIENTS_MOST - CLIENTS_PRIVILEGED);
	int64_t before_us = cpu_us();
	ck_assert_ptr_null(get_within(last, 1500));
	ck_assert_int_lt(cpu_us() - before_us, 20000);
	(void)close(first);
	ck_assert(is_status(get(last)));
}
END_TEST

/* Root has a place when others have taken all that they may. */
START_TEST(test_place_of_root)
{
	uid_t users[] = { 65534, 65533, 65532 };

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chmod(played.directory, 0755), 0);
	for (int user = 0; user < ROWS(users); user++) {
		become(users[user]);
		for (int i = 0; i < 2 * CLIENTS_PER_USER; i++)
			(void)connected();
		become(0);
	}
	for (int i = 0; i < CLIENTS_PRIVILEGED; i++) {
		int fd = connected();
		put_request(fd, STATUS);
		ck_assert(is_status(get(fd)));
	}
}
END_TEST

START_TEST(test_other_user)
{
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chmod(played.directory, 0755), 0);
	become(65534);
	int fd = connected();
	become(0);
	put_request(fd, OURS "Reload\"}");
	ck_assert_ptr_nonnull(strstr(get(fd), "io.oomguard.NotAllowed"));
	put_request(fd, STATUS);
	ck_assert(is_status(get(fd)));
	(void)close(fd);
}
END_TEST

/* What it has given up, as the kernel sees it. */
START_TEST(test_sandbox)
{
	char path[64], line[256];
	int found = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", played.pid);
	FILE *file = fopen(path, "re");
	while (fgets(line, sizeof(line), file))
		if (strcmp(line, "CapEff:\t0000000000000000\n") == 0 ||
		    strcmp(line, "CapPrm:\t0000000000000000\n") == 0 ||
		    strcmp(line, "CapAmb:\t0000000000000000\n") == 0 ||
		    strcmp(line, "NoNewPrivs:\t1\n") == 0)
			found++;
	(void)fclose(file);
	ck_assert_int_eq(found, 4);
}
END_TEST

START_TEST(test_cost)
{
	int fd = connected();
	int64_t before_us;

	put_request(fd, STATUS);
	(void)get(fd);
	before_us = cpu_us();
	for (int i = 0; i < 100; i++) {
		put_request(fd, STATUS);
		(void)get(fd);
	}
	int64_t each_us = (cpu_us() - before_us) / 100;
	printf("a status request: %d us of CPU, teller: %d KiB\n", (int)each_us,
	       (int)memory_kib(NULL));
#ifndef __SANITIZE_ADDRESS__
	ck_assert_int_lt(each_us, 2000);
	ck_assert_int_lt(memory_kib(NULL), 10 * 1024);
#endif
	(void)close(fd);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("teller");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, test_serves);
	tcase_add_loop_test(cases, test_bad_requests, 0, ROWS(bad));
	tcase_add_test(cases, test_oversized);
	tcase_add_test(cases, test_single_bytes);
	tcase_add_test(cases, test_pipelined);
	tcase_add_test(cases, test_half_closed);
	tcase_add_test(cases, test_half_sent);
	tcase_add_test(cases, test_never_reads);
	tcase_add_test(cases, test_two_hundred);
	tcase_add_test(cases, test_flood);
	tcase_add_test(cases, test_records);
	tcase_add_test(cases, test_all_records);
	tcase_add_test(cases, test_stopped);
	tcase_add_test(cases, test_killed_and_started_again);
	tcase_add_test(cases, test_guard_answers);
	tcase_add_test(cases, test_sigterm);
	tcase_add_test(cases, test_no_descriptors);
	tcase_add_test(cases, test_place_of_root);
	tcase_add_test(cases, test_other_user);
	tcase_add_test(cases, test_sandbox);
	tcase_add_test(cases, test_cost);
	return fixture_run(cases, "teller");
}
