/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "cgroupfs.h"
#include "doctor.h"
#include "program.h"
#include "restart.h"

#define UNITS_SHOWN 8192

/* What systemd does about a unit whose main process ends. */
struct return_policy {
	char restart[32];
	char oom_policy[32];
};

static bool units_ask(const struct doctor *doctor, const char *unit,
		      struct return_policy *policy)
{
	const char *const arguments[] = {
		doctor->systemctl,
		"show",
		"--property=Restart,OOMPolicy,RestartForceExitStatus",
		"--",
		unit,
		NULL,
	};
	char shown[UNITS_SHOWN], forced[256];

	if (program_read(arguments, SERVICE_TIMEOUT_MS, shown, sizeof(shown)) !=
	    0)
		return false;
	service_value(shown, "Restart", policy->restart,
		      sizeof(policy->restart));
	service_value(shown, "OOMPolicy", policy->oom_policy,
		      sizeof(policy->oom_policy));
	service_value(shown, "RestartForceExitStatus", forced, sizeof(forced));
	/* A forced restart comes whatever Restart= says. */
	if (strstr(forced, "SIGTERM") || strstr(forced, "TERM"))
		snprintf(policy->restart, sizeof(policy->restart), "always");
	return policy->restart[0] != '\0';
}

/* How systemd would see the end: the mark needs cgroups of version 2. */
static const char *units_end(const struct doctor *doctor,
			     const struct return_policy *policy)
{
	struct cgroupfs cgroupfs;
	bool is_marked = doctor->config.settings.oom_mark &&
			 strcmp(policy->oom_policy, "continue") != 0 &&
			 cgroupfs_open(&cgroupfs, NULL) == 0;

	if (is_marked)
		cgroupfs_close(&cgroupfs);
	return is_marked ? RESTART_OOM_KILL : "SIGTERM";
}

static void units_say(struct doctor *doctor, const struct holder *holder,
		      const char *restart)
{
	struct piece remedy, relief, unit;

	piece_quoted(&unit, holder->unit);
	piece_format(&remedy,
		     "systemctl edit %s: [Service] Restart=always, or put it "
		     "on the never list.",
		     unit.bytes);
	doctor_say(doctor, "restart", VERDICT_WARNING, remedy.bytes,
		   "%s (%s) has Restart=%s: it stays down after SIGTERM",
		   unit.bytes, piece_kib(&relief, holder->relief_kib), restart);
}

/* What the guard would never end need not come back. */
static bool units_is_exempt(const struct doctor *doctor,
			    const struct holder *holder)
{
	struct process_status status;
	char exe[PROCFS_EXE_SIZE] = "", cgroup[CGROUP_PATH_SIZE] = "";
	struct identity identity = { status.comm, exe, holder->unit, cgroup,
				     0 };
	struct ruling ruling;

	if (procfs_read_status(&doctor->procfs, holder->pid, &status) < 0)
		return true;
	identity.uid = status.uid;
	(void)procfs_read_exe(&doctor->procfs, holder->pid, exe);
	(void)procfs_read_cgroup(&doctor->procfs, holder->pid, cgroup);
	settings_judge(&doctor->config.settings, &identity, &ruling);
	return ruling.never >= 0 || ruling.protect >= 0;
}

void doctor_check_restart(struct doctor *doctor)
{
	uint32_t before = doctor->count;
	uint32_t known = 0;
	struct return_policy policy;

	for (int i = 0; i < DOCTOR_HOLDERS && doctor->systemctl; i++) {
		const struct holder *holder = &doctor->holders[i];

		if (!holder->unit[0])
			break;
		if (units_is_exempt(doctor, holder) ||
		    !units_ask(doctor, holder->unit, &policy))
			continue;
		known++;
		if (!restart_returns(policy.restart,
				     units_end(doctor, &policy)))
			units_say(doctor, holder, policy.restart);
	}
	if (doctor->count == before && known)
		doctor_say(doctor, "restart", VERDICT_OK, "",
			   "the biggest services come back when they are "
			   "ended");
}

void doctor_check_sessions(struct doctor *doctor)
{
	if (doctor->raised == 0)
		return;
	doctor_say(doctor, "sessions", VERDICT_NOTE,
		   "That is systemd's default for users: OOMScoreAdjust=0 in a "
		   "drop-in of user@.service takes it away.",
		   "%u processes of user sessions have an oom_score_adj up to "
		   "%d: they go before services of their size",
		   doctor->raised, (int)doctor->raised_adj);
}
