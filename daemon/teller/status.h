/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_STATUS_H
#define OOMGUARD_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "board.h"
#include "notify.h"
#include "text.h"

#define STATUS_SIZE 512

/*
 * The line that `systemctl status` shows. The service manager takes it from a
 * process that is not the main one only with NotifyAccess=all.
 */
struct status {
	struct notify notify;
	int64_t sent_ms;
	char state[STATUS_SIZE]; /* what was last sent, without numbers */
	char line[STATUS_SIZE];
};

/* Takes NOTIFY_SOCKET of the environment; without it nothing is sent. */
void status_open(struct status *status);
void status_close(struct status *status);

/*
 * Sends the line if the state has changed, or if it is ten seconds old and
 * something has changed. Never waits. True when it was due.
 */
bool status_tell(struct status *status, const struct snapshot *snapshot,
		 int64_t now_ms);

/* "calm: 71 % available (16.9 GiB), warn below 3.5 GiB; 0 strikes, ...". */
void status_put(struct text *out, const struct snapshot *snapshot,
		int64_t now_ms);

#endif
