# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Runs in the guest: who guards in this run, and how each is started. All are
# told to spare the same units, each in its own way; else they have the
# configuration that Debian gives them.

guard_options=()	# of systemd-run
spared=(watch heart exec payload ssh dbus systemd-journald systemd-udevd
	systemd-logind)

# spare UNIT...: these, too; oomguard is told by its configuration.
spare() { spared+=("$@"); }

# The names of all processes in the spared units, as a regular expression.
spared_names() {
	local unit
	for unit in "${spared[@]}"; do
		cat "/sys/fs/cgroup$(systemctl show -P ControlGroup "$unit")"/cgroup.procs
	done | sed 's,.*,/proc/&/comm,' | xargs cat 2>/dev/null | sort -u |
		paste -sd'|' | sed 's/.*/^(&)$/'
}

# start_packaged UNIT: as the package starts it, after its mask has gone.
start_packaged() {
	rm -f "/etc/systemd/system/$1".{service,socket}
	systemctl daemon-reload
	systemctl start "$1" || failed "$1 does not start"
	wait_for 30 systemctl is-active -q "$1"
	nap 5
}

start_oomguard() {
	systemd-run -q --unit=guard --collect -p OOMScoreAdjust=-999 \
		-p LimitMEMLOCK=infinity -p LimitRTPRIO=1 \
		-p StandardOutput=file:/run/vm/told.fifo \
		-p StandardError=file:/run/vm/told.fifo \
		"${guard_options[@]}" \
		/payload/oomguardd --teller none "$@" 9<&-
	wait_for 20 grep -q ^guarding: /run/vm/told ||
		failed "the guard does not guard"
	nap 3
	# shellcheck disable=SC2034 # for scenarios
	guard_pid=$(systemctl show -P MainPID guard)
}

# Before 1.8 it has no --ignore; avoiding is less.
start_earlyoom() {
	local spare=--avoid
	! earlyoom --help 2>&1 | grep -q -e --ignore || spare=--ignore
	echo "EARLYOOM_ARGS=\"-r 3600 $spare '$(spared_names)'\"" \
		>/etc/default/earlyoom
	start_packaged earlyoom
}

# Debian lets it watch users' services only; here the services are watched, too,
# and the swap, as its manual recommends.
start_systemd-oomd() {
	local unit
	for unit in "${spared[@]}" ballast; do
		systemctl set-property --runtime "${unit%.service}.service" \
			ManagedOOMPreference=omit
	done
	systemctl set-property --runtime system.slice \
		ManagedOOMMemoryPressure=kill ManagedOOMMemoryPressureLimit=50%
	systemctl set-property --runtime -- -.slice ManagedOOMSwap=kill
	start_packaged systemd-oomd
}

start_nohang() {
	[ -e /run/vm/nohang.conf ] || cp /etc/nohang/nohang.conf /run/vm
	{
		cat /run/vm/nohang.conf
		echo "@BADNESS_ADJ_RE_NAME -10000 /// $(spared_names)"
	} >/etc/nohang/nohang.conf
	start_packaged nohang
}

start_biggest() {
	systemd-run -q --unit=guard --collect -p OOMScoreAdjust=-1000 \
		-p LimitMEMLOCK=infinity /payload/biggest
}

start_none() { :; }

daemon_version() {
	case $1 in
	oomguard) /payload/oomguardd --version ;;
	biggest | none) echo - ;;
	*) dpkg-query -W -f '${Version}' "$1" ;;
	esac
}

stop_daemon() {
	case $daemon in
	oomguard | biggest | none) ;; # cleaned up as all that is transient
	*) systemctl stop "$daemon.service" ;;
	esac
	if [ "$daemon" = systemd-oomd ]; then
		systemctl stop systemd-oomd.socket
		systemctl revert -- system.slice -.slice
	fi
} 2>/dev/null
