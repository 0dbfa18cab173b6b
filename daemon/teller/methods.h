/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_METHODS_H
#define OOMGUARD_METHODS_H

#include "encode.h"
#include "teller.h"
#include "varlink.h"

/*
 * The methods of io.oomguard. Their parameters are of the right type, and
 * whoever changes something may do so.
 */
void method_status(struct teller *teller, struct client *client,
		   const struct call *call);
void method_candidates(struct teller *teller, struct client *client,
		       const struct call *call);
void method_protected(struct teller *teller, struct client *client,
		      const struct call *call);
void method_records(struct teller *teller, struct client *client,
		    const struct call *call);
void method_reload(struct teller *teller, struct client *client,
		   const struct call *call);
void method_pause(struct teller *teller, struct client *client,
		  const struct call *call);
void method_resume(struct teller *teller, struct client *client,
		   const struct call *call);
void method_mute(struct teller *teller, struct client *client,
		 const struct call *call);

/* A client as encode.h wants it. */
struct viewer teller_viewer(const struct teller *teller,
			    const struct client *client);

/* A candidate of a snapshot, with what is known of it beside. */
json_object *teller_candidate(struct teller *teller,
			      const struct candidate *candidate,
			      const struct viewer *viewer);

/* The type Snapshot. */
json_object *teller_status(struct teller *teller,
			   const struct snapshot *snapshot,
			   const struct viewer *viewer);

#endif
