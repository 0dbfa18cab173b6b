/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ask.h"
#include "boardmap.h"
#include "fields.h"
#include "guarded.h"
#include "link.h"
#include "sane.h"

/*
 * What guard and teller give each other, and what a dead guard has left: the
 * first byte of the input chooses. Neither side may be harmed by the other.
 */

/* Datagrams, two bytes of length before each, until the input ends. */
static void send_all(int fd, const uint8_t *bytes, size_t size)
{
	while (size > 2) {
		size_t length = bytes[0] | (size_t)bytes[1] << 8;

		bytes += 2;
		size -= 2;
		length = length < size ? length : size;
		(void)send(fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
		bytes += length;
		size -= length;
	}
}

static void open_pair(int ends[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		abort();
}

/* What the teller sends to the guard. */
static void try_requests(const uint8_t *bytes, size_t size)
{
	struct link link = { .socket = -1 };
	struct request request;
	int ends[2], taken;

	open_pair(ends);
	link.socket = ends[0];
	send_all(ends[1], bytes, size);
	(void)close(ends[1]);
	while ((taken = link_take(&link, &request)) >= 0)
		if (taken == 1) {
			assert(request.kind >= REQUEST_RELOAD &&
			       request.kind <= REQUEST_LOOK);
			assert(request.pause_ms >= 0 &&
			       request.pause_ms <= REQUEST_PAUSE_MOST_MS);
			link_answer(&link, request.cookie, 0, "");
		}
	(void)close(ends[0]);
}

/* What the guard answers. */
static void try_answers(const uint8_t *bytes, size_t size)
{
	static struct request_answer answer;
	struct ask ask;
	int ends[2];

	open_pair(ends);
	ask_open(&ask, ends[0]);
	send_all(ends[1], bytes, size);
	(void)close(ends[1]);
	/* One that is not valid is none, too. */
	for (size_t i = 0; i <= size; i++)
		if (ask_receive(&ask, &answer) == 1)
			assert(memchr(answer.text, '\0', sizeof(answer.text)));
	(void)close(ends[0]);
}

/* Any bytes in a file: what holds for the guard's wards holds for them. */
static void try_wards(const uint8_t *bytes, size_t size)
{
	static const char boot[WARDS_BOOT_SIZE] = "";
	static struct wards wards;
	int64_t left_out;
	json_object *list;

	wards_init(&wards, boot);
	memcpy((char *)&wards + offsetof(struct wards, boot), bytes,
	       size < sizeof(wards) - offsetof(struct wards, boot)
		       ? size
		       : sizeof(wards) - offsetof(struct wards, boot));
	if (size > 16)
		memcpy(wards.wards, bytes,
		       size < sizeof(wards.wards) ? size : sizeof(wards.wards));
	if (!wards_are_valid(&wards, wards.boot))
		return;
	list = guarded_list(&wards, -1, 1000, &left_out);
	json_object_put(list);
}

static void use(const struct record *record)
{
	static struct told_record told;
	static struct fields fields;

	memset(&told, 0, sizeof(told));
	memcpy(&told.record, record, sizeof(*record));
	if (!sane_told(&told))
		return;
	fields_init(&fields);
	fields_put_record(&fields, &told);
	assert(!fields.cut);
}

/* A board with any counters and records. */
static void try_board(const uint8_t *bytes, size_t size)
{
	static struct board board;
	static struct record record;
	struct boardmap map;
	uint64_t taken = 0, written = 0;
	int fd = memfd_create("board", MFD_CLOEXEC);

	memset(&board, 0, sizeof(board));
	board_init(&board);
	memcpy(&written, bytes, size < 8 ? size : 8);
	memcpy(&board.slots, bytes,
	       size < sizeof(board.slots) ? size : sizeof(board.slots));
	atomic_store(&board.records_written, written);
	if (fd < 0 || write(fd, &board, sizeof(board)) != sizeof(board))
		abort();
	if (boardmap_open(&map, fd) == 0) {
		while (boardmap_take(&map, &record)) {
			use(&record);
			taken++;
			assert(taken <= BOARD_RECORDS);
		}
		boardmap_close(&map);
	}
	(void)close(fd);
}

static void (*const tries[])(const uint8_t *bytes, size_t size) = {
	try_requests,
	try_answers,
	try_wards,
	try_board,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t kinds = sizeof(tries) / sizeof(*tries);

	if (size > 0 && data[0] >= 'a' && data[0] < 'a' + kinds)
		tries[data[0] - 'a'](data + 1, size - 1);
	return 0;
}
