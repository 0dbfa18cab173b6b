/* SPDX-License-Identifier: MIT */
#include "record.h"

#include "hot.h"

enum { CRITICAL = 2, ERROR = 3, WARNING = 4, NOTICE = 5, INFO = 6 };

const char *record_kind_name(enum record_kind kind)
{
	switch (kind) {
	case RECORD_STARTED:
		return "started";
	case RECORD_ENDED:
		return "ended";
	case RECORD_STATE:
		return "state";
	case RECORD_STRIKE:
		return "strike";
	case RECORD_OUTCOME:
		return "outcome";
	case RECORD_OBSERVED:
		return "observed";
	case RECORD_NOBODY:
		return "nobody";
	case RECORD_HELD:
		return "held";
	case RECORD_KERNEL:
		return "kernel-kill";
	case RECORD_LIMIT:
		return "limit-kill";
	case RECORD_DEGRADED:
		return "degraded";
	case RECORD_MENDED:
		return "mended";
	case RECORD_RELOADED:
		return "reloaded";
	case RECORD_REFUSED:
		return "refused";
	case RECORD_PAUSED:
		return "paused";
	case RECORD_RESUMED:
		return "resumed";
	case RECORD_KINDS:
		break;
	}
	return "?";
}

static int state_priority(enum urgency urgency)
{
	switch (urgency) {
	case URGENCY_NONE:
		return NOTICE;
	case URGENCY_WARN:
	case URGENCY_TERM:
		return WARNING;
	case URGENCY_KILL:
		return ERROR;
	}
	return WARNING;
}

int record_priority(const struct record *record)
{
	switch (record->kind) {
	case RECORD_STATE:
		return state_priority(record->decision.urgency);
	case RECORD_KERNEL:
		return CRITICAL;
	case RECORD_STRIKE:
	case RECORD_NOBODY:
	case RECORD_HELD:
	case RECORD_REFUSED:
		return ERROR;
	case RECORD_OBSERVED:
	case RECORD_LIMIT:
	case RECORD_DEGRADED:
	case RECORD_PAUSED:
		return WARNING;
	case RECORD_OUTCOME:
	case RECORD_MENDED:
	case RECORD_RELOADED:
	case RECORD_RESUMED:
		return NOTICE;
	case RECORD_STARTED:
	case RECORD_ENDED:
	case RECORD_KINDS:
		break;
	}
	return INFO;
}
