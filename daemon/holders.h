/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_HOLDERS_H
#define OOMGUARD_HOLDERS_H

#include <stdbool.h>

#include "report.h"

struct guard;

/* Where shared memory is, as far as a second ago it was known. */
void holders_find(struct guard *guard, struct holders *out);

/*
 * Whether memory is short and ending processes brings back little: a strike did
 * not, nobody would, or what no process owns has grown.
 */
bool holders_matter(const struct guard *guard);

#endif
