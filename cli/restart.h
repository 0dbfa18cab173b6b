/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_RESTART_H
#define OOMGUARD_RESTART_H

#include <stdbool.h>

/*
 * Whether systemd starts a unit with this Restart= again after the signal
 * ended it (systemd.service(5)): a service that SIGTERM ends has ended
 * cleanly, so that on-failure leaves it down. "" is not known, and no.
 */
bool restart_returns(const char *restart, const char *signal);

/* The same in a sentence. */
const char *restart_words(const char *restart, const char *signal);

#endif
