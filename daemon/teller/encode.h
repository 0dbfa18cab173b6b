/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_ENCODE_H
#define OOMGUARD_ENCODE_H

#include <json-c/json.h>
#include <sys/types.h>

#include "board.h"
#include "extra.h"

/*
 * The types of varlink/io.oomguard.varlink as JSON. The numbers and texts may
 * be any: what comes out is always valid.
 */

/* Who gets it, and whether /proc hides the processes of other users here. */
struct viewer {
	uid_t uid;
	bool proc_hides;
};

/* Members, for those who put together a reply. */
void put_int(json_object *object, const char *name, int64_t value);
void put_bytes(json_object *object, const char *name, int64_t kib);
void put_percent(json_object *object, const char *name, int64_t permyriad);
void put_bool(json_object *object, const char *name, bool value);
/* Up to a NUL, at most `size` bytes; nothing at all where it is empty. */
void put_text(json_object *object, const char *name, const char *bytes,
	      size_t size);

/* Nothing at all where there are none. */
void put_peers(json_object *object, const char *name,
	       const struct record_peer peers[RECORD_PEERS]);

json_object *encode_decision(const struct decision *decision);

/* `extra` and `cgroup` may be NULL: not known. */
json_object *encode_candidate(const struct candidate *candidate,
			      const char *cgroup, const struct extra *extra,
			      const struct viewer *viewer);

json_object *encode_strike(const struct strike *strike, json_object *victim,
			   int64_t now_ms);

json_object *encode_record(const struct told_record *told,
			   const struct viewer *viewer);

#endif
