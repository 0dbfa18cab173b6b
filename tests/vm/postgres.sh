# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Runs in the guest: Debian's PostgreSQL under pgbench.
#
#   start_postgres   the cluster, with a little in it, and two clients that last
#   stop_postgres
#   backends         the pids of the processes that serve clients
#   expect_served    all along, clients were served, and none lost a connection

pg_version=$(ls /etc/postgresql)
pg_unit=postgresql@$pg_version-main.service
sql() { runuser -u postgres -- psql -qAtc "$1" 2>/dev/null; }
postmaster() { systemctl show -P MainPID "$pg_unit"; }
backends() { pgrep -f '^postgres: .*(idle|SELECT|UPDATE|COMMIT|BEGIN|INSERT)'; }
commits() { sql 'select sum(xact_commit) from pg_stat_database'; }
answers() { [ "$(sql 'select 1')" = 1 ]; }

start_postgres() {
	cat >"/etc/postgresql/$pg_version/main/conf.d/guest.conf" <<-END
		shared_buffers = 64MB
		fsync = off
		autovacuum = off
		jit = off
	END
	systemctl start "$pg_unit"
	wait_for 90 answers || failed "PostgreSQL does not answer"
	runuser -u postgres -- pgbench -i -q -s 2 2>/run/vm/pgbench.init ||
		failed "pgbench: $(tail -n 1 /run/vm/pgbench.init)"
	systemd-run -q --unit=pgbench --uid=postgres \
		-p StandardOutput=file:/run/vm/pgbench -p StandardError=inherit \
		pgbench -n -c 2 -T 100000 -P 1 --no-vacuum
	wait_for 60 grep -q '^progress' /run/vm/pgbench ||
		failed "pgbench: $(tail -n 1 /run/vm/pgbench)"
	observer note "$pg_unit" "$(commits) commits," \
		"postmaster at $(adj "$(postmaster)")"
	served=$(postmaster)
}

stop_postgres() {
	systemctl stop pgbench "$pg_unit"
	rm -f "/etc/postgresql/$pg_version/main/conf.d/guest.conf"
}

expect_served() {
	local before
	before=$(commits)
	nap 3
	observer note "pgbench: $(tail -n 1 /run/vm/pgbench)"
	expect "the database goes on: ${before:-0} to $(commits) commits" \
		test "$(commits)" -gt "${before:-0}"
	expect "pgbench goes on" systemctl is-active -q pgbench
	expect "no client lost it" bash -c \
		'! grep -iE "error|fatal|lost|aborted" /run/vm/pgbench'
	expect "PostgreSQL lives" test "$(postmaster)" = "$served"
}
