/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_KEEPER_PLAN_H
#define OOMGUARD_KEEPER_PLAN_H

#include <stdbool.h>

#include "grip.h"
#include "keeper.h"

/* Of the service manager, and so young that it may still be made ready. */
bool keeper_is_newborn(const struct keeper *keeper, const struct grip *grip);

/* It is still about to become what it was started for. */
bool keeper_is_starting(const struct keeper *keeper, const struct grip *grip);

/*
 * What is to be done about a process: protect_plan(), by its own entry or,
 * where that is NULL, by the one of whom it has its value by fork.
 */
struct protect_plan keeper_plan(struct keeper *keeper, const struct grip *grip,
				const struct claim *claim,
				const struct ward *own);

#endif
