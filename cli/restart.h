/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_RESTART_H
#define OOMGUARD_RESTART_H

#include <stdbool.h>

/* How systemd sees the end of a service that was marked before its signal. */
#define RESTART_OOM_KILL "oom-kill"

/*
 * Whether systemd starts a unit with this Restart= again after its main process
 * has ended by `end`, which is SIGTERM, SIGKILL or RESTART_OOM_KILL
 * (systemd.service(5)): SIGTERM is a clean end, so that on-failure leaves it
 * down. "" is not known, and no.
 */
bool restart_returns(const char *restart, const char *end);

/* The same in a sentence. */
const char *restart_words(const char *restart, const char *end);

#endif
