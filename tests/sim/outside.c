/* SPDX-License-Identifier: MIT */
/* What of daemon/ is about the rights of the guard's own process. */
#include "guard.h"
#include "machine.h"
#include "privilege.h"

int privilege_drop(struct privilege_set *privileges)
{
	privileges->may_kill = privileges->may_adjust =
		privileges->may_resource = privileges->may_inspect = true;
	return 0;
}

void privilege_lock_memory(struct privilege_set *privileges)
{
	privileges->is_locked = true;
}

void privilege_make_realtime(struct privilege_set *privileges)
{
	privileges->is_realtime = true;
}

void privilege_use_resource(bool uses)
{
	machine.is_without_resource = !uses;
}

bool privilege_is_realtime(void)
{
	return true;
}

int guard_rehearse(struct guard *guard)
{
	(void)guard;
	return 0;
}
