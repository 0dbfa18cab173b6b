/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_STRIKE_H
#define OOMGUARD_STRIKE_H

#include <stdbool.h>
#include <stdint.h>

#include "decide.h"
#include "group.h"
#include "settings.h"

#define STRIKES_MAX 8  /* victims at once, at the kill level */
#define STRIKES_FUSE 5 /* strikes in STRIKES_FUSE_MS blow the fuse */
#define STRIKES_FUSE_MS 300000
#define STRIKES_RECENT (STRIKES_FUSE + 1) /* the last may be taken back */
#define STRIKES_ASKED_MS 300000 /* so long a spent grace is remembered */
#define STRIKES_ABANDONED 16
#define STRIKES_AGAIN 3 /* in one cgroup and STRIKES_AGAIN_MS, in vain */
#define STRIKES_AGAIN_MS 30000

enum strike_stage {
	STAGE_NONE,
	STAGE_ASKED,  /* SIGTERM was sent */
	STAGE_KILLED, /* SIGKILL was sent */
	STAGE_EXITED, /* gone, its memory not yet back */
};

/* How a strike ended. */
enum outcome {
	OUTCOME_SETTLED,   /* it exited and memory is back, or filled again */
	OUTCOME_FUTILE,    /* it exited, nothing came back in time or stayed */
	OUTCOME_ABANDONED, /* it does not exit */
	OUTCOME_RECOVERED, /* memory recovered, it lives */
};

/* The removal of one victim. All times by CLOCK_MONOTONIC in ms. */
struct strike {
	enum strike_stage stage;
	uint32_t number; /* from 1, since start */
	int32_t pid;     /* of a group its oldest */
	uint64_t start_ticks;
	struct group group;
	bool term_only;
	bool is_writer;        /* to tmpfs: no relief was expected */
	int64_t relief_kib;    /* expected */
	int64_t begun_kib;     /* available when it was struck */
	int64_t available_kib; /* the least while it lived */
	int64_t unowned_kib;   /* of no process, when it was struck */
	int64_t grace_ms;
	int64_t calm_ms; /* that counts as recovered */
	int64_t asked_ms;
	int64_t killed_ms;
	int64_t exited_ms;
};

struct abandoned {
	int32_t pid;
	uint64_t start_ticks;
	struct group group;
};

/* Where somebody was struck: to see whether that helped there. */
struct site {
	uint64_t leaf; /* 0: not known */
	uint32_t size_kib;
	int64_t at_ms;
};

/* Who was asked and lives on, because memory recovered. */
struct asked {
	int32_t pid;
	uint64_t start_ticks;
	struct group group;
	int64_t asked_ms;
	int64_t grace_ms;
};

struct strikes {
	uint32_t total;
	struct strike slots[STRIKES_MAX];
	int64_t recent_ms[STRIKES_RECENT]; /* a ring, by total */
	struct site sites[STRIKES_AGAIN];  /* the same */
	struct abandoned abandoned[STRIKES_ABANDONED];
	uint32_t asked_next;
	struct asked asked[STRIKES_MAX];
	uint32_t abandoned_next;
	uint32_t futile;        /* in a row */
	int64_t calm_since_ms;  /* -1: it is not calm */
	int64_t settled_ms;     /* only a younger sample may strike */
	int64_t blind_until_ms; /* nobody could be chosen: not before */
	enum urgency urgency;   /* at the last look */
};

enum order_kind {
	ORDER_WAIT,   /* nothing to do before `until_ms` or a wake-up */
	ORDER_CHOOSE, /* find a victim and strike it */
	ORDER_KILL,   /* SIGKILL to the victim in `slot` */
	ORDER_END,    /* the strike in `slot` is over: `outcome` */
};

struct order {
	enum order_kind kind;
	uint32_t slot;
	enum outcome outcome;
	int64_t until_ms;
	int64_t gap_kib;    /* CHOOSE: what the relief under way leaves open */
	bool fuse_is_blown; /* WAIT, although urgent: too many strikes */
};

void strikes_init(struct strikes *strikes);

/* Whether any strike is under way. */
bool strikes_any(const struct strikes *strikes);

/*
 * What is to be done next. Called again until it says WAIT: a KILL must be
 * answered with strike_killed(), a CHOOSE with strike_begin() or
 * strike_none(). Pure but for `strikes`.
 */
struct order strike_next(const struct decision *decision,
			 struct strikes *strikes, int64_t now_ms);

/* What is known of a victim at the moment it is chosen. */
struct target {
	int32_t pid;
	uint64_t start_ticks;
	int64_t relief_kib;
	bool term_only;
	bool sigterm_is_futile;
	bool is_writer;
	int64_t grace_ms; /* SETTINGS_UNSET: the general one */
	struct group group;
	struct site site; /* its cgroup */
};

/*
 * Begins a strike: SIGTERM, or SIGKILL at once at the kill level or where
 * SIGTERM is futile (never for term-only). One that was asked before and lived
 * on because memory recovered has the rest of its grace, no new one. Returns
 * the slot; its stage tells which signal is to be sent.
 */
uint32_t strike_begin(const struct settings *settings,
		      const struct decision *decision, struct strikes *strikes,
		      const struct target *target, int64_t now_ms);

/* Nobody could be chosen: not again before `retry_ms` have passed. */
void strike_none(struct strikes *strikes, int64_t now_ms, int64_t retry_ms);

void strike_killed(struct strikes *strikes, uint32_t slot, int64_t now_ms);

/* It is a candidate no longer: nothing more is done about it. */
void strike_forget(struct strikes *strikes, uint32_t slot);

/* The signal was refused: nobody is struck, and not this one again. */
void strike_refused(struct strikes *strikes, uint32_t slot);

/* The victim's pidfd says that it has exited. */
void strike_exited(struct strikes *strikes, uint32_t slot, int64_t now_ms);

/*
 * Whether the last STRIKES_AGAIN were all in this cgroup, lately, and by a look
 * after them it is as large as before the first.
 */
bool strike_is_vain(const struct strikes *strikes, const struct site *site);

/*
 * Whether this process is being struck, or was abandoned; a start of 0 is not
 * known, and then the pid decides.
 */
bool strike_holds(const struct strikes *strikes, int32_t pid);
bool strike_abandoned(const struct strikes *strikes, int32_t pid,
		      uint64_t start_ticks);

const char *outcome_name(enum outcome outcome);

#endif
