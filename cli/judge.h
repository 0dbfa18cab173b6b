/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_JUDGE_H
#define OOMGUARD_JUDGE_H

#include <json-c/json.h>

/*
 * The machine judged by this command, with the guard's library, where no guard
 * answers: the members of Status (io.oomguard) that one look can know. `proc`
 * NULL is /proc, `file` NULL the system's configuration; `command` is named in
 * messages. NULL after it has told stderr.
 */
struct json_object *judge_machine(const char *command, const char *proc,
				  const char *file);

#endif
