/* SPDX-License-Identifier: MIT */
/* From one stack to another is no mistake. */
#undef _FORTIFY_SOURCE

#include "fibers.h"

#include <setjmp.h>
#include <stddef.h>
#include <ucontext.h>

#include "calls_inside.h"
#include "invariants.h"
#include "machine.h"

#define STACK_SIZE (512 * 1024)

enum state { STATE_FREE, STATE_READY, STATE_WAITS, STATE_DONE };

/* Where somebody goes on. */
struct place {
	bool is_new;
	ucontext_t context;
	jmp_buf jump;
};

struct fiber {
	enum state state;
	struct place place;
	void *(*run)(void *);
	void *argument;
	struct pollfd *polled;
	int count;
	int64_t until_us;
	bool wants_lock;
};

static struct {
	int current;
	int holder; /* of the lock, or -1 */
	int turn;
	struct place scheduler;
	struct fiber fibers[FIBERS];
} all;

_Alignas(64) static char stacks[FIBERS][STACK_SIZE];

void fibers_reset(void)
{
	all.current = -1;
	all.holder = -1;
	all.turn = 0;
	for (int i = 0; i < FIBERS; i++)
		all.fibers[i].state = STATE_FREE;
}

int fiber_current(void)
{
	return all.current;
}

bool fiber_is_done(int fiber)
{
	return all.fibers[fiber].state == STATE_DONE;
}

/* swapcontext() asks the kernel for the signal mask each time. */
static void change(struct place *from, struct place *to)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	(void)swapcontext(&from->context, &to->context);
#else
	bool is_new = to->is_new;

	if (_setjmp(from->jump))
		return;
	to->is_new = false;
	if (is_new)
		(void)setcontext(&to->context);
	_longjmp(to->jump, 1);
#endif
}

static void begin(void)
{
	struct fiber *fiber = &all.fibers[all.current];

	(void)fiber->run(fiber->argument);
	fiber->state = STATE_DONE;
	for (;;)
		change(&fiber->place, &all.scheduler);
}

static void prepare(struct place *place, char *stack)
{
	ucontext_t *context = &place->context;

	(void)getcontext(context);
	context->uc_stack.ss_sp = stack;
	context->uc_stack.ss_size = STACK_SIZE;
	context->uc_link = NULL;
	makecontext(context, begin, 0);
	place->is_new = true;
}

int fiber_start(void *(*run)(void *), void *argument)
{
	for (int i = 0; i < FIBERS; i++) {
		struct fiber *fiber = &all.fibers[i];
		if (fiber->state != STATE_FREE)
			continue;
		fiber->state = STATE_READY;
		fiber->run = run;
		fiber->argument = argument;
		fiber->wants_lock = false;
		prepare(&fiber->place, stacks[i]);
		return i;
	}
	return -1;
}

static void leave(void)
{
	struct fiber *fiber = &all.fibers[all.current];

	invariants_expect(all.holder != all.current || fiber->wants_lock,
			  "8 a thread waits while it holds the lock");
	change(&fiber->place, &all.scheduler);
}

static int count_ready(struct pollfd *polled, int count)
{
	int ready = 0;

	for (int i = 0; i < count; i++) {
		polled[i].revents =
			polled[i].fd < 0
				? 0
				: calls_ready(polled[i].fd, polled[i].events);
		ready += polled[i].revents != 0;
	}
	return ready;
}

int fiber_wait(struct pollfd *polled, int count, int64_t until_us)
{
	struct fiber *fiber = &all.fibers[all.current];
	int ready = count_ready(polled, count);

	if (ready > 0 || machine.now_us >= until_us)
		return ready;
	fiber->polled = polled;
	fiber->count = count;
	fiber->until_us = until_us;
	fiber->state = STATE_WAITS;
	leave();
	return count_ready(polled, count);
}

void fiber_pass(void)
{
	const struct fiber *guard = &all.fibers[FIBER_GUARD];

	if (all.current <= FIBER_GUARD || all.holder == all.current)
		return;
	if (guard->state != STATE_WAITS || machine.now_us >= guard->until_us ||
	    random_chance(&machine.noise, 500))
		leave();
}

void fiber_lock(void)
{
	struct fiber *fiber = &all.fibers[all.current];

	while (all.holder >= 0) {
		fiber->wants_lock = true;
		leave();
	}
	fiber->wants_lock = false;
	all.holder = all.current;
}

void fiber_unlock(void)
{
	all.holder = -1;
}

static bool is_ready(struct fiber *fiber)
{
	if (fiber->state == STATE_WAITS &&
	    (machine.now_us >= fiber->until_us ||
	     count_ready(fiber->polled, fiber->count) > 0))
		fiber->state = STATE_READY;
	return fiber->state == STATE_READY &&
	       (!fiber->wants_lock || all.holder < 0);
}

/* The guard, or the others in turn; -1: nobody is ready. */
static int next(void)
{
	if (is_ready(&all.fibers[FIBER_GUARD]) && all.current != FIBER_GUARD)
		return FIBER_GUARD;
	for (int i = 1; i < FIBERS; i++) {
		int at = 1 + (all.turn + i) % (FIBERS - 1);
		if (is_ready(&all.fibers[at])) {
			all.turn = at - 1;
			return at;
		}
	}
	return is_ready(&all.fibers[FIBER_GUARD]) ? FIBER_GUARD : -1;
}

int64_t fibers_run(void)
{
	int64_t earliest_us = NEVER;
	int at;

	while ((at = next()) >= 0) {
		all.current = at;
		change(&all.scheduler, &all.fibers[at].place);
	}
	all.current = -1;
	for (int i = 0; i < FIBERS; i++)
		if (all.fibers[i].state == STATE_WAITS &&
		    all.fibers[i].until_us < earliest_us)
			earliest_us = all.fibers[i].until_us;
	return earliest_us;
}
