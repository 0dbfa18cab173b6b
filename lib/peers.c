/* SPDX-License-Identifier: MIT */
#include "peers.h"

#include <string.h>

#include "hot.h"

static void offer(struct record_peer out[RECORD_PEERS],
		  const struct person *person, uint32_t kib)
{
	int at = RECORD_PEERS - 1;

	if (kib <= out[at].kib)
		return;
	while (at > 0 && out[at - 1].kib < kib) {
		out[at] = out[at - 1];
		at--;
	}
	out[at] = (struct record_peer){ .pid = person->pid, .kib = kib };
	memcpy(out[at].comm, person->comm, sizeof(out[at].comm));
}

void peers_rank(const struct census *census,
		struct record_peer biggest[RECORD_PEERS],
		struct record_peer growing[RECORD_PEERS])
{
	memset(biggest, 0, RECORD_PEERS * sizeof(*biggest));
	memset(growing, 0, RECORD_PEERS * sizeof(*growing));
	for (uint32_t i = 0; i < census->count; i++) {
		const struct person *person = &census->persons[i];

		offer(biggest, person, person->rss_kib);
		offer(growing, person,
		      person_grown_kib(census, person, GROWTH_MIDDLE));
	}
}
