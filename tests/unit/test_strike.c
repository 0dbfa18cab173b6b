/* SPDX-License-Identifier: MIT */
#include "strike.h"

#include "given.h"

/* A machine with the levels warn 4, term 2 and kill 1 GiB; half way from term
 * to warn is 3 GiB. */
#define WARN (4 * GIB)
#define TERM (2 * GIB)
#define KILL (1 * GIB)
#define HALF_WAY (3 * GIB)

#define CALM (8 * GIB)
#define URGENT (2 * GIB - 100 * MIB)
#define GRAVE (1 * GIB - 100 * MIB) /* 1124 MiB below term */
#define DIRE (200 * MIB)

/* Two GiB to bring back: settled after 300 ms, abandoned after 5 s. */
#define RELIEF (2 * GIB)
#define RETRY_MS 750

/*
 * One call of the guard: what it sees, who has exited, and the orders that are
 * expected until it has to wait, a letter each:
 *
 *   C  choose, answered by the victim of the script, with t or k behind it
 *      for the signal, or by nobody (N)
 *   K  SIGKILL     S  settled     F  futile     A  abandoned     R  recovered
 *   f  nothing, because the fuse is blown
 *
 * Where the policy leaves it open, either side of a | will do. Each choice is
 * of somebody else, or of one who was asked before.
 */
struct step {
	int64_t at_ms;
	int64_t available_kib;
	const char *expected; /* NULL: the end */
	int exited;           /* the n-th victim, from 1 */
	enum urgency pressed; /* by pressure */
	int again;            /* the n-th victim is chosen once more */
	int64_t unowned_kib;  /* what no process owns */
	bool has_swap;        /* free, at the level term: no more urgent */
};

struct script {
	const char *name;
	struct target target;
	struct step steps[24];
};

#define USUAL                                                                  \
	{                                                                      \
		.relief_kib = RELIEF, .grace_ms = SETTINGS_UNSET               \
	}
#define TERM_ONLY                                                              \
	{                                                                      \
		.relief_kib = RELIEF, .term_only = true,                       \
		.grace_ms = SETTINGS_UNSET                                     \
	}
#define FUTILE                                                                 \
	{                                                                      \
		.relief_kib = RELIEF, .sigterm_is_futile = true,               \
		.grace_ms = SETTINGS_UNSET                                     \
	}
#define WRITER                                                                 \
	{                                                                      \
		.relief_kib = RELIEF, .is_writer = true,                       \
		.grace_ms = SETTINGS_UNSET                                     \
	}
#define BRINGS(kib)                                                            \
	{                                                                      \
		.relief_kib = (kib), .grace_ms = SETTINGS_UNSET                \
	}
#define WAITS(ms)                                                              \
	{                                                                      \
		.relief_kib = RELIEF, .grace_ms = (ms)                         \
	}
#define NOBODY                                                                 \
	{                                                                      \
		.pid = -1, .grace_ms = SETTINGS_UNSET                          \
	}

/* A look at this moment; the same when a victim has exited, or with pressure.
 */
#define AT(ms, kib, orders)                                                    \
	{                                                                      \
		.at_ms = (ms), .available_kib = (kib), .expected = (orders)    \
	}
#define EXIT(ms, kib, orders, victim)                                          \
	{                                                                      \
		.at_ms = (ms), .available_kib = (kib), .expected = (orders),   \
		.exited = (victim)                                             \
	}
#define PRESS(ms, kib, orders, urgency)                                        \
	{                                                                      \
		.at_ms = (ms), .available_kib = (kib), .expected = (orders),   \
		.pressed = (urgency)                                           \
	}

#define SWAP(ms, kib, orders)                                                  \
	{                                                                      \
		.at_ms = (ms), .available_kib = (kib), .expected = (orders),   \
		.has_swap = true                                               \
	}

#define AGAIN(ms, kib, orders, victim)                                         \
	{                                                                      \
		.at_ms = (ms), .available_kib = (kib), .expected = (orders),   \
		.again = (victim)                                              \
	}

#define TAKEN(ms, kib, orders, unowned)                                        \
	{                                                                      \
		.at_ms = (ms), .available_kib = (kib), .expected = (orders),   \
		.unowned_kib = (unowned)                                       \
	}

static const struct script asking[] = {
	{ "calm: nothing",
	  USUAL,
	  { AT(0, CALM, ""), AT(60000, TERM, ""), AT(70000, WARN - 1, "") } },
	{ "term: SIGTERM",
	  USUAL,
	  { AT(0, CALM, ""), AT(10, TERM - 1, "Ct"), AT(20, TERM - 1, "") } },
	{ "SIGKILL exactly when the grace has passed",
	  USUAL,
	  { AT(0, URGENT, "Ct"), AT(9999, URGENT, ""), AT(10000, URGENT, "K"),
	    AT(10001, URGENT, "") } },
	{ "a late look kills, too",
	  USUAL,
	  { AT(0, URGENT, "Ct"), AT(12345, URGENT, "K") } },
	{ "SIGKILL at once at the kill level",
	  USUAL,
	  { AT(0, GRAVE, "Ck"), AT(1, GRAVE, "") } },
	{ "just not yet the kill level",
	  USUAL,
	  { AT(0, KILL, "Ct"), AT(1, KILL, ""), AT(2, KILL - 1, "K") } },
	{ "asked, then the kill level is reached",
	  USUAL,
	  { AT(0, URGENT, "Ct"), AT(100, GRAVE, "K"), AT(101, GRAVE, "") } },
	{ "SIGKILL at once where SIGTERM is futile",
	  FUTILE,
	  { AT(0, URGENT, "Ck"), AT(1, URGENT, "") } },
	{ "grace of a selector: longer",
	  WAITS(30000),
	  { AT(0, URGENT, "Ct"), AT(29999, URGENT, ""),
	    AT(30000, URGENT, "K") } },
	{ "grace of a selector: shorter",
	  WAITS(2000),
	  { AT(0, URGENT, "Ct"), AT(1999, URGENT, ""),
	    AT(2000, URGENT, "K") } },
	{ "the kill level does not wait for a long grace",
	  WAITS(30000),
	  { AT(0, URGENT, "Ct"), AT(100, GRAVE, "K") } },
	{ "grace of pressure: 5 s",
	  USUAL,
	  { PRESS(0, CALM, "Ct", URGENCY_TERM),
	    PRESS(4999, CALM, "", URGENCY_TERM),
	    PRESS(5000, CALM, "K", URGENCY_TERM) } },
	{ "shorter grace of a selector under pressure",
	  WAITS(2000),
	  { PRESS(0, CALM, "Ct", URGENCY_TERM),
	    PRESS(1999, CALM, "", URGENCY_TERM),
	    PRESS(2000, CALM, "K", URGENCY_TERM) } },
	{ "kill level by pressure",
	  USUAL,
	  { PRESS(0, CALM, "Ct", URGENCY_TERM),
	    PRESS(100, CALM, "K", URGENCY_KILL) } },
	{ "kill level by pressure, at once",
	  USUAL,
	  { PRESS(0, CALM, "Ck", URGENCY_KILL) } },
	{ "exited in time: no SIGKILL",
	  USUAL,
	  { AT(0, URGENT, "Ct"), EXIT(9999, URGENT, "", 1),
	    AT(10000, URGENT, "") } },
	{ "nobody to choose: again when the retry is over",
	  NOBODY,
	  { AT(0, URGENT, "N"), AT(1, URGENT, ""), AT(RETRY_MS - 1, URGENT, ""),
	    AT(RETRY_MS, URGENT, "N") } },
	{ "nobody to choose, enough, short again: looked at at once",
	  NOBODY,
	  { AT(0, URGENT, "N"), AT(100, CALM, ""), AT(200, URGENT, "N") } },
	{ "a strike goes on although nobody else can be chosen",
	  WAITS(100),
	  { AT(0, URGENT, "Ct"), AT(100, URGENT, "K") } },
};

static const struct script recovering[] = {
	{ "recovered after 2 s and not before",
	  USUAL,
	  { AT(0, URGENT, "Ct"), AT(1000, CALM, ""), AT(2999, CALM, ""),
	    AT(3000, CALM, "R"), AT(3001, CALM, "") } },
	{ "just above half the way to warn",
	  USUAL,
	  { AT(0, URGENT, "Ct"), AT(1000, HALF_WAY + 1, ""),
	    AT(3000, HALF_WAY + 1, "R") } },
	{ "at half the way to warn",
	  USUAL,
	  { AT(0, URGENT, "Ct"), AT(1000, HALF_WAY, ""), AT(3000, HALF_WAY, ""),
	    AT(9000, HALF_WAY, "") } },
	{ "the 2 s begin anew",
	  USUAL,
	  { AT(0, URGENT, "Ct"), AT(1000, CALM, ""), AT(2000, HALF_WAY, ""),
	    AT(2001, CALM, ""), AT(4000, CALM, ""), AT(4001, CALM, "R") } },
	{ "calm before the strike does not count",
	  USUAL,
	  { AT(0, CALM, ""), AT(60000, URGENT, "Ct"), AT(60001, CALM, ""),
	    AT(62000, CALM, ""), AT(62001, CALM, "R") } },
	{ "memory is back but the pressure stays",
	  USUAL,
	  { PRESS(0, CALM, "Ct", URGENCY_TERM),
	    PRESS(3000, CALM, "", URGENCY_TERM),
	    PRESS(5000, CALM, "K", URGENCY_TERM) } },
	{ "the pressure is gone",
	  USUAL,
	  { PRESS(0, CALM, "Ct", URGENCY_TERM), AT(1000, CALM, ""),
	    AT(3000, CALM, ""), AT(10999, CALM, ""), AT(11000, CALM, "R") } },
	{ "the windows are empty after a strike: no recovery from pressure",
	  USUAL,
	  { PRESS(0, CALM, "Ct", URGENCY_TERM), AT(10, CALM, ""),
	    AT(2500, CALM, ""), PRESS(5000, CALM, "K", URGENCY_TERM) } },
	{ "a strike by memory does not wait for the windows of pressure",
	  USUAL,
	  { AT(0, URGENT, "Ct"), PRESS(500, CALM, "", URGENCY_TERM),
	    AT(1000, CALM, ""), AT(3000, CALM, "R") } },
	{ "recovered, chosen again with the grace spent: SIGKILL at once",
	  USUAL,
	  { AT(0, URGENT, "Ct"), AT(1000, CALM, ""), AT(3000, CALM, "R"),
	    AT(20000, CALM, ""), AGAIN(30000, URGENT, "Ck", 1) } },
	{ "recovered, chosen again just when the grace is spent",
	  USUAL,
	  { AT(0, URGENT, "Ct"), AT(1000, CALM, ""), AT(3000, CALM, "R"),
	    AGAIN(10000, URGENT, "Ck", 1) } },
	{ "recovered, chosen again with the grace not spent: its rest",
	  USUAL,
	  { AT(0, URGENT, "Ct"), AT(1000, CALM, ""), AT(3000, CALM, "R"),
	    AGAIN(5000, URGENT, "Ct", 1), AT(9999, URGENT, ""),
	    AT(10000, URGENT, "K") } },
	{ "recovered twice: still the first clock",
	  USUAL,
	  { AT(0, URGENT, "Ct"), AT(1000, CALM, ""), AT(3000, CALM, "R"),
	    AGAIN(4000, URGENT, "Ct", 1), AT(5000, CALM, ""),
	    AT(7000, CALM, "R"), AGAIN(9000, URGENT, "Ct", 1),
	    AT(10000, URGENT, "K") } },
	{ "recovered, then the kill level",
	  USUAL,
	  { AT(0, URGENT, "Ct"), AT(1000, CALM, ""), AT(3000, CALM, "R"),
	    AGAIN(3500, GRAVE, "Ck", 1) } },
	{ "recovered, then another one is worse: it has a grace of its own",
	  USUAL,
	  { AT(0, URGENT, "Ct"), AT(1000, CALM, ""), AT(3000, CALM, "R"),
	    AT(30000, URGENT, "Ct"), AT(39999, URGENT, ""),
	    AT(40000, URGENT, "K") } },
	{ "recovered, and then it exits",
	  USUAL,
	  { AT(0, URGENT, "Ct"), AT(1000, CALM, ""), AT(3000, CALM, "R"),
	    EXIT(4000, CALM, "", 1), AT(5000, CALM, ""),
	    AT(30000, URGENT, "Ct"), AT(39999, URGENT, ""),
	    AT(40000, URGENT, "K") } },
	{ "a recovered term-only one is asked anew",
	  TERM_ONLY,
	  { AT(0, URGENT, "Ct"), AT(1000, CALM, ""), AT(3000, CALM, "R"),
	    AGAIN(60000, URGENT, "Ct", 1), AT(74999, URGENT, ""),
	    AT(75000, URGENT, "A") } },
	{ "the grace passes while it recovers: no SIGKILL",
	  USUAL,
	  { AT(0, URGENT, "Ct"), AT(9500, CALM, ""), AT(10000, CALM, ""),
	    AT(11499, CALM, ""), AT(11500, CALM, "R") } },
	{ "the grace passes while it recovers, then urgent: SIGKILL",
	  USUAL,
	  { AT(0, URGENT, "Ct"), AT(9500, CALM, ""), AT(10000, CALM, ""),
	    AT(11000, URGENT, "K") } },
	{ "the grace passes while memory is not short: SIGKILL when it is",
	  USUAL,
	  { AT(0, URGENT, "Ct"), AT(9000, TERM, ""), AT(10000, TERM, ""),
	    AT(15000, HALF_WAY, ""), AT(20000, TERM - 1, "K") } },
	{ "a long grace is not forgotten with the one who lives on",
	  WAITS(600000),
	  { AT(0, URGENT, "Ct"), AT(1000, CALM, ""), AT(3000, CALM, "R"),
	    AT(301000, CALM, ""), AGAIN(302000, URGENT, "Ct", 1),
	    AT(599999, URGENT, ""), AT(600000, URGENT, "K") } },
	{ "who was asked five minutes and a grace ago is not forgotten yet",
	  USUAL,
	  { AT(0, URGENT, "Ct"), AT(1000, CALM, ""), AT(3000, CALM, "R"),
	    AGAIN(309999, URGENT, "Ck", 1) } },
	{ "who was asked longer ago is asked anew",
	  USUAL,
	  { AT(0, URGENT, "Ct"), AT(1000, CALM, ""), AT(3000, CALM, "R"),
	    AGAIN(310000, URGENT, "Ct", 1), AT(319999, URGENT, ""),
	    AT(320000, URGENT, "K") } },
	{ "after SIGKILL nothing recovers: it exits or is abandoned",
	  USUAL,
	  { AT(0, GRAVE, "Ck"), AT(100, CALM, ""), AT(2100, CALM, ""),
	    AT(4999, CALM, ""), AT(5000, CALM, "A") } },
};

static const struct script settling[] = {
	{ "half of the relief is back",
	  USUAL,
	  { AT(0, URGENT, "Ct"), EXIT(500, URGENT, "", 1),
	    AT(510, URGENT + RELIEF / 2 - 1, ""),
	    AT(520, URGENT + RELIEF / 2, "S"),
	    AT(530, URGENT + RELIEF / 2, "") } },
	{ "back, but it has not exited",
	  USUAL,
	  { AT(0, GRAVE, "Ck"), AT(100, GRAVE + RELIEF, ""),
	    EXIT(200, GRAVE + RELIEF, "S", 1) } },
	{ "not back: 100 ms and 100 ms for each GiB",
	  USUAL,
	  { AT(0, GRAVE, "Ck"), EXIT(500, GRAVE, "", 1), AT(799, GRAVE, ""),
	    AT(800, GRAVE, "F") } },
	{ "not back, of a small one: 100 ms",
	  BRINGS(0),
	  { AT(0, URGENT, "Ct"), EXIT(500, URGENT - 1, "|S|F", 1) } },
	{ "not back, of half a GiB: 150 ms",
	  BRINGS(GIB / 2),
	  { AT(0, URGENT, "Ct"), EXIT(500, URGENT, "", 1), AT(649, URGENT, ""),
	    AT(650, URGENT, "F") } },
	{ "next only after settled, and on a fresh sample",
	  BRINGS(100 * MIB),
	  { AT(0, URGENT, "Ct"), AT(10, URGENT, ""), EXIT(500, URGENT, "", 1),
	    AT(510, URGENT, ""), AT(520, URGENT + 50 * MIB, "S"),
	    AT(530, URGENT + 50 * MIB, "Ct") } },
	{ "a fresh sample is needed at the kill level, too",
	  USUAL,
	  { AT(0, GRAVE, "Ck"), EXIT(500, GRAVE, "", 1), AT(800, GRAVE, "F"),
	    AT(810, GRAVE, "Ck") } },
	{ "settled and calm: nobody else",
	  USUAL,
	  { AT(0, URGENT, "Ct"), EXIT(500, CALM, "S", 1), AT(510, CALM, ""),
	    AT(60000, CALM, "") } },
	{ "abandoned 3 s and 1 s for each GiB after SIGKILL",
	  USUAL,
	  { AT(0, URGENT, "Ct"), AT(10000, URGENT, "K"), AT(14999, URGENT, ""),
	    AT(15000, URGENT, "A|ACt"), AT(15010, URGENT, "Ct|"),
	    AT(15020, URGENT, "") } },
	{ "abandoned: a small one after 3.5 s",
	  BRINGS(GIB / 2),
	  { AT(0, URGENT, "Ct"), AT(10000, URGENT, "K"), AT(13499, URGENT, ""),
	    AT(13500, URGENT, "A|ACt") } },
	{ "exited just before it would be abandoned",
	  USUAL,
	  { AT(0, URGENT, "Ct"), AT(10000, URGENT, "K"),
	    EXIT(14999, URGENT, "", 1), AT(15000, URGENT, ""),
	    AT(15299, URGENT, "F") } },
	{ "abandoned at the kill level, the next is struck",
	  USUAL,
	  { AT(0, GRAVE, "Ck"), AT(4999, URGENT, ""), AT(5000, GRAVE, "A|ACk"),
	    AT(5010, GRAVE, "Ck|") } },
	{ "does not exit: others wait at the kill level for 500 ms and more",
	  USUAL,
	  { AT(0, GRAVE, "Ck"), AT(699, GRAVE, ""), AT(700, GRAVE, "Ck"),
	    AT(1399, GRAVE, ""), AT(1400, GRAVE, "Ck") } },
	{ "the same where pressure is the reason, above the kill level",
	  USUAL,
	  { PRESS(0, KILL + GIB / 4, "Ck", URGENCY_KILL),
	    PRESS(699, KILL + GIB / 4, "", URGENCY_KILL),
	    PRESS(700, KILL + GIB / 4, "Ck", URGENCY_KILL) } },
	{ "does not exit, a small one: 550 ms",
	  BRINGS(GIB / 2),
	  { AT(0, DIRE, "CkCk"), AT(549, DIRE, ""), AT(550, DIRE, "CkCk") } },
	{ "does not exit, at the term level: nobody else before it is given up",
	  USUAL,
	  { AT(0, GRAVE, "Ck"), AT(700, URGENT, ""), AT(4999, URGENT, "") } },
	{ "exited late: what it held is expected again",
	  USUAL,
	  { AT(0, GRAVE, "Ck"), EXIT(699, GRAVE, "", 1), AT(998, GRAVE, ""),
	    AT(999, GRAVE, "F") } },
	{ "relief is counted from the least that was available",
	  USUAL,
	  { AT(0, URGENT, "Ct"), AT(400, URGENT - 200 * MIB, ""),
	    EXIT(500, URGENT - 100 * MIB, "", 1),
	    AT(510, URGENT + RELIEF / 2 - 200 * MIB - 1, ""),
	    AT(520, URGENT + RELIEF / 2 - 200 * MIB, "S") } },
	{ "one futile strike: one more look",
	  USUAL,
	  { AT(0, URGENT, "Ct"), EXIT(500, URGENT, "", 1), AT(800, URGENT, "F"),
	    AT(810, URGENT, "Ct") } },
	{ "an eighth is back",
	  USUAL,
	  { AT(0, URGENT, "Ct"), EXIT(500, URGENT, "", 1),
	    AT(799, URGENT + RELIEF / 8, ""),
	    AT(800, URGENT + RELIEF / 8, "S") } },
	{ "just less than an eighth is back",
	  USUAL,
	  { AT(0, URGENT, "Ct"), EXIT(500, URGENT, "", 1),
	    AT(800, URGENT + RELIEF / 8 - 1, "F") } },
	{ "others fill an eighth while it lives",
	  USUAL,
	  { AT(0, URGENT, "Ct"), AT(100, URGENT - RELIEF / 8, ""),
	    EXIT(500, URGENT - RELIEF / 8, "", 1),
	    AT(800, URGENT - RELIEF / 8, "S") } },
	{ "others fill just less",
	  USUAL,
	  { AT(0, URGENT, "Ct"), AT(100, URGENT - RELIEF / 8 + 1, ""),
	    EXIT(500, URGENT, "", 1), AT(800, URGENT - RELIEF / 8 + 1, "F") } },
	{ "half of an eighth is back, the other half filled",
	  USUAL,
	  { AT(0, URGENT, "Ct"), AT(100, URGENT - RELIEF / 16, ""),
	    EXIT(500, URGENT, "", 1), AT(800, URGENT, "S") } },
	{ "what no process owns took half: others did",
	  USUAL,
	  { AT(0, URGENT, "Ct"), AT(100, URGENT - RELIEF / 8, ""),
	    EXIT(500, URGENT - RELIEF / 8, "", 1),
	    TAKEN(800, URGENT - RELIEF / 8, "S|SCt", RELIEF / 2) } },
	{ "it took more than half: no second strike, but at the kill level",
	  USUAL,
	  { AT(0, URGENT, "Ct"), AT(100, URGENT - RELIEF / 8, ""),
	    EXIT(500, URGENT - RELIEF / 8, "", 1),
	    TAKEN(800, URGENT - RELIEF / 8, "F", RELIEF / 2 + 1),
	    TAKEN(810, URGENT, "f", RELIEF), TAKEN(60000, URGENT, "f", RELIEF),
	    TAKEN(60010, GRAVE, "Ck", RELIEF) } },
	{ "it took more than half, and that is back: settled",
	  USUAL,
	  { AT(0, URGENT, "Ct"), EXIT(500, URGENT, "", 1),
	    TAKEN(510, URGENT + RELIEF / 2, "S", RELIEF) } },
	{ "it took more than half from a writer, who was to bring nothing",
	  WRITER,
	  { AT(0, URGENT, "Ct"), EXIT(500, URGENT, "", 1),
	    TAKEN(800, URGENT, "F", RELIEF),
	    TAKEN(810, URGENT, "Ct", RELIEF) } },
	{ "two futile strikes: stop, but for the kill level",
	  USUAL,
	  { AT(0, URGENT, "Ct"), EXIT(500, URGENT, "", 1), AT(800, URGENT, "F"),
	    AT(810, URGENT, "Ct"), EXIT(900, URGENT, "", 2),
	    AT(1200, URGENT, "F"), AT(1210, URGENT, "f"),
	    AT(60000, URGENT, "f"), AT(60010, GRAVE, "Ck") } },
	{ "two futile strikes: one at a time, at the kill level, too",
	  BRINGS(600 * MIB),
	  { AT(0, URGENT, "Ct"), EXIT(500, URGENT, "", 1), AT(800, URGENT, "F"),
	    AT(810, URGENT, "Ct"), EXIT(900, URGENT, "", 2),
	    AT(1200, URGENT, "F"), AT(60010, DIRE, "Ck"), AT(60020, DIRE, ""),
	    EXIT(60030, DIRE, "", 3), AT(60300, DIRE, "F"),
	    AT(60310, DIRE, "Ck") } },
	{ "one futile strike: still several at the kill level",
	  BRINGS(600 * MIB),
	  { AT(0, URGENT, "Ct"), EXIT(500, URGENT, "", 1), AT(800, URGENT, "F"),
	    AT(810, DIRE, "CkCk") } },
	{ "two futile strikes, then calm: as if nothing had been",
	  USUAL,
	  { AT(0, URGENT, "Ct"), EXIT(500, URGENT, "", 1), AT(800, URGENT, "F"),
	    AT(810, URGENT, "Ct"), EXIT(900, URGENT, "", 2),
	    AT(1200, URGENT, "F"), AT(2000, CALM, ""), AT(4000, CALM, ""),
	    AT(5000, URGENT, "Ct") } },
	{ "term-only: never SIGKILLed, abandoned after its time",
	  TERM_ONLY,
	  { AT(0, URGENT, "Ct"), AT(9999, URGENT, ""),
	    AT(10000, URGENT, "|A|ACt"), AT(15000, URGENT, "|A|Ct|ACt") } },
	{ "term-only at the kill level: SIGTERM still",
	  TERM_ONLY,
	  { AT(0, GRAVE, "Ct"), AT(1, GRAVE, "") } },
	{ "term-only at the kill level: others wait for it only a second",
	  TERM_ONLY,
	  { AT(0, GRAVE, "Ct"), AT(999, GRAVE, ""), AT(1000, GRAVE, "Ct") } },
	{ "term-only, then the kill level: no SIGKILL",
	  TERM_ONLY,
	  { AT(0, URGENT, "Ct"), AT(100, GRAVE, ""), AT(200, GRAVE, "") } },
};

static const struct script several[] = {
	{ "term: one at a time however large the gap is",
	  BRINGS(10 * MIB),
	  { AT(0, KILL, "Ct"), AT(1, KILL, ""), AT(5000, KILL, "") } },
	{ "term, by the swap: one at a time however little memory is left",
	  BRINGS(10 * MIB),
	  { SWAP(0, DIRE, "Ct"), SWAP(1, DIRE, ""), SWAP(5000, DIRE, "") } },
	{ "kill: one brings it to the kill level",
	  BRINGS(KILL - GRAVE),
	  { AT(0, GRAVE, "Ck"), AT(1, GRAVE, "") } },
	{ "kill: one does not quite",
	  BRINGS(KILL - GRAVE - 1),
	  { AT(0, GRAVE, "CkCk"), AT(1, GRAVE, "") } },
	{ "kill: four do",
	  BRINGS(30 * MIB),
	  { AT(0, GRAVE, "CkCkCkCk"), AT(1, GRAVE, "") } },
	{ "kill: at most eight",
	  BRINGS(10 * MIB),
	  { AT(0, GRAVE, "CkCkCkCkCkCkCkCk"), AT(1, GRAVE, "") } },
	{ "kill: the ninth when one has settled",
	  BRINGS(10 * MIB),
	  { AT(0, GRAVE, "CkCkCkCkCkCkCkCk"), EXIT(10, GRAVE, "", 3),
	    AT(20, GRAVE + 5 * MIB, "S"), AT(30, GRAVE + 5 * MIB, "Ck"),
	    AT(31, GRAVE + 5 * MIB, "") } },
	{ "kill: who was asked is killed and counts for the gap",
	  USUAL,
	  { AT(0, URGENT, "Ct"), AT(10, GRAVE, "K"), AT(11, GRAVE, "") } },
	{ "kill: who was asked brings too little, another one goes",
	  BRINGS(60 * MIB),
	  { AT(0, URGENT, "Ct"), AT(10, GRAVE, "KCk"), AT(11, GRAVE, "") } },
	{ "several at kill, then term: no other before all settled",
	  BRINGS(60 * MIB),
	  { AT(0, GRAVE, "CkCk"), AT(10, URGENT, ""), EXIT(20, URGENT, "S", 1),
	    AT(210, URGENT, ""), EXIT(220, URGENT, "S", 2),
	    AT(230, URGENT, "Ct") } },
	{ "kill: it does not exit in time, and nothing is back",
	  USUAL,
	  { AT(0, DIRE, "Ck"), AT(699, DIRE, ""),
	    AT(700, DIRE + RELIEF / 8 - 1, "Ck") } },
	{ "kill: it does not exit in time, but an eighth is back",
	  USUAL,
	  { AT(0, DIRE, "Ck"), AT(700, DIRE + RELIEF / 8, ""),
	    AT(4999, DIRE + RELIEF / 8, ""), AT(5000, DIRE + RELIEF / 8, "A"),
	    AT(5010, DIRE + RELIEF / 8, "Ck") } },
	{ "kill: it has exited for 500 ms, and less than an eighth is back",
	  BRINGS(6 * GIB),
	  { AT(0, DIRE, "Ck"), EXIT(100, DIRE, "", 1), AT(599, DIRE, ""),
	    AT(600, DIRE + 6 * GIB / 8 - 1, "Ck") } },
	{ "kill: it has exited for 500 ms, and an eighth is back",
	  BRINGS(6 * GIB),
	  { AT(0, DIRE, "Ck"), EXIT(100, DIRE, "", 1),
	    AT(600, DIRE + 6 * GIB / 8, ""), AT(799, DIRE + 6 * GIB / 8, ""),
	    AT(800, DIRE + 6 * GIB / 8, "S|SCk") } },
	{ "nobody to choose, then the kill level: looked at at once",
	  NOBODY,
	  { AT(0, URGENT, "N"), AT(10, GRAVE, "N"), AT(20, GRAVE, ""),
	    AT(30, URGENT, ""), AT(9 + RETRY_MS, URGENT, ""),
	    AT(10 + RETRY_MS, URGENT, "N") } },
	{ "kill: nobody else to choose",
	  NOBODY,
	  { AT(0, GRAVE, "N"), AT(RETRY_MS - 1, GRAVE, ""),
	    AT(RETRY_MS, GRAVE, "N") } },
};

/* A strike at `at`, of which half is back 20 ms later. */
#define ROUND(at, number)                                                      \
	AT(at, URGENT, "Ct"), EXIT((at) + 10, URGENT, "", number),             \
		AT((at) + 20, URGENT + 50 * MIB, "S")

static const struct script fusing[] = {
	{ "four strikes do not blow the fuse",
	  BRINGS(100 * MIB),
	  { ROUND(0, 1), ROUND(1000, 2), ROUND(2000, 3), ROUND(3000, 4),
	    AT(4000, URGENT, "Ct") } },
	{ "five in five minutes do",
	  BRINGS(100 * MIB),
	  { ROUND(0, 1), ROUND(1000, 2), ROUND(2000, 3), ROUND(3000, 4),
	    ROUND(4000, 5), AT(5000, URGENT, "f"), AT(299999, URGENT, "f"),
	    AT(300001, URGENT, "Ct") } },
	{ "the oldest of five counts, not the last",
	  BRINGS(100 * MIB),
	  { ROUND(0, 1), ROUND(100000, 2), ROUND(200000, 3), ROUND(250000, 4),
	    ROUND(290000, 5), AT(299000, URGENT, "f"), ROUND(300001, 6),
	    AT(301000, URGENT, "f"), AT(400001, URGENT, "Ct") } },
	{ "the kill level strikes on",
	  BRINGS(100 * MIB),
	  { ROUND(0, 1), ROUND(1000, 2), ROUND(2000, 3), ROUND(3000, 4),
	    ROUND(4000, 5), AT(5000, URGENT, "f"),
	    AT(6000, DIRE, "CkCkCkCkCkCkCkCk") } },
	{ "the fuse does not hold back a SIGKILL that is due",
	  BRINGS(100 * MIB),
	  { ROUND(0, 1), ROUND(1000, 2), ROUND(2000, 3), ROUND(3000, 4),
	    AT(4000, URGENT, "Ct"), AT(13999, URGENT, ""),
	    AT(14000, URGENT, "K") } },
	{ "strikes at the kill level count",
	  BRINGS(170 * MIB),
	  { AT(0, DIRE, "CkCkCkCkCk"), EXIT(10, CALM, "S", 1),
	    EXIT(20, CALM, "S", 2), EXIT(30, CALM, "S", 3),
	    EXIT(40, CALM, "S", 4), EXIT(50, CALM, "S", 5),
	    AT(10000, URGENT, "f") } },
};

static struct settings settings;
static struct strikes strikes;

struct play {
	const struct script *script;
	uint32_t slots[64]; /* of the n-th victim */
	uint32_t begun;
	char seen[64];
	size_t length;
};

static struct decision look_at(const struct step *step)
{
	int64_t available_kib = step->available_kib;
	struct decision decision = {
		.at_ms = step->at_ms,
		.reason = REASON_MEMORY,
		.observed = available_kib,
		.available_kib = available_kib,
		.unowned_kib = step->unowned_kib,
		.gap_kib = available_kib < TERM ? TERM - available_kib : 0,
		.exhaustion_ms = INT64_MAX,
		.levels = { .base_kib = 32 * GIB,
			    .warn_kib = WARN,
			    .term_kib = TERM,
			    .kill_kib = KILL },
	};

	decision.urgency = available_kib < KILL   ? URGENCY_KILL
			   : available_kib < TERM ? URGENCY_TERM
			   : available_kib < WARN ? URGENCY_WARN
						  : URGENCY_NONE;
	if (step->has_swap && decision.urgency > URGENCY_TERM)
		decision.urgency = URGENCY_TERM;
	if (step->pressed > decision.urgency) {
		decision.urgency = step->pressed;
		decision.reason = REASON_PRESSURE_FULL;
	}
	return decision;
}

static void see(struct play *play, char letter)
{
	ck_assert_msg(play->length < sizeof(play->seen) - 1,
		      "%s: no end of orders: %s", play->script->name,
		      play->seen);
	play->seen[play->length++] = letter;
	play->seen[play->length] = '\0';
}

static void choose(struct play *play, const struct decision *decision,
		   int again, int64_t now_ms)
{
	struct target target = play->script->target;
	uint32_t slot;

	if (target.pid < 0) {
		see(play, 'N');
		strike_none(&strikes, now_ms, RETRY_MS);
		return;
	}
	target.pid = again ? 999 + again : 1000 + (int32_t)play->begun;
	target.start_ticks = 7;
	slot = strike_begin(&settings, decision, &strikes, &target, now_ms);
	ck_assert_uint_lt(slot, STRIKES_MAX);
	ck_assert_int_eq(strikes.slots[slot].pid, target.pid);
	ck_assert(strike_holds(&strikes, target.pid));
	play->slots[play->begun++] = slot;
	see(play, 'C');
	see(play, strikes.slots[slot].stage == STAGE_KILLED ? 'k' : 't');
}

static void obey(struct play *play, const struct order *order,
		 const struct decision *decision, const struct step *step)
{
	static const char ends[] = "SFAR"; /* as enum outcome */

	switch (order->kind) {
	case ORDER_WAIT:
		break;
	case ORDER_CHOOSE:
		choose(play, decision, step->again, step->at_ms);
		break;
	case ORDER_KILL:
		see(play, 'K');
		strike_killed(&strikes, order->slot, step->at_ms);
		break;
	case ORDER_END:
		see(play, ends[order->outcome]);
		break;
	}
}

static bool expects(const char *alternatives, const char *seen)
{
	size_t length = strlen(seen);

	for (;;) {
		size_t one = strcspn(alternatives, "|");

		if (one == length && strncmp(alternatives, seen, one) == 0)
			return true;
		if (alternatives[one] == '\0')
			return false;
		alternatives += one + 1;
	}
}

static void play_step(struct play *play, const struct step *step)
{
	struct decision decision = look_at(step);
	struct order order;

	play->length = 0;
	play->seen[0] = '\0';
	if (step->exited > 0)
		strike_exited(&strikes, play->slots[step->exited - 1],
			      step->at_ms);
	do {
		order = strike_next(&decision, &strikes, step->at_ms);
		obey(play, &order, &decision, step);
	} while (order.kind != ORDER_WAIT);
	if (order.fuse_is_blown && play->length == 0)
		see(play, 'f');
	ck_assert_msg(expects(step->expected, play->seen),
		      "%s: at %lld expected '%s', saw '%s'", play->script->name,
		      (long long)step->at_ms, step->expected, play->seen);
}

static void play_script(const struct script *script)
{
	struct play play = { .script = script };

	for (const struct step *step = script->steps; step->expected != NULL;
	     step++)
		play_step(&play, step);
}

static void setup(void)
{
	given_settings(&settings);
	strikes_init(&strikes);
}

START_TEST(test_asking)
{
	play_script(&asking[_i]);
}
END_TEST

START_TEST(test_recovering)
{
	play_script(&recovering[_i]);
}
END_TEST

START_TEST(test_settling)
{
	play_script(&settling[_i]);
}
END_TEST

START_TEST(test_several)
{
	play_script(&several[_i]);
}
END_TEST

START_TEST(test_fusing)
{
	play_script(&fusing[_i]);
}
END_TEST

/* The same scripts long after the boot: nothing depends on the hour. */
static void play_later(const struct script *script, int64_t later_ms)
{
	struct script moved = *script;

	for (struct step *step = moved.steps; step->expected != NULL; step++)
		step->at_ms += later_ms;
	play_script(&moved);
}

START_TEST(test_fusing_after_years)
{
	play_later(&fusing[_i], INT64_C(1) << 40);
}
END_TEST

START_TEST(test_asking_after_years)
{
	play_later(&asking[_i], INT64_C(1) << 40);
}
END_TEST

/* Begins a strike by hand and tells its slot. */
static uint32_t begin_born(int64_t available_kib, int32_t pid,
			   uint64_t start_ticks, int64_t relief_kib,
			   int64_t now_ms)
{
	struct step step = { .at_ms = now_ms, .available_kib = available_kib };
	struct decision decision = look_at(&step);
	struct target target = { .pid = pid,
				 .start_ticks = start_ticks,
				 .relief_kib = relief_kib,
				 .grace_ms = SETTINGS_UNSET };

	return strike_begin(&settings, &decision, &strikes, &target, now_ms);
}

static uint32_t begin(int64_t available_kib, int32_t pid, int64_t relief_kib,
		      int64_t now_ms)
{
	return begin_born(available_kib, pid, (uint64_t)pid * 10, relief_kib,
			  now_ms);
}

static struct order next(int64_t available_kib, int64_t now_ms)
{
	struct step step = { .at_ms = now_ms, .available_kib = available_kib };
	struct decision decision = look_at(&step);

	return strike_next(&decision, &strikes, now_ms);
}

START_TEST(test_a_wait_ends_when_something_is_due)
{
	uint32_t slot = begin(URGENT, 10, RELIEF, 0);

	ck_assert_int_eq(next(URGENT, 0).until_ms, 10000);
	ck_assert_int_eq(next(CALM, 1000).until_ms, 3000);
	ck_assert_int_eq(next(URGENT, 2000).until_ms, 10000);
	strike_killed(&strikes, slot, 10000);
	ck_assert_int_eq(next(URGENT, 10000).until_ms, 10700);
	ck_assert_int_eq(next(URGENT, 10700).until_ms, 15000);
	strike_exited(&strikes, slot, 11000);
	ck_assert_int_eq(next(URGENT, 11000).until_ms, 11300);
}
END_TEST

START_TEST(test_a_wait_for_the_end_of_pressure)
{
	struct step step = { .available_kib = CALM, .pressed = URGENCY_TERM };
	struct decision decision = look_at(&step);
	struct target target = { .pid = 10, .grace_ms = SETTINGS_UNSET };

	strike_begin(&settings, &decision, &strikes, &target, 0);
	settings.pressure_term_window_ms = 2000; /* That of the strike stays. */
	ck_assert_int_eq(next(CALM, 1000).until_ms, 5000);
	ck_assert_int_eq(next(CALM, 5000).until_ms, 11000);
	begin(URGENT, 11, RELIEF, 6000);
	ck_assert_int_eq(next(CALM, 7000).until_ms, 9000);
	ck_assert_int_eq(next(CALM, 9000).kind, ORDER_END);
	ck_assert_int_eq(next(CALM, 9000).until_ms, 17000);
}
END_TEST

START_TEST(test_choose_tells_the_gap_that_is_left)
{
	struct order order = next(GRAVE, 0);

	ck_assert_int_eq(order.kind, ORDER_CHOOSE);
	ck_assert_int_eq(order.gap_kib, TERM - GRAVE);
	begin(GRAVE, 10, 40 * MIB, 0);
	order = next(GRAVE, 0);
	ck_assert_int_eq(order.kind, ORDER_CHOOSE);
	ck_assert_int_eq(order.gap_kib, KILL - GRAVE - 40 * MIB);
}
END_TEST

START_TEST(test_what_a_strike_remembers)
{
	struct strike *first = &strikes.slots[begin(URGENT, 10, RELIEF, 55)];
	struct strike *second;

	ck_assert_int_eq(first->stage, STAGE_ASKED);
	ck_assert_uint_eq(first->number, 1);
	ck_assert_uint_eq(first->start_ticks, 100);
	ck_assert_int_eq(first->relief_kib, RELIEF);
	ck_assert_int_eq(first->available_kib, URGENT);
	ck_assert_int_eq(first->asked_ms, 55);
	second = &strikes.slots[begin(GRAVE, 11, RELIEF, 66)];
	ck_assert_ptr_ne(first, second);
	ck_assert_int_eq(second->stage, STAGE_KILLED);
	ck_assert_uint_eq(second->number, 2);
	ck_assert_int_eq(second->killed_ms, 66);
	ck_assert_uint_eq(strikes.total, 2);
}
END_TEST

START_TEST(test_an_old_sample_settles_nothing)
{
	uint32_t slot = begin(URGENT, 10, RELIEF, 0);
	struct step step = { .at_ms = 0, .available_kib = URGENT };
	struct decision old = look_at(&step);

	old.urgency = URGENCY_NONE;
	strike_exited(&strikes, slot, 10);
	ck_assert_int_eq(strike_next(&old, &strikes, 60000).kind, ORDER_WAIT);
	ck_assert_int_eq(strikes.slots[slot].stage, STAGE_EXITED);
	ck_assert_int_eq(next(CALM, 60001).outcome, OUTCOME_SETTLED);
}
END_TEST

/* Of 3 GiB that were no process's, when this victim was struck. */
static bool left_files(bool is_writer, bool exits, int64_t unowned_kib)
{
	struct step step = { .available_kib = URGENT, .unowned_kib = 3 * GIB };
	struct decision decision = look_at(&step);
	const struct target target = { .pid = 10,
				       .start_ticks = 100,
				       .relief_kib = MIB,
				       .is_writer = is_writer,
				       .grace_ms = SETTINGS_UNSET };
	uint32_t slot =
		strike_begin(&settings, &decision, &strikes, &target, 0);

	if (exits)
		strike_exited(&strikes, slot, 10);
	decision.at_ms = 60000;
	decision.urgency = URGENCY_KILL;
	(void)strike_next(&decision, &strikes, 60000);
	if (!exits) {
		strike_killed(&strikes, slot, 60000);
		(void)strike_next(&decision, &strikes, 90000);
	}
	ck_assert_int_eq(strikes.slots[slot].stage, STAGE_NONE);
	decision.unowned_kib = unowned_kib;
	return strike_left_files(&strikes, &decision);
}

START_TEST(test_what_a_writer_has_left)
{
	const struct decision nothing = { .unowned_kib = 0 };

	ck_assert(!strike_left_files(&strikes, &nothing));
	ck_assert(!left_files(false, true, 3 * GIB));
	ck_assert(!left_files(true, false, 3 * GIB));
	ck_assert(left_files(true, true, 3 * GIB / 2));
	ck_assert(!left_files(true, true, 3 * GIB / 2 - 1));
}
END_TEST

START_TEST(test_who_was_refused_is_let_go)
{
	uint32_t slot = begin(URGENT, 10, RELIEF, 0);

	strike_refused(&strikes, slot);
	ck_assert(!strike_holds(&strikes, 10));
	ck_assert(strike_abandoned(&strikes, 10, 100));
	ck_assert_int_eq(next(URGENT, 10).kind, ORDER_CHOOSE);
}
END_TEST

/* Nothing has happened to them: there is no reason to hold back. */
START_TEST(test_refusals_do_not_blow_the_fuse)
{
	for (int32_t i = 0; i < 20; i++)
		strike_refused(&strikes, begin(URGENT, 10 + i, RELIEF, i));
	ck_assert_int_eq(next(URGENT, 100).kind, ORDER_CHOOSE);
	ck_assert_uint_eq(strikes.total, 0);
	ck_assert_uint_eq(strikes.slots[begin(URGENT, 9, 0, 101)].number, 1);
}
END_TEST

/* So many are struck, and exit, and their memory is back. */
static void strike_many(int32_t count)
{
	for (int32_t i = 0; i < count; i++) {
		strike_exited(&strikes, begin(URGENT, 100 + i, MIB, i), i);
		ck_assert_int_eq(next(CALM, i).outcome, OUTCOME_SETTLED);
	}
}

START_TEST(test_refusals_do_not_mend_the_fuse_either)
{
	strike_many(STRIKES_FUSE);
	ck_assert(next(URGENT, 1000).fuse_is_blown);
	for (int32_t i = 0; i < 20; i++) {
		strike_refused(&strikes, begin(GRAVE, 10 + i, RELIEF, 1001));
		ck_assert(next(URGENT, 1002).fuse_is_blown);
	}
}
END_TEST

/* The first was asked in earnest: only its SIGKILL is refused. */
START_TEST(test_a_late_refusal_takes_back_no_other_strike)
{
	uint32_t slot = begin(URGENT, 10, RELIEF, 0);

	begin(GRAVE, 11, RELIEF, 1);
	strike_refused(&strikes, slot);
	ck_assert_uint_eq(strikes.total, 2);
	ck_assert_uint_eq(strikes.slots[begin(GRAVE, 12, 0, 2)].number, 3);
}
END_TEST

START_TEST(test_who_is_forgotten_is_let_go)
{
	uint32_t slot = begin(URGENT, 10, RELIEF, 0);

	strike_forget(&strikes, slot);
	ck_assert(!strike_holds(&strikes, 10));
	ck_assert(!strike_abandoned(&strikes, 10, 100));
	ck_assert_int_eq(next(URGENT, 1).kind, ORDER_CHOOSE);
	ck_assert_uint_eq(strikes.total, 1);
	/* A candidate again: what it was given is not given twice. */
	slot = begin(URGENT, 10, RELIEF, 4000);
	ck_assert_int_eq(strikes.slots[slot].stage, STAGE_ASKED);
	ck_assert_int_eq(strikes.slots[slot].asked_ms, 0);
	ck_assert_int_eq(next(URGENT, 10000).kind, ORDER_KILL);
}
END_TEST

static const struct {
	const char *name;
	int32_t pid;
	uint64_t first_ticks; /* when it was asked, and now */
	uint64_t ticks;
	bool expected;
} returns[] = {
	{ "the same process", 10, 100, 100, true },
	{ "another one with the pid", 10, 100, 101, false },
	{ "another pid", 11, 100, 100, false },
	{ "its start is not known now", 10, 100, 0, true },
	{ "its start was not known then", 10, 0, 100, true },
};

START_TEST(test_whose_grace_goes_on)
{
	uint32_t slot;

	begin_born(URGENT, 10, returns[_i].first_ticks, RELIEF, 0);
	ck_assert_int_eq(next(CALM, 1).kind, ORDER_WAIT);
	ck_assert_int_eq(next(CALM, 2001).kind, ORDER_END);
	slot = begin_born(URGENT, returns[_i].pid, returns[_i].ticks, RELIEF,
			  5000);
	ck_assert_msg(strikes.slots[slot].asked_ms ==
			      (returns[_i].expected ? 0 : 5000),
		      "%s", returns[_i].name);
}
END_TEST

START_TEST(test_of_many_asked_the_last_are_remembered)
{
	for (int32_t i = 0; i < STRIKES_MAX + 3; i++)
		strike_forget(&strikes, begin(URGENT, 100 + i, RELIEF, i));
	for (int32_t i = 0; i < STRIKES_MAX + 3; i++) {
		uint32_t slot = begin(URGENT, 100 + i, RELIEF, 5000);
		ck_assert_int_eq(strikes.slots[slot].asked_ms,
				 i < 3 ? 5000 : i);
		strikes.slots[slot].stage = STAGE_NONE;
	}
}
END_TEST

START_TEST(test_who_has_settled_is_forgotten)
{
	uint32_t slot = begin(URGENT, 10, RELIEF, 0);

	strike_exited(&strikes, slot, 10);
	ck_assert_int_eq(next(CALM, 20).kind, ORDER_END);
	ck_assert(!strike_holds(&strikes, 10));
	ck_assert(!strike_abandoned(&strikes, 10, 100));
	ck_assert_int_eq(next(CALM, 20).kind, ORDER_WAIT);
}
END_TEST

/* Kills and abandons one process; 5 s pass. */
static void abandon(int32_t pid, int64_t now_ms)
{
	struct order order;

	begin(GRAVE, pid, RELIEF, now_ms);
	order = next(CALM, now_ms + 5000);
	ck_assert_int_eq(order.kind, ORDER_END);
	ck_assert_int_eq(order.outcome, OUTCOME_ABANDONED);
}

START_TEST(test_who_was_abandoned_is_remembered)
{
	abandon(10, 0);
	ck_assert(strike_abandoned(&strikes, 10, 100));
	ck_assert(!strike_abandoned(&strikes, 10, 101)); /* a reused pid */
	ck_assert(!strike_abandoned(&strikes, 11, 100));
	ck_assert(!strike_holds(&strikes, 10));
}
END_TEST

START_TEST(test_of_many_abandoned_the_last_are_remembered)
{
	for (int32_t i = 0; i < STRIKES_ABANDONED + 3; i++)
		abandon(100 + i, 6000 * i);
	for (int32_t i = 3; i < STRIKES_ABANDONED + 3; i++)
		ck_assert(strike_abandoned(&strikes, 100 + i,
					   (uint64_t)(100 + i) * 10));
}
END_TEST

START_TEST(test_the_largest_relief_does_not_overflow)
{
	uint32_t slot = begin(GRAVE, 10, LARGEST, 0);

	begin(GRAVE, 11, LARGEST, 0);
	ck_assert_int_eq(next(GRAVE, 1).kind, ORDER_WAIT);
	strike_exited(&strikes, slot, 2);
	ck_assert_int_eq(next(GRAVE, 3).kind, ORDER_WAIT);
}
END_TEST

START_TEST(test_every_outcome_has_its_own_name)
{
	for (int i = OUTCOME_SETTLED; i <= OUTCOME_RECOVERED; i++)
		for (int k = OUTCOME_SETTLED; k < i; k++)
			ck_assert_str_ne(outcome_name((enum outcome)i),
					 outcome_name((enum outcome)k));
}
END_TEST

static void add_scripts(TCase *cases)
{
	tcase_add_loop_test(cases, test_asking, 0, ROWS(asking));
	tcase_add_loop_test(cases, test_recovering, 0, ROWS(recovering));
	tcase_add_loop_test(cases, test_settling, 0, ROWS(settling));
	tcase_add_loop_test(cases, test_several, 0, ROWS(several));
	tcase_add_loop_test(cases, test_fusing, 0, ROWS(fusing));
	tcase_add_loop_test(cases, test_fusing_after_years, 0, ROWS(fusing));
	tcase_add_loop_test(cases, test_asking_after_years, 0, ROWS(asking));
}

int main(void)
{
	TCase *cases = tcase_create("strike");

	tcase_add_checked_fixture(cases, setup, NULL);
	add_scripts(cases);
	tcase_add_test(cases, test_a_wait_ends_when_something_is_due);
	tcase_add_test(cases, test_a_wait_for_the_end_of_pressure);
	tcase_add_test(cases, test_choose_tells_the_gap_that_is_left);
	tcase_add_test(cases, test_what_a_strike_remembers);
	tcase_add_test(cases, test_an_old_sample_settles_nothing);
	tcase_add_test(cases, test_what_a_writer_has_left);
	tcase_add_test(cases, test_who_was_refused_is_let_go);
	tcase_add_test(cases, test_refusals_do_not_blow_the_fuse);
	tcase_add_test(cases, test_refusals_do_not_mend_the_fuse_either);
	tcase_add_test(cases, test_a_late_refusal_takes_back_no_other_strike);
	tcase_add_test(cases, test_who_is_forgotten_is_let_go);
	tcase_add_loop_test(cases, test_whose_grace_goes_on, 0, ROWS(returns));
	tcase_add_test(cases, test_of_many_asked_the_last_are_remembered);
	tcase_add_test(cases, test_who_has_settled_is_forgotten);
	tcase_add_test(cases, test_who_was_abandoned_is_remembered);
	tcase_add_test(cases, test_of_many_abandoned_the_last_are_remembered);
	tcase_add_test(cases, test_the_largest_relief_does_not_overflow);
	tcase_add_test(cases, test_every_outcome_has_its_own_name);
	return fixture_run(cases, "strike");
}
