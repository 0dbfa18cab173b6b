/* SPDX-License-Identifier: MIT */
#include "shortlist.h"

#include <stdbool.h>
#include <string.h>

#include "hot.h"

void shortlist_init(struct shortlist *list, int64_t large_kib)
{
	list->count = 0;
	list->large_count = 0;
	list->large_kib = (uint32_t)large_kib;
}

static bool ranks_before(const struct shortlisted *a,
			 const struct shortlisted *b)
{
	if (a->key != b->key)
		return a->key > b->key;
	return a->rss_kib > b->rss_kib;
}

static void insert(struct shortlisted *entries, uint32_t *count, uint32_t size,
		   const struct shortlisted *entry)
{
	uint32_t at = *count;

	if (at == size) {
		if (!ranks_before(entry, &entries[at - 1]))
			return;
		*count = --at;
	}
	while (at > 0 && ranks_before(entry, &entries[at - 1]))
		at--;
	memmove(&entries[at + 1], &entries[at], (*count - at) * sizeof(*entry));
	entries[at] = *entry;
	(*count)++;
}

void shortlist_add(struct shortlist *list, const struct shortlisted *entry)
{
	insert(list->entries, &list->count, SHORTLIST_SIZE, entry);
	if (entry->rss_kib >= list->large_kib && entry->rss_kib != UINT32_MAX)
		insert(list->large, &list->large_count, SHORTLIST_LARGE, entry);
}

static bool is_listed(const struct shortlist *list, int32_t pid)
{
	for (uint32_t i = 0; i < list->count; i++)
		if (list->entries[i].pid == pid)
			return true;
	return false;
}

/* At the end, in place of ties where there is no room. */
static void add_large(struct shortlist *list)
{
	const uint32_t most =
		SHORTLIST_SIZE - SHORTLIST_SPARE - SHORTLIST_LARGE;
	bool all_are_listed = true;

	for (uint32_t i = 0; i < list->large_count; i++)
		all_are_listed &= is_listed(list, list->large[i].pid);
	if (all_are_listed)
		return;
	if (list->count > most)
		list->count = most;
	for (uint32_t i = 0; i < list->large_count; i++)
		if (!is_listed(list, list->large[i].pid))
			list->entries[list->count++] = list->large[i];
}

void shortlist_end(struct shortlist *list)
{
	uint32_t kept = SHORTLIST_WANTED;

	if (list->count <= kept)
		return;
	while (kept < list->count &&
	       list->entries[kept].key == list->entries[kept - 1].key)
		kept++;
	list->count = kept;
	add_large(list);
}

int64_t shortlist_key(int64_t score, int32_t weight_permyriad,
		      int64_t shared_kib, int64_t total_kib)
{
	int64_t shared = total_kib > 0 ? shared_kib * 1000 / total_kib : 0;

	return score + (weight_permyriad / 10 - shared) * 2 / 3;
}
