/* SPDX-License-Identifier: MIT */
#include "shortlist.h"

#include <stdbool.h>
#include <string.h>

#include "hot.h"

void shortlist_init(struct shortlist *list)
{
	list->count = 0;
}

static bool ranks_before(const struct shortlisted *a,
			 const struct shortlisted *b)
{
	if (a->key != b->key)
		return a->key > b->key;
	return a->rss_kib > b->rss_kib;
}

void shortlist_add(struct shortlist *list, const struct shortlisted *entry)
{
	uint32_t at = list->count;

	if (at == SHORTLIST_SIZE) {
		if (!ranks_before(entry, &list->entries[at - 1]))
			return;
		list->count = --at;
	}
	while (at > 0 && ranks_before(entry, &list->entries[at - 1]))
		at--;
	memmove(&list->entries[at + 1], &list->entries[at],
		(list->count - at) * sizeof(*entry));
	list->entries[at] = *entry;
	list->count++;
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
}

int64_t shortlist_key(int64_t score, int32_t weight_permyriad,
		      int64_t shared_kib, int64_t total_kib)
{
	int64_t shared = total_kib > 0 ? shared_kib * 1000 / total_kib : 0;

	return score + (weight_permyriad / 10 - shared) * 2 / 3;
}
