/* SPDX-License-Identifier: MIT */
#include "wards.h"

#include <string.h>

#include "text.h"

#include "hot.h"

#define ADJ_MOST 1000

void wards_init(struct wards *wards, const char boot[WARDS_BOOT_SIZE])
{
	memset(wards, 0, sizeof(*wards));
	wards->magic = WARDS_MAGIC;
	wards->version = WARDS_VERSION;
	wards->size = sizeof(*wards);
	memcpy(wards->boot, boot, sizeof(wards->boot));
}

static bool is_adj(int16_t value)
{
	return value >= -ADJ_MOST && value <= ADJ_MOST;
}

/* Lower values are given, and one that is raised: that of the culprit. */
static bool is_valid(const struct wards *wards, const struct ward *ward)
{
	if (ward->pid == 0)
		return true;
	return ward->pid > 1 && is_adj(ward->former) && is_adj(ward->ours) &&
	       (ward->former > ward->ours ||
		(ward->ours == WARDS_NOMINATED && ward->former < ward->ours)) &&
	       ward->state <= WARD_OVER && ward->unit >= -1 &&
	       ward->unit < WARDS_UNITS &&
	       (ward->unit < 0 || wards->units[ward->unit][0]);
}

bool wards_are_valid(const struct wards *wards,
		     const char boot[WARDS_BOOT_SIZE])
{
	if (wards->magic != WARDS_MAGIC || wards->version != WARDS_VERSION ||
	    wards->size != sizeof(*wards) ||
	    memcmp(wards->boot, boot, sizeof(wards->boot)) != 0)
		return false;
	for (int i = 0; i < WARDS_UNITS; i++)
		if (!memchr(wards->units[i], '\0', WARDS_UNIT_SIZE))
			return false;
	for (int i = 0; i < WARDS_MOST; i++)
		if (!is_valid(wards, &wards->wards[i]))
			return false;
	return true;
}

const struct ward *wards_peek(const struct wards *wards, int32_t pid)
{
	uint32_t left = wards->count;

	for (int i = 0; i < WARDS_MOST && left > 0; i++) {
		if (wards->wards[i].pid == pid)
			return &wards->wards[i];
		left -= wards->wards[i].pid != 0;
	}
	return NULL;
}

struct ward *wards_find(struct wards *wards, int32_t pid)
{
	return (struct ward *)wards_peek(wards, pid);
}

struct ward *wards_put(struct wards *wards, const struct ward *value)
{
	struct ward *ward = wards_find(wards, value->pid);

	for (int i = 0; i < WARDS_MOST && !ward; i++) {
		if (wards->wards[i].pid)
			continue;
		ward = &wards->wards[i];
		wards->count++;
	}
	if (ward)
		*ward = *value;
	return ward;
}

void wards_drop(struct wards *wards, struct ward *ward)
{
	*ward = (struct ward){ 0 };
	wards->count--;
}

static bool is_used(const struct wards *wards, int16_t unit)
{
	for (int i = 0; i < WARDS_MOST; i++)
		if (wards->wards[i].pid && wards->wards[i].unit == unit)
			return true;
	return false;
}

static void cut(char out[WARDS_UNIT_SIZE], const char *name)
{
	struct text text;

	memset(out, 0, WARDS_UNIT_SIZE);
	text_init(&text, out, WARDS_UNIT_SIZE);
	text_put(&text, name);
}

static int16_t find_unit(const struct wards *wards, const char *name)
{
	for (int16_t i = 0; i < WARDS_UNITS; i++)
		if (strcmp(wards->units[i], name) == 0)
			return i;
	return -1;
}

int16_t wards_unit(struct wards *wards, const char *name)
{
	char wanted[WARDS_UNIT_SIZE];
	int16_t found;

	cut(wanted, name);
	if (!wanted[0])
		return -1;
	found = find_unit(wards, wanted);
	for (int16_t i = 0; i < WARDS_UNITS && found < 0; i++)
		if (!wards->units[i][0] || !is_used(wards, i))
			found = i;
	if (found >= 0)
		memcpy(wards->units[found], wanted, sizeof(wanted));
	return found;
}

const struct ward *wards_of_unit(const struct wards *wards, const char *name,
				 int32_t ours)
{
	char wanted[WARDS_UNIT_SIZE];
	int16_t unit;

	cut(wanted, name);
	unit = wanted[0] ? find_unit(wards, wanted) : -1;
	if (unit < 0)
		return NULL;
	for (int i = 0; i < WARDS_MOST; i++) {
		const struct ward *ward = &wards->wards[i];

		if (ward->pid && ward->unit == unit && ward->ours == ours)
			return ward;
	}
	return NULL;
}

bool wards_gave(const struct wards *wards, int32_t value)
{
	uint32_t left = wards->count;

	for (int i = 0; i < WARDS_MOST && left > 0; i++) {
		if (wards->wards[i].pid && wards->wards[i].ours == value)
			return true;
		left -= wards->wards[i].pid != 0;
	}
	return false;
}

static uint64_t since_ticks(const struct ward *ward)
{
	return ward->start_ticks + ward->since_ticks;
}

const struct ward *wards_nominated(const struct wards *wards,
				   uint64_t until_ticks)
{
	const struct ward *last = NULL;
	uint32_t left = wards->count;

	for (int i = 0; i < WARDS_MOST && left > 0; i++) {
		const struct ward *ward = &wards->wards[i];

		left -= ward->pid != 0;
		if (ward->pid && ward->ours == WARDS_NOMINATED &&
		    since_ticks(ward) <= until_ticks &&
		    (!last || since_ticks(ward) > since_ticks(last)))
			last = ward;
	}
	return last;
}
