/* SPDX-License-Identifier: MIT */
#include "restart.h"

#include <string.h>

static bool restart_is_clean(const char *end)
{
	return strcmp(end, "SIGKILL") != 0 &&
	       strcmp(end, RESTART_OOM_KILL) != 0;
}

bool restart_returns(const char *restart, const char *end)
{
	if (strcmp(restart, "always") == 0)
		return true;
	if (strcmp(restart, "on-success") == 0)
		return restart_is_clean(end);
	if (strcmp(restart, "on-failure") == 0 ||
	    strcmp(restart, "on-abnormal") == 0)
		return !restart_is_clean(end);
	if (strcmp(restart, "on-abort") == 0)
		return strcmp(end, "SIGKILL") == 0;
	return false;
}

const char *restart_words(const char *restart, const char *end)
{
	if (!*restart)
		return "not known: nothing is said about its unit";
	if (restart_returns(restart, end))
		return strcmp(end, RESTART_OOM_KILL) == 0
			       ? "systemd takes it for oom-kill and starts the "
				 "unit again (not with OOMPolicy=continue)"
			       : "systemd starts the unit again, if its main "
				 "process ended";
	if (strcmp(restart, "no") == 0)
		return "the unit stays down, if its main process ended: start "
		       "it yourself";
	if (restart_is_clean(end))
		return "for systemd SIGTERM is a clean end: the unit stays "
		       "down, if its main process ended";
	return "the unit stays down, if its main process ended";
}
