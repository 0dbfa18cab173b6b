/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_PEERS_H
#define OOMGUARD_PEERS_H

#include "census.h"
#include "record.h"

/*
 * The biggest and the fastest-growing processes of the census, the first in
 * front; where there are fewer, the pid of the next is 0.
 */
void peers_rank(const struct census *census,
		struct record_peer biggest[RECORD_PEERS],
		struct record_peer growing[RECORD_PEERS]);

#endif
