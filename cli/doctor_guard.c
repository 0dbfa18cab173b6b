/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "doctor.h"

void doctor_check_running(struct doctor *doctor)
{
	const char *state = answer_string(doctor->status, "state");
	struct piece words, why, uptime;

	if (doctor->status) {
		doctor_say(
			doctor, "running",
			answer_has(doctor->status, "pausedFor")
				? VERDICT_WARNING
				: VERDICT_OK,
			answer_has(doctor->status, "pausedFor")
				? "oomguard resume, or wait: a pause ends by "
				  "itself."
				: "",
			"the guard runs (%s), for %s", state,
			piece_ms(&uptime,
				 answer_int(doctor->status, "uptime")));
		return;
	}
	query_put(piece_begin(&words), &doctor->reply);
	service_put(piece_begin(&why), &doctor->service);
	doctor_say(doctor, "running", VERDICT_PROBLEM, "", "%s%s%s",
		   words.bytes, why.text.length ? "; " : "", why.bytes);
}

void doctor_check_enabled(struct doctor *doctor)
{
	const struct service *service = &doctor->service;

	if (!service->is_known || strcmp(service->load, "loaded") != 0)
		return;
	if (strcmp(service->file, "disabled") == 0)
		doctor_say(doctor, "enabled", VERDICT_PROBLEM,
			   "systemctl enable oomguard",
			   "the service does not start at boot");
	else
		doctor_say(doctor, "enabled", VERDICT_OK, "",
			   "the service is %s", service->file);
}

void doctor_check_config(struct doctor *doctor)
{
	int mistakes = doctor->config.mistakes;

	if (mistakes > 0)
		doctor_say(doctor, "config", VERDICT_PROBLEM,
			   "oomguard check tells them; then oomguard reload.",
			   "%d mistake%s in the configuration: what is wrong "
			   "does not count",
			   mistakes, mistakes == 1 ? "" : "s");
	else if (answer_int(doctor->status, "mistakes") > 0)
		doctor_say(doctor, "config", VERDICT_PROBLEM,
			   "The file is right now: oomguard reload.",
			   "the guard started with mistakes in its "
			   "configuration");
	else if (doctor->config.settings.mode == MODE_OBSERVE)
		doctor_say(doctor, "config", VERDICT_NOTE,
			   "mode = guard under [guard] lets it act.",
			   "mode is observe: nobody is ended");
	else
		doctor_say(doctor, "config", VERDICT_OK, "",
			   "no mistakes in the configuration");
}

/* The value of a line of the guard's /proc/PID/status, or NULL. */
static const char *doctor_guard_line(const struct doctor *doctor,
				     const char *name, char *bytes, size_t size)
{
	int pid = (int)answer_int(doctor->status, "guardPid");
	struct piece path;
	const char *at;

	piece_format(&path, "/proc/%d/status", pid);
	if (!doctor->status || pid <= 0 ||
	    doctor_read(doctor, path.bytes, bytes, size) <= 0)
		return NULL;
	at = strstr(bytes, name);
	return at ? at + strlen(name) : NULL;
}

bool doctor_read_rights(const struct doctor *doctor, uint64_t *set)
{
	char bytes[4096];
	const char *value =
		doctor_guard_line(doctor, "\nCapEff:", bytes, sizeof(bytes));

	if (!value)
		return false;
	*set = strtoull(value, NULL, 16);
	return true;
}

void doctor_check_rights(struct doctor *doctor)
{
	static const struct {
		int bit;
		const char *name;
		const char *use;
	} rights[] = {
		{ CAP_KILL, "CAP_KILL", "to end the processes of other users" },
		{ CAP_DAC_OVERRIDE, "CAP_DAC_OVERRIDE",
		  "to change their oom_score_adj" },
		{ CAP_SYS_RESOURCE, "CAP_SYS_RESOURCE",
		  "to lower the oom_score_adj of what is protected, and for "
		  "short pressure windows" },
		{ CAP_SYS_PTRACE, "CAP_SYS_PTRACE",
		  "to see executables, and all processes "
		  "in spite of hidepid" },
	};
	uint32_t before = doctor->count;
	uint64_t set;

	if (!doctor_read_rights(doctor, &set))
		return;
	for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++) {
		if (!(set >> rights[i].bit & 1))
			doctor_say(doctor, "rights",
				   i ? VERDICT_WARNING : VERDICT_PROBLEM,
				   "Run it as the service that it comes with, "
				   "or add the capability to "
				   "AmbientCapabilities= of its unit.",
				   "the guard lacks %s, %s", rights[i].name,
				   rights[i].use);
	}
	if (doctor->count == before)
		doctor_say(doctor, "rights", VERDICT_OK, "",
			   "the guard has all the rights that it needs");
}

void doctor_check_locked(struct doctor *doctor)
{
	char bytes[4096];
	const char *value =
		doctor_guard_line(doctor, "\nVmLck:", bytes, sizeof(bytes));

	if (!value)
		return;
	if (strtoll(value, NULL, 10) > 0)
		doctor_say(doctor, "locked", VERDICT_OK, "",
			   "the guard's memory is locked");
	else
		doctor_say(doctor, "locked", VERDICT_WARNING,
			   "LimitMEMLOCK=infinity in its unit.",
			   "the guard's memory is not locked: it may be "
			   "swapped out just when it is needed");
}

void doctor_check_warnings(struct doctor *doctor)
{
	struct json_object *warnings = answer_array(doctor->status, "warnings");

	for (size_t i = 0; i < answer_count(warnings); i++) {
		doctor_say(doctor, "guard", VERDICT_WARNING,
			   "journalctl -x -u oomguard says more.", "%s",
			   answer_element(warnings, i));
	}
}

void doctor_check_catalog(struct doctor *doctor)
{
	static const char *const places[] = {
		"/usr/lib/systemd/catalog/oomguard.catalog",
		"/usr/local/lib/systemd/catalog/oomguard.catalog",
		"/lib/systemd/catalog/oomguard.catalog",
	};

	if (!doctor_exists(doctor, "/run/systemd/journal"))
		return;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (doctor_exists(doctor, places[i])) {
			doctor_say(doctor, "catalog", VERDICT_OK, "",
				   "the journal's catalog has oomguard");
			return;
		}
	}
	doctor_say(doctor, "catalog", VERDICT_NOTE,
		   "Install oomguard.catalog in /usr/lib/systemd/catalog, then "
		   "journalctl --update-catalog.",
		   "journalctl -x cannot explain the records of oomguard");
}
