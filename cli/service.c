/* SPDX-License-Identifier: MIT */
#include "service.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "program.h"

const char *service_value(const char *shown, const char *key, char *bytes,
			  size_t size)
{
	size_t length = strlen(key);
	struct text text;

	text_init(&text, bytes, size);
	for (const char *line = shown; line && *line;) {
		const char *end = strchrnul(line, '\n');

		if (strncmp(line, key, length) == 0 && line[length] == '=') {
			line += length + 1;
			text_put_bytes(&text, line, (size_t)(end - line));
			return bytes;
		}
		line = *end ? end + 1 : NULL;
	}
	return bytes;
}

static int service_number(const char *shown, const char *key)
{
	char bytes[24];

	return (int)strtol(service_value(shown, key, bytes, sizeof(bytes)),
			   NULL, 10);
}

void service_ask(const char *systemctl, struct service *service)
{
	static const char properties[] =
		"--property=LoadState,ActiveState,SubState,Result,"
		"UnitFileState,ExecMainCode,ExecMainStatus";
	const char *const arguments[] = { systemctl, "show", SERVICE_UNIT,
					  properties, NULL };
	char shown[4096];

	*service = (struct service){ 0 };
	if (program_read(arguments, SERVICE_TIMEOUT_MS, shown, sizeof(shown)))
		return;
	service_value(shown, "LoadState", service->load, sizeof(service->load));
	service_value(shown, "ActiveState", service->active,
		      sizeof(service->active));
	service_value(shown, "SubState", service->sub, sizeof(service->sub));
	service_value(shown, "Result", service->result,
		      sizeof(service->result));
	service_value(shown, "UnitFileState", service->file,
		      sizeof(service->file));
	service->code = service_number(shown, "ExecMainCode");
	service->status = service_number(shown, "ExecMainStatus");
	service->is_known = service->active[0] != '\0';
}

static void service_put_result(struct text *out, const struct service *service)
{
	if (service->code == CLD_EXITED) {
		text_put(out, "it exited with status ");
		text_put_int(out, service->status);
		if (service->status == EXIT_CONFIG)
			text_put(out, " (mistakes in its configuration: "
				      "oomguard check)");
	} else if (service->code == CLD_KILLED || service->code == CLD_DUMPED) {
		text_put(out, "signal ");
		text_put_int(out, service->status);
		text_put(out, " ended it");
	} else {
		text_put(out, "it did not start");
	}
	if (strcmp(service->result, "exit-code") != 0 &&
	    strcmp(service->result, "signal") != 0 &&
	    strcmp(service->result, "success") != 0) {
		text_put(out, " (");
		text_put(out, service->result);
		text_put(out, ")");
	}
}

void service_put(struct text *out, const struct service *service)
{
	if (!service->is_known)
		return;
	if (strcmp(service->load, "loaded") != 0) {
		text_put(out, strcmp(service->load, "masked") == 0
				      ? "the service is masked: systemctl "
					"unmask oomguard"
				      : "systemd has no " SERVICE_UNIT);
		return;
	}
	if (strcmp(service->sub, "auto-restart") == 0) {
		text_put(out, "systemd is about to start it again: ");
		service_put_result(out, service);
		return;
	}
	if (strcmp(service->active, "failed") == 0) {
		text_put(out, "the service has failed: ");
		service_put_result(out, service);
		text_put(out, "; see journalctl -u oomguard");
		return;
	}
	text_put(out, "the service is ");
	text_put(out, service->active);
	if (strcmp(service->active, "inactive") == 0)
		text_put(out, ": it was stopped, or never started");
	if (strcmp(service->file, "disabled") == 0)
		text_put(out, ", and disabled: it does not start at boot");
}
