/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SANE_H
#define OOMGUARD_SANE_H

#include <stdbool.h>

#include "extra.h"

/*
 * Whether a record that comes from a file can be used like one that we made:
 * its version and size are ours, every text ends, switches are 0 or 1, kinds
 * are known, and numbers are so small that they can be subtracted from each
 * other and turned from KiB to bytes. Texts may still hold any byte.
 */
bool sane_told(const struct told_record *told);

#endif
