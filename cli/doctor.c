/* SPDX-License-Identifier: MIT */
#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answer.h"
#include "command.h"
#include "options.h"
#include "output.h"
#include "page.h"

#define DOCTOR_PATH 512

static void (*const checks[])(struct doctor *doctor) = {
	doctor_check_running, doctor_check_enabled,    doctor_check_config,
	doctor_check_rights,  doctor_check_locked,     doctor_check_warnings,
	doctor_check_rivals,  doctor_check_kubelet,    doctor_check_pressure,
	doctor_check_cgroup,  doctor_check_hidepid,    doctor_check_swap,
	doctor_check_panic,   doctor_check_allocating, doctor_check_overcommit,
	doctor_check_min_ttl, doctor_check_min_free,   doctor_check_protect,
	doctor_check_restart, doctor_check_sessions,   doctor_check_catalog,
};

static const char *const verdicts[] = {
	[VERDICT_OK] = "ok",
	[VERDICT_NOTE] = "note",
	[VERDICT_WARNING] = "warning",
	[VERDICT_PROBLEM] = "problem",
};

void doctor_say(struct doctor *doctor, const char *check, enum verdict verdict,
		const char *remedy, const char *found, ...)
{
	struct finding *finding = &doctor->findings[doctor->count];
	va_list arguments;

	if (doctor->count == DOCTOR_FINDINGS)
		return;
	doctor->count++;
	finding->check = check;
	finding->verdict = verdict;
	va_start(arguments, found);
	vsnprintf(finding->found, sizeof(finding->found), found, arguments);
	va_end(arguments);
	snprintf(finding->remedy, sizeof(finding->remedy), "%s", remedy);
}

static void doctor_path(const struct doctor *doctor, const char *path,
			char bytes[DOCTOR_PATH])
{
	snprintf(bytes, DOCTOR_PATH, "%s%s", doctor->root, path);
}

int doctor_read(const struct doctor *doctor, const char *path, char *bytes,
		size_t size)
{
	char full[DOCTOR_PATH];
	ssize_t length;
	int fd;

	bytes[0] = '\0';
	doctor_path(doctor, path, full);
	fd = open(full, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	length = read(fd, bytes, size - 1);
	if (length < 0)
		length = -errno;
	else
		bytes[length] = '\0';
	(void)close(fd);
	return (int)length;
}

bool doctor_exists(const struct doctor *doctor, const char *path)
{
	char full[DOCTOR_PATH];

	doctor_path(doctor, path, full);
	return access(full, F_OK) == 0;
}

int64_t doctor_number(const struct doctor *doctor, const char *path)
{
	char bytes[32];

	if (doctor_read(doctor, path, bytes, sizeof(bytes)) <= 0 ||
	    bytes[0] < '0' || bytes[0] > '9')
		return -1;
	return strtoll(bytes, NULL, 10);
}

static void doctor_tell(void *user, const char *message)
{
	(void)user;
	(void)message; /* The finding counts them; `check` says which. */
}

static void doctor_load_config(struct doctor *doctor)
{
	char file[DOCTOR_PATH], directory[DOCTOR_PATH];

	doctor_path(doctor, CONFIG_FILE, file);
	doctor_path(doctor, CONFIG_DIRECTORY, directory);
	/* Only the system's own file may be missing. */
	(void)config_load(&doctor->config,
			  access(file, F_OK) == 0 ? file : NULL, directory,
			  doctor_tell, NULL);
}

static void doctor_sample(struct doctor *doctor)
{
	char path[DOCTOR_PATH];
	int sys;

	doctor_path(doctor, "/proc", path);
	if (procfs_open(&doctor->procfs, path) < 0)
		return;
	doctor->has_proc = true;
	if (procfs_read_sample(&doctor->procfs, &doctor->sample) &
	    PROCFS_MEMINFO)
		return;
	doctor_path(doctor, "/sys", path);
	sys = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	procfs_read_swaps(&doctor->procfs, sys, &doctor->sample);
	if (sys >= 0)
		(void)close(sys);
	doctor->levels =
		decide_levels(&doctor->config.settings, &doctor->sample, 0);
}

static void doctor_ask(struct doctor *doctor, const char *socket)
{
	query_call(&doctor->reply, query_path(socket), "io.oomguard.Status",
		   NULL, QUERY_TIMEOUT_MS);
	doctor->status = answer_object(doctor->reply.parameters, "status");
	if (doctor->reply.trouble == QUERY_FINE && !doctor->status)
		doctor->reply.trouble = QUERY_GARBAGE;
	if (doctor->systemctl)
		service_ask(doctor->systemctl, &doctor->service);
}

static int doctor_worst(const struct doctor *doctor)
{
	int worst = VERDICT_OK;

	for (uint32_t i = 0; i < doctor->count; i++) {
		if ((int)doctor->findings[i].verdict > worst)
			worst = (int)doctor->findings[i].verdict;
	}
	return worst;
}

static int doctor_count(const struct doctor *doctor, enum verdict verdict)
{
	int count = 0;

	for (uint32_t i = 0; i < doctor->count; i++)
		count += doctor->findings[i].verdict == verdict;
	return count;
}

static void doctor_json(const struct doctor *doctor)
{
	struct json_object *out = output_begin();
	struct json_object *list = json_object_new_array();

	for (uint32_t i = 0; i < doctor->count; i++) {
		const struct finding *finding = &doctor->findings[i];
		struct json_object *one = json_object_new_object();

		output_string(one, "check", finding->check);
		output_string(one, "verdict", verdicts[finding->verdict]);
		output_string(one, "found", finding->found);
		output_known(one, "remedy", finding->remedy);
		json_object_array_add(list, one);
	}
	output_int(out, "problems", doctor_count(doctor, VERDICT_PROBLEM));
	output_int(out, "warnings", doctor_count(doctor, VERDICT_WARNING));
	output_add(out, "findings", list);
	output_end(out);
}

static void doctor_show_one(const struct page *page,
			    const struct finding *finding)
{
	const struct terminal *terminal = &page->terminal;
	const char *styles[] = {
		[VERDICT_OK] = terminal->good,
		[VERDICT_NOTE] = "",
		[VERDICT_WARNING] = terminal->poor,
		[VERDICT_PROBLEM] = terminal->bad,
	};
	const char *style = styles[finding->verdict];
	char label[64];

	printf("%s%-8s%s", style, verdicts[finding->verdict],
	       *style ? terminal->off : "");
	snprintf(label, sizeof(label), "%s: %s", finding->check, "");
	printf("%-12s", label);
	page_rest(page, 20, finding->found, 4);
	if (finding->remedy[0])
		page_text(page, 22, finding->remedy, 4);
}

/* What is worst comes last: there the eye is when it scrolls. */
static void doctor_show(const struct doctor *doctor)
{
	struct page page;

	page_init(&page);
	for (int verdict = VERDICT_OK; verdict <= VERDICT_PROBLEM; verdict++) {
		for (uint32_t i = 0; i < doctor->count; i++) {
			if ((int)doctor->findings[i].verdict == verdict)
				doctor_show_one(&page, &doctor->findings[i]);
		}
	}
	printf("\n%d problems, %d warnings, %d notes, %d in order.\n",
	       doctor_count(doctor, VERDICT_PROBLEM),
	       doctor_count(doctor, VERDICT_WARNING),
	       doctor_count(doctor, VERDICT_NOTE),
	       doctor_count(doctor, VERDICT_OK));
}

/* Of another root only what is in it: not this machine's systemd. */
static void doctor_find_systemctl(struct doctor *doctor,
				  char bytes[DOCTOR_PATH])
{
	doctor->systemctl = "systemctl";
	if (!*doctor->root)
		return;
	doctor_path(doctor, "/usr/bin/systemctl", bytes);
	doctor->systemctl = access(bytes, X_OK) == 0 ? bytes : NULL;
}

static void doctor_examine(struct doctor *doctor, const char *socket)
{
	char systemctl[DOCTOR_PATH];

	doctor_find_systemctl(doctor, systemctl);
	doctor_load_config(doctor);
	doctor_sample(doctor);
	doctor_ask(doctor, socket);
	if (doctor->has_proc)
		doctor_walk(doctor);
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		checks[i](doctor);
	if (doctor->has_proc)
		procfs_close(&doctor->procfs);
	doctor->systemctl = NULL;
}

static int doctor_command(int argc, char **argv)
{
	const char *root = "", *socket = NULL;
	bool json = false;
	const struct option_row rows[] = {
		{ "json", 0, OPTION_FLAG, &json },
		{ "root", 0, OPTION_STRING, &root },
		{ "socket", 0, OPTION_STRING, &socket },
	};
	struct doctor *doctor;
	int rc;

	if (options_parse(argc, argv, rows, 3, 0) < 0)
		return EXIT_USAGE;
	doctor = calloc(1, sizeof(*doctor));
	if (!doctor) {
		perror("oomguard doctor");
		return EXIT_FAILED;
	}
	doctor->root = root;
	doctor_examine(doctor, socket);
	if (json)
		doctor_json(doctor);
	else
		doctor_show(doctor);
	rc = doctor_worst(doctor) == VERDICT_PROBLEM ? EXIT_FAILED : 0;
	query_finish(&doctor->reply);
	free(doctor);
	return rc;
}

const struct command command_doctor = {
	.name = "doctor",
	.summary = "what stands in the guard's way on this machine",
	.help = "  oomguard doctor\n"
		"  oomguard doctor --json | jq '.findings[] | select(.verdict "
		"!= \"ok\")'\n\n"
		"Examines the service, its rights and its configuration; the "
		"kernel's settings;\nother programs that end processes, and "
		"which of them acts first; what is\nprotected, and what only "
		"seems so; and the services that would not come back.\nEach "
		"finding has a remedy. Changes nothing.\n\n"
		"usage: oomguard doctor [OPTION]...\n\n"
		"      --json         one JSON object\n"
		"      --root DIR     examine DIR/proc, DIR/sys, DIR/etc and "
		"so on\n"
		"      --socket PATH  the guard to ask\n\n"
		"Exit codes: 0 no problem, 1 problems (warnings are none), 2 "
		"wrong usage.\n",
	.run = doctor_command,
};
