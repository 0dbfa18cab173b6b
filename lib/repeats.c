/* SPDX-License-Identifier: MIT */
#include "repeats.h"

#include "text.h"

#include "hot.h"

static bool is_recent(const struct repeat *repeat, int64_t now_ms)
{
	return repeat->hash != 0 && now_ms - repeat->struck_ms < REPEAT_MS;
}

/* Its own place, or the one that was used longest ago. */
static struct repeat *place_of(struct repeats *repeats, uint64_t hash)
{
	struct repeat *oldest = &repeats->of[0];

	for (int i = 0; i < REPEATS_MOST; i++) {
		struct repeat *repeat = &repeats->of[i];

		if (repeat->hash == hash)
			return repeat;
		if (repeat->hash == 0 ||
		    (oldest->hash != 0 &&
		     repeat->struck_ms < oldest->struck_ms))
			oldest = repeat;
	}
	return oldest;
}

uint32_t repeats_note(struct repeats *repeats, const char *name, int64_t now_ms)
{
	uint64_t hash = text_hash(name) | 1;
	struct repeat *repeat = place_of(repeats, hash);
	uint32_t count = repeats_count(repeats, name, now_ms) + 1;

	*repeat = (struct repeat){ hash, now_ms, count };
	return count;
}

uint32_t repeats_count(const struct repeats *repeats, const char *name,
		       int64_t now_ms)
{
	uint64_t hash = text_hash(name) | 1;

	for (int i = 0; i < REPEATS_MOST; i++)
		if (repeats->of[i].hash == hash &&
		    is_recent(&repeats->of[i], now_ms))
			return repeats->of[i].count;
	return 0;
}

bool repeats_any(const struct repeats *repeats, int64_t now_ms)
{
	for (int i = 0; i < REPEATS_MOST; i++)
		if (repeats->of[i].count > 1 &&
		    is_recent(&repeats->of[i], now_ms))
			return true;
	return false;
}
