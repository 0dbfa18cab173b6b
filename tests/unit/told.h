/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_TEST_TOLD_H
#define OOMGUARD_TEST_TOLD_H

#include <signal.h>

#include "extra.h"
#include "given.h"

/* Whether the guard names a victim in records of this kind. */
static inline bool told_has_victim(enum record_kind kind)
{
	return kind == RECORD_STRIKE || kind == RECORD_OUTCOME ||
	       kind == RECORD_OBSERVED;
}

/* The least that each record of a kind has. */
static inline struct told_record told_least(enum record_kind kind)
{
	struct told_record told = {
		.record = { .version = RECORD_VERSION,
			    .size = sizeof(struct record),
			    .number = 7,
			    .kind = kind,
			    .realtime_us = 1700000000000000,
			    .monotonic_ms = 100900,
			    .decision = { .urgency = URGENCY_TERM,
					  .reason = REASON_MEMORY,
					  .observed = 1900 * MIB,
					  .limit = 2 * GIB,
					  .available_kib = 1900 * MIB,
					  .exhaustion_ms = INT64_MAX },
			    .text = "the sentence" },
	};
	struct record *record = &told.record;

	if (kind == RECORD_KERNEL || kind == RECORD_LIMIT)
		record->count = 1;
	if (!told_has_victim(kind))
		return told;
	record->has_victim = true;
	record->victim.pid = 4242;
	record->victim.relief_kib = 6 * GIB;
	record->victim.badness_kib = 7 * GIB;
	if (kind == RECORD_STRIKE)
		record->signal = SIGTERM;
	if (kind != RECORD_OBSERVED)
		record->strike = (struct strike){ .number = 3,
						  .pid = 4242,
						  .relief_kib = 6 * GIB,
						  .available_kib = GIB,
						  .asked_ms = 100000,
						  .exited_ms = 100800 };
	if (kind == RECORD_OUTCOME)
		record->available_kib = 6 * GIB;
	return told;
}

/* A strike of which everything is known. */
static inline struct told_record told_full(enum record_kind kind)
{
	struct told_record told = told_least(kind);
	struct record *record = &told.record;

	record->has_victim = true;
	record->victim.pid = 4242;
	record->victim.uid = 998;
	(void)snprintf(record->victim.status.comm,
		       sizeof(record->victim.status.comm), "%s", "java");
	(void)snprintf(record->victim.unit, sizeof(record->victim.unit), "%s",
		       "tomcat.service");
	(void)snprintf(record->cgroup, sizeof(record->cgroup), "%s",
		       "/system.slice/tomcat.service");
	record->victim.choice = (enum choice)(kind % 4);
	record->victim.is_culprit = true;
	if (kind == RECORD_STRIKE)
		record->count = 3;
	record->victim.group = (struct group){ .rule = GROUP_SWARM,
					       .members = 40,
					       .leaf = 1,
					       .relief_kib = 1200 * 1024 };
	record->has_runner_up = true;
	record->is_marked = true;
	record->runner_up.pid = 99;
	record->runner_up.relief_kib = GIB;
	record->runner_up.badness_kib = GIB;
	(void)snprintf(record->runner_up.status.comm,
		       sizeof(record->runner_up.status.comm), "%s", "mysqld");
	(void)snprintf(record->runner_up.unit, sizeof(record->runner_up.unit),
		       "%s", "mysql.service");
	record->biggest[0] = (struct record_peer){ 4242, 6 * GIB, "java" };
	record->biggest[1] = (struct record_peer){ 99, GIB, "my\nsqld" };
	record->growing[0] = (struct record_peer){ 4242, 300 * MIB, "java" };
	(void)snprintf(told.extra.cmdline, sizeof(told.extra.cmdline), "%s",
		       "java -jar shop.jar");
	(void)snprintf(told.extra.user, sizeof(told.extra.user), "%s",
		       "tomcat");
	(void)snprintf(told.extra.container, sizeof(told.extra.container), "%s",
		       "0123");
	(void)snprintf(told.extra.restart, sizeof(told.extra.restart), "%s",
		       "on-failure");
	return told;
}

#endif
