/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_GUARD_H
#define OOMGUARD_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "census.h"
#include "clerk.h"
#include "clock.h"
#include "decide.h"
#include "link.h"
#include "notify.h"
#include "pack.h"
#include "privilege.h"
#include "procfs.h"
#include "reading.h"
#include "reaper.h"
#include "repeats.h"
#include "sample.h"
#include "scan.h"
#include "scores.h"
#include "settings.h"
#include "status.h"
#include "strike.h"
#include "tell.h"
#include "trend.h"
#include "warden.h"

/* A victim as it was when it was chosen. */
struct victim {
	int pidfd;            /* -1: the slot is free */
	enum mark_state mark; /* at its service, for systemd */
	uint32_t repeats;     /* how often it was struck, with this one */
	struct pack pack;     /* the others, where it is a group */
	struct candidate candidate;
};

/* What was told last, so that only changes are told. */
struct told {
	enum urgency urgency;
	int64_t lower_since_ms; /* -1: it is not lower than what was told */
	unsigned int trouble;   /* of reading a sample */
	bool nobody;            /* no victim could be chosen */
	bool fuse;
	int refused;          /* the error of taking hold or of a signal */
	int32_t observed_pid; /* who would have been struck */
	uint32_t left_out;    /* of the census */
	struct warden_news warden;
	uint32_t unmatched_of; /* generation of the settings, and one */
	bool half;             /* the protected hold half of memory */
	bool last_resort;
	bool again;              /* one that was struck repeatedly grows */
	unsigned int late_round; /* of the clerk */
	int64_t oom_kills;       /* by the kernel */
	bool realtime;           /* whether it was granted, or not */
	bool kills_asked;        /* the clerk looks where they were */
	unsigned int kills_round;
};

/*
 * Everything that the guard uses after its start. Nothing is allocated later.
 */
struct guard {
	/* What every tick touches, together: after seconds of sleep each page
	 * is cold, and costs more than what is done with it. */
	struct procfs procfs;
	struct sample sample;
	struct decision decision;
	struct watch watch;
	struct told told;
	struct tell tell;
	int64_t wake_ms;      /* a deadline of a strike */
	int64_t census_ms;    /* when the next one is due */
	uint64_t look_cookie; /* of who asked for a look in calm; 0: nobody */
	int64_t look_ms;      /* the clerk looks first, until then; or 0 */
	int64_t brief_ms;     /* when the next look at what grows is due */
	int64_t scores_ms;    /* until then descriptors are kept */
	int64_t suspended_ms; /* BOOTTIME less MONOTONIC, at the last tick */
	int cpus;
	int trigger;             /* PSI, or -1 */
	int signals;             /* signalfd */
	int reload;              /* pipe from the reading child, or -1 */
	bool reload_again;       /* asked for while one was under way */
	int64_t reload_until_ms; /* then the child is given up */
	bool cgroup_is_fast;
	bool was_quiet; /* vmstat was not read at the last tick */
	bool is_stale;  /* meminfo could not be read at this tick */
	int32_t self;   /* its pid */
	uint32_t uid;
	uint32_t left_out;   /* of the census, as of this tick */
	int32_t asked_about; /* whom the clerk was asked to look at */
	bool asked_at_kill;  /* somebody, at the kill level */
	struct privilege_set privileges;
	struct link link;
	struct notify notify;
	int64_t paused_until_ms; /* 0: not paused */
	int64_t published_ms;
	int64_t started_ms;
	int64_t first_oom_kills;  /* that there were at start */
	int64_t limit_kills;      /* of those since, at limits of cgroups */
	struct limit_ooms limits; /* as of what was told */
	int64_t trigger_window_ms;
	uint64_t ticks;
	uint64_t scans;
	uint64_t struck;
	uint64_t bad_reads;
	uint32_t census_count;
	uint32_t generation; /* of the settings */
	int32_t mistakes;    /* of the configuration at start */
	bool is_ready;       /* and the service manager knows */
	struct strikes strikes;
	struct repeats repeats;
	struct clerk clerk;
	struct warden warden;
	struct settings settings;
	struct trend trend;

	/* What a strike or a reload needs. */
	const char *config_file; /* NULL: the system's files */
	struct reaper_world reaper_world;
	struct reaper reapers[REAPERS];
	struct victim victims[STRIKES_MAX];
	uint32_t candidates_count;
	int chosen;        /* among the candidates of the last look, or -1 */
	int runner_up;     /* the same */
	int64_t looked_ms; /* when that was; -1: never */
	struct candidate candidates[SHORTLIST_SIZE];
	struct culprit culprit; /* as of the same look */
	int64_t look_until_ms; /* the clerk's last look is waited for; 0: not */
	struct record record;  /* in hand, and its sentence */
	struct text text;
	struct snapshot snapshot;
	struct status status;   /* what the service manager was told */
	uint64_t reload_cookie; /* who asked; 0: SIGHUP */
	uint32_t incoming_length;
	struct reading incoming; /* what the child has sent so far */
	struct procfs_walk walk;
	struct scores scores;
	struct census census;
};

/*
 * Opens /proc (or a directory like it), takes the first sample, starts the
 * threads, exercises the kill path, locks the memory. What is missing is told
 * and makes the guard less; only without meminfo or /proc it cannot guard.
 * `settings` are in force from here on. `teller` as link_open(), `cgroup` as
 * cgroupfs_open(). Returns 0 or -errno.
 */
int guard_start(struct guard *guard, const char *proc, const char *cgroup,
		const char *teller);

/* Puts back what the warden changed. */
void guard_stop(struct guard *guard);

/* Guards until SIGTERM or SIGINT. Returns 0, or -errno of poll itself. */
int guard_run(struct guard *guard);

/* One tick at `now_ms`: sample, decide, strike. */
void guard_tick(struct guard *guard, int64_t now_ms);

/* How long the guard may sleep after a tick at `now_ms`. */
int64_t guard_sleep_ms(const struct guard *guard, int64_t now_ms);

/* The pidfd of the victim in `slot` has become readable. */
void guard_victim_exited(struct guard *guard, uint32_t slot, int64_t now_ms);

/*
 * Starts to read the configuration anew, in a child: reading may block.
 * `cookie` is whom to answer, 0 for nobody. Returns 0, -EBUSY or -errno.
 */
int guard_reload(struct guard *guard, uint64_t cookie, int64_t now_ms);

/* Gives up a child that never answers. */
void guard_keep_reload(struct guard *guard, int64_t now_ms);

/*
 * New settings are in force: strikes that they would not begin are forgotten.
 * Under the clerk's lock.
 */
void guard_settings_changed(struct guard *guard);

/* Takes what the reading child has sent; the last part makes it valid. */
void guard_reload_read(struct guard *guard, int64_t now_ms);

/*
 * Runs the whole kill path once, on an own child, so that a sandbox that
 * forbids a part of it shows now, and its pages are in memory. 0 or -errno.
 */
int guard_rehearse(struct guard *guard);

/*
 * Tells the service manager that the guard guards: when the teller listens, or
 * when it has had two seconds for that.
 */
void guard_ready(struct guard *guard);

/* Takes what the teller asks for. */
void guard_heed_teller(struct guard *guard, int64_t now_ms);

/*
 * Shares the state with the teller and the service manager, at most once a
 * second, in calm once a minute, unless it is news or somebody asks.
 */
void guard_publish(struct guard *guard, int64_t now_ms, bool is_news);

#endif
