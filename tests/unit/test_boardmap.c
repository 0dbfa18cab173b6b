/* SPDX-License-Identifier: MIT */
#include "boardmap.h"

#include <errno.h>
#include <sys/mman.h>

#include "fixture.h"

static struct board *board;
static int fd;
static struct boardmap map;

static void setup(void)
{
	fd = memfd_create("board", MFD_CLOEXEC);
	ck_assert_int_eq(ftruncate(fd, sizeof(*board)), 0);
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED,
		     fd, 0);
	ck_assert_ptr_ne(board, MAP_FAILED);
	board_init(board);
}

static void teardown(void)
{
	boardmap_close(&map);
	(void)munmap(board, sizeof(*board));
	(void)close(fd);
}

static void write_records(int count)
{
	struct record record = { 0 };

	while (count-- > 0)
		(void)board_put_record(board, &record);
}

/* The number of the record that is taken; 0: there is none. */
static uint64_t taken(void)
{
	struct record record;

	return boardmap_take(&map, &record) ? record.number : 0;
}

START_TEST(test_follows)
{
	ck_assert_int_eq(boardmap_open(&map, fd), 0);
	ck_assert_uint_eq(taken(), 0);
	write_records(2);
	ck_assert(boardmap_has_more(&map));
	ck_assert_uint_eq(taken(), 1);
	ck_assert_uint_eq(taken(), 2);
	ck_assert_uint_eq(taken(), 0);
	ck_assert_uint_eq(map.lost, 0);
}
END_TEST

START_TEST(test_counts_what_it_lost)
{
	ck_assert_int_eq(boardmap_open(&map, fd), 0);
	write_records(BOARD_RECORDS);
	ck_assert_uint_eq(taken(), 1);
	write_records(1);
	ck_assert_uint_eq(taken(), 2);
	ck_assert_uint_eq(map.lost, 0);
	write_records(5);
	ck_assert_uint_eq(taken(), 7);
	ck_assert_uint_eq(map.lost, 4);
	write_records(100 * BOARD_RECORDS);
	ck_assert_uint_eq(taken(), 6 + 100 * BOARD_RECORDS + 1);
}
END_TEST

/* A teller that is started again has lost nothing itself. */
START_TEST(test_starts_late)
{
	write_records(BOARD_RECORDS + 9);
	ck_assert_int_eq(boardmap_open(&map, fd), 0);
	ck_assert_uint_eq(taken(), 10);
	ck_assert_uint_eq(map.lost, 0);
}
END_TEST

/* A guard that died while it wrote: its board must not hold up anybody. */
START_TEST(test_half_written)
{
	ck_assert_int_eq(boardmap_open(&map, fd), 0);
	write_records(2);
	atomic_fetch_add(&board->slots[1].sequence, 1);
	ck_assert_uint_eq(taken(), 2);
	ck_assert_uint_eq(map.lost, 1);
}
END_TEST

START_TEST(test_number_beyond_all)
{
	ck_assert_int_eq(boardmap_open(&map, fd), 0);
	atomic_store(&board->records_written, UINT64_MAX / 2);
	ck_assert_uint_eq(taken(), 0);
	atomic_store(&board->records_written, UINT64_MAX);
	ck_assert_uint_eq(taken(), 0);
}
END_TEST

START_TEST(test_refuses)
{
	board->version++;
	ck_assert_int_eq(boardmap_open(&map, fd), -EPROTO);
	board->version--;
	ck_assert_int_eq(boardmap_open(&map, -1), -EBADF);
	ck_assert_int_eq(ftruncate(fd, sizeof(*board) - 1), 0);
	ck_assert_int_eq(boardmap_open(&map, fd), -EPROTO);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("boardmap");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, test_follows);
	tcase_add_test(cases, test_counts_what_it_lost);
	tcase_add_test(cases, test_starts_late);
	tcase_add_test(cases, test_half_written);
	tcase_add_test(cases, test_number_beyond_all);
	tcase_add_test(cases, test_refuses);
	return fixture_run(cases, "boardmap");
}
