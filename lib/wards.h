/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_WARDS_H
#define OOMGUARD_WARDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WARDS_MAGIC 0x6f6d7770U
#define WARDS_VERSION 1
#define WARDS_NOMINATED 983 /* oom_score_adj of the culprit: nobody else's */
#define WARDS_MOST 1024     /* 24 bytes each */
#define WARDS_UNITS 128
#define WARDS_UNIT_SIZE 96 /* cri-containerd-HASH.scope has 85 */
#define WARDS_BOOT_SIZE 40 /* of /proc/sys/kernel/random/boot_id */

enum ward_state {
	WARD_OURS, /* our value is, or is about to be, in force */
	WARD_LEFT, /* it changed the value itself */
	WARD_BACK, /* put back; known a while longer for what it has forked */
	WARD_OVER, /* as WARD_OURS, over a value that was its own wish */
};

/*
 * One process whose oom_score_adj was changed: as it was and as we wrote it.
 * With pid and start it is this very process.
 */
struct ward {
	uint64_t start_ticks;
	int32_t pid;          /* 0: the place is free */
	uint32_t since_ticks; /* after its start: when it was changed */
	int16_t former;
	int16_t ours;
	int16_t unit;  /* index into units, or -1 */
	uint8_t state; /* enum ward_state */
	uint8_t round; /* of the look that saw it last */
};

/*
 * All of them, in fixed tables: what is remembered is also what the state file
 * holds, byte for byte, and the guard shares it with its teller. A unit keeps
 * its place as long as somebody refers to it.
 */
struct wards {
	uint32_t magic;
	uint32_t version;
	uint32_t size;  /* of this struct */
	uint32_t count; /* of places that are taken */
	char boot[WARDS_BOOT_SIZE];
	char units[WARDS_UNITS][WARDS_UNIT_SIZE];
	struct ward wards[WARDS_MOST];
};

void wards_init(struct wards *wards, const char boot[WARDS_BOOT_SIZE]);

/*
 * Whether bytes that anybody may have written are a table of this build and of
 * this boot, with nothing in it that is out of bounds.
 */
bool wards_are_valid(const struct wards *wards,
		     const char boot[WARDS_BOOT_SIZE]);

/* The process with this pid, or NULL. */
struct ward *wards_find(struct wards *wards, int32_t pid);
const struct ward *wards_peek(const struct wards *wards, int32_t pid);

/* In place of the one with this pid, or a new one; NULL: there is no room. */
struct ward *wards_put(struct wards *wards, const struct ward *value);

void wards_drop(struct wards *wards, struct ward *ward);

/* The index of a unit, cut to its size; added if it is new; -1: no room. */
int16_t wards_unit(struct wards *wards, const char *name);

/* Whether its protection is in force, as far as we know. */
static inline bool ward_is_ours(const struct ward *ward)
{
	return ward->ours != WARDS_NOMINATED &&
	       (ward->state == WARD_OURS || ward->state == WARD_OVER);
}

/*
 * The last that was nominated until `until_ticks` (since boot) and is still
 * known, or NULL: whose value a process has by fork that was born then.
 */
const struct ward *wards_nominated(const struct wards *wards,
				   uint64_t until_ticks);

/* One of this unit whose value was set to `ours`, or NULL. */
const struct ward *wards_of_unit(const struct wards *wards, const char *name,
				 int32_t ours);

/* Whether this value was given to anybody. */
bool wards_gave(const struct wards *wards, int32_t value);

#endif
