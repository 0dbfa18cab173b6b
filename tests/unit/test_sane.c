/* SPDX-License-Identifier: MIT */
#include "sane.h"

#include <stddef.h>

#include "told.h"

#define AT(member) offsetof(struct told_record, member)
#define TEXT(member)                                                           \
	{                                                                      \
#member, AT(member),                                           \
			sizeof(((struct told_record *)0)->member), 0           \
	}
#define NUMBER(member, value)                                                  \
	{                                                                      \
#member, AT(member),                                           \
			sizeof(((struct told_record *)0)->member), value       \
	}

static const struct {
	const char *name;
	size_t offset;
	size_t size;
	int64_t value; /* 0: a text, that is filled up to its end */
} insane[] = {
	TEXT(record.text),
	TEXT(record.cgroup),
	TEXT(record.victim.unit),
	TEXT(record.victim.status.comm),
	TEXT(record.runner_up.unit),
	TEXT(record.runner_up.status.comm),
	TEXT(record.biggest[0].comm),
	TEXT(record.biggest[RECORD_PEERS - 1].comm),
	TEXT(record.growing[RECORD_PEERS - 1].comm),
	TEXT(extra.cmdline),
	TEXT(extra.user),
	TEXT(extra.container),
	TEXT(extra.restart),
	NUMBER(record.version, RECORD_VERSION + 1),
	NUMBER(record.size, 1),
	NUMBER(record.kind, RECORD_KINDS),
	NUMBER(record.kind, -1),
	NUMBER(record.outcome, OUTCOME_RECOVERED + 1),
	NUMBER(record.number, INT64_MIN),
	NUMBER(record.signal, -1),
	NUMBER(record.signal, 65),
	NUMBER(record.is_told, 2),
	NUMBER(record.has_victim, 2),
	NUMBER(record.has_runner_up, 255),
	NUMBER(record.is_marked, 2),
	NUMBER(record.realtime_us, INT64_MAX),
	NUMBER(record.monotonic_ms, INT64_MIN),
	NUMBER(record.available_kib, INT64_MAX),
	NUMBER(record.decision.urgency, URGENCY_KILL + 1),
	NUMBER(record.decision.reason, REASON_EXHAUSTION + 1),
	NUMBER(record.decision.observed, INT64_MAX),
	NUMBER(record.decision.unowned_kib, INT64_MAX),
	NUMBER(record.decision.exhaustion_ms, -1),
	NUMBER(record.decision.levels.swap_kill_kib, INT64_MIN),
	NUMBER(record.decision.swap_is_held, 2),
	NUMBER(record.strike.stage, STAGE_EXITED + 1),
	NUMBER(record.strike.calm_ms, INT64_MAX),
	NUMBER(record.strike.exited_ms, INT64_MIN),
	NUMBER(record.strike.term_only, 2),
	NUMBER(record.strike.is_writer, 2),
	NUMBER(record.strike.unowned_kib, INT64_MAX),
	NUMBER(record.victim.exemption, EXEMPT_NO_RELIEF + 1),
	NUMBER(record.victim.status.has_memory, 2),
	NUMBER(record.victim.relief_kib, INT64_MAX),
	NUMBER(record.victim.sigterm_is_futile, 2),
	NUMBER(record.victim.is_vague, 2),
	NUMBER(record.victim.is_culprit, 2),
	NUMBER(record.victim.choice, CHOICE_LAST_RESORT + 1),
	NUMBER(record.victim.grown.is_known, 2),
	NUMBER(record.victim.grown.has_history, 2),
	NUMBER(record.victim.grown.is_member, 2),
	NUMBER(record.victim.grown.window, GROWTH_WINDOWS),
	NUMBER(record.runner_up.badness_kib, INT64_MIN),
};

START_TEST(test_insane)
{
	struct told_record told = told_full(RECORD_OUTCOME);
	char *place = (char *)&told + insane[_i].offset;

	ck_assert(sane_told(&told));
	if (insane[_i].value == 0)
		memset(place, 'x', insane[_i].size);
	else
		memcpy(place, &insane[_i].value, insane[_i].size);
	ck_assert_msg(!sane_told(&told), "%s", insane[_i].name);
}
END_TEST

START_TEST(test_sane)
{
	struct told_record told = told_least((enum record_kind)_i);

	ck_assert(sane_told(&told));
}
END_TEST

/* Who adds a member checks it in sane.c, and then comes here. */
START_TEST(test_members)
{
#ifdef __LP64__
	ck_assert_uint_eq(sizeof(struct decision), 152);
	ck_assert_uint_eq(sizeof(struct strike), 144);
	ck_assert_uint_eq(sizeof(struct candidate), 568);
	ck_assert_uint_eq(sizeof(struct told_record), 3952);
#endif
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("sane");

	tcase_add_loop_test(cases, test_insane, 0, ROWS(insane));
	tcase_add_loop_test(cases, test_sane, 0, RECORD_KINDS);
	tcase_add_test(cases, test_members);
	return fixture_run(cases, "sane");
}
