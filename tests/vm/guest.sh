# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Runs in the guest: the words that scenarios are written in.
#
#   ballast MIB               a locked process leaves so much available
#   swap MIB | zram MIB       so much swap, in a file or in memory
#   spare UNIT...             other daemons are to spare these, too
#   start_guard [OPTION]...   oomguardd as a transient service, without a teller;
#                             or the daemon of this run (daemons.sh)
#   begin                     from here on extremes are watched, and services
#   actor NAME [SYSTEMD-RUN-OPTION]... -- COMMAND...
#                             in a scope of its own, by the user nobody
#   await SECONDS NAME...     until these have ended; fails when they do not
#   nap SECONDS               without a fork
#   adj PID                   its oom_score_adj
#   is_at PID VALUE           whether it is this
# and what is expected, each an "ok" or a "FAILED" in the results:
#   expect WORDS COMMAND...   the command succeeds
#   expect_end NAME HOW       HOW is "signal 15", "exit 3"; or "alive"
#   expect_told REGEX         a line of the guard; expect_not_told: none
#   expect_strikes LEAST MOST [REGEX]
#                             so many strikes were told, each with this in it
#   expect_calm MS            no kill by the kernel, no longer gap in a service
# What oomguard told, and which signal it was, is no matter for other daemons.
# Whoever is not an actor must live: services that beat, some of every machine,
# and innocents that only hold memory. The driver cleans up after each scenario.

# shellcheck source=/dev/null
. /payload/daemons.sh
daemon=$(cat /payload/daemon)
[ -p /run/vm/nap ] && exec 9<>/run/vm/nap

nap() { read -r -t "$1" -u 9 || [ -p /run/vm/nap ] || sleep "$1"; }
value() { awk -v name="$1" '$1 == name { print $2; exit }' "$2"; }
ok() { observer note R ok "$@"; }
failed() {
	observer note R FAILED "$@"
	failures=$((failures + 1))
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
	local until=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $until ] || return 1
		nap 0.2
	done
}

adj() { cat "/proc/$1/oom_score_adj"; }
is_at() { [ "$(adj "$1")" = "$2" ]; }

ballast() {
	systemd-run -q --unit=ballast -p OOMScoreAdjust=-1000 \
		-p LimitMEMLOCK=infinity /payload/ballast $(($1 * 1024))
	wait_for 60 test -e /run/vm/ballast
	nap 1
}

swap() {
	fallocate -l "$1M" /swapfile
	chmod 600 /swapfile
	mkswap -q /swapfile
	swapon /swapfile
}

zram() {
	modprobe zram
	udevadm settle
	echo "$1M" >/sys/block/zram0/disksize || failed "no zram"
	mkswap -q /dev/zram0
	swapon /dev/zram0
}

start_guard() { "start_$daemon" "$@"; }

# The main processes of what must live on in every scenario.
services() {
	systemctl show -P MainPID heart exec innocent1 innocent2 innocent3 ssh \
		dbus systemd-journald systemd-udevd systemd-logind ballast |
		tr '\n' ' '
}

begin() {
	lived=$(services)
	observer begin
	observer note began
}

actor() {
	local name=$1 options=()
	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	observer run "$name" systemd-run -q --scope --unit="$name" --collect \
		--uid=nobody "${options[@]}" "$@" 9<&- &
}

have_ended() {
	local name
	for name; do
		[ -e "/run/vm/$name.end" ] || return 1
	done
}

await() {
	local seconds=$1
	shift
	wait_for "$seconds" have_ended "$@" || failed "$* did not end"
}

expect() {
	local words=$1
	shift
	if "$@"; then ok "$words"; else failed "$words"; fi
}

same_end() {
	[ "$daemon" != oomguard ] && [[ $1 == signal* && $2 == signal* ]]
}

expect_end() {
	local end=alive
	[ ! -e "/run/vm/$1.end" ] || read -r end <"/run/vm/$1.end"
	if [ "$end" = "$2" ] || same_end "$end" "$2"; then ok "$1: $end"; else
		failed "$1: $end, not $2"
	fi
}

is_told() { [ "$daemon" = oomguard ]; }
expect_told() { ! is_told || expect "told: $1" grep -qE "$1" /run/vm/told; }
expect_not_told() {
	is_told || return 0
	if grep -qE "$1" /run/vm/told; then failed "told: $1"; else
		ok "not told: $1"
	fi
}

strikes() { grep -E '^strike [0-9]+: SIG' /run/vm/told; }
expect_strikes() {
	local all such
	is_told || return 0
	all=$(strikes | grep -c .)
	such=$(strikes | grep -cE "${3-.}")
	expect "$all strikes, $such for: ${3-any reason}" \
		test "$all" = "$such" -a "$all" -ge "$1" -a "$all" -le "$2"
}

extreme() { observer extremes | value "$1" -; }

expect_calm() {
	local gap kills
	gap=$(extreme heart_gap_ms)
	kills=$(extreme oom_kills)
	if [ "$kills" = 0 ]; then ok "oom_kill 0"; else
		failed "$kills killed by the kernel"
	fi
	if [ "$gap" -le "$1" ]; then ok "longest gap $gap ms"; else
		failed "longest gap $gap ms > $1 ms"
	fi
}

# A file that does not fit into what the ballast leaves.
big_file() { [ -e /var/tmp/big ] || spill /var/tmp/big 500; }

tell_extremes() {
	expect "services live" test "$(services)" = "$lived"
	observer note extremes "$(observer extremes | tr '\n' ' ')"
}

# start_service UNIT COMMAND...
start_service() {
	local unit=$1
	shift
	systemctl is-active -q "$unit" ||
		systemd-run -q --unit="$unit" -p OOMScoreAdjust=0 \
			-p LimitMEMLOCK=infinity \
			-p StandardOutput=append:/dev/ttyS1 \
			"/payload/$1" "${@:2}"
}

start_services() {
	start_service watch observer watch
	start_service heart observer heart /usr/lib/x86_64-linux-gnu/libc.so.6
	start_service exec observer exec
	for i in 1 2 3; do start_service innocent$i hold 10; done
}

# Units of the scenario: all that are transient but the services above.
leftovers() {
	systemctl list-units --plain --no-legend --type=scope |
		awk '$1 !~ /^(init|session)/ { print $1 }'
	find /run/systemd/transient -name '*.service' -printf '%f\n' |
		grep -vE '^(watch|heart|exec|innocent[0-9])\.'
}

# What a scenario may not change: memory, swap, what runs.
state() {
	echo "available $(($(value MemAvailable: /proc/meminfo) / 65536))"
	tail -n +2 /proc/swaps
	cat /proc/sys/vm/nr_hugepages
	cut -d' ' -f2 /proc/mounts
	systemctl list-units --plain --no-legend --type=service,scope |
		awk '$1 !~ /^(session|user)/ { print $1, $3 }'
}

# Within 64 MiB: what was cached at first may have been dropped since.
is_as_before() {
	local before now
	state >/run/vm/now
	before=$(value available /run/vm/state)
	now=$(value available /run/vm/now)
	[ "$now" -ge $((before - 1)) ] &&
		diff <(grep -v ^available /run/vm/state) \
			<(grep -v ^available /run/vm/now) >/run/vm/changes
}

# With few calls of systemctl: emulated, each takes a second.
clean() {
	local units
	stop_daemon
	mapfile -t units < <(leftovers)
	[ ${#units[@]} = 0 ] || {
		systemctl kill -s KILL "${units[@]}"
		systemctl stop "${units[@]}"
	} 2>/dev/null
	[ ! -e /usr/sbin/oomguardd ] ||
		apt-get -qq purge oomguard >/dev/null 2>&1 </dev/null
	systemctl reset-failed
	umount -fl /run/vm/mount 2>/dev/null
	echo 0 >/proc/sys/vm/nr_hugepages
	start_services
	swapoff -a
	[ ! -e /dev/zram0 ] || modprobe -r zram
	rm -f /swapfile /run/vm/{*.end,ballast,crowd,saved}
	: >/run/vm/told
	sync
	echo 3 >/proc/sys/vm/drop_caches
	nap 1
}
