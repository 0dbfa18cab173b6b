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
largest_backend_kib() {
	ps -o rss= -C postgres | sort -n | tail -n 1
}
has_large_session() { [ "$(largest_backend_kib)" -gt 200000 ]; }
backends() { pgrep -f '^postgres: .*(idle|SELECT|UPDATE|COMMIT|BEGIN|INSERT)'; }
adj() { cat "/proc/$1/oom_score_adj"; }
commits() { sql 'select sum(xact_commit) from pg_stat_database'; }
answers() { [ "$(sql 'select 1')" = 1 ]; }

# Local buffers are memory of the backend alone.
large_session="(echo \"set temp_buffers = '210MB'; create temp table t (x text);
	alter table t alter x set storage plain;
	insert into t select repeat('x', 8000) from generate_series(1, 26000)\"
	exec sleep 100000) | exec psql -qAt"

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
	# A backend that holds more than the leak when that is struck.
	systemd-run -q --unit=session --uid=postgres \
		-p StandardOutput=file:/run/vm/session.out \
		-p StandardError=inherit bash -c "$large_session"
	wait_for 90 has_large_session ||
		failed "no large session: $(largest_backend_kib)" \
			"$(tr '\n' ' ' </run/vm/session.out)"
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
	systemctl stop pgbench session "$pg_unit"
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
