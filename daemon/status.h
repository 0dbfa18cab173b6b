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
 * The line that `systemctl status` shows. It comes from the guard, which is
 * there when its teller is not, and whom the service manager believes.
 */
struct status {
	int64_t sent_ms;
	char state[STATUS_SIZE]; /* what was last sent, without numbers */
	char line[STATUS_SIZE];
};

/*
 * Sends the line if the state has changed, or if it is ten seconds old (in calm
 * a minute) and something has changed. Never waits. True when it was due.
 */
bool status_tell(struct status *status, const struct notify *notify,
		 const struct snapshot *snapshot, int64_t now_ms);

/* "calm: 71 % available (16.9 GiB), warn below 3.5 GiB; 0 strikes, ...". */
void status_put(struct text *out, const struct snapshot *snapshot,
		int64_t now_ms);

#endif
