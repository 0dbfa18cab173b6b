/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_EXAMPLE_H
#define OOMGUARD_EXAMPLE_H

#include <stdio.h>

/*
 * The table of settings as text: the example file conf/oomguard.conf, and the
 * part of oomguard.conf(5) that tells all keys (mdoc). Tests compare both.
 */
void example_print(FILE *out);
void example_print_manual(FILE *out);

#endif
