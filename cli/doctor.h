/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_DOCTOR_H
#define OOMGUARD_DOCTOR_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "decide.h"
#include "piece.h"
#include "procfs.h"
#include "query.h"
#include "service.h"

#define DOCTOR_FINDINGS 64
#define DOCTOR_HOLDERS 8
#define DOCTOR_RIVALS 8

enum verdict {
	VERDICT_OK,
	VERDICT_NOTE,    /* good to know */
	VERDICT_WARNING, /* worse than it could be */
	VERDICT_PROBLEM, /* it does not guard as it should */
};

struct finding {
	const char *check; /* its name */
	enum verdict verdict;
	char found[384];
	char remedy[384]; /* "" where there is none to take */
};

/* A service that holds much memory. */
struct holder {
	char unit[CGROUP_UNIT_SIZE];
	int32_t pid; /* its biggest process */
	int64_t relief_kib;
};

/* Another program that ends processes when memory is short. */
struct rival {
	int32_t pid;
	char comm[PROCESS_COMM_SIZE];
};

/* The machine under examination, and what was found. */
struct doctor {
	const char *root;      /* "" or a directory with proc, sys, etc, ... */
	const char *systemctl; /* a name or a path; NULL: there is none */
	struct config config;
	struct procfs procfs;
	bool has_proc;
	struct sample sample;
	struct levels levels;
	struct query_reply reply;
	struct json_object *status; /* Status, or NULL */
	struct service service;
	/* By one walk over all processes: */
	uint32_t processes;
	uint32_t raised; /* of sessions, with oom_score_adj above 0 */
	int64_t raised_adj;
	struct holder holders[DOCTOR_HOLDERS]; /* the biggest first */
	struct rival rivals[DOCTOR_RIVALS];
	uint32_t rivals_count;
	uint32_t count;
	struct finding findings[DOCTOR_FINDINGS];
};

/* Adds a finding; `found` and `remedy` as by printf, or "" for no remedy. */
void doctor_say(struct doctor *doctor, const char *check, enum verdict verdict,
		const char *remedy, const char *found, ...)
	__attribute__((format(printf, 5, 6)));

/* One file below the root, NUL-terminated. Its length, or -errno. */
int doctor_read(const struct doctor *doctor, const char *path, char *bytes,
		size_t size);
bool doctor_exists(const struct doctor *doctor, const char *path);

/* The number in a file, or -1. */
int64_t doctor_number(const struct doctor *doctor, const char *path);

/* Fills processes, holders and rivals. */
void doctor_walk(struct doctor *doctor);

/* The name of a program that we know as a rival. */
bool doctor_is_rival(const char *comm);

/* The capabilities that are in force in the guard, where it runs. */
bool doctor_read_rights(const struct doctor *doctor, uint64_t *set);

/* The checks, each of which says what it found. */
void doctor_check_pressure(struct doctor *doctor);
void doctor_check_cgroup(struct doctor *doctor);
void doctor_check_hidepid(struct doctor *doctor);
void doctor_check_swap(struct doctor *doctor);
void doctor_check_panic(struct doctor *doctor);
void doctor_check_allocating(struct doctor *doctor);
void doctor_check_overcommit(struct doctor *doctor);
void doctor_check_min_ttl(struct doctor *doctor);
void doctor_check_min_free(struct doctor *doctor);
void doctor_check_running(struct doctor *doctor);
void doctor_check_enabled(struct doctor *doctor);
void doctor_check_rights(struct doctor *doctor);
void doctor_check_locked(struct doctor *doctor);
void doctor_check_warnings(struct doctor *doctor);
void doctor_check_config(struct doctor *doctor);
void doctor_check_catalog(struct doctor *doctor);
void doctor_check_rivals(struct doctor *doctor);
void doctor_check_kubelet(struct doctor *doctor);
void doctor_check_protect(struct doctor *doctor);
void doctor_check_restart(struct doctor *doctor);
void doctor_check_sessions(struct doctor *doctor);

#endif
