/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_NOTIFY_H
#define OOMGUARD_NOTIFY_H

#include <stdint.h>

/*
 * The service manager's protocol (sd_notify(3)), spoken by the guard itself, so
 * that READY and WATCHDOG speak of the guard and not of its teller. Never
 * waits, as sd_notify() could.
 */
struct notify {
	int socket;          /* -1: no service manager listens */
	int64_t watchdog_ms; /* between two signs of life; 0: none wanted */
	int64_t alive_ms;    /* when the last one was given */
};

/* Takes NOTIFY_SOCKET and WATCHDOG_USEC (and WATCHDOG_PID) of the environment.
 */
void notify_open(struct notify *notify);

/* Sends one message such as "READY=1". */
void notify_send(const struct notify *notify, const char *message);

/* "RELOADING=1" with the MONOTONIC_USEC that newer systemd demands. */
void notify_reloading(const struct notify *notify, int64_t now_ms);

/* Gives a sign of life when it is time. */
void notify_alive(struct notify *notify, int64_t now_ms);

#endif
