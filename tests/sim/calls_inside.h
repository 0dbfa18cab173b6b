/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SIM_CALLS_INSIDE_H
#define OOMGUARD_SIM_CALLS_INSIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "request.h"
#include "settings.h"

/* What the simulator does with the calls, from outside of the guard. */

/* All descriptors are closed; the state file stays when the guard crashed. */
void calls_reset(bool with_files);

/* How many are open. */
int64_t calls_descriptors(void);

/* As poll(2) reports it. */
short calls_ready(int fd, short events);

/* SIGTERM to the guard. */
void calls_end_guard(void);

/* What the teller sends; or nonsense. */
void calls_request(enum request_kind kind, int64_t pause_ms);
void calls_teller(int64_t what);

/* SIGHUP, and what the configuration is by then. */
void calls_reload(const struct settings *settings, bool has_mistakes);

/* Files of cgroups block until then. */
void calls_hold(int64_t until_us);

/* inotify: a process came to or left a cgroup, a cgroup came or went. */
void calls_moved(int group);
void calls_group(int group, bool came);

/* When the guard has last read a meminfo that was none of the garbage. */
int64_t calls_sampled_us(void);

#endif
