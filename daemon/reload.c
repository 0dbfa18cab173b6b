/* SPDX-License-Identifier: MIT */
#include "guard.h"

#include <string.h>
#include <unistd.h>

#include "text.h"

#include "hot.h"

static void tell_refused(struct guard *guard, const char *why)
{
	char bytes[TELL_LINE_SIZE];
	struct text line;

	text_init(&line, bytes, sizeof(bytes));
	text_put(&line, "reload refused: ");
	text_put(&line, why);
	text_put(&line, ": nothing changed");
	tell_line(&guard->tell, &line);
}

void guard_reload(struct guard *guard, int64_t now_ms)
{
	if (guard->reload >= 0) {
		guard->reload_again = true;
		return;
	}
	guard->reload = reading_start(guard->config_file, true);
	guard->reload_until_ms = now_ms + 2 * READING_MOST_MS;
	guard->incoming_length = 0;
	if (guard->reload < 0)
		tell_refused(guard, strerror(-guard->reload));
}

/* All of the settings, or nothing. */
static void take_settings(struct guard *guard)
{
	clerk_lock(&guard->clerk);
	guard->settings = guard->incoming.settings;
	guard_settings_changed(guard);
	clerk_unlock(&guard->clerk);
	clerk_judge(&guard->clerk);
	tell_words(&guard->tell, "reloaded");
}

static void end_reload(struct guard *guard, int taken, int64_t now_ms)
{
	(void)close(guard->reload);
	guard->reload = -1;
	if (taken < 0)
		tell_refused(guard, "the configuration could not be read");
	else if (guard->incoming.mistakes > 0)
		tell_refused(guard, "the configuration has mistakes");
	else
		take_settings(guard);
	if (!guard->reload_again)
		return;
	guard->reload_again = false;
	guard_reload(guard, now_ms);
}

void guard_reload_read(struct guard *guard, int64_t now_ms)
{
	int taken = reading_take(guard->reload, &guard->incoming,
				 &guard->incoming_length);

	if (taken != 0)
		end_reload(guard, taken, now_ms);
}

void guard_keep_reload(struct guard *guard, int64_t now_ms)
{
	/* A child in the D state does not even end by its alarm. */
	if (guard->reload >= 0 && now_ms >= guard->reload_until_ms)
		end_reload(guard, -1, now_ms);
}
