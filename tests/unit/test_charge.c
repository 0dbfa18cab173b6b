/* SPDX-License-Identifier: MIT */
#include "charge.h"

#include "cgroupfs.h"
#include "given.h"
#include "tree.h"

#define FAILS INT64_MIN

struct row {
	const char *name;
	const char *bytes;
	int64_t kib;
};

static void check(int (*parse)(const char *bytes, size_t length, int64_t *kib),
		  const struct row *row)
{
	size_t length = strlen(row->bytes);
	char *copy = fixture_copy(row->bytes, length);
	int64_t kib = FAILS;

	ck_assert_msg(parse(copy, length, &kib) ==
			      (row->kib == FAILS ? -EBADMSG : 0),
		      "%s", row->name);
	ck_assert_msg(kib == row->kib, "%s", row->name);
	free(copy);
}

static const struct row numbers[] = {
	{ "bytes", "1048576\n", 1024 },
	{ "less than a KiB", "1023\n", 0 },
	{ "nothing", "0\n", 0 },
	{ "no limit", "max\n", INT64_MAX },
	{ "empty", "", FAILS },
	{ "a word", "many\n", FAILS },
	{ "below zero", "-4096\n", FAILS },
	{ "a counter that wrapped", "18446744073709551615\n", FAILS },
};

START_TEST(test_bytes)
{
	check(charge_parse_bytes, &numbers[_i]);
}
END_TEST

static const struct row stats[] = {
	{ "in the middle",
	  "anon 4096\nfile 8192\ninactive_anon 1\ninactive_file 5120\nx 1\n",
	  5 },
	{ "the rest is cut off", "inactive_file 5120\nactive_fi", 5 },
	{ "it is cut off itself", "anon 4096\ninactive_file 51", FAILS },
	{ "not there", "anon 4096\n", FAILS },
	{ "garbage", "inactive_file much\n", FAILS },
	{ "empty", "", FAILS },
};

START_TEST(test_idle)
{
	check(charge_parse_idle, &stats[_i]);
}
END_TEST

static const struct row shared[] = {
	{ "in the middle", "anon 4096\nfile 8192\nshmem 5120\nx 1\n", 5 },
	{ "another one begins so", "shmem_thp 4096\nshmem 5120\n", 5 },
	{ "not there", "anon 4096\nshmem_thp 4096\n", FAILS },
};

START_TEST(test_shmem)
{
	check(charge_parse_shmem, &shared[_i]);
}
END_TEST

START_TEST(test_files)
{
	struct charge charge = { .shmem_kib = -1, .is_group = true };
	struct cgroupfs cgroupfs;

	tree_begin();
	tree_put("a.slice/b.service/memory.current", "8192\n");
	tree_put("a.slice/b.service/memory.stat",
		 "shmem 7168\ninactive_file 2048\n");
	tree_put("a.slice/b.service/memory.swap.current", "4096\n");
	tree_put("a.slice/b.service/memory.low", "1024\n");
	tree_put("a.slice/b.service/memory.min", "3072\n");
	tree_put("a.slice/c.service/memory.current", "4096\n");
	ck_assert_int_eq(cgroupfs_open(&cgroupfs, tree), 0);
	ck_assert_int_eq(cgroupfs_read_current(&cgroupfs, "/a.slice/b.service",
					       true, &charge),
			 0);
	ck_assert_int_eq(charge.current_kib, 8);
	ck_assert_int_eq(charge.swap_kib, 4);
	cgroupfs_read_rest(&cgroupfs, "/a.slice/b.service", &charge);
	ck_assert_int_eq(charge.idle_kib, 2);
	ck_assert_int_eq(charge.low_kib, 3);
	ck_assert_int_eq(charge.shmem_kib, 7);
	(void)cgroupfs_read_current(&cgroupfs, "/a.slice/b.service", false,
				    &charge);
	ck_assert_int_eq(charge.swap_kib, 0);
	charge.swap_kib = 5;
	(void)cgroupfs_read_current(&cgroupfs, "/a.slice/c.service", true,
				    &charge);
	ck_assert_int_eq(charge.swap_kib, 0);
	cgroupfs_read_rest(&cgroupfs, "/a.slice/c.service", &charge);
	ck_assert_int_eq(charge.idle_kib, 0);
	ck_assert_int_eq(charge.low_kib, 0);
	ck_assert_int_eq(charge.shmem_kib, 0);
	/* The root has none, and what is outside is not read. */
	ck_assert_int_lt(cgroupfs_read_current(&cgroupfs, "/", true, &charge),
			 0);
	ck_assert_int_lt(
		cgroupfs_read_current(&cgroupfs, "/../a", true, &charge), 0);
	ck_assert_int_lt(cgroupfs_read_current(&cgroupfs, "", true, &charge),
			 0);
	cgroupfs_close(&cgroupfs);
	ck_assert_int_lt(cgroupfs_read_current(&cgroupfs, "/a.slice/b.service",
					       true, &charge),
			 0);
	tree_end();
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("charge");

	tcase_add_loop_test(cases, test_bytes, 0, ROWS(numbers));
	tcase_add_loop_test(cases, test_idle, 0, ROWS(stats));
	tcase_add_loop_test(cases, test_shmem, 0, ROWS(shared));
	tcase_add_test(cases, test_files);
	return fixture_run(cases, "charge");
}
