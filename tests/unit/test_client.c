/* SPDX-License-Identifier: MIT */
#include "clients.h"

#include <poll.h>
#include <sys/socket.h>

#include "fixture.h"

#define NOW 5000000

static struct client client;
static int peer;

static void setup(void)
{
	int ends[2];

	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	client_open(&client, ends[0], 1000, NOW);
	peer = ends[1];
}

static void teardown(void)
{
	client_close(&client);
	if (peer >= 0)
		(void)close(peer);
}

static void send_bytes(const char *bytes, size_t length)
{
	ck_assert_int_eq(write(peer, bytes, length), (ssize_t)length);
	client_read(&client);
}

static bool is_over_at(int64_t now_ms)
{
	int64_t wake_ms = INT64_MAX;

	return client_is_over(&client, now_ms, &wake_ms);
}

START_TEST(test_requests)
{
	size_t length;

	send_bytes(BYTES("first\0sec"));
	ck_assert_str_eq(client_request(&client, &length), "first");
	ck_assert_uint_eq(length, 5);
	client_drop_request(&client, NOW);
	ck_assert_ptr_null(client_request(&client, &length));
	send_bytes(BYTES("ond\0\0"));
	ck_assert_str_eq(client_request(&client, &length), "second");
	client_drop_request(&client, NOW);
	ck_assert_uint_eq(length, 6);
	ck_assert_str_eq(client_request(&client, &length), "");
	client_drop_request(&client, NOW);
	ck_assert_uint_eq(client.in_length, 0);
}
END_TEST

START_TEST(test_request_of_single_bytes)
{
	static const char request[] = "{\"method\":\"a.B\"}";
	size_t length;

	for (size_t i = 0; i < sizeof(request); i++) {
		ck_assert_ptr_null(client_request(&client, &length));
		send_bytes(request + i, 1);
	}
	ck_assert_str_eq(client_request(&client, &length), request);
}
END_TEST

static const struct {
	const char *name;
	size_t length; /* with its NUL */
	bool is_over;
} sizes[] = {
	{ "as long as can be", CLIENT_REQUEST_MOST, false },
	{ "one byte longer", CLIENT_REQUEST_MOST + 1, true },
};

START_TEST(test_size)
{
	char bytes[CLIENT_REQUEST_MOST + 1];
	size_t length;

	memset(bytes, 'a', sizeof(bytes));
	bytes[sizes[_i].length - 1] = '\0';
	send_bytes(bytes, sizes[_i].length);
	ck_assert_msg(is_over_at(NOW) == sizes[_i].is_over, "%s",
		      sizes[_i].name);
	ck_assert_msg(!client_request(&client, &length) == sizes[_i].is_over,
		      "%s", sizes[_i].name);
}
END_TEST

START_TEST(test_idle)
{
	int64_t wake_ms = INT64_MAX;

	ck_assert(!client_is_over(&client, NOW + 29999, &wake_ms));
	ck_assert_int_eq(wake_ms, NOW + 30000);
	ck_assert(is_over_at(NOW + 30000));
	client.stream.kind = STREAM_MORE;
	ck_assert(!is_over_at(NOW + 3600000));
}
END_TEST

/* The clock begins with the first byte, and no further byte moves it. */
START_TEST(test_partial)
{
	send_bytes(BYTES("{"));
	ck_assert(!is_over_at(NOW + 10));
	send_bytes(BYTES("\"method"));
	ck_assert(!is_over_at(NOW + 2009));
	ck_assert(is_over_at(NOW + 2010));
}
END_TEST

START_TEST(test_partial_waits_for_the_answer_before)
{
	client.cookie = 1;
	send_bytes(BYTES("{"));
	ck_assert(!is_over_at(NOW + 10));
	ck_assert(!is_over_at(NOW + 9000));
	client.cookie = 0;
	ck_assert(!is_over_at(NOW + 9000));
	ck_assert(is_over_at(NOW + 11000));
}
END_TEST

static void fill_socket(void)
{
	static const char zeros[65536];

	while (!client.doomed && client.stuck_ms < 0) {
		client_put(&client, zeros, sizeof(zeros));
		client_write(&client, NOW);
		if (client.out_length == 0)
			client.stuck_ms = -1;
	}
}

START_TEST(test_stuck)
{
	fill_socket();
	ck_assert(client_events(&client) & POLLOUT);
	ck_assert(!is_over_at(NOW + 9999));
	ck_assert(is_over_at(NOW + 10000));
}
END_TEST

START_TEST(test_output_is_bounded)
{
	static const char bytes[CLIENT_OUTPUT_MOST];

	client_put(&client, bytes, sizeof(bytes));
	ck_assert(!client.doomed);
	client_put(&client, "x", 1);
	ck_assert(client.doomed);
	ck_assert_uint_le(client.out_size, CLIENT_OUTPUT_MOST);
}
END_TEST

/* Nothing more is read from who does not take his answers. */
START_TEST(test_pushes_back)
{
	static const char bytes[CLIENT_OUTPUT_ENOUGH];
	size_t length;

	send_bytes(BYTES("a\0"));
	ck_assert(client_events(&client) & POLLIN);
	client_put(&client, bytes, sizeof(bytes) - 1);
	ck_assert_ptr_nonnull(client_request(&client, &length));
	client_put(&client, bytes, 1);
	ck_assert_ptr_null(client_request(&client, &length));
	ck_assert_int_eq(client_events(&client), POLLOUT);
}
END_TEST

START_TEST(test_half_closed)
{
	char bytes[8];

	send_bytes(BYTES("a\0b\0"));
	ck_assert_int_eq(shutdown(peer, SHUT_WR), 0);
	client_read(&client);
	ck_assert(client.ended && !is_over_at(NOW));
	ck_assert(!(client_events(&client) & POLLIN));
	client_drop_request(&client, NOW);
	ck_assert(!is_over_at(NOW));
	client_drop_request(&client, NOW);
	client_put_message(&client, "x", 1);
	ck_assert(!is_over_at(NOW));
	client_write(&client, NOW);
	ck_assert_int_eq(read(peer, bytes, sizeof(bytes)), 2);
	ck_assert(is_over_at(NOW));
}
END_TEST

START_TEST(test_hung_up)
{
	(void)close(peer);
	peer = -1;
	client_put(&client, "x", 1);
	client_write(&client, NOW);
	ck_assert(is_over_at(NOW));
}
END_TEST

static struct clients clients;

static int fill_places(uid_t uid, int most)
{
	int count = 0;

	while (count < most) {
		struct client *place = clients_place(&clients, uid);
		if (!place)
			break;
		client_open(place, dup(peer), uid, NOW);
		count++;
	}
	return count;
}

START_TEST(test_places)
{
	clients_init(&clients, 4711);
	ck_assert_int_eq(fill_places(1000, 100), 8);
	ck_assert_int_eq(fill_places(1001, 100), 6);
	ck_assert_int_eq(fill_places(1002, 100), 0);
	ck_assert_int_eq(fill_places(4711, 1), 1);
	ck_assert_int_eq(fill_places(0, 100), 1);
	clients_finish(&clients);
	ck_assert_int_eq(fill_places(0, 100), 8);
	clients_finish(&clients);
}
END_TEST

START_TEST(test_who_may_change)
{
	clients_init(&clients, 4711);
	ck_assert(clients_may_change(&clients, 0));
	ck_assert(clients_may_change(&clients, 4711));
	ck_assert(!clients_may_change(&clients, 4712));
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("client");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, test_requests);
	tcase_add_test(cases, test_request_of_single_bytes);
	tcase_add_loop_test(cases, test_size, 0, ROWS(sizes));
	tcase_add_test(cases, test_idle);
	tcase_add_test(cases, test_partial);
	tcase_add_test(cases, test_partial_waits_for_the_answer_before);
	tcase_add_test(cases, test_stuck);
	tcase_add_test(cases, test_output_is_bounded);
	tcase_add_test(cases, test_pushes_back);
	tcase_add_test(cases, test_half_closed);
	tcase_add_test(cases, test_hung_up);
	tcase_add_test(cases, test_places);
	tcase_add_test(cases, test_who_may_change);
	return fixture_run(cases, "client");
}
