# name	file	change of exactly one line, for sed -E
protected-are-chosen	lib/victim.c	s/return ruling->protect >= 0 \&\&/return false \&\&/
never-list-ignored	lib/victim.c	s/if \(ruling->never >= 0\)/if (false)/
last-resort-always	daemon/seek.c	s/guard->settings\.last_resort == LAST_RESORT_NONE \|\|/false ||/
decided-again-in-vain	daemon/tick.c	s/if \(guard->decision\.urgency < urgency \|\| guard->is_stale/if (guard->is_stale/
above-the-kill-level	daemon/tick.c	s/if \(guard->decision\.urgency < urgency \|\|/if (guard->decision.urgency < URGENCY_TERM ||/
paused-strikes	daemon/tick.c	s/if \(guard->paused_until_ms > 0\)/if (false)/
observe-strikes	daemon/tick.c	s/guard->settings\.mode == MODE_OBSERVE/false/
one-at-a-time	lib/strike.c	s/\(!is_kill \|\| active >= STRIKES_MAX/(active >= STRIKES_MAX/
before-it-is-settled	lib/strike.c	s/decision->at_ms <= strikes->settled_ms \|\|/false ||/
no-grace	lib/strike.c	s/now_ms < grace_ms\)/now_ms < strike->asked_ms + 1)/
no-kill-at-kill	lib/strike.c	s/if \(urgency == URGENCY_KILL\)/if (false)/
never-kill	lib/strike.c	s/return urgency == URGENCY_TERM \?/return false ?/
term-only-is-killed	lib/strike.c	s/if \(strike->term_only\)/if (false)/
term-only-at-kill	lib/strike.c	s/if \(!target->term_only \&\&/if (true \&\&/
grace-of-selector	lib/strike.c	s/target->grace_ms != SETTINGS_UNSET/false/
given-up-early	lib/strike.c	s/ABANDON_MS 3000/ABANDON_MS 30/
reused-pid	lib/kill.c	s/^	if \(error < 0\) \{/	if (false) {/
slow-file-when-hot	lib/scan.c	s/if \(scan->cgroup_is_fast\) \{/if (true) {/
nothing-put-back	daemon/keeper_back.c	s/count = put_back_round\(keeper, only_nominated\);/count = 0;/
not-put-back-below	lib/protect.c	s/return \(struct protect_plan\)\{ PROTECT_PUT_BACK, given->former,/return (struct protect_plan){ PROTECT_FORGET, given->former,/
ours-taken-for-its-own	lib/protect.c	s/^		       given->present == given->ours;/		       false;/
sleeps-long	lib/decide.c	s/SLEEP_MOST_MS 10000/SLEEP_MOST_MS 90000/
spins	lib/decide.c	s/SLEEP_LEAST_MS 10$/SLEEP_LEAST_MS 1/
level-of-nobody	lib/decide.c	s/if \(free_kib < term_kib\)/if (free_kib < 2 * term_kib + 1)/
