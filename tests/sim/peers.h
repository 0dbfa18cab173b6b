/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SIM_PEERS_H
#define OOMGUARD_SIM_PEERS_H

#include "run.h"

/*
 * The published rules of other programs, as they decide on the machine in the
 * place of the guard: when they look next, in us.
 */
void peers_start(enum policy policy);
int64_t peers_look(enum policy policy);

#endif
