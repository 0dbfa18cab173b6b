/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "output.h"
#include "status.h"

static struct json_object *status_service(const struct service *service)
{
	struct json_object *out;

	if (!service->is_known)
		return NULL;
	out = json_object_new_object();
	output_string(out, "LoadState", service->load);
	output_string(out, "ActiveState", service->active);
	output_string(out, "SubState", service->sub);
	output_string(out, "Result", service->result);
	output_string(out, "UnitFileState", service->file);
	output_int(out, "ExecMainCode", service->code);
	output_int(out, "ExecMainStatus", service->status);
	return out;
}

void status_json(const struct status *status)
{
	struct json_object *out = output_begin();
	struct json_object *running = NULL, *error = NULL;
	struct piece why;

	if (status->code != STATUS_UNKNOWN)
		running =
			json_object_new_boolean(status->code == STATUS_RUNNING);
	if (status->code != STATUS_RUNNING) {
		query_put(piece_begin(&why), &status->reply);
		error = json_object_new_string(why.bytes);
	}
	output_add(out, "running", running);
	output_string(out, "source", status->is_own ? "command" : "guard");
	output_add(out, "error", error);
	output_add(out, "service", status_service(&status->service));
	output_add(out, "status", json_object_get(status->status));
	output_end(out);
}
