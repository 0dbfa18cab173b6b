/* SPDX-License-Identifier: MIT */
#include "run.h"

#include <string.h>

#include "calls_inside.h"
#include "fibers.h"
#include "invariants.h"
#include "peers.h"
#include "settings_table.h"

#define STOP_MOST_US 30000000 /* cgroup files may block */
#define TRIES_MOST 50

static struct guard guard;
static struct settings wanted;
static bool must_end;
static int64_t descriptors[2], counted_us;

static bool set(struct settings *settings, const char *line)
{
	char section[96], bytes[256];
	struct text why;
	char *key, *value;

	memcpy(section, line, strnlen(line, sizeof(section) - 1) + 1);
	section[sizeof(section) - 1] = '\0';
	text_init(&why, bytes, sizeof(bytes));
	key = strchr(section, '.');
	value = strchr(section, '=');
	if (!key || !value)
		return false;
	*key++ = *value++ = '\0';
	return settings_set(settings, section, key, value, &why) == 0;
}

/* ExecStopPost=, for what could not be put back because of garbage. */
static void put_back(void)
{
	static struct warden warden;

	machine.is_clear = true;
	memset(&warden, 0, sizeof(warden));
	(void)warden_put_back(&warden, "/proc", &guard.settings);
}

static void *guard_main(void *argument)
{
	const char *teller =
		machine.scenario->teller ? "/usr/sbin/oomguard-teller" : "none";

	(void)argument;
	guard.settings = wanted;
	int error = guard_start(&guard, "/proc", NULL, teller);
	/* The service manager would try again. */
	for (int i = 0; error && i < TRIES_MOST; i++) {
		memset(&guard, 0, sizeof(guard));
		guard.settings = wanted;
		error = guard_start(&guard, "/proc", NULL, teller);
	}
	invariants_expect(error == 0, "8 the guard does not start");
	if (error)
		return NULL;
	invariants_begin();
	error = guard_run(&guard);
	invariants_expect(error == 0 && must_end, "8 the guard ends by itself");
	invariants_stop();
	guard_stop(&guard);
	put_back();
	return NULL;
}

static void start_guard(bool is_first)
{
	calls_reset(is_first);
	fibers_reset();
	memset(&guard, 0, sizeof(guard));
	(void)fiber_start(guard_main, NULL);
}

static void rename_one(const struct event *event)
{
	struct process *process = machine_one(event->value);

	if (!process)
		return;
	memcpy(process->comm, "renamed", sizeof("renamed"));
	memcpy(process->exe, "/usr/bin/renamed", sizeof("/usr/bin/renamed"));
	process->changed_us = machine.now_us;
}

static void move_one(const struct event *event)
{
	struct process *process = machine_one(event->value);

	if (!process || !event->text[0])
		return;
	calls_moved(process->group);
	process->group = machine_group(event->text);
	process->changed_us = machine.now_us;
	calls_moved(process->group);
}

static void raise_one(const struct event *event)
{
	struct process *process = machine_one(event->value);

	if (process && process->adj < 300)
		process->adj = process->natural = 300;
}

static void happen(const struct event *event)
{
	struct settings settings = wanted;

	switch ((enum event_kind)event->kind) {
	case EVENT_PAUSE:
		calls_request(REQUEST_PAUSE, event->value);
		break;
	case EVENT_RESUME:
		calls_request(REQUEST_RESUME, 0);
		calls_request(REQUEST_LOOK, 0);
		break;
	case EVENT_RELOAD:
		calls_reload(&settings, !set(&settings, event->text));
		if (set(&settings, event->text)) {
			wanted = settings;
			calls_reload(&settings, false);
		}
		break;
	case EVENT_SUSPEND:
		machine.suspended_us += event->value * 1000;
		break;
	case EVENT_SWAPON:
		machine.memory.swap_total_kib += event->value;
		break;
	case EVENT_TELLER:
		calls_teller(event->value);
		break;
	case EVENT_CRASH:
		start_guard(false);
		invariants_forget();
		break;
	case EVENT_RENAME:
		rename_one(event);
		break;
	case EVENT_MOVE:
		move_one(event);
		break;
	case EVENT_RAISE:
		raise_one(event);
		break;
	case EVENT_HOLD:
		calls_hold(machine.now_us + event->value * 1000);
		break;
	}
}

static int64_t earlier(int64_t a_us, int64_t b_us)
{
	return a_us < b_us ? a_us : b_us;
}

/* Returns when the next one is due. */
static int64_t happen_all(const struct scenario *scenario, bool done[])
{
	int64_t next_us = NEVER;

	for (uint32_t i = 0; i < scenario->events_count; i++) {
		const struct event *event = &scenario->events[i];
		if (done[i])
			continue;
		if (event->at_ms * 1000 > machine.now_us) {
			next_us = earlier(next_us, event->at_ms * 1000);
			continue;
		}
		done[i] = true;
		happen(event);
	}
	return next_us;
}

/* Once a second of the machine's. */
static void count_descriptors(int64_t end_us)
{
	int64_t *most = &descriptors[machine.now_us >= end_us / 2];

	if (machine.now_us < counted_us)
		return;
	counted_us = machine.now_us + 1000000;
	int64_t now = calls_descriptors();
	if (now > *most)
		*most = now;
}

static void go(const struct scenario *scenario)
{
	bool done[SCENARIO_EVENTS] = { false };
	int64_t end_us = scenario->length_ms * 1000;

	while (!invariants_broken()) {
		int64_t next_us = machine.stepped_us + STEP_US;
		next_us = earlier(next_us, happen_all(scenario, done));
		next_us = earlier(next_us, fibers_run());
		if (must_end && fiber_is_done(FIBER_GUARD))
			break;
		count_descriptors(end_us);
		if (!must_end && machine.now_us >= end_us) {
			must_end = true;
			calls_end_guard();
			continue;
		}
		invariants_expect(machine.now_us < end_us + STOP_MOST_US,
				  "8 the guard does not stop");
		if (next_us <= machine.now_us)
			next_us = machine.now_us + 1;
		machine_advance(next_us);
	}
}

/* Without the guard: the machine, and whoever decides on it. */
static void go_alone(const struct scenario *scenario, enum policy policy)
{
	int64_t end_us = scenario->length_ms * 1000;
	int64_t look_us = 0;

	peers_start(policy);
	while (machine.now_us < end_us) {
		int64_t next_us = machine.stepped_us + STEP_US;
		if (machine.now_us >= look_us)
			look_us = peers_look(policy);
		machine_advance(earlier(next_us, look_us));
	}
}

void run(const struct scenario *scenario, enum policy policy, bool is_traced,
	 struct result *result)
{
	must_end = false;
	descriptors[0] = descriptors[1] = counted_us = 0;
	machine_start(scenario);
	settings_init(&wanted);
	for (uint32_t i = 0; i < scenario->sets_count; i++)
		(void)set(&wanted, scenario->sets[i]);
	invariants_start(&guard, is_traced);
	start_guard(policy == POLICY_GUARD);
	if (policy != POLICY_GUARD)
		go_alone(scenario, policy);
	else
		go(scenario);
	if (!invariants_broken() && policy == POLICY_GUARD)
		invariants_end();
	*result = (struct result){ .broken = invariants_broken(),
				   .broken_us = invariants_broken_us(),
				   .tally = machine.tally,
				   .descriptors = { descriptors[0],
						    descriptors[1] } };
}
