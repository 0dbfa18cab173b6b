# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Boots guests until all that is chosen has been played. From tests/vm/run:
# work, image, guard, daemon, with, memory, disk.
# shellcheck disable=SC2154

# Fills the second disk.
load() {
	local role payload=$work/payload
	mkdir "$payload"
	cp -r tests/vm/{driver,play,scenarios} tests/vm/*.sh "$payload"
	echo "$daemon" >"$payload/daemon"
	for role in observer actor biggest; do
		gcc -std=c11 -D_GNU_SOURCE -O2 -static -o "$payload/$role" \
			"tests/vm/$role.c"
	done
	sed -n 's/^ \*   \([a-z]*\) [A-Z].*/\1/p' tests/vm/actor.c |
		while read -r role; do ln -s actor "$payload/$role"; done
	cp "$guard" "$payload/oomguardd"
	if one_needs bench; then
		build --target bench_growth
		cp build/release/tests/bench_growth "$payload"
	fi
	if one_needs package; then
		./package >&2
		cp build/oomguard_*.deb "$payload"
	fi
	[ ${#with[@]} = 0 ] || cp "${with[@]}" "$payload"
	chmod -R go+rX "$payload"
	mke2fs -q -t ext4 -d "$payload" "$work/payload.ext4" \
		$(($(du -sm "$payload" | cut -f1) + 16))M >/dev/null
}

one_needs() {
	local name
	while read -r name; do
		! needs "$name" "$1" || return 0
	done <"$work/chosen"
	return 1
}

# boot MEMORY/DISK[/NAME]; erms, fsrm: emulated, they clear memory byte by byte.
# The kernel has a driver for NVMe built in, so that no initrd is needed; two of
# these, or two namespaces, may have their names in any order.
boot() {
	local of limit=
	IFS=/ read -ra of <<<"$1"
	[ -z "${disk:-${of[1]-}}" ] ||
		limit=,throttling.bps-total=${disk:-${of[1]}}
	exec qemu-system-x86_64 -accel tcg,thread=multi \
		-cpu max,erms=off,fsrm=off -m "${memory:-${of[0]}}" -smp 2 \
		-display none -no-reboot -nodefaults -kernel "$image/vmlinuz" \
		-append "console=ttyS0 root=/dev/nvme0n1 rw psi=1 panic=-1 quiet no_timer_check" \
		-drive "id=root,file=$image/root.ext4,format=raw,if=none,snapshot=on,cache=unsafe$limit" \
		-device nvme,drive=root,serial=root \
		-drive "file=$work/payload.ext4,format=raw,if=virtio,readonly=on" \
		-serial "file:$work/console" -serial "file:$work/results"
}

# One line for each thing that is worth to be seen while it runs.
show() {
	# shellcheck disable=SC2016 # the variables are awk's
	stdbuf -oL tr -d '\r' | stdbuf -oL awk -v of="$(wc -l <"$work/chosen")" \
		-v done="$(wc -l <"$work/judged")" '
		$1 == "N" && $3 == "BEGIN" { print "== " ++done "/" of " " $4; next }
		$1 == "N" && $3 == "CHANGED" { $1 = $2 = ""; print "  " $0 }
		$1 == "N" && $3 == "R" { $1 = $2 = $3 = ""; print " " $0; next }
		$1 == "N" && ($3 == "guest" || $3 == "daemon") { $1 = $2 = ""; print " " $0 }
		$1 == "N" && $3 == "extremes" { $1 = $2 = ""; print "  " $0 }
		$1 == "G" { $1 = $2 = ""; print "    |" $0 }'
}

# How long the guest may take until something new must have begun or ended.
patience() {
	local word name
	read -r word name <<<"$(grep -aoE '(BEGIN|END) [a-z0-9-]+' \
		"$work/results" | tail -n 1)"
	if [ "$word" = BEGIN ]; then
		echo $(($(seconds "$name") + 120))
	else
		echo 300
	fi
}

# Ends a guest that hangs.
mind() {
	local before='' now since=$SECONDS
	while kill -0 "$1" 2>/dev/null; do
		sleep 1
		now=$(grep -acE '^N [0-9]+ (BEGIN|END)' "$work/results")
		[ "$now" = "$before" ] || since=$SECONDS before=$now
		[ $((SECONDS - since)) -le "$(patience)" ] || {
			echo "the guest hangs" >&2
			kill -KILL "$1"
		}
	done
}

# Boots once, and plays what it can of those in "$work/group".
play_some() {
	local shown name
	while read -r name; do
		echo "$name $(seconds "$name")"
	done <"$work/group" >"$work/list"
	debugfs -w "$work/payload.ext4" -R "rm list" &>/dev/null || :
	debugfs -w "$work/payload.ext4" -R "write $work/list list" &>/dev/null
	: >"$work/results"
	boot "$1" >"$work/qemu.log" 2>&1 &
	qemu=$!
	tail -f --pid=$qemu "$work/results" | show &
	shown=$!
	mind $qemu
	wait $qemu || cat "$work/qemu.log" >&2
	wait $shown || :
	qemu=
	boots=$((boots + 1))
	tr -d '\r' <"$work/results" >"$work/results.$boots"
	cp "$work/console" "$work/console.$boots"
	tests/vm/judge "$work/results.$boots" >"$work/new"
	cat "$work/new" >>"$work/judged"
	cut -f1 "$work/new" | grep -vxFf - "$work/group" >"$work/rest" || :
	mv "$work/rest" "$work/group"
	[ -s "$work/new" ]
}

# Those of the same boot, until none is left, or it does not boot twice.
play_group() {
	local name
	while [ -s "$work/group" ]; do
		play_some "$1" || play_some "$1" || break
	done
	while read -r name; do
		printf '%s\tFAIL\t0\t-\t-\t-\tnot run: it does not boot\n' "$name"
	done <"$work/group" >>"$work/judged"
}

play_all() {
	local name of
	: >"$work/judged"
	while read -r name; do
		echo "$(boot_of "$name") $name"
	done <"$work/chosen" >"$work/boots_of"
	while read -r of; do
		awk -v of="$of" '$1 == of { print $2 }' "$work/boots_of" >"$work/group"
		play_group "$of"
	done < <(cut -d' ' -f1 "$work/boots_of" | awk '!seen[$0]++')
	echo $boots >"$work/boots"
}

# What failed, once more: a machine that emulates is slowed down by others.
# The first verdict stays to be seen.
play_again() {
	cp "$work/judged" "$work/first"
	awk -F'\t' '$2 == "FAIL" { print $1 }' "$work/first" |
		while read -r name; do
			[ -n "$(head_of "$name" fails)" ] || echo "$name"
		done >"$work/chosen"
	[ -s "$work/chosen" ] || return 0
	echo "once more: $(paste -sd ' ' "$work/chosen")"
	play_all
	{
		grep -vE "^($(paste -sd '|' "$work/chosen"))\>" "$work/first"
		awk -F'\t' -v OFS='\t' 'NR == FNR { first[$1] = $7; next }
			{ $7 = ($7 ? $7 "; " : "") "first: " first[$1]; print }
			' "$work/first" "$work/judged"
	} >"$work/both" || :
	mv "$work/both" "$work/judged"
}
