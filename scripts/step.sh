# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# step WORDS COMMAND...: runs a command and shows its output only if it fails.
# The log of all steps is the file that $log names.
step() {
	local what=$1 begun=$SECONDS
	shift
	printf '%-44s' "$what ..."
	mkdir -p "${log%/*}"
	if "$@" >"$log" 2>&1 </dev/null; then
		echo "ok, $((SECONDS - begun)) s"
	else
		echo FAILED
		tail -n 40 "$log" >&2
		echo "All of it is in $log" >&2
		exit 1
	fi
}
