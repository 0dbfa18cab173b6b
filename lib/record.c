/* SPDX-License-Identifier: MIT */
#include "record.h"

#include "hot.h"

enum { CRITICAL = 2, ERROR = 3, WARNING = 4, NOTICE = 5, INFO = 6 };

static const struct {
	const char *name;
	int priority;
} kinds[RECORD_KINDS] = {
	[RECORD_STARTED] = { "started", INFO },
	[RECORD_ENDED] = { "ended", INFO },
	[RECORD_STATE] = { "state", WARNING },
	[RECORD_STRIKE] = { "strike", ERROR },
	[RECORD_OUTCOME] = { "outcome", NOTICE },
	[RECORD_OBSERVED] = { "observed", WARNING },
	[RECORD_NOBODY] = { "nobody", ERROR },
	[RECORD_HELD] = { "held", ERROR },
	[RECORD_KERNEL] = { "kernel-kill", CRITICAL },
	[RECORD_LIMIT] = { "limit-kill", WARNING },
	[RECORD_DEGRADED] = { "degraded", WARNING },
	[RECORD_MENDED] = { "mended", NOTICE },
	[RECORD_RELOADED] = { "reloaded", NOTICE },
	[RECORD_REFUSED] = { "refused", ERROR },
	[RECORD_PAUSED] = { "paused", WARNING },
	[RECORD_RESUMED] = { "resumed", NOTICE },
};

const char *record_kind_name(enum record_kind kind)
{
	return kind < RECORD_KINDS ? kinds[kind].name : "?";
}

int record_priority(const struct record *record)
{
	if (record->kind >= RECORD_KINDS)
		return INFO;
	if (record->kind != RECORD_STATE)
		return kinds[record->kind].priority;
	return record->decision.urgency == URGENCY_KILL   ? ERROR
	       : record->decision.urgency == URGENCY_NONE ? NOTICE
							  : WARNING;
}
