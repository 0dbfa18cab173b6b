/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "announce.h"
#include "settings_rules.h"
#include "text.h"

#include "hot.h"

#define BOOT_MS 120000 /* until then what is listed may be yet to start */

static void say(struct guard *guard, const struct text *text)
{
	announce_words(guard, RECORD_DEGRADED, text->bytes);
}

static const char *reason(int error)
{
	switch (-error) {
	case EACCES:
	case EPERM:
		return "no right to lower it (CAP_SYS_RESOURCE and "
		       "CAP_DAC_OVERRIDE)";
	case EROFS:
		return "/proc is read-only here";
	default:
		return strerror(-error);
	}
}

static void tell_refusal(struct guard *guard, const struct refusal *refusal)
{
	char bytes[TELL_LINE_SIZE];
	struct text text;

	text_init(&text, bytes, sizeof(bytes));
	text_put(&text, "degraded: the oom_score_adj of ");
	text_put_int(&text, refusal->pid);
	text_put(&text, " ");
	text_put_quoted(&text, refusal->comm);
	text_put(&text, " cannot be changed: ");
	text_put(&text, reason(refusal->error));
	say(guard, &text);
}

static void tell_unmatched(struct guard *guard, const struct warden_news *news)
{
	int16_t rule = news->unmatched_rule;
	char bytes[TELL_LINE_SIZE];
	struct text text;

	if (rule < 0 || (uint32_t)rule >= guard->settings.rules_count)
		return;
	text_init(&text, bytes, sizeof(bytes));
	text_put(&text, "degraded: protect: ");
	text_put_int(&text, news->unmatched);
	text_put(&text,
		 news->unmatched == 1 ? " entry matches" : " entries match");
	text_put(&text, " nothing now: ");
	rules_put(&text, &guard->settings.rules[rule]);
	say(guard, &text);
}

static void tell_half(struct guard *guard, const struct warden_news *news)
{
	char bytes[TELL_LINE_SIZE];
	struct text text;

	text_init(&text, bytes, sizeof(bytes));
	text_put(&text, "degraded: the protected hold ");
	text_put_kib(&text, news->memory_kib);
	text_put(&text, ", more than half of memory: when they grow, nobody "
			"is left to be ended");
	say(guard, &text);
}

static void tell_limits(struct guard *guard, const struct warden_news *news,
			const struct warden_news *told)
{
	if (news->left_out > 0 && told->left_out == 0)
		announce_words(guard, RECORD_DEGRADED,
			       "degraded: too many processes to protect: some "
			       "are not protected from the kernel");
	if (news->has_overflown && !told->has_overflown)
		announce_words(guard, RECORD_DEGRADED,
			       "degraded: too many cgroups to watch: what "
			       "starts in them is protected after 5 s");
}

/* Once for these settings; at a boot most units start after the guard. */
static bool is_unmatched_due(const struct guard *guard,
			     const struct warden_news *news, int64_t now_ms)
{
	return news->is_complete && news->unmatched > 0 &&
	       guard->told.unmatched_of != guard->generation + 1 &&
	       (guard->generation > 0 || now_ms >= BOOT_MS);
}

static void tell_all(struct guard *guard, const struct warden_news *news,
		     int64_t now_ms)
{
	struct told *told = &guard->told;
	bool is_half = news->memory_kib > guard->decision.levels.base_kib / 2;

	if (news->refusal.error &&
	    news->refusal.error != told->warden.refusal.error)
		tell_refusal(guard, &news->refusal);
	tell_limits(guard, news, &told->warden);
	if (is_unmatched_due(guard, news, now_ms)) {
		told->unmatched_of = guard->generation + 1;
		tell_unmatched(guard, news);
	}
	if (is_half && !told->half)
		tell_half(guard, news);
	told->half = is_half;
}

void announce_protection(struct guard *guard, int64_t now_ms)
{
	struct warden_news news;

	clerk_lock(&guard->clerk);
	news = guard->warden.news;
	clerk_unlock(&guard->clerk);
	tell_all(guard, &news, now_ms);
	guard->told.warden = news;
}

void announce_last_resort(struct guard *guard)
{
	if (guard->told.last_resort)
		return;
	guard->told.last_resort = true;
	announce_words(guard, RECORD_NOBODY,
		       "nobody but the protected brings back enough: the last "
		       "resort is one of them");
}
