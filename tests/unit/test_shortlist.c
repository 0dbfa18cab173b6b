/* SPDX-License-Identifier: MIT */
#include "shortlist.h"

#include "given.h"

#define CROWD 600
#define NOBODY INT32_MAX /* is large */

static struct shortlist list;

static bool holds(int32_t pid)
{
	for (uint32_t i = 0; i < list.count; i++)
		if (list.entries[i].pid == pid)
			return true;
	return false;
}

/* `count` processes from `pid` on, all with this key, growing in size. */
static void add(int32_t pid, int count, int64_t key)
{
	for (int i = 0; i < count; i++) {
		struct shortlisted entry = { .pid = pid + i,
					     .key = key,
					     .rss_kib = 1000 + (uint32_t)i };

		shortlist_add(&list, &entry);
	}
}

/* So many small ones, with 900, then so many large ones, with 700. */
static const struct {
	const char *name;
	int small;
	int large;
	uint32_t expected_small;
	uint32_t expected_large;
} sizes[] = {
	{ "all are listed", 10, 14, 10, 14 },
	{ "of a few small ones all", SHORTLIST_WANTED, 1, SHORTLIST_WANTED, 1 },
	{ "as many of the large as have a place", SHORTLIST_WANTED, 100,
	  SHORTLIST_WANTED, SHORTLIST_LARGE },
	{ "instead of small ones that tie", 500, 100,
	  SHORTLIST_SIZE - SHORTLIST_SPARE - SHORTLIST_LARGE, SHORTLIST_LARGE },
	{ "a single one", 500, 1,
	  SHORTLIST_SIZE - SHORTLIST_SPARE - SHORTLIST_LARGE, 1 },
	{ "none", 500, 0, SHORTLIST_SIZE, 0 },
};

START_TEST(test_the_large_have_places)
{
	uint32_t small = 0;

	shortlist_init(&list, 1000000);
	for (int i = 0; i < sizes[_i].small + sizes[_i].large; i++) {
		bool is_small = i < sizes[_i].small;

		shortlist_add(&list,
			      &(struct shortlisted){
				      .pid = 1 + i,
				      .key = is_small ? 900 : 700 - i,
				      .rss_kib = is_small ? 999999 : 1000000,
			      });
	}
	/* Of strangers nobody knows it. */
	shortlist_add(&list, &(struct shortlisted){ .pid = 9999,
						    .key = 1,
						    .rss_kib = UINT32_MAX });
	shortlist_end(&list);
	for (uint32_t i = 0; i < list.count; i++)
		small += list.entries[i].pid <= sizes[_i].small;
	ck_assert_msg(small == sizes[_i].expected_small &&
			      list.count - small == sizes[_i].expected_large &&
			      !holds(9999),
		      "%s: %u, %u", sizes[_i].name, small, list.count - small);
	for (int i = 0; i < sizes[_i].large && i < SHORTLIST_LARGE; i++)
		ck_assert_msg(holds(1 + sizes[_i].small + i), "%s: %d",
			      sizes[_i].name, i);
}
END_TEST

static const struct {
	const char *name;
	int high; /* processes with key 900 */
	int same; /* with key 700 */
	int low;  /* with key 666 */
	uint32_t expected_high;
	uint32_t expected_same;
	uint32_t expected_low;
} crowds[] = {
	{ "nobody", 0, 0, 0, 0, 0, 0 },
	{ "one", 0, 1, 0, 0, 1, 0 },
	{ "fewer than wanted: all", 3, 5, 7, 3, 5, 7 },
	{ "as many as wanted", 10, 10, 4, 10, 10, 4 },
	{ "the low tie with the last", 10, 10, 5, 10, 10, 5 },
	{ "the low do not tie", 10, 14, 5, 10, 14, 0 },
	{ "many tie with the last", 10, 50, 100, 10, 50, 0 },
	{ "as many as there is room", 10, SHORTLIST_SIZE - 10, 5, 10,
	  SHORTLIST_SIZE - 10, 0 },
	{ "more than there is room", 10, 500, 5, 10, SHORTLIST_SIZE - 10, 0 },
	{ "many share the first place", 60, 5, 5, 60, 0, 0 },
	{ "more share the first place than there is room", 300, 5, 5,
	  SHORTLIST_SIZE, 0, 0 },
};

static void ck_crowd(int row, uint32_t count[3])
{
	for (uint32_t i = 0; i < list.count; i++)
		count[(list.entries[i].pid - 1) / 10000]++;
	ck_assert_msg(count[0] == crowds[row].expected_high &&
			      count[1] == crowds[row].expected_same &&
			      count[2] == crowds[row].expected_low,
		      "%s: %u %u %u", crowds[row].name, count[0], count[1],
		      count[2]);
}

START_TEST(test_crowd_from_high_to_low)
{
	uint32_t count[3] = { 0 };

	shortlist_init(&list, NOBODY);
	add(1, crowds[_i].high, 900);
	add(10001, crowds[_i].same, 700);
	add(20001, crowds[_i].low, 666);
	shortlist_end(&list);
	ck_crowd(_i, count);
}
END_TEST

START_TEST(test_crowd_from_low_to_high)
{
	uint32_t count[3] = { 0 };

	shortlist_init(&list, NOBODY);
	add(20001, crowds[_i].low, 666);
	add(10001, crowds[_i].same, 700);
	add(1, crowds[_i].high, 900);
	shortlist_end(&list);
	ck_crowd(_i, count);
}
END_TEST

START_TEST(test_of_many_ties_the_larger_stay)
{
	shortlist_init(&list, NOBODY);
	add(1, 400, 666);
	shortlist_end(&list);
	ck_assert_uint_eq(list.count, SHORTLIST_SIZE);
	ck_assert(holds(400));
	ck_assert(holds(400 - SHORTLIST_SIZE + 1));
	ck_assert(!holds(400 - SHORTLIST_SIZE));
}
END_TEST

START_TEST(test_of_many_ties_strangers_stay)
{
	struct shortlisted stranger = { .pid = 9000,
					.key = 666,
					.rss_kib = UINT32_MAX };

	shortlist_init(&list, NOBODY);
	add(1, 200, 666);
	shortlist_add(&list, &stranger);
	add(300, 200, 666);
	shortlist_end(&list);
	ck_assert_uint_eq(list.count, SHORTLIST_SIZE);
	ck_assert(holds(9000));
}
END_TEST

START_TEST(test_an_entry_comes_out_as_it_went_in)
{
	struct shortlisted entry = { .pid = 7,
				     .key = -20,
				     .rss_kib = UINT32_MAX };

	shortlist_init(&list, NOBODY);
	shortlist_add(&list, &entry);
	shortlist_end(&list);
	ck_assert_uint_eq(list.count, 1);
	ck_assert_int_eq(list.entries[0].pid, 7);
	ck_assert_int_eq(list.entries[0].key, -20);
	ck_assert_uint_eq(list.entries[0].rss_kib, UINT32_MAX);
}
END_TEST

static int compare(const void *left, const void *right)
{
	const struct shortlisted *a = left;
	const struct shortlisted *b = right;

	if (a->key != b->key)
		return a->key < b->key ? 1 : -1;
	return a->rss_kib < b->rss_kib ? 1 : -1;
}

/* Few keys and many processes, no two of one size. */
static size_t gather(uint64_t *state, struct shortlisted *crowd)
{
	size_t count = (size_t)given_between(state, 0, CROWD);
	int64_t keys = given_between(state, 1, 40);

	for (size_t i = 0; i < count; i++) {
		crowd[i].pid = (int32_t)i + 1;
		crowd[i].key = 700 - given_between(state, 0, keys);
		crowd[i].rss_kib =
			(uint32_t)((i * 7919 + 13) % 1000003); /* a prime */
	}
	return count;
}

/* How many of the sorted crowd belong on the list. */
static size_t belong(const struct shortlisted *crowd, size_t count)
{
	size_t kept = count < SHORTLIST_WANTED ? count : SHORTLIST_WANTED;

	while (kept > 0 && kept < count && kept < SHORTLIST_SIZE &&
	       crowd[kept].key == crowd[kept - 1].key)
		kept++;
	return kept;
}

static void sort_fully(uint64_t *state)
{
	static struct shortlisted crowd[CROWD];
	size_t count = gather(state, crowd);
	size_t kept;

	shortlist_init(&list, NOBODY);
	for (size_t i = 0; i < count; i++)
		shortlist_add(&list, &crowd[i]);
	shortlist_end(&list);
	qsort(crowd, count, sizeof(crowd[0]), compare);
	kept = belong(crowd, count);
	ck_assert_uint_eq(list.count, kept);
	for (size_t i = 0; i < kept; i++)
		if (!holds(crowd[i].pid))
			ck_abort_msg("rank %zu is missing", i);
}

START_TEST(test_like_a_full_sort)
{
	uint64_t state = 88172645463325252;

	for (int run = 0; run < 500; run++)
		sort_fully(&state);
}
END_TEST

#define TOTAL (100 * GIB)

/* The key of one that shares nothing. */
static int64_t key_of(int64_t score, int32_t weight_permyriad)
{
	return shortlist_key(score, weight_permyriad, 0, TOTAL);
}

START_TEST(test_key_of_nothing_special_keeps_the_order)
{
	for (int64_t score = 0; score < 2000; score++)
		if (key_of(score, 0) >= key_of(score + 1, 0))
			ck_abort_msg("score %d", (int)score);
}
END_TEST

/* Two processes whose keys are as good as equal: within a point of oom_score.
 */
static const struct {
	const char *name;
	int64_t score;
	int32_t weight_permyriad;
	int64_t shared_kib;
	int64_t plain_score;
} keys[] = {
	{ "preferred by 15 %: 100 points", 600, 1500, 0, 700 },
	{ "avoided by 15 %", 800, -1500, 0, 700 },
	{ "preferred by 1 %: 6.67 points", 693, 100, 0, 700 },
	{ "shares 30 % of memory: 200 points", 900, 0, 30 * GIB, 700 },
	{ "shares a tenth of a percent", 701, 0, GIB / 10, 700 },
	{ "all of it is shared", 666 + 100, 0, 15 * GIB, 666 },
	{ "shares 30 % and is preferred by 15 %", 900, 1500, 30 * GIB, 800 },
};

START_TEST(test_key)
{
	int64_t point = key_of(701, 0) - key_of(700, 0);
	int64_t seen = shortlist_key(keys[_i].score, keys[_i].weight_permyriad,
				     keys[_i].shared_kib, TOTAL);
	int64_t plain = key_of(keys[_i].plain_score, 0);

	ck_assert_msg(seen >= plain - point && seen <= plain + point, "%s",
		      keys[_i].name);
}
END_TEST

START_TEST(test_weights_can_exceed_any_score)
{
	ck_assert(key_of(666, 10000) > key_of(1300, 0));
	ck_assert(key_of(1332, -10000) < key_of(667, 0));
	ck_assert(key_of(2000, 1000000) > key_of(2000, 0));
}
END_TEST

START_TEST(test_shared_beyond_reason)
{
	ck_assert_int_eq(shortlist_key(700, 0, UINT32_MAX, 0), 700);
	ck_assert_int_lt(shortlist_key(700, 0, UINT32_MAX, GIB), 700);
	ck_assert_int_lt(shortlist_key(700, 0, UINT32_MAX, 1), 700);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("shortlist");

	tcase_add_loop_test(cases, test_crowd_from_high_to_low, 0,
			    ROWS(crowds));
	tcase_add_loop_test(cases, test_crowd_from_low_to_high, 0,
			    ROWS(crowds));
	tcase_add_loop_test(cases, test_the_large_have_places, 0, ROWS(sizes));
	tcase_add_test(cases, test_of_many_ties_the_larger_stay);
	tcase_add_test(cases, test_of_many_ties_strangers_stay);
	tcase_add_test(cases, test_an_entry_comes_out_as_it_went_in);
	tcase_add_test(cases, test_like_a_full_sort);
	tcase_add_test(cases, test_key_of_nothing_special_keeps_the_order);
	tcase_add_loop_test(cases, test_key, 0, ROWS(keys));
	tcase_add_test(cases, test_weights_can_exceed_any_score);
	tcase_add_test(cases, test_shared_beyond_reason);
	return fixture_run(cases, "shortlist");
}
