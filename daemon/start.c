/* SPDX-License-Identifier: MIT */
#include "guard.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "announce.h"
#include "report.h"

#define FIRST_CENSUS_MOST_MS 2000
#define OTHER_DESCRIPTORS (80 + WARDEN_NODES)
#define STOP_MOST_MS 3000
#define STACK_TOUCHED (128 * 1024)

static void degraded(struct guard *guard, const char *words, int error)
{
	char bytes[TELL_LINE_SIZE];
	struct text line;

	text_init(&line, bytes, sizeof(bytes));
	text_put(&line, "degraded: ");
	text_put(&line, words);
	if (error) {
		text_put(&line, ": ");
		text_put(&line, strerror(-error));
	}
	announce_words(guard, RECORD_DEGRADED, bytes);
}

static void degraded_if(struct guard *guard, bool is_so, const char *words)
{
	if (is_so)
		degraded(guard, words, 0);
}

static void start_privileges(struct guard *guard)
{
	struct privilege_set *privileges = &guard->privileges;

	/* Before CAP_SYS_NICE and CAP_SYS_RESOURCE are given up. */
	privilege_make_realtime(privileges);
	/* A service manager grants it soon; the tick looks whether it did. */
	if (guard->notify.socket >= 0)
		privileges->is_realtime = true;
	int error = privilege_drop(privileges);
	if (error)
		degraded(guard, "could not give up rights", error);
	degraded_if(guard, !privileges->may_kill,
		    "no CAP_KILL: only own processes can be ended");
	degraded_if(guard, !privileges->may_inspect,
		    "no CAP_SYS_PTRACE: exe: selectors match only own "
		    "processes, and with hidepid others are not seen");
}

/* As many descriptors as are kept, within the hard limit. */
static void start_descriptors(struct guard *guard)
{
	struct rlimit limit = { 0 };
	rlim_t wanted = SCORES_MOST + OTHER_DESCRIPTORS;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < wanted) {
		limit.rlim_cur =
			limit.rlim_max < wanted ? limit.rlim_max : wanted;
		(void)setrlimit(RLIMIT_NOFILE, &limit); /* Fewer will do. */
	}
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur > wanted)
		limit.rlim_cur = wanted;
	degraded_if(guard, limit.rlim_cur < SHORTLIST_SIZE + OTHER_DESCRIPTORS,
		    "few descriptors (RLIMIT_NOFILE): not every candidate "
		    "can be looked at");
	scores_init(&guard->scores,
		    limit.rlim_cur > OTHER_DESCRIPTORS
			    ? (uint32_t)limit.rlim_cur - OTHER_DESCRIPTORS
			    : 0);
}

static void start_trigger(struct guard *guard)
{
	guard->trigger = -1;
	if (!guard->sample.has_pressure) {
		degraded(guard,
			 "no PSI (/proc/pressure/memory; psi=1 on the kernel's "
			 "command line?): the memory reason works alone",
			 0);
		return;
	}
	if (!guard->procfs.is_kernel)
		return;
	guard->trigger =
		procfs_open_trigger(&guard->procfs, &guard->trigger_window_ms);
	if (guard->trigger < 0)
		degraded(guard, "no PSI trigger, timer only", guard->trigger);
	else if (guard->trigger_window_ms > PROCFS_TRIGGER_MS)
		degraded(guard,
			 guard->privileges.may_resource
				 ? "the kernel refused a PSI trigger of 1 s: "
				   "it wakes after 2 s"
				 : "no CAP_SYS_RESOURCE: the PSI trigger wakes "
				   "after 2 s, not 1 s",
			 0);
}

static int start_signals(struct guard *guard)
{
	sigset_t signals;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) != 0)
		return -errno;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGUSR1, SIG_IGN);
	(void)signal(SIGUSR2, SIG_IGN);
	(void)signal(SIGALRM, SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL);
	guard->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return guard->signals < 0 ? -errno : 0;
}

static void start_census(struct guard *guard)
{
	degraded_if(guard, !clerk_wait(&guard->clerk, FIRST_CENSUS_MOST_MS),
		    "the first census takes long");
	clerk_lock(&guard->clerk);
	bool sees_init = census_find(&guard->census, 1) != NULL;
	clerk_unlock(&guard->clerk);
	degraded_if(guard, guard->procfs.is_kernel && !sees_init,
		    "pid 1 is hidden (hidepid): other users' processes "
		    "are not seen");
}

/* /proc/PID/cgroup takes a global mutex before Linux 6.8. */
static bool cgroup_is_fast(void)
{
	struct utsname name;
	int major = 0, minor = 0;

	if (uname(&name) != 0 ||
	    sscanf(name.release, "%d.%d", &major, &minor) != 2)
		return false;
	return major > 6 || (major == 6 && minor >= 8);
}

/* The stack that a tick may need is there before it is locked. */
static void touch_stack(void)
{
	volatile char stack[STACK_TOUCHED];

	for (size_t at = 0; at < sizeof(stack); at += 1024)
		stack[at] = 0;
}

static int start_threads(struct guard *guard, const char *proc)
{
	(void)mallopt(M_ARENA_MAX, 1); /* A second arena would lock 64 MiB. */
	guard->reaper_world.procfs = &guard->procfs;
	guard->reaper_world.clerk = &guard->clerk;
	degraded_if(guard,
		    reapers_start(guard->reapers, &guard->reaper_world) <
			    REAPERS,
		    "fewer reapers than wanted");
	atomic_store(&guard->clerk.may_swap,
		     guard->sample.memory.swap_total_kib > 0);
	return clerk_start(&guard->clerk, proc, &guard->reaper_world.cgroupfs,
			   &guard->census, &guard->settings, clock_now_ms());
}

static void tell_guarding(struct guard *guard)
{
	const struct levels *levels = &guard->decision.levels;
	char bytes[TELL_LINE_SIZE];
	struct text line;

	text_init(&line, bytes, sizeof(bytes));
	text_put(&line, guard->settings.mode == MODE_OBSERVE
				? "guarding (observing only): "
				: "guarding: ");
	text_put_kib(&line, levels->base_kib);
	text_put(&line, " of memory, warn ");
	text_put_kib(&line, levels->warn_kib);
	text_put(&line, ", term ");
	text_put_kib(&line, levels->term_kib);
	text_put(&line, ", kill ");
	text_put_kib(&line, levels->kill_kib);
	text_put(&line, "; ");
	report_decision(&line, &guard->decision);
	announce_words(guard, RECORD_STARTED, bytes);
}

/*
 * A /proc of another pid namespace has other processes behind the same
 * numbers: to signal by it would end strangers.
 */
static bool is_own_namespace(const struct procfs *procfs)
{
	char bytes[16], self[16];
	struct text text;
	ssize_t length = readlinkat(procfs->root, "self", bytes, sizeof(bytes));

	text_init(&text, self, sizeof(self));
	text_put_int(&text, getpid());
	return length == (ssize_t)text.length &&
	       memcmp(bytes, self, text.length) == 0;
}

static int start_samples(struct guard *guard, const char *proc)
{
	int error = procfs_open(&guard->procfs, proc);

	if (error)
		return error;
	if (guard->procfs.is_kernel && !is_own_namespace(&guard->procfs))
		return -EXDEV;
	trend_init(&guard->trend);
	watch_init(&guard->watch);
	strikes_init(&guard->strikes);
	guard->sample.page_kib = (int32_t)(sysconf(_SC_PAGESIZE) / 1024);
	guard->sample.at_ms = clock_now_ms();
	if (procfs_read_sample(&guard->procfs, &guard->sample) & PROCFS_MEMINFO)
		return -EBADMSG;
	(void)procfs_read_vmstat(&guard->procfs, &guard->sample);
	census_init(&guard->census, guard->sample.memory.total_kib);
	guard->told.oom_kills = guard->sample.vmstat.oom_kills;
	guard->first_oom_kills = guard->told.oom_kills;
	trend_update(&guard->trend, &guard->sample);
	guard->decision = decide(&guard->settings, &guard->sample,
				 &guard->trend, &guard->watch);
	return 0;
}

/* Nobody waits for a teller: the manager learns that the guard guards. */
static void start_teller(struct guard *guard)
{
	guard_publish(guard, guard->started_ms, true);
	link_start(&guard->link, guard->started_ms);
	if (!link_is_up(&guard->link))
		guard_ready(guard);
}

/* Of a stage only what is named is marked. */
static void start_cgroupfs(struct guard *guard, const char *cgroup)
{
	struct cgroupfs *cgroupfs = &guard->reaper_world.cgroupfs;

	cgroupfs->root = -1;
	if (!cgroup && !guard->procfs.is_kernel)
		return;
	int error = cgroupfs_open(cgroupfs, cgroup);
	cgroupfs_read_limits(cgroupfs, &guard->limits);
	if (error && guard->settings.oom_mark)
		degraded(guard,
			 "no cgroups of version 2: services with "
			 "Restart=on-failure stay down after SIGTERM",
			 error == -ENOTSUP ? 0 : error);
}

static bool has_protected(const struct settings *settings)
{
	for (uint32_t i = 0; i < settings->rules_count; i++)
		if (settings->rules[i].effect == RULE_PROTECT_UNIT ||
		    settings->rules[i].effect == RULE_PROTECT_PROCESS)
			return true;
	return false;
}

static void start_warden(struct guard *guard, const char *proc)
{
	int error = warden_start(&guard->warden, proc,
				 guard->reaper_world.cgroupfs.root,
				 &guard->clerk, &guard->settings);

	if (error)
		degraded(guard, "nobody is protected from the kernel", error);
	if (!has_protected(&guard->settings))
		return;
	if (!guard->privileges.may_resource || !guard->privileges.may_adjust)
		degraded(guard,
			 "no CAP_SYS_RESOURCE or CAP_DAC_OVERRIDE: the "
			 "protected are not protected from the kernel",
			 0);
	if (guard->warden.trouble)
		degraded(guard, guard->warden.trouble, 0);
}

void guard_stop(struct guard *guard)
{
	warden_stop(&guard->warden, STOP_MOST_MS);
}

int guard_start(struct guard *guard, const char *proc, const char *cgroup,
		const char *teller)
{
	guard->self = getpid();
	guard->uid = getuid();
	guard->cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
	guard->cgroup_is_fast = cgroup_is_fast();
	guard->reload = -1;
	guard->chosen = -1;
	guard->runner_up = -1;
	guard->looked_ms = -1;
	guard->published_ms = -1;
	guard->started_ms = clock_now_ms();
	guard->told.lower_since_ms = -1;
	guard->decision.exhaustion_ms = INT64_MAX;
	for (int i = 0; i < STRIKES_MAX; i++) {
		guard->victims[i].pidfd = -1;
		pack_init(&guard->victims[i].pack);
	}
	notify_open(&guard->notify);
	int unlinked = link_open(&guard->link, teller);
	start_descriptors(guard);
	start_privileges(guard);
	if (unlinked)
		degraded(guard, "no memory to share: no teller", unlinked);
	int error = start_samples(guard, proc);
	if (!error)
		error = start_signals(guard);
	start_cgroupfs(guard, cgroup);
	if (!error)
		error = start_threads(guard, proc);
	if (error)
		return error;
	start_trigger(guard);
	error = guard_rehearse(guard);
	if (error)
		degraded(guard, "the kill path failed in rehearsal", error);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
	(void)signal(SIGCHLD, SIG_IGN); /* Nobody waits for a reload's child. */
	start_census(guard);
	start_warden(guard, proc);
	touch_stack();
	privilege_lock_memory(&guard->privileges);
	degraded_if(guard, !guard->privileges.is_locked,
		    "memory is not fully locked (RLIMIT_MEMLOCK): the "
		    "guard itself may be slowed down");
	tell_guarding(guard);
	start_teller(guard);
	return 0;
}
