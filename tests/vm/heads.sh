# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What the heads of scenarios say (README.md); names are files of scenarios/.

scenarios() { find tests/vm/scenarios -type f -printf '%f\n' | sort; }

# head_of NAME KEY: the value of "# KEY: VALUE".
head_of() { sed -n "/^[^#]/q; s/^# $2: //p" "tests/vm/scenarios/$1"; }

about() { sed -n '3s/^# //p' "tests/vm/scenarios/$1"; }

seconds() {
	local s
	s=$(head_of "$1" seconds)
	echo "${s:-180}"
}

# needs NAME WHAT: succeeds if it does, and says how much of it.
needs() {
	head_of "$1" needs | tr ',' '\n' | sed 's/^ *//' |
		awk -v what="$2" '$1 == what { found = 1; print $2 }
			END { exit !found }'
}

# is_in_set NAME SET GUEST
is_in_set() {
	local words
	read -ra words <<<"$(head_of "$1" 'set')"
	[ "${words[0]-}" = "$2" ] &&
		{ [ "$3" = trixie ] || [[ " ${words[*]:1} " == *" $3 "* ]]; }
}

# suits NAME GUEST DAEMON: it can say something there.
suits() {
	local guest
	if guest=$(needs "$1" guest) && [ "$guest" != "$2" ]; then
		return 1
	fi
	[ "$3" = oomguard ] || [ "$(head_of "$1" must)" != own ]
}

# Those that are played in one boot have the same.
boot_of() {
	local boot
	boot=$(needs "$1" memory || echo 1024)/$(needs "$1" disk || :)
	! needs "$1" boot >/dev/null || boot+=/$1
	echo "$boot"
}
