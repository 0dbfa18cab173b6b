/* SPDX-License-Identifier: MIT */
#include "strike.h"

#include "given.h"

/*
 * Random decisions, exits and times. After each order and each step it is
 * checked what must always be true; a second, simpler book of the strikes is
 * kept for that.
 */

#define BATCHES 20
#define RUNS 1000
#define STEPS 60

#define WARN (4 * GIB)
#define TERM (2 * GIB)
#define KILL (1 * GIB)
#define HALF_WAY (3 * GIB)

enum state { FREE, ASKED, KILLED, EXITED };

struct page {
	enum state state;
	struct target target;
	int64_t grace_ms;
	int64_t calm_ms;
	int64_t available_kib;
	int64_t asked_ms;
	int64_t killed_ms;
	int64_t exited_ms;
};

/* Who was asked and let go. */
struct memory {
	struct target target;
	int64_t asked_ms;
	int64_t grace_ms;
};

struct walk {
	uint64_t random;
	int64_t now_ms;
	struct decision decision;
	struct strikes strikes;
	struct page pages[STRIKES_MAX];
	int64_t calm_since_ms; /* -1: it is not */
	int64_t settled_ms;
	int64_t retry_ms;
	bool was_at_kill;
	int64_t begun_ms[STRIKES_FUSE]; /* the last ones */
	uint32_t begun;
	uint32_t invented;
	struct memory memories[STRIKES_MAX]; /* the last ones */
	uint32_t remembered;
	uint32_t futile; /* in a row */
	uint64_t seed;
};

static struct settings settings;

/* An assertion each time would take most of the time. */
#define MUST(walk, holds, what)                                                \
	do {                                                                   \
		if (!(holds))                                                  \
			ck_abort_msg("run %llu at %lld: %s",                   \
				     (unsigned long long)(walk)->seed,         \
				     (long long)(walk)->now_ms, what);         \
	} while (0)

static bool chance(struct walk *walk, int percent)
{
	return given_between(&walk->random, 1, 100) <= percent;
}

static bool is_urgent(const struct walk *walk)
{
	return walk->decision.urgency >= URGENCY_TERM;
}

static bool is_at_kill(const struct walk *walk)
{
	return walk->decision.urgency == URGENCY_KILL;
}

static bool is_calm_for(const struct walk *walk, int64_t calm_ms)
{
	return walk->calm_since_ms >= 0 &&
	       walk->now_ms - walk->calm_since_ms >= calm_ms;
}

static bool is_calm(const struct walk *walk)
{
	return is_calm_for(walk, 2000);
}

static int64_t by_gib(int64_t kib, int64_t ms)
{
	return kib * ms / GIB;
}

static int64_t settle_ms(const struct page *page)
{
	return 100 + by_gib(page->target.relief_kib, 100);
}

static int64_t abandon_ms(const struct page *page)
{
	return 3000 + by_gib(page->target.relief_kib, 1000);
}

static bool is_back(const struct walk *walk, const struct page *page)
{
	return walk->decision.available_kib - page->available_kib >=
	       page->target.relief_kib / 2;
}

static uint32_t count(const struct walk *walk, enum state from, enum state to)
{
	uint32_t found = 0;

	for (int i = 0; i < STRIKES_MAX; i++)
		found += walk->pages[i].state >= from &&
			 walk->pages[i].state <= to;
	return found;
}

/* Whether the kill level still counts on it. */
static bool is_expected(const struct walk *walk, const struct page *page)
{
	int64_t relief_kib = page->target.relief_kib;

	switch (page->state) {
	case FREE:
		return false;
	case ASKED:
		return walk->now_ms - page->asked_ms < 1000;
	case KILLED:
		return walk->now_ms - page->killed_ms <
			       500 + by_gib(relief_kib, 100) ||
		       walk->decision.available_kib - page->available_kib >=
			       relief_kib / 8;
	case EXITED:
		return true;
	}
	return false;
}

static int64_t relief(const struct walk *walk)
{
	int64_t sum_kib = 0;

	for (int i = 0; i < STRIKES_MAX; i++)
		if (is_expected(walk, &walk->pages[i]))
			sum_kib += walk->pages[i].target.relief_kib;
	return sum_kib;
}

static bool fuse_is_blown(const struct walk *walk)
{
	uint32_t recent = 0;

	for (uint32_t i = 0; i < STRIKES_FUSE && i < walk->begun; i++)
		recent += walk->now_ms - walk->begun_ms[i] < STRIKES_FUSE_MS;
	return recent >= STRIKES_FUSE || walk->futile >= 2;
}

/* What the living must bring, so that nobody else is needed. */
static int64_t gap_kib(const struct walk *walk)
{
	int64_t kib = KILL - walk->decision.available_kib;

	if (count(walk, ASKED, EXITED) == 0)
		return walk->decision.gap_kib;
	return kib > 0 ? kib : 1; /* Pressure may be the reason alone. */
}

/* One victim below the kill level; at it several, but not too many. */
static void check_choose(const struct walk *walk, const struct order *order)
{
	uint32_t living = count(walk, ASKED, EXITED);

	MUST(walk, is_urgent(walk), "a choice without need");
	MUST(walk, walk->now_ms > walk->settled_ms, "a choice on old news");
	MUST(walk, walk->now_ms >= walk->retry_ms, "a choice too soon");
	MUST(walk, living < STRIKES_MAX, "more than eight victims");
	MUST(walk, order->gap_kib <= gap_kib(walk), "the gap has grown");
	if (is_at_kill(walk)) {
		MUST(walk, living == 0 || relief(walk) < gap_kib(walk),
		     "a victim more than needed");
		MUST(walk, living == 0 || walk->futile < 2,
		     "several where they do not help");
		return;
	}
	MUST(walk, living == 0, "two victims below the kill level");
	MUST(walk, !fuse_is_blown(walk), "the fuse did not blow");
}

static bool is_struck(const struct walk *walk, int32_t pid)
{
	for (int i = 0; i < STRIKES_MAX; i++)
		if (walk->pages[i].state != FREE &&
		    walk->pages[i].target.pid == pid)
			return true;
	return false;
}

/* What is remembered of it, of all that it was asked: the same each time. */
static const struct memory *recall(const struct walk *walk,
				   const struct target *target)
{
	for (uint32_t i = 0; i < STRIKES_MAX && i < walk->remembered; i++) {
		const struct memory *memory = &walk->memories[i];
		if (memory->target.pid == target->pid && !target->term_only &&
		    walk->now_ms - memory->asked_ms <
			    STRIKES_ASKED_MS + memory->grace_ms)
			return memory;
	}
	return NULL;
}

static void remember(struct walk *walk, const struct page *page)
{
	walk->memories[walk->remembered++ % STRIKES_MAX] =
		(struct memory){ .target = page->target,
				 .asked_ms = page->asked_ms,
				 .grace_ms = page->grace_ms };
}

static struct target invent(struct walk *walk)
{
	uint32_t old = (uint32_t)given_between(&walk->random, 0, 7);
	struct target target = {
		.pid = 1000 + (int32_t)walk->invented,
		.start_ticks = walk->invented + 7,
		.relief_kib = given_between(&walk->random, 1, 3000) * MIB,
		.term_only = chance(walk, 15),
		.sigterm_is_futile = chance(walk, 15),
		.grace_ms = SETTINGS_UNSET,
	};

	if (chance(walk, 5))
		target.relief_kib = 0;
	if (chance(walk, 20))
		target.grace_ms = given_between(&walk->random, 1000, 60000);
	if (old < walk->remembered && chance(walk, 70) &&
	    !is_struck(walk, walk->memories[old].target.pid))
		return walk->memories[old].target;
	walk->invented++;
	return target;
}

static int64_t expected_grace(const struct walk *walk,
			      const struct target *target)
{
	if (target->sigterm_is_futile)
		return 0;
	if (target->grace_ms != SETTINGS_UNSET)
		return target->grace_ms;
	return walk->decision.reason == REASON_MEMORY ? 10000 : 5000;
}

static void begin(struct walk *walk)
{
	struct target target = invent(walk);
	uint32_t slot = strike_begin(&settings, &walk->decision, &walk->strikes,
				     &target, walk->now_ms);
	struct page *page = &walk->pages[slot];
	const struct memory *memory = recall(walk, &target);

	MUST(walk, slot < STRIKES_MAX, "no such slot");
	MUST(walk, page->state == FREE, "the slot is taken");
	*page = (struct page){
		.target = target,
		.grace_ms = memory ? memory->grace_ms
				   : expected_grace(walk, &target),
		.calm_ms =
			walk->decision.reason == REASON_MEMORY ? 2000 : 10000,
		.available_kib = walk->decision.available_kib,
		.asked_ms = memory ? memory->asked_ms : walk->now_ms,
		.killed_ms = walk->now_ms
	};
	bool at_once = !target.term_only &&
		       (walk->now_ms >= page->asked_ms + page->grace_ms ||
			is_at_kill(walk));
	page->state = at_once ? KILLED : ASKED;
	MUST(walk,
	     walk->strikes.slots[slot].stage ==
		     (at_once ? STAGE_KILLED : STAGE_ASKED),
	     "the wrong signal");
	if (chance(walk, 10)) {
		strike_refused(&walk->strikes, slot);
		page->state = FREE;
		return;
	}
	walk->begun_ms[walk->begun++ % STRIKES_FUSE] = walk->now_ms;
}

static void choose(struct walk *walk, const struct order *order)
{
	int64_t retry_ms = given_between(&walk->random, 1, 2000);

	check_choose(walk, order);
	if (chance(walk, 85)) {
		begin(walk);
		return;
	}
	strike_none(&walk->strikes, walk->now_ms, retry_ms);
	walk->retry_ms = walk->now_ms + retry_ms;
}

static void kill_one(struct walk *walk, uint32_t slot)
{
	struct page *page = &walk->pages[slot];

	MUST(walk, slot < STRIKES_MAX, "no such slot");
	MUST(walk, page->state == ASKED, "SIGKILL for nobody");
	MUST(walk, !page->target.term_only, "SIGKILL for term-only");
	MUST(walk, is_urgent(walk), "SIGKILL without need");
	MUST(walk,
	     is_at_kill(walk) ||
		     walk->now_ms >= page->asked_ms + page->grace_ms,
	     "SIGKILL within the grace");
	strike_killed(&walk->strikes, slot, walk->now_ms);
	page->state = KILLED;
	page->killed_ms = walk->now_ms;
}

static void end_abandoned(struct walk *walk, const struct page *page)
{
	int64_t since_ms = page->killed_ms;
	int64_t limit_ms = abandon_ms(page) - 1;

	if (page->state != KILLED) {
		MUST(walk, page->target.term_only, "abandoned unstruck");
		since_ms = page->asked_ms;
		limit_ms = page->grace_ms;
	}
	MUST(walk, walk->now_ms - since_ms >= limit_ms, "abandoned too soon");
	MUST(walk,
	     strike_abandoned(&walk->strikes, page->target.pid,
			      page->target.start_ticks),
	     "abandoned and forgotten");
}

static void end_exited(struct walk *walk, const struct page *page, bool settled)
{
	MUST(walk, page->state == EXITED, "settled without an exit");
	MUST(walk,
	     (settled && is_back(walk, page)) ||
		     walk->now_ms - page->exited_ms >= settle_ms(page) - 1,
	     "settled too soon");
}

static void end_one(struct walk *walk, const struct order *order)
{
	struct page *page = &walk->pages[order->slot];

	MUST(walk, order->slot < STRIKES_MAX, "no such slot");
	walk->settled_ms = walk->now_ms;
	switch (order->outcome) {
	case OUTCOME_RECOVERED:
		MUST(walk, page->state == ASKED, "who has recovered?");
		MUST(walk, is_calm_for(walk, page->calm_ms),
		     "recovered too soon");
		remember(walk, page);
		break;
	case OUTCOME_ABANDONED:
		end_abandoned(walk, page);
		break;
	case OUTCOME_SETTLED:
		end_exited(walk, page, true);
		walk->futile = 0;
		break;
	case OUTCOME_FUTILE:
		end_exited(walk, page, false);
		walk->futile = is_calm(walk) ? 0 : walk->futile + 1;
		break;
	}
	page->state = FREE;
	MUST(walk, !strike_holds(&walk->strikes, page->target.pid),
	     "held for ever");
}

/* Nothing that is due may be left undone when the guard goes to sleep. */
static void check_page(const struct walk *walk, const struct page *page)
{
	int64_t waited_ms = walk->now_ms - page->asked_ms;

	switch (page->state) {
	case FREE:
		return;
	case ASKED:
		MUST(walk, !is_calm_for(walk, page->calm_ms),
		     "recovered unseen");
		if (!is_urgent(walk))
			break;
		if (page->target.term_only)
			MUST(walk,
			     waited_ms <= page->grace_ms + abandon_ms(page) + 1,
			     "waits for ever");
		else
			MUST(walk,
			     waited_ms < page->grace_ms && !is_at_kill(walk),
			     "SIGKILL is due");
		break;
	case KILLED:
		MUST(walk,
		     walk->now_ms - page->killed_ms <= abandon_ms(page) + 1,
		     "not abandoned");
		break;
	case EXITED:
		MUST(walk, !is_back(walk, page), "settled unseen");
		MUST(walk,
		     walk->now_ms - page->exited_ms <= settle_ms(page) + 1,
		     "never settled");
		break;
	}
	MUST(walk, strike_holds(&walk->strikes, page->target.pid),
	     "a strike is forgotten");
}

/* While it is grave somebody is struck, if anybody can be chosen. */
static void check_zeal(const struct walk *walk, const struct order *order)
{
	uint32_t living = count(walk, ASKED, EXITED);
	bool may_choose = walk->now_ms > walk->settled_ms &&
			  walk->now_ms >= walk->retry_ms;

	if (order->fuse_is_blown)
		MUST(walk, fuse_is_blown(walk) && is_urgent(walk),
		     "the fuse is whole");
	if (is_at_kill(walk) && may_choose && living < STRIKES_MAX)
		MUST(walk,
		     living > 0 && (relief(walk) >= gap_kib(walk) ||
				    walk->futile >= 2),
		     "nobody is struck at the kill level");
	if (is_urgent(walk) && may_choose && living == 0)
		MUST(walk, fuse_is_blown(walk), "nobody is struck");
}

/* A wait lasts as it says, if nothing else happens. */
static void check_until(const struct walk *walk, const struct order *order)
{
	struct strikes copy = walk->strikes;
	struct order again;

	if (order->until_ms > walk->now_ms + 3600000)
		return;
	again = strike_next(&walk->decision, &copy, order->until_ms - 1);
	MUST(walk, again.kind == ORDER_WAIT, "the wait was too long");
}

/* What is brought back is counted from the least while it lived. */
static void turn_pages(struct walk *walk)
{
	for (int i = 0; i < STRIKES_MAX; i++) {
		struct page *page = &walk->pages[i];
		bool lives = page->state == ASKED || page->state == KILLED;

		if (lives && page->available_kib > walk->decision.available_kib)
			page->available_kib = walk->decision.available_kib;
	}
}

static void obey(struct walk *walk)
{
	struct order order;
	int orders = 0;

	turn_pages(walk);
	if (!is_urgent(walk) || (is_at_kill(walk) && !walk->was_at_kill))
		walk->retry_ms = 0;
	walk->was_at_kill = is_at_kill(walk);
	for (;;) {
		order = strike_next(&walk->decision, &walk->strikes,
				    walk->now_ms);
		MUST(walk, ++orders < 64, "orders without end");
		if (order.kind == ORDER_WAIT)
			break;
		if (order.kind == ORDER_CHOOSE)
			choose(walk, &order);
		else if (order.kind == ORDER_KILL)
			kill_one(walk, order.slot);
		else
			end_one(walk, &order);
	}
	turn_pages(walk);
	for (int i = 0; i < STRIKES_MAX; i++)
		check_page(walk, &walk->pages[i]);
	check_zeal(walk, &order);
	check_until(walk, &order);
}

static void judge(struct walk *walk, int64_t available_kib, bool is_pressed)
{
	struct decision *decision = &walk->decision;

	*decision = (struct decision){
		.at_ms = walk->now_ms,
		.reason = REASON_MEMORY,
		.observed = available_kib,
		.available_kib = available_kib,
		.gap_kib = available_kib < TERM ? TERM - available_kib : 0,
		.exhaustion_ms = INT64_MAX,
		.levels = { .base_kib = 32 * GIB,
			    .warn_kib = WARN,
			    .term_kib = TERM,
			    .kill_kib = KILL },
	};
	decision->urgency = available_kib < KILL   ? URGENCY_KILL
			    : available_kib < TERM ? URGENCY_TERM
			    : available_kib < WARN ? URGENCY_WARN
						   : URGENCY_NONE;
	if (is_pressed && decision->urgency < URGENCY_TERM) {
		decision->urgency =
			chance(walk, 80) ? URGENCY_TERM : URGENCY_KILL;
		decision->reason = REASON_PRESSURE_FULL;
	} else if (is_pressed && chance(walk, 50)) {
		/* Swap is free, but below the level term. */
		decision->urgency = URGENCY_TERM;
	}
}

static void look(struct walk *walk)
{
	static const int64_t anchors[] = { 0,    KILL,     TERM,
					   WARN, HALF_WAY, 8 * GIB };
	int64_t available_kib = walk->decision.available_kib;

	if (chance(walk, 50))
		available_kib += given_between(&walk->random, -300, 300) * MIB;
	else if (chance(walk, 50))
		available_kib = anchors[given_between(&walk->random, 0, 5)] +
				given_between(&walk->random, -1, 1);
	if (available_kib < 0)
		available_kib = 0;
	judge(walk, available_kib, chance(walk, 15));
	if (is_urgent(walk) || available_kib <= HALF_WAY)
		walk->calm_since_ms = -1;
	else if (walk->calm_since_ms < 0)
		walk->calm_since_ms = walk->now_ms;
	if (is_calm(walk))
		walk->futile = 0;
	/* The next shortage may have another cause. */
	if (!is_urgent(walk))
		walk->retry_ms = 0;
}

static void pass_time(struct walk *walk)
{
	int64_t most_ms = chance(walk, 40)   ? 20
			  : chance(walk, 40) ? 500
			  : chance(walk, 90) ? 11000
					     : 400000;

	walk->now_ms += given_between(&walk->random, 1, most_ms);
}

static void let_exit(struct walk *walk)
{
	for (uint32_t i = 0; i < STRIKES_MAX; i++) {
		struct page *page = &walk->pages[i];

		if (page->state == FREE || page->state == EXITED ||
		    !chance(walk, 12))
			continue;
		strike_exited(&walk->strikes, i, walk->now_ms);
		page->exited_ms = walk->now_ms;
		page->state = EXITED;
	}
}

/* By other settings they are no candidates. */
static void forget(struct walk *walk)
{
	for (uint32_t i = 0; i < STRIKES_MAX; i++) {
		struct page *page = &walk->pages[i];

		if (page->state != ASKED || !chance(walk, 5))
			continue;
		strike_forget(&walk->strikes, i);
		remember(walk, page);
		page->state = FREE;
	}
}

static void walk_once(uint64_t seed)
{
	static struct walk walk;

	walk = (struct walk){ .random = seed * 2654435761u + 88172645463325252,
			      .seed = seed,
			      .calm_since_ms = -1,
			      .settled_ms = -1 };
	walk.now_ms = given_between(&walk.random, 0, 1000000000);
	strikes_init(&walk.strikes);
	judge(&walk, 3 * GIB, false);
	for (int step = 0; step < STEPS; step++) {
		pass_time(&walk);
		look(&walk);
		let_exit(&walk);
		forget(&walk);
		obey(&walk);
	}
}

START_TEST(test_walks)
{
	given_settings(&settings);
	for (int run = 0; run < RUNS; run++)
		walk_once((uint64_t)(_i * RUNS + run) + 1);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("strike walk");

	tcase_add_loop_test(cases, test_walks, 0, BATCHES);
	return fixture_run(cases, "strike walk");
}
