/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_STATUS_H
#define OOMGUARD_STATUS_H

#include "page.h"
#include "piece.h"
#include "query.h"
#include "service.h"

/* Exit codes of `status` as the LSB has them for init scripts. */
enum status_code {
	STATUS_RUNNING = 0,
	STATUS_DOWN = 3,
	STATUS_UNKNOWN = 4,
};

/* What the guard chose longer ago, or before it was calm, is not shown. */
#define STATUS_FRESH_MS 60000

/* What is known about guard and machine. */
struct status {
	enum status_code code;
	struct query_reply reply;
	struct service service;     /* asked where the guard does not answer */
	struct json_object *status; /* Status (io.oomguard); may be NULL */
	bool is_own; /* this command's own judgement: only a part of it */
	/* Its own look beside the guard's, which looks when memory is short. */
	struct json_object *look;
};

void status_show(const struct status *status);
void status_json(const struct status *status);

/* One line for Nagios and its like; returns their exit code, 0 to 3. */
int status_check(const struct status *status);

/* `4242 "java" (tomcat.service, bob)` of a Candidate. */
void status_put_process(struct piece *out, struct json_object *candidate);

/* The last line of a struck process, of a Record. */
void status_put_struck(struct piece *out, struct json_object *record);

#endif
