/* SPDX-License-Identifier: MIT */
#include "ledger.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>

#include "fixture.h"
#include "told.h"

static struct ledger *ledger;
static char directory[64];

static void setup(void)
{
	(void)strcpy(directory, "/tmp/oomguard-ledger.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ledger = calloc(1, sizeof(*ledger));
	ck_assert_ptr_nonnull(ledger);
	ck_assert_int_eq(ledger_open(ledger, "/nowhere", directory), 0);
}

static void teardown(void)
{
	char path[96];

	ledger_close(ledger);
	free(ledger);
	(void)snprintf(path, sizeof(path), "%s/history", directory);
	(void)unlink(path);
	ck_assert_int_eq(rmdir(directory), 0);
}

static void tell(uint64_t number, int64_t now_ms)
{
	struct told_record told = told_least(RECORD_STATE);

	told.record.number = number;
	told.record.decision.urgency = URGENCY_WARN;
	ledger_take(ledger, &told, now_ms);
}

START_TEST(test_serials)
{
	ck_assert_ptr_null(ledger_get(ledger, 0));
	ck_assert_ptr_null(ledger_get(ledger, 1));
	tell(70, 0);
	tell(71, 0);
	ck_assert_uint_eq(ledger_get(ledger, 1)->record.number, 70);
	ck_assert_uint_eq(ledger_get(ledger, 2)->record.number, 71);
	ck_assert_ptr_null(ledger_get(ledger, 3));
	for (uint64_t i = 72; i < 70 + HISTORY_RECORDS + 2; i++)
		tell(i, 0);
	ck_assert_uint_eq(ledger_oldest(ledger), 3);
	ck_assert_ptr_null(ledger_get(ledger, 2));
	ck_assert_uint_eq(ledger_get(ledger, 3)->record.number, 72);
}
END_TEST

/* A teller that is started again finds on the board what it has told. */
START_TEST(test_tells_once)
{
	tell(1, 0);
	tell(1, 0);
	ck_assert_uint_eq(ledger->newest, 1);
	ledger_close(ledger);
	ck_assert_int_eq(ledger_open(ledger, "/nowhere", directory), 0);
	ck_assert_uint_eq(ledger->newest, 1);
	tell(1, 0);
	ck_assert_uint_eq(ledger->newest, 1);
	tell(2, 0);
	ck_assert_uint_eq(ledger_get(ledger, 2)->record.number, 2);
}
END_TEST

static struct progress *given_progress(int fd)
{
	struct progress *progress;

	ck_assert_int_eq(progress_open(&progress, fd), 0);
	return progress;
}

/* Killed between, before anything was saved; the last one is in doubt. */
START_TEST(test_goes_on_after_a_kill)
{
	int fd = memfd_create("progress", MFD_CLOEXEC);
	struct progress *progress;

	ck_assert_int_eq(progress_open(&progress, fd), -EPROTO);
	ck_assert_int_eq(ftruncate(fd, 4096), 0);
	progress = given_progress(fd);
	ledger_resume(ledger, progress, 1);
	tell(1, 0);
	tell(2, 0);
	ledger_mute(ledger, 1000);
	tell(3, 0);
	ck_assert_uint_eq(progress->done, 3);
	ck_assert_uint_eq(ledger->journal.dropped, 0);
	progress->begun = 4;
	progress_close(progress);
	progress = given_progress(fd);
	ck_assert_uint_eq(progress->done, 4);
	ck_assert_int_eq(ledger_open(ledger, "/nowhere", NULL), 0);
	ledger_resume(ledger, progress, 3);
	ck_assert_int_eq(ledger->muted_until_ms, 1000);
	ck_assert_uint_eq(ledger->journal.dropped, 1);
	ck_assert_uint_eq(ledger->journal.dropped_told, 0);
	ledger_mute(ledger, 0);
	tell(3, 2000);
	tell(4, 2000);
	ck_assert_uint_eq(ledger->journal.dropped_told, 0); /* Kept only. */
	ck_assert_uint_eq(ledger->newest, 2);
	tell(5, 2000);
	ck_assert_uint_eq(ledger->journal.dropped_told, 1);
	ck_assert_uint_eq(progress->dropped_told, 1);
	/* Nobody was there for longer than the board reaches. */
	ledger_resume(ledger, progress, 9);
	ck_assert_uint_eq(ledger->journal.dropped, 1 + 3);
	ck_assert_uint_eq(progress->done, 8);
	ledger_resume(ledger, progress, 9);
	ck_assert_uint_eq(ledger->journal.dropped, 1 + 3);
	progress_close(progress);
	(void)close(fd);
}
END_TEST

/* The disk: it takes until a byte is in the pipe, while one is open. */
static int disk[2] = { -1, -1 };
static atomic_int disk_error;

int fsync(int fd)
{
	char byte;

	(void)fd;
	if (disk[0] >= 0 && read(disk[0], &byte, 1) < 0)
		return -1;
	errno = disk_error;
	return errno ? -1 : 0;
}

static uint32_t saved(void)
{
	struct history *again = calloc(1, sizeof(*again));
	uint32_t count;

	ck_assert_int_eq(history_read(again, directory), 0);
	count = again->count;
	free(again);
	return count;
}

/* What it says when what it writes is written. */
static int64_t save_wholly(bool is_calm, int64_t now_ms)
{
	int64_t wake_ms = ledger_save(ledger, is_calm, now_ms);

	while (ledger->is_saving) {
		const struct timespec pause = { .tv_nsec = 1000000 };
		(void)nanosleep(&pause, NULL);
		wake_ms = ledger_save(ledger, is_calm, now_ms);
	}
	return wake_ms;
}

START_TEST(test_saves_when_it_is_time)
{
	ck_assert_int_eq(ledger_save(ledger, true, 0), INT64_MAX);
	tell(1, 1000);
	ck_assert_int_eq(ledger_save(ledger, true, 1499), 1500);
	ck_assert_int_eq(ledger_save(ledger, false, 1500), 11000);
	ck_assert_uint_eq(saved(), 0);
	ck_assert_int_eq(save_wholly(false, 11000), INT64_MAX);
	ck_assert_uint_eq(saved(), 1);
}
END_TEST

/* A disk that takes its time holds up nobody, and what comes then is next. */
START_TEST(test_saves_without_waiting)
{
	ck_assert_int_eq(pipe(disk), 0);
	tell(1, 0);
	ck_assert_int_eq(ledger_save(ledger, true, 500), 700);
	tell(2, 600);
	ck_assert_int_eq(ledger_save(ledger, true, 5000), 5200);
	ck_assert_uint_eq(ledger->newest, 2);
	ck_assert_uint_eq(saved(), 0);
	/* For the file and for its directory, twice. */
	ck_assert_int_eq(write(disk[1], "1234", 4), 4);
	ck_assert_int_eq(save_wholly(true, 6000), INT64_MAX);
	ck_assert_uint_eq(saved(), 2);
}
END_TEST

START_TEST(test_saves_again_what_failed)
{
	disk_error = ENOSPC;
	tell(1, 0);
	ck_assert_int_eq(save_wholly(true, 500), 500 + 10000);
	ck_assert_uint_eq(saved(), 0);
	ck_assert_int_eq(ledger->save_error, -ENOSPC);
	disk_error = 0;
	ck_assert_int_eq(save_wholly(true, 10500), INT64_MAX);
	ck_assert_uint_eq(saved(), 1);
	ck_assert_int_eq(ledger->save_error, 0);
}
END_TEST

START_TEST(test_saves_at_the_end)
{
	tell(1, 0);
	ledger_close(ledger);
	ck_assert_uint_eq(saved(), 1);
	ck_assert_int_eq(ledger_open(ledger, "/nowhere", directory), 0);
}
END_TEST

START_TEST(test_mutes_warnings_only)
{
	struct told_record strike = told_least(RECORD_STRIKE);

	ledger->muted_until_ms = 1000;
	strike.record.number = 3;
	tell(1, 999);
	tell(2, 1000);
	ledger_take(ledger, &strike, 999);
	ck_assert(ledger_is_muted(ledger, 1));
	ck_assert(!ledger_is_muted(ledger, 2));
	ck_assert(!ledger_is_muted(ledger, 3));
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("ledger");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, test_serials);
	tcase_add_test(cases, test_tells_once);
	tcase_add_test(cases, test_goes_on_after_a_kill);
	tcase_add_test(cases, test_saves_when_it_is_time);
	tcase_add_test(cases, test_saves_without_waiting);
	tcase_add_test(cases, test_saves_again_what_failed);
	tcase_add_test(cases, test_saves_at_the_end);
	tcase_add_test(cases, test_mutes_warnings_only);
	return fixture_run(cases, "ledger");
}
