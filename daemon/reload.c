/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "announce.h"
#include "text.h"

#include "hot.h"

static void refuse(struct guard *guard, const char *why)
{
	char bytes[128];
	struct text line;

	text_init(&line, bytes, sizeof(bytes));
	text_put(&line, "reload refused: ");
	text_put(&line, why);
	text_put(&line, ": nothing changed");
	announce_words(guard, RECORD_REFUSED, bytes);
}

int guard_reload(struct guard *guard, uint64_t cookie, int64_t now_ms)
{
	if (guard->reload >= 0) {
		guard->reload_again = guard->reload_again || !cookie;
		return -EBUSY;
	}
	guard->reload = reading_start(guard->config_file, true);
	if (guard->reload < 0) {
		refuse(guard, strerror(-guard->reload));
		return guard->reload;
	}
	guard->reload_until_ms = now_ms + 2 * READING_MOST_MS;
	guard->reload_cookie = cookie;
	guard->incoming_length = 0;
	notify_reloading(&guard->notify, now_ms);
	return 0;
}

static void take_settings(struct guard *guard)
{
	clerk_lock(&guard->clerk);
	guard->settings = guard->incoming.settings;
	guard_settings_changed(guard);
	warden_reload(&guard->warden);
	clerk_unlock(&guard->clerk);
	clerk_judge(&guard->clerk);
	guard->generation++;
	guard->mistakes = 0;
	announce_words(guard, RECORD_RELOADED, "reloaded");
}

/* All of the settings, or nothing. Returns 0 or -errno for the answer. */
static int take_reading(struct guard *guard, int taken)
{
	if (taken < 0) {
		refuse(guard, "the configuration could not be read");
		return -EIO;
	}
	if (guard->incoming.mistakes > 0) {
		tell_lines(&guard->tell, guard->incoming.text);
		refuse(guard, "the configuration has mistakes");
		return -EINVAL;
	}
	take_settings(guard);
	return 0;
}

static void end_reload(struct guard *guard, int taken, int64_t now_ms)
{
	(void)close(guard->reload);
	guard->reload = -1;
	int error = take_reading(guard, taken);
	guard_publish(guard, now_ms, true);
	if (guard->reload_cookie)
		link_answer(&guard->link, guard->reload_cookie, error,
			    error == -EINVAL ? guard->incoming.text : "");
	notify_send(&guard->notify, "READY=1");
	if (!guard->reload_again)
		return;
	guard->reload_again = false;
	(void)guard_reload(guard, 0, now_ms);
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
