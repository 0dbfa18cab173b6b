/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"

/*
 * The available memory below which a rival first ends somebody: of its
 * defaults (earlyoom 1.7, nohang 0.2, systemd 252) or its command line.
 */
struct rival_level {
	int64_t kib; /* 0: not known */
	const char *words;
};

static int64_t rival_share(const struct doctor *doctor, double percent)
{
	return (int64_t)((double)doctor->sample.memory.total_kib * percent /
			 100);
}

/* `-m PERCENT[,KILL]` or `-M KIB[,KILL]`, attached or the next argument. */
static void rival_earlyoom_option(const struct doctor *doctor, const char *name,
				  const char *value, struct rival_level *out)
{
	double number = strtod(value, NULL);

	if (number <= 0)
		return;
	if (name[1] == 'm')
		out->kib = rival_share(doctor, number);
	else if (name[1] == 'M')
		out->kib = (int64_t)number;
}

static void rival_earlyoom(const struct doctor *doctor,
			   const struct rival *rival, struct rival_level *out)
{
	char bytes[4096];
	struct piece path;
	int length;

	*out = (struct rival_level){ rival_share(doctor, 10), "SIGTERM" };
	piece_format(&path, "/proc/%d/cmdline", (int)rival->pid);
	length = doctor_read(doctor, path.bytes, bytes, sizeof(bytes));
	for (int at = 0; at < length; at += (int)strlen(bytes + at) + 1) {
		const char *option = bytes + at;
		int next = at + (int)strlen(option) + 1;

		if (strncmp(option, "-m", 2) != 0 &&
		    strncmp(option, "-M", 2) != 0)
			continue;
		if (option[2])
			rival_earlyoom_option(doctor, option, option + 2, out);
		else if (next < length)
			rival_earlyoom_option(doctor, option, bytes + next,
					      out);
	}
}

static void rival_nohang(const struct doctor *doctor, const struct rival *rival,
			 struct rival_level *out)
{
	(void)rival;
	*out = (struct rival_level){ rival_share(doctor, 5), "SIGTERM" };
}

/* Without swap it goes by the pressure of units that are told to it. */
static void rival_oomd(const struct doctor *doctor, const struct rival *rival,
		       struct rival_level *out)
{
	(void)rival;
	*out = (struct rival_level){ 0,
				     "SIGKILL to whole cgroups, by the "
				     "pressure of the units that ask for it" };
	if (doctor->sample.memory.swap_total_kib > 0)
		*out = (struct rival_level){ rival_share(doctor, 10),
					     "SIGKILL to whole cgroups" };
}

static void rival_unknown(const struct doctor *doctor,
			  const struct rival *rival, struct rival_level *out)
{
	(void)doctor;
	(void)rival;
	*out = (struct rival_level){ 0, "as its configuration says" };
}

static const struct {
	const char *comm;
	const char *unit;
	void (*level)(const struct doctor *doctor, const struct rival *rival,
		      struct rival_level *out);
} known[] = {
	{ "earlyoom", "earlyoom", rival_earlyoom },
	{ "systemd-oomd", "systemd-oomd", rival_oomd },
	{ "nohang", "nohang", rival_nohang },
	{ "oomd", "oomd", rival_unknown },
	{ "oomd_bin", "oomd", rival_unknown },
	{ "bustd", "bustd", rival_unknown },
	{ "lmkd", "lmkd", rival_unknown },
};

bool doctor_is_rival(const char *comm)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].comm, comm) == 0)
			return true;
	}
	return false;
}

static void rival_say(struct doctor *doctor, const struct rival *rival,
		      const char *unit, const struct rival_level *level)
{
	int64_t term_kib = doctor->levels.term_kib;
	struct piece remedy, theirs, ours;

	piece_format(&remedy, "One is enough: systemctl disable --now %s",
		     unit);
	piece_kib(&theirs, level->kib);
	piece_kib(&ours, term_kib);
	if (level->kib == 0)
		doctor_say(doctor, "rivals", VERDICT_WARNING, remedy.bytes,
			   "%s (pid %d) also ends processes: %s", rival->comm,
			   (int)rival->pid, level->words);
	else if (level->kib >= term_kib)
		doctor_say(doctor, "rivals", VERDICT_PROBLEM, remedy.bytes,
			   "%s (pid %d) acts first: %s below %s available, "
			   "oomguard below %s",
			   rival->comm, (int)rival->pid, level->words,
			   theirs.bytes, ours.bytes);
	else
		doctor_say(doctor, "rivals", VERDICT_WARNING, remedy.bytes,
			   "%s (pid %d) also ends processes: %s below %s "
			   "available; oomguard is first, below %s",
			   rival->comm, (int)rival->pid, level->words,
			   theirs.bytes, ours.bytes);
}

void doctor_check_rivals(struct doctor *doctor)
{
	for (uint32_t i = 0; i < doctor->rivals_count; i++) {
		const struct rival *rival = &doctor->rivals[i];
		struct rival_level level;

		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++) {
			if (strcmp(known[k].comm, rival->comm) != 0)
				continue;
			known[k].level(doctor, rival, &level);
			rival_say(doctor, rival, known[k].unit, &level);
		}
	}
	if (doctor->rivals_count == 0)
		doctor_say(doctor, "rivals", VERDICT_OK, "",
			   "no other program ends processes here");
}

/* `memory.available: "100Mi"` or `"5%"` under evictionHard, in KiB. */
static int64_t kubelet_level(const struct doctor *doctor, const char *yaml)
{
	static const struct {
		const char *unit;
		double kib;
	} units[] = { { "Ki", 1 },         { "Mi", 1024 },
		      { "Gi", 1048576 },   { "M", 1000000 / 1024.0 },
		      { "G", 1e9 / 1024 }, { "K", 1000 / 1024.0 } };
	const char *at = strstr(yaml, "evictionHard:");
	double number;
	char *end;

	at = at ? strstr(at, "memory.available:") : NULL;
	if (!at)
		return 100 * 1024; /* The kubelet's default. */
	at += strlen("memory.available:");
	at += strspn(at, " \"'<");
	number = strtod(at, &end);
	if (*end == '%')
		return rival_share(doctor, number);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strncmp(end, units[i].unit, strlen(units[i].unit)) == 0)
			return (int64_t)(number * units[i].kib);
	}
	return (int64_t)(number / 1024);
}

void doctor_check_kubelet(struct doctor *doctor)
{
	int64_t term_kib = doctor->levels.term_kib;
	struct piece theirs, ours;
	char yaml[16384];
	int64_t kib;

	if (doctor_read(doctor, "/var/lib/kubelet/config.yaml", yaml,
			sizeof(yaml)) <= 0)
		return;
	kib = kubelet_level(doctor, yaml);
	piece_kib(&theirs, kib);
	piece_kib(&ours, term_kib);
	if (kib < term_kib)
		doctor_say(doctor, "kubelet", VERDICT_WARNING,
			   "Raise evictionHard memory.available in "
			   "/var/lib/kubelet/config.yaml above oomguard's "
			   "warn level, so that pods are evicted in order.",
			   "the kubelet evicts below %s, which is under "
			   "oomguard's term level (%s)",
			   theirs.bytes, ours.bytes);
	else
		doctor_say(doctor, "kubelet", VERDICT_OK, "",
			   "the kubelet evicts pods (below %s) before oomguard "
			   "acts",
			   theirs.bytes);
}
