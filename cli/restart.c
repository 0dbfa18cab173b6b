/* SPDX-License-Identifier: MIT */
#include "restart.h"

#include <string.h>

static bool restart_is_clean(const char *signal)
{
	return strcmp(signal, "SIGKILL") != 0;
}

bool restart_returns(const char *restart, const char *signal)
{
	if (strcmp(restart, "always") == 0)
		return true;
	if (strcmp(restart, "on-success") == 0)
		return restart_is_clean(signal);
	if (strcmp(restart, "on-failure") == 0 ||
	    strcmp(restart, "on-abnormal") == 0 ||
	    strcmp(restart, "on-abort") == 0)
		return !restart_is_clean(signal);
	return false;
}

const char *restart_words(const char *restart, const char *signal)
{
	if (!*restart)
		return "not known: nothing is said about its unit";
	if (restart_returns(restart, signal))
		return "systemd starts the unit again, if its main process "
		       "ended";
	if (strcmp(restart, "no") == 0)
		return "the unit stays down, if its main process ended: start "
		       "it yourself";
	if (restart_is_clean(signal))
		return "for systemd SIGTERM is a clean end: the unit stays "
		       "down, if its main process ended";
	return "the unit stays down, if its main process ended";
}
