# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Runs in the guest: the package's own unit instead of a bare guard, with its
# teller, its watchdog and whoever starts it again.
#
#   start_unit          installs the package; the driver purges it
#   guard_pid           of the unit
#   short_of MIB        less than that is available

property() { systemctl show -P "$1" oomguard; }
guard_pid() { property MainPID; }
teller_pid() { pgrep -P "$(guard_pid)" oomguard-teller; }
is_guarding() { [[ $(property StatusText) == calm:* ]]; }
short_of() { [ "$(value MemAvailable: /proc/meminfo)" -lt $(($1 * 1024)) ]; }
# is_new PID: the unit has another one, which guards.
is_new() {
	local pid
	pid=$(guard_pid)
	[ "$pid" != "$1" ] && [ "$pid" != 0 ] && systemctl is-active -q oomguard
}

start_unit() {
	systemd-run -q --unit=follower -p StandardOutput=file:/run/vm/told.fifo \
		journalctl -q -f -n 0 -o cat -u oomguard
	apt-get -qq install --no-install-recommends /payload/oomguard_*.deb \
		>/run/vm/apt 2>&1 </dev/null || failed "$(cat /run/vm/apt)"
	wait_for 30 is_guarding || failed "the unit does not guard"
	nap 3
}
