/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SERVICE_H
#define OOMGUARD_SERVICE_H

#include <stdbool.h>

#include "text.h"

#define SERVICE_UNIT "oomguard.service"
#define SERVICE_TIMEOUT_MS 2000

/* What systemd says about oomguard's own unit. */
struct service {
	bool is_known; /* systemd was there and answered */
	char load[24]; /* LoadState and so on: systemctl(1), show */
	char active[24];
	char sub[24];
	char result[24];
	char file[24];
	int code; /* ExecMainCode: CLD_EXITED and so on */
	int status;
};

/* The value of a `KEY=` line of `systemctl show`, or "" in `bytes`. */
const char *service_value(const char *shown, const char *key, char *bytes,
			  size_t size);

/* Asks `systemctl`, a name or a path; it is not known where there is none. */
void service_ask(const char *systemctl, struct service *service);

/* Why it does not run, and what to do; nothing where it is not known. */
void service_put(struct text *out, const struct service *service);

#endif
