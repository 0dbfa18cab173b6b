/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SIM_SHRINK_H
#define OOMGUARD_SIM_SHRINK_H

#include "scenario.h"

/* Takes away whatever is not needed to break the same rule. */
void shrink(struct scenario *scenario);

#endif
