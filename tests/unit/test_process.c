/* SPDX-License-Identifier: MIT */
#include "process.h"

#include <errno.h>

#include "fixture.h"

#define MUST "Name:\tx\nState:\tS (sleeping)\nPPid:\t1\nUid:\t998\t0\t0\t0\n"

static const struct {
	const char *name;
	const char *escaped;
	const char *expected;
} names[] = {
	{ "plain", "java", "java" },
	{ "empty", "", "" },
	{ "blanks at both ends", " a\t", " a\t" },
	{ "a newline", "x\\nKilled sshd", "x\nKilled sshd" },
	{ "a backslash and an n", "a\\\\nb", "a\\nb" },
	{ "two backslashes", "\\\\\\\\", "\\\\" },
	{ "a backslash of an older kernel", "a\\tb\\", "a\\tb\\" },
	{ "parentheses", "a) R 1 (", "a) R 1 (" },
	{ "invalid UTF-8", "\xff\xfe\xc3", "\xff\xfe\xc3" },
	{ "15 newlines", "\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n",
	  "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n" },
	{ "15 bytes", "123456789012345", "123456789012345" },
	{ "a kernel thread with more", "kworker/u8:0-events_unbound",
	  "kworker/u8:0-ev" },
	{ "it looks like another line", "RssAnon:\t1 kB", "RssAnon:\t1 kB" },
};

START_TEST(test_name)
{
	struct process_status status;
	char bytes[256];
	int length = snprintf(bytes, sizeof(bytes),
			      "Name:\t%s\nState:\tR\nPPid:\t0\nUid:\t0\n",
			      names[_i].escaped);

	ck_assert_int_eq(process_parse_status(bytes, (size_t)length, &status),
			 0);
	ck_assert_msg(strncmp(status.comm, names[_i].expected,
			      PROCESS_COMM_SIZE) == 0,
		      "%s: %s", names[_i].name, status.comm);
	ck_assert(!status.has_memory);
}
END_TEST

static const struct {
	const char *name;
	const char *bytes;
	bool is_good;
	struct process_status expected;
} rows[] = {
	{ "what must be there",
	  MUST,
	  true,
	  { .comm = "x", .state = 'S', .parent = 1, .uid = 998 } },
	{ "memory",
	  MUST "RssAnon:\t   1 kB\nRssFile:\t 2 kB\nRssShmem:\t 3 kB\n"
	       "VmPTE:\t 4 kB\nVmSwap:\t 5 kB\n",
	  true,
	  { .comm = "x",
	    .state = 'S',
	    .parent = 1,
	    .uid = 998,
	    .has_memory = true,
	    .anon_kib = 1,
	    .file_kib = 2,
	    .shmem_kib = 3,
	    .tables_kib = 4,
	    .swap_kib = 5 } },
	{ "swap that wrapped is nothing",
	  MUST "RssAnon:\t1 kB\nVmSwap:\t18446744073709551612 kB\n",
	  true,
	  { .comm = "x",
	    .state = 'S',
	    .parent = 1,
	    .uid = 998,
	    .has_memory = true,
	    .anon_kib = 1 } },
	{ "anonymous memory that wrapped is still memory",
	  MUST "RssAnon:\t18446744073709551612 kB\nVmSwap:\t5 kB\n",
	  true,
	  { .comm = "x",
	    .state = 'S',
	    .parent = 1,
	    .uid = 998,
	    .has_memory = true,
	    .swap_kib = 5 } },
	{ "signals",
	  MUST "SigPnd:\tffffffffffffffff\nSigBlk:\t0000000000004000\n"
	       "SigIgn:\t0000000000001000\nSigCgt:\tfffffffe7ffbfeff\n",
	  true,
	  { .comm = "x",
	    .state = 'S',
	    .parent = 1,
	    .uid = 998,
	    .ignored = 0x1000,
	    .caught = 0xfffffffe7ffbfeff } },
	{ "signals that are garbage",
	  MUST "SigCgt:\t40x0\nSigIgn:\t\n",
	  true,
	  { .comm = "x", .state = 'S', .parent = 1, .uid = 998 } },
	{ "in our namespace only",
	  MUST "NSpid:\t1\n",
	  true,
	  { .comm = "x", .state = 'S', .parent = 1, .uid = 998 } },
	{ "pid 1 of a container",
	  MUST "NSpid:\t4242\t1\n",
	  true,
	  { .comm = "x",
	    .state = 'S',
	    .parent = 1,
	    .uid = 998,
	    .is_namespace_init = true } },
	{ "pid 1 of a container in a container",
	  MUST "NSpid:\t4242\t7\t1\n",
	  true,
	  { .comm = "x",
	    .state = 'S',
	    .parent = 1,
	    .uid = 998,
	    .is_namespace_init = true } },
	{ "pid 11 of a container",
	  MUST "NSpid:\t4242\t1\t11\n",
	  true,
	  { .comm = "x", .state = 'S', .parent = 1, .uid = 998 } },
	{ "the largest uid",
	  "Name:\tx\nState:\tS\nPPid:\t1\nUid:\t4294967295\t0\n",
	  true,
	  { .comm = "x", .state = 'S', .parent = 1, .uid = UINT32_MAX } },
	{ "a uid above",
	  "Name:\tx\nState:\tS\nPPid:\t1\nUid:\t4294967296\t0\n",
	  false,
	  { .state = 0 } },
	{ "the largest parent",
	  "Name:\tx\nState:\tS\nPPid:\t2147483647\nUid:\t0\n",
	  true,
	  { .comm = "x", .state = 'S', .parent = INT32_MAX } },
	{ "a parent above",
	  "Name:\tx\nState:\tS\nPPid:\t2147483648\nUid:\t0\n",
	  false,
	  { .state = 0 } },
	{ "no name", "State:\tS\nPPid:\t1\nUid:\t0\n", false, { .state = 0 } },
	{ "no state", "Name:\tx\nPPid:\t1\nUid:\t0\n", false, { .state = 0 } },
	{ "an empty state",
	  "Name:\tx\nState:\t\nPPid:\t1\nUid:\t0\n",
	  false,
	  { .state = 0 } },
	{ "no parent",
	  "Name:\tx\nState:\tS\nUid:\t0\n",
	  false,
	  { .state = 0 } },
	{ "no uid", "Name:\tx\nState:\tS\nPPid:\t1\n", false, { .state = 0 } },
	{ "cut off in the uid",
	  "Name:\tx\nState:\tS\nPPid:\t1\nUid:\t99",
	  false,
	  { .state = 0 } },
	{ "nothing", "", false, { .state = 0 } },
};

static bool same_status(const struct process_status *a,
			const struct process_status *b)
{
	return strncmp(a->comm, b->comm, PROCESS_COMM_SIZE) == 0 &&
	       a->state == b->state && a->parent == b->parent &&
	       a->uid == b->uid && a->has_memory == b->has_memory &&
	       a->anon_kib == b->anon_kib && a->file_kib == b->file_kib &&
	       a->shmem_kib == b->shmem_kib && a->swap_kib == b->swap_kib &&
	       a->tables_kib == b->tables_kib && a->ignored == b->ignored &&
	       a->caught == b->caught &&
	       a->is_namespace_init == b->is_namespace_init;
}

START_TEST(test_status)
{
	size_t length = strlen(rows[_i].bytes);
	char *copy = fixture_copy(rows[_i].bytes, length);
	struct process_status expected = rows[_i].expected;
	struct process_status status = { .comm = "before", .uid = 77 };
	int error;

	if (!rows[_i].is_good)
		expected = status;
	error = process_parse_status(copy, length, &status);
	ck_assert_msg(error == (rows[_i].is_good ? 0 : -EBADMSG), "%s",
		      rows[_i].name);
	ck_assert_msg(same_status(&status, &expected), "%s", rows[_i].name);
	free(copy);
}
END_TEST

/* Numbers 4 to 24 of stat; the start is the 22nd, rss the 24th. */
#define FLAGGED(parent, flags, start, rss)                                     \
	" S " parent " 5 6 7 -1 " flags                                        \
	" 10 11 12 13 14 15 16 17 -18 -19 20 21 " start " 23 " rss
#define FROM(parent, start, rss) FLAGGED(parent, "9", start, rss)

static const struct {
	const char *name;
	const char *bytes;
	size_t length;
	bool is_good;
	struct process_stat expected;
} stats[] = {
	{ "plain",
	  BYTES("42 (java)" FROM("7", "112684", "99") " 25\n"),
	  true,
	  { "java", 7, 112684, 99, 15, false } },
	{ "the last number is rss",
	  BYTES("42 (java)" FROM("7", "112684", "99") "\n"),
	  true,
	  { "java", 7, 112684, 99, 15, false } },
	{ "parentheses in the name",
	  BYTES("42 (a) R 1 (b)" FROM("7", "1", "9") "\n"),
	  true,
	  { "a) R 1 (b", 7, 1, 9, 15, false } },
	{ "a newline in the name",
	  BYTES("42 (a\n43 (b)" FROM("7", "1", "9") "\n"),
	  true,
	  { "a\n43 (b", 7, 1, 9, 15, false } },
	{ "an empty name",
	  BYTES("42 ()" FROM("7", "1", "9") "\n"),
	  true,
	  { "", 7, 1, 9, 15, false } },
	{ "a kernel thread with a long name",
	  BYTES("42 (kworker/u8:0-events_unbound)" FROM("2", "1", "0") "\n"),
	  true,
	  { "kworker/u8:0-ev", 2, 1, 0, 15, false } },
	{ "a thread of the kernel, by its flags",
	  BYTES("42 (kworker/0:0)" FLAGGED("2", "69238880", "1", "0") "\n"),
	  true,
	  { "kworker/0:0", 2, 1, 0, 15, true } },
	{ "all flags but that",
	  BYTES("42 (a)" FLAGGED("7", "4292870143", "1", "9") "\n"),
	  true,
	  { "a", 7, 1, 9, 15, false } },
	{ "flags that are no number",
	  BYTES("42 (a)" FLAGGED("7", "-1", "1", "9") "\n"),
	  false,
	  { "", 0, 0, 0, 0, false } },
	{ "memory that wrapped is nothing",
	  BYTES("42 (a)" FROM("7", "1", "18446744073709551612") " 25\n"),
	  true,
	  { "a", 7, 1, 0, 15, false } },
	{ "a parent that wrapped",
	  BYTES("42 (a)" FROM("18446744073709551612", "1", "9") "\n"),
	  false,
	  { "", 0, 0, 0, 0, false } },
	{ "a negative start",
	  BYTES("42 (a)" FROM("7", "-1", "9") "\n"),
	  false,
	  { "", 0, 0, 0, 0, false } },
	{ "no rss",
	  BYTES("42 (a)" FROM("7", "1", "") "\n"),
	  false,
	  { "", 0, 0, 0, 0, false } },
	{ "cut off in the start",
	  BYTES("42 (a) S 7 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 11"),
	  false,
	  { "", 0, 0, 0, 0, false } },
	{ "cut off in rss",
	  BYTES("42 (a)" FROM("7", "1", "99")),
	  false,
	  { "", 0, 0, 0, 0, false } },
	{ "the name does not end",
	  BYTES("42 (a" FROM("7", "1", "9") "\n"),
	  false,
	  { "", 0, 0, 0, 0, false } },
	{ "the name ends before it begins",
	  BYTES(")(" FROM("7", "1", "9") "\n"),
	  false,
	  { "", 0, 0, 0, 0, false } },
	{ "nothing", BYTES(""), false, { "", 0, 0, 0, 0, false } },
	{ "a newline only", BYTES("\n"), false, { "", 0, 0, 0, 0, false } },
};

static bool same_stat(const struct process_stat *a,
		      const struct process_stat *b)
{
	return strncmp(a->comm, b->comm, PROCESS_COMM_SIZE) == 0 &&
	       a->parent == b->parent && a->start_ticks == b->start_ticks &&
	       a->rss_pages == b->rss_pages && a->is_kernel == b->is_kernel;
}

START_TEST(test_stat)
{
	char *copy = fixture_copy(stats[_i].bytes, stats[_i].length);
	struct process_stat expected = stats[_i].expected;
	struct process_stat stat = { "before", 77, 77, 77, 15, true };
	int error;

	if (!stats[_i].is_good)
		expected = stat;
	error = process_parse_stat(copy, stats[_i].length, &stat);
	ck_assert_msg(error == (stats[_i].is_good ? 0 : -EBADMSG), "%s",
		      stats[_i].name);
	ck_assert_msg(same_stat(&stat, &expected), "%s", stats[_i].name);
	free(copy);
}
END_TEST

static const struct {
	const char *bytes;
	size_t length;
	bool is_good;
	int64_t expected;
} numbers[] = {
	{ BYTES("666\n"), true, 666 },
	{ BYTES("0\n"), true, 0 },
	{ BYTES("666"), true, 666 },
	{ BYTES("-1000\n"), true, -1000 },
	{ BYTES("-1001\n"), false, 0 },
	{ BYTES("2001\n"), true, 2001 },
	{ BYTES("1000000\n"), true, 1000000 },
	{ BYTES("1000001\n"), false, 0 },
	{ BYTES("18446744073709551612\n"), false, 0 },
	{ BYTES("6 6\n"), false, 0 },
	{ BYTES("6\n\n"), false, 0 },
	{ BYTES("6\0\n"), false, 0 },
	{ BYTES("x\n"), false, 0 },
	{ BYTES("\n"), false, 0 },
	{ BYTES(""), false, 0 },
};

START_TEST(test_number)
{
	char *copy = fixture_copy(numbers[_i].bytes, numbers[_i].length);
	int64_t value = 77;
	int error = process_parse_score(copy, numbers[_i].length, &value);

	ck_assert_msg(error == (numbers[_i].is_good ? 0 : -EBADMSG), "%s",
		      numbers[_i].bytes);
	ck_assert_int_eq(value,
			 numbers[_i].is_good ? numbers[_i].expected : 77);
	free(copy);
}
END_TEST

START_TEST(test_adj_ends_at_1000)
{
	int64_t value = 77;

	ck_assert_int_eq(process_parse_adj("1001\n", 5, &value), -EBADMSG);
	ck_assert_int_eq(value, 77);
	ck_assert_int_eq(process_parse_adj("1000\n", 5, &value), 0);
	ck_assert_int_eq(value, 1000);
}
END_TEST

START_TEST(test_captured)
{
	char bytes[4096];
	size_t length =
		fixture_read("machine/4242/status", bytes, sizeof(bytes));
	const struct process_status expected = {
		.comm = "java",
		.state = 'S',
		.parent = 1,
		.uid = 998,
		.has_memory = true,
		.anon_kib = 15064,
		.file_kib = 6804,
		.swap_kib = 2048,
		.tables_kib = 88,
		.ignored = 0x1001000,
		.caught = 2,
	};
	struct process_status status;
	struct process_stat stat;

	ck_assert_int_eq(process_parse_status(bytes, length, &status), 0);
	ck_assert(same_status(&status, &expected));
	length = fixture_read("machine/4242/stat", bytes, sizeof(bytes));
	ck_assert_int_eq(process_parse_stat(bytes, length, &stat), 0);
	ck_assert_str_eq(stat.comm, "java");
	ck_assert_int_eq(stat.parent, 1);
	ck_assert_uint_eq(stat.start_ticks, 112684);
	ck_assert_int_eq(stat.rss_pages, 5396);
}
END_TEST

START_TEST(test_spoiled_anywhere)
{
	static const char *const files[] = { "machine/4242/status",
					     "machine/4242/stat" };
	uint64_t state = 9900 + (uint64_t)_i;
	struct process_status status;
	struct process_stat stat;
	char bytes[4096];

	for (int i = 0; i < 2000; i++) {
		size_t length =
			fixture_read(files[i % 2], bytes, sizeof(bytes));
		size_t cut = (size_t)fixture_random(&state) % (length + 1);
		char *copy = fixture_copy(bytes, i & 2 ? cut : length);

		length = i & 2 ? cut : length;
		fixture_spoil(&state, copy, length);
		if (process_parse_status(copy, length, &status) == 0) {
			ck_assert(status.parent >= 0);
			ck_assert(status.anon_kib >= 0);
			ck_assert(strlen(status.comm) < PROCESS_COMM_SIZE);
		}
		if (process_parse_stat(copy, length, &stat) == 0)
			ck_assert(stat.parent >= 0 && stat.rss_pages >= 0);
		free(copy);
	}
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("process");

	tcase_add_loop_test(cases, test_name, 0, ROWS(names));
	tcase_add_loop_test(cases, test_status, 0, ROWS(rows));
	tcase_add_loop_test(cases, test_stat, 0, ROWS(stats));
	tcase_add_loop_test(cases, test_number, 0, ROWS(numbers));
	tcase_add_test(cases, test_adj_ends_at_1000);
	tcase_add_test(cases, test_captured);
	tcase_add_loop_test(cases, test_spoiled_anywhere, 0, 4);
	return fixture_run(cases, "process");
}
