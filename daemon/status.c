/* SPDX-License-Identifier: MIT */
#include "status.h"

#include <string.h>

#include "procfs.h"

#include "hot.h"

#define AGAIN_MS 10000
#define AGAIN_CALM_MS 60000 /* each wakes the service manager */

/* "calm", "observing, warn", "paused, calm". */
static void put_state(struct text *out, const struct snapshot *snapshot)
{
	if (snapshot->paused_until_ms > 0)
		text_put(out, "paused, ");
	if (snapshot->mode == MODE_OBSERVE)
		text_put(out, "observing, ");
	text_put(out, snapshot->told == URGENCY_NONE
			      ? "calm"
			      : urgency_name(snapshot->told));
}

/* What makes the guard less than it could be, in words. */
static void put_degraded(struct text *out, const struct snapshot *snapshot)
{
	const struct {
		bool is_so;
		const char *words;
	} troubles[] = {
		{ snapshot->fuse_is_blown,
		  "; holding back: only the kill level strikes" },
		{ snapshot->mistakes > 0,
		  "; degraded: mistakes in the configuration" },
		{ snapshot->trouble & PROCFS_MEMINFO,
		  "; degraded: cannot read meminfo" },
		{ snapshot->trouble & PROCFS_PRESSURE,
		  "; degraded: cannot read pressure" },
		{ snapshot->trouble & PROCFS_VMSTAT,
		  "; degraded: cannot read vmstat" },
		{ !snapshot->privileges.may_kill,
		  "; degraded: may end only its own user's processes" },
	};

	for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++)
		if (troubles[i].is_so)
			text_put(out, troubles[i].words);
}

static void put_available(struct text *out, const struct snapshot *snapshot)
{
	const struct decision *decision = &snapshot->decision;
	int64_t base_kib = decision->levels.base_kib;

	text_put(out, ": ");
	if (base_kib > 0) {
		text_put_int(out, decision->available_kib * 100 / base_kib);
		text_put(out, " % ");
	}
	text_put(out, "available (");
	text_put_kib(out, decision->available_kib);
	text_put(out, "), warn below ");
	text_put_kib(out, decision->levels.warn_kib);
}

static void put_count(struct text *out, const char *before, int64_t count,
		      const char *what)
{
	text_put(out, before);
	text_put_int(out, count);
	text_put(out, what);
	text_put(out, count == 1 ? "" : "s");
}

void status_put(struct text *out, const struct snapshot *snapshot,
		int64_t now_ms)
{
	int64_t paused_ms = snapshot->paused_until_ms - now_ms;

	put_state(out, snapshot);
	put_available(out, snapshot);
	put_count(out, "; ", (int64_t)snapshot->strikes_total, " strike");
	put_count(out, ", ", snapshot->kernel_kills, " kernel kill");
	if (snapshot->paused_until_ms > 0 && paused_ms > 0) {
		text_put(out, "; goes on in ");
		text_put_ms(out, paused_ms);
	}
	put_degraded(out, snapshot);
}

/* What is told at once when it changes. */
static void put_news(struct text *out, const struct snapshot *snapshot)
{
	put_state(out, snapshot);
	put_count(out, "; ", (int64_t)snapshot->strikes_total, " strike");
	put_count(out, ", ", snapshot->kernel_kills, " kernel kill");
	put_degraded(out, snapshot);
}

bool status_tell(struct status *status, const struct notify *notify,
		 const struct snapshot *snapshot, int64_t now_ms)
{
	char message[STATUS_SIZE + sizeof("STATUS=")] = "STATUS=";
	char state[STATUS_SIZE];
	char line[STATUS_SIZE];
	int64_t again_ms =
		snapshot->told == URGENCY_NONE ? AGAIN_CALM_MS : AGAIN_MS;
	struct text text;

	if (notify->socket < 0)
		return false;
	text_init(&text, state, sizeof(state));
	put_news(&text, snapshot);
	text_init(&text, line, sizeof(line));
	status_put(&text, snapshot, now_ms);
	if (strcmp(state, status->state) == 0 &&
	    (now_ms - status->sent_ms < again_ms ||
	     strcmp(line, status->line) == 0))
		return false;
	memcpy(status->state, state, sizeof(state));
	memcpy(status->line, line, sizeof(line));
	status->sent_ms = now_ms;
	memcpy(message + strlen("STATUS="), line, text.length + 1);
	notify_send(notify, message);
	return true;
}
