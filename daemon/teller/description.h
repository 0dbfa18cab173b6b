/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_DESCRIPTION_H
#define OOMGUARD_DESCRIPTION_H

/* The files of varlink/, as they are: what is served is the contract. */
extern const char description_service[];
extern const char description_oomguard[];

#endif
