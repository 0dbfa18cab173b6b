/* SPDX-License-Identifier: MIT */
#include "privilege.h"

#include <errno.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static const cap_value_t wanted[] = { CAP_KILL, CAP_DAC_OVERRIDE,
				      CAP_SYS_RESOURCE, CAP_SYS_PTRACE };

static bool is_wanted(cap_value_t value)
{
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (wanted[i] == value)
			return true;
	return false;
}

static bool is_set(cap_t caps, cap_value_t value, cap_flag_t flag)
{
	cap_flag_value_t set = CAP_CLEAR;

	return cap_get_flag(caps, value, flag, &set) == 0 && set == CAP_SET;
}

/*
 * Without CAP_SETPCAP there is no bounding set to change: then the service
 * manager or an ordinary user started the guard, and no_new_privs suffices.
 */
static void give_up_others(cap_t caps)
{
	const unsigned int locked =
		SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
		SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
		SECBIT_NO_CAP_AMBIENT_RAISE |
		SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

	(void)cap_reset_ambient(); /* Not there before Linux 4.3. */
	if (!is_set(caps, CAP_SETPCAP, CAP_EFFECTIVE))
		return;
	for (cap_value_t value = 0; value <= CAP_LAST_CAP; value++)
		if (!is_wanted(value))
			(void)cap_drop_bound(value); /* Not known, not set. */
	(void)cap_set_secbits(locked); /* no_new_privs holds without it. */
}

static int keep_wanted(cap_t old)
{
	cap_t kept = cap_init();
	int error = 0;

	if (!kept)
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if (!is_set(old, wanted[i], CAP_PERMITTED))
			continue;
		(void)cap_set_flag(kept, CAP_PERMITTED, 1, &wanted[i], CAP_SET);
		(void)cap_set_flag(kept, CAP_EFFECTIVE, 1, &wanted[i], CAP_SET);
	}
	if (cap_set_proc(kept) != 0)
		error = -errno;
	(void)cap_free(kept);
	return error;
}

static int read_back(struct privilege_set *privileges)
{
	cap_t caps = cap_get_proc();

	if (!caps)
		return -errno;
	privileges->may_kill = is_set(caps, CAP_KILL, CAP_EFFECTIVE);
	privileges->may_adjust = is_set(caps, CAP_DAC_OVERRIDE, CAP_EFFECTIVE);
	privileges->may_resource =
		is_set(caps, CAP_SYS_RESOURCE, CAP_EFFECTIVE);
	privileges->may_inspect = is_set(caps, CAP_SYS_PTRACE, CAP_EFFECTIVE);
	(void)cap_free(caps);
	return 0;
}

int privilege_drop(struct privilege_set *privileges)
{
	cap_t caps = cap_get_proc();
	int error;

	if (!caps)
		return -errno;
	give_up_others(caps);
	error = keep_wanted(caps);
	(void)cap_free(caps);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 && !error)
		error = -errno;
	int unread = read_back(privileges);
	return error ? error : unread;
}

void privilege_lock_memory(struct privilege_set *privileges)
{
	privileges->is_locked = mlockall(MCL_CURRENT | MCL_FUTURE) == 0;
	/* Little is better than nothing: what is touched stays. */
	if (!privileges->is_locked)
		(void)mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}

void privilege_make_realtime(struct privilege_set *privileges)
{
	const struct sched_param parameter = { .sched_priority = 1 };
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };

	(void)setrlimit(RLIMIT_MEMLOCK, &unlimited); /* Shows at mlockall. */
	(void)setrlimit(RLIMIT_NICE, &unlimited);    /* For the reapers. */
	privileges->is_realtime =
		sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK,
				   &parameter) == 0;
}

bool privilege_is_realtime(void)
{
	int policy = sched_getscheduler(0);

	return policy >= 0 && (policy & ~SCHED_RESET_ON_FORK) == SCHED_RR;
}
