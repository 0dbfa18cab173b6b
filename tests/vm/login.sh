# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Runs in the guest: logins by ssh, in sessions as they are made for everybody.
#
#   login NAME COMMAND...   in a session, which tells its pid: session_pid NAME
#   sshd                    the pid of the server

sshd() { systemctl show -P MainPID ssh; }
session_pid() { cat "/run/vm/session.$1"; }

rm -f /run/vm/session.*
[ -e /root/.ssh/id_ed25519 ] || ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519
cp /root/.ssh/id_ed25519.pub /root/.ssh/authorized_keys
cat >/run/vm/login <<'END'
echo $$ >"/run/vm/session.$1"
exec "${@:2}"
END

login() {
	systemd-run -q --unit="client-$1" ssh -tt -o BatchMode=yes \
		-o StrictHostKeyChecking=no root@localhost \
		bash /run/vm/login "$@"
	wait_for 60 test -s "/run/vm/session.$1" || failed "no login"
	observer note "session $1" "$(adj "$(session_pid "$1")")" \
		"$(cat "/proc/$(session_pid "$1")/cgroup")" "sshd $(adj "$(sshd)")"
}
