/* SPDX-License-Identifier: MIT */
#include "peers.h"

#include <string.h>

#include "hot.h"

static uint32_t size_of(const struct person *person)
{
	return person->rss_kib;
}

static uint32_t growth_of(const struct person *person)
{
	return person->rss_kib > person->former_kib
		       ? person->rss_kib - person->former_kib
		       : 0;
}

static void insert(struct record_peer out[RECORD_PEERS],
		   const struct person *person, uint32_t kib)
{
	int at = RECORD_PEERS - 1;

	while (at > 0 && out[at - 1].kib < kib) {
		out[at] = out[at - 1];
		at--;
	}
	out[at] = (struct record_peer){ .pid = person->pid, .kib = kib };
	memcpy(out[at].comm, person->comm, sizeof(out[at].comm));
}

static void rank(const struct census *census,
		 uint32_t (*value)(const struct person *),
		 struct record_peer out[RECORD_PEERS])
{
	memset(out, 0, RECORD_PEERS * sizeof(*out));
	for (uint32_t i = 0; i < census->count; i++) {
		uint32_t kib = value(&census->persons[i]);
		if (kib > out[RECORD_PEERS - 1].kib)
			insert(out, &census->persons[i], kib);
	}
}

void peers_biggest(const struct census *census,
		   struct record_peer out[RECORD_PEERS])
{
	rank(census, size_of, out);
}

void peers_growing(const struct census *census,
		   struct record_peer out[RECORD_PEERS])
{
	rank(census, growth_of, out);
}
