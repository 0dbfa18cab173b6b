/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_NEAREST_H
#define OOMGUARD_NEAREST_H

#include <stddef.h>

/* The nearest of `count` names to a mistyped one, or NULL if none is near. */
const char *nearest(const char *name, const char *const *names, size_t count);

#endif
