/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_PACK_H
#define OOMGUARD_PACK_H

#include <stdbool.h>
#include <stdint.h>

#define PACK_HELD 16 /* descriptors for each group; the rest in turn */

struct census;
struct guard;
struct target;

/*
 * The members of a group that is struck. Each gets every signal once, when a
 * census has seen it: so those who are born meanwhile get it, too. cgroup.kill
 * would be faster, and would end a protected process that just came.
 */
struct pack {
	int held[PACK_HELD]; /* pidfds of some who live; -1: none */
	uint16_t round;      /* of the census at the last sweep */
};

void pack_init(struct pack *pack);

/* The oldest of its group: the main process of a service, as a rule. */
void pack_oldest(const struct census *census, struct target *target);

/*
 * Sends the signal, 0 for none, to all members in `slot` that have not had it;
 * takes hold of some. Returns how many live, those that get it included.
 */
uint32_t pack_sweep(struct guard *guard, uint32_t slot, int signal);

/* All have had another signal than the one that comes now. */
void pack_renew(struct guard *guard, uint32_t slot);

/* While groups are struck: those who were born since get the signal. */
void pack_follow(struct guard *guard);

/*
 * Who was waited for in `slot` has exited: waits for the next one. False when
 * nobody is left.
 */
bool pack_next(struct guard *guard, uint32_t slot);

/* Lets go of all. */
void pack_release(struct guard *guard, uint32_t slot);

#endif
