/* SPDX-License-Identifier: MIT */
#include "board.h"

#include <string.h>

#include "hot.h"

#define READ_TRIES 100

void board_init(struct board *board)
{
	memset(board, 0, sizeof(*board));
	board->magic = BOARD_MAGIC;
	board->version = BOARD_VERSION;
	board->size = sizeof(*board);
}

bool board_is_valid(const struct board *board)
{
	return board->magic == BOARD_MAGIC && board->version == BOARD_VERSION &&
	       board->size == sizeof(*board);
}

/* The fences order the copy between the two changes of the sequence. */
static void write_begin(atomic_uint *sequence)
{
	atomic_fetch_add_explicit(sequence, 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst);
}

static void write_end(atomic_uint *sequence)
{
	atomic_thread_fence(memory_order_seq_cst);
	atomic_fetch_add_explicit(sequence, 1, memory_order_relaxed);
}

/* A copy that no write has touched. */
static bool read_consistent(const atomic_uint *sequence, const void *from,
			    void *to, size_t size)
{
	for (int i = 0; i < READ_TRIES; i++) {
		unsigned int before =
			atomic_load_explicit(sequence, memory_order_acquire);
		if (before & 1)
			continue;
		memcpy(to, from, size);
		atomic_thread_fence(memory_order_seq_cst);
		if (atomic_load_explicit(sequence, memory_order_relaxed) ==
		    before)
			return true;
	}
	return false;
}

static void put(struct board *board, const struct snapshot *snapshot,
		size_t size)
{
	write_begin(&board->sequence);
	memcpy(&board->snapshot, snapshot, size);
	board->snapshot.records_written = atomic_load(&board->records_written);
	write_end(&board->sequence);
}

void board_put_snapshot(struct board *board, const struct snapshot *snapshot)
{
	put(board, snapshot, sizeof(*snapshot));
}

void board_put_figures(struct board *board, const struct snapshot *snapshot)
{
	put(board, snapshot, SNAPSHOT_FIGURES_SIZE);
}

bool board_get_snapshot(const struct board *board, struct snapshot *out)
{
	return read_consistent(&board->sequence, &board->snapshot, out,
			       sizeof(*out));
}

uint64_t board_put_record(struct board *board, struct record *record)
{
	uint64_t number = atomic_load(&board->records_written) + 1;
	struct board_slot *slot = &board->slots[number % BOARD_RECORDS];

	record->version = RECORD_VERSION;
	record->size = sizeof(*record);
	record->number = number;
	write_begin(&slot->sequence);
	slot->record = *record;
	write_end(&slot->sequence);
	atomic_store(&board->records_written, number);
	return number;
}

bool board_get_record(const struct board *board, uint64_t number,
		      struct record *out, uint64_t *oldest)
{
	const struct board_slot *slot = &board->slots[number % BOARD_RECORDS];
	uint64_t written = atomic_load(&board->records_written);

	*oldest = written > BOARD_RECORDS ? written - BOARD_RECORDS + 1 : 1;
	return number >= *oldest && number <= written &&
	       read_consistent(&slot->sequence, &slot->record, out,
			       sizeof(*out)) &&
	       out->number == number;
}
