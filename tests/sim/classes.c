/* SPDX-License-Identifier: MIT */
/* Workloads, each with its culprits and those that are innocent. */
#include "classes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "machine.h"
#include "random.h"

#define MIB 1024
#define GIB (1024 * 1024)
#define CPU_KIB_S (3LL * GIB / 2) /* that one thread fills */
#define RATE_MOST (8LL * GIB)     /* by several threads */

struct maker {
	struct scenario *scenario;
	struct random random;
	int64_t base_kib; /* all, or what is not given away for good */
	int64_t free_kib; /* that nobody has yet */
};

static int64_t pick(struct maker *maker, int64_t least, int64_t most)
{
	return random_between(&maker->random, least, most);
}

static bool chance(struct maker *maker, int32_t permyriad)
{
	return random_chance(&maker->random, permyriad);
}

/* A part of the base, in permyriad. */
static int64_t part(const struct maker *maker, int64_t permyriad)
{
	return maker->base_kib / 10000 * permyriad;
}

static struct actor *add(struct maker *maker, const char *comm,
			 const char *cgroup)
{
	struct scenario *scenario = maker->scenario;
	struct actor *actor;

	if (scenario->actors_count == SCENARIO_ACTORS)
		return &scenario->actors[SCENARIO_ACTORS - 1];
	actor = &scenario->actors[scenario->actors_count++];
	*actor = (struct actor){ .count = 1, .restart_ms = -1, .exit_ms = 5 };
	snprintf(actor->comm, sizeof(actor->comm), "%s", comm);
	snprintf(actor->exe, sizeof(actor->exe), "/usr/bin/%s", comm);
	snprintf(actor->cgroup, sizeof(actor->cgroup), "%s", cgroup);
	return actor;
}

static struct actor *innocent(struct maker *maker, const char *comm,
			      const char *cgroup, int64_t anon_kib)
{
	struct actor *actor = add(maker, comm, cgroup);

	if (anon_kib > maker->free_kib * 9 / 10)
		anon_kib = maker->free_kib * 9 / 10;
	actor->anon_kib = anon_kib;
	actor->hot = pick(maker, 3000, 9000);
	actor->uid = pick(maker, 100, 120);
	maker->free_kib -= anon_kib * actor->count;
	return actor;
}

static struct actor *culprit(struct maker *maker, const char *comm,
			     const char *cgroup)
{
	struct actor *actor = add(maker, comm, cgroup);

	actor->role = ROLE_CULPRIT;
	actor->uid = 1000;
	actor->anon_kib = part(maker, pick(maker, 10, 300));
	actor->hot = pick(maker, 1000, 10000);
	actor->start_ms = pick(maker, 0, 5000);
	return actor;
}

static void set(struct maker *maker, const char *line)
{
	struct scenario *scenario = maker->scenario;

	if (scenario->sets_count < SCENARIO_SETS)
		snprintf(scenario->sets[scenario->sets_count++],
			 sizeof(scenario->sets[0]), "%s", line);
}

/* So fast that what is free is gone within this time. */
static int64_t rate_for(const struct maker *maker, int64_t ms)
{
	int64_t kib_s = maker->free_kib * 1000 / ms + 1;
	int64_t most = maker->scenario->cpus * CPU_KIB_S;

	most = most < RATE_MOST ? most : RATE_MOST;
	return kib_s < most ? kib_s : most;
}

static void make_leak(struct maker *maker)
{
	struct actor *actor = culprit(maker, "leak",
				      "/user.slice/user-1000.slice/"
				      "session-3.scope");

	actor->rate = rate_for(maker, pick(maker, 500, 20000));
}

/* Twenty times as fast as a poll a second. */
static void make_burst(struct maker *maker)
{
	struct actor *actor =
		culprit(maker, "burst", "/system.slice/batch.service");

	actor->rate = random_size(&maker->random, 256 * MIB,
				  maker->scenario->cpus * CPU_KIB_S);
	if (actor->rate > RATE_MOST)
		actor->rate = RATE_MOST;
}

/* A stable big innocent beside a leak a tenth of it. */
static void make_beside_big(struct maker *maker)
{
	struct actor *big =
		innocent(maker, "postgres", "/system.slice/postgresql.service",
			 part(maker, pick(maker, 4500, 6500)));
	struct actor *actor =
		culprit(maker, "script", "/system.slice/cron.service");

	actor->anon_kib = maker->free_kib / 10;
	actor->rate = rate_for(maker, pick(maker, 4000, 20000));
	actor->max_kib = big->anon_kib / 5 + maker->free_kib;
}

/* Many small ones fork on and on, beside innocents that are bigger. */
static void make_swarm(struct maker *maker)
{
	struct actor *actor;

	for (int i = 0; i < 3; i++) {
		char comm[16], cgroup[64];
		snprintf(comm, sizeof(comm), "web%d", i);
		snprintf(cgroup, sizeof(cgroup), "/system.slice/web%d.service",
			 i);
		(void)innocent(maker, comm, cgroup,
			       part(maker, pick(maker, 500, 1500)));
	}
	actor = culprit(maker, "worker", "/system.slice/ci.service");
	actor->count = pick(maker, 20, 80);
	actor->spawn_ms = pick(maker, 50, 300);
	actor->anon_kib = maker->free_kib / actor->count / 4;
	actor->rate = rate_for(maker, pick(maker, 5000, 20000)) / actor->count;
	actor->max_kib = maker->free_kib * 2 / actor->count;
	actor->life_ms = chance(maker, 5000) ? pick(maker, 3000, 30000) : 0;
	actor->restart_ms = 100;
}

static void make_tmpfs(struct maker *maker)
{
	struct actor *actor;

	(void)innocent(maker, "app", "/system.slice/app.service",
		       part(maker, pick(maker, 1000, 4000)));
	actor = culprit(maker, "dd",
			"/user.slice/user-1000.slice/"
			"session-3.scope");
	actor->anon_kib = 2 * MIB;
	actor->tmpfs_rate = rate_for(maker, pick(maker, 3000, 15000));
	if (chance(maker, 5000))
		actor->tmpfs_max = maker->free_kib * 9 / 10;
}

/* A database fills its buffers while a script leaks. */
static void make_warmup(struct maker *maker)
{
	struct actor *database =
		innocent(maker, "mysqld", "/system.slice/mysql.service",
			 part(maker, 800));
	struct actor *actor;

	database->max_kib = part(maker, pick(maker, 3000, 5000));
	maker->free_kib -= database->max_kib;
	database->rate = database->max_kib * 1000 / pick(maker, 5000, 20000);
	actor = culprit(maker, "script", "/system.slice/cron.service");
	actor->rate = rate_for(maker, pick(maker, 6000, 25000));
}

/*
 * The same within minutes: the database takes most of the memory, and is warm
 * when the level term is near; the script goes on.
 */
static void make_warmup_slow(struct maker *maker)
{
	int64_t warm_ms = pick(maker, 60000, 120000);
	int64_t short_ms = warm_ms + pick(maker, 4000, 30000);
	int64_t spare_kib, term_kib = maker->scenario->total_kib / 10;
	struct actor *database =
		innocent(maker, "mysqld", "/system.slice/mysql.service",
			 part(maker, 100));
	struct actor *actor;

	if (term_kib > 2 * GIB)
		term_kib = 2 * GIB;
	database->max_kib = part(maker, 6000);
	if (database->max_kib > maker->free_kib * 3 / 4)
		database->max_kib = maker->free_kib * 3 / 4;
	maker->free_kib -= database->max_kib;
	database->rate = database->max_kib * 1000 / warm_ms;
	actor = culprit(maker, "script", "/system.slice/cron.service");
	spare_kib =
		maker->free_kib - actor->anon_kib - term_kib - part(maker, 200);
	actor->rate = spare_kib > 0 ? spare_kib * 1000 / short_ms : MIB;
}

static void make_thrash(struct maker *maker)
{
	struct actor *actor;

	(void)innocent(maker, "app", "/system.slice/app.service",
		       part(maker, pick(maker, 1000, 3000)));
	actor = culprit(maker, "scan", "/system.slice/batch.service");
	actor->anon_kib = maker->free_kib * pick(maker, 50, 80) / 100;
	actor->hot = 9000;
	actor->file_kib = maker->free_kib * pick(maker, 30, 80) / 100;
	actor->busy = chance(maker, 3000);
}

/* Children of a big parent that touch a part of what they share. */
static void make_fork(struct maker *maker)
{
	struct actor *actor =
		culprit(maker, "redis", "/system.slice/redis.service");

	actor->shared_kib = maker->free_kib / 2;
	maker->free_kib -= actor->shared_kib;
	actor->is_shmem = chance(maker, 3000);
	actor->count = pick(maker, 2, 12);
	actor->spawn_ms = pick(maker, 200, 2000);
	actor->rate = rate_for(maker, pick(maker, 3000, 12000)) / actor->count;
	(void)innocent(maker, "app", "/system.slice/app.service",
		       part(maker, pick(maker, 500, 2000)));
}

/* Grows and shrinks, and never too much by itself. */
static void make_saw(struct maker *maker)
{
	struct actor *actor =
		innocent(maker, "cache", "/system.slice/cache.service",
			 part(maker, 500));

	actor->period_ms = pick(maker, 500, 5000);
	actor->max_kib =
		actor->anon_kib + maker->free_kib * pick(maker, 50, 99) / 100;
	actor->rate =
		(actor->max_kib - actor->anon_kib) * 1000 / actor->period_ms;
	actor->shrinks = chance(maker, 3000);
	if (chance(maker, 5000))
		make_leak(maker);
}

static void make_stubborn(struct maker *maker)
{
	struct actor *actor =
		culprit(maker, "stuck", "/system.slice/stuck.service");

	actor->rate = rate_for(maker, pick(maker, 1000, 15000));
	switch (pick(maker, 0, 4)) {
	case 0:
		actor->term = TERM_IGNORED;
		break;
	case 1:
		actor->term = TERM_NAMESPACE_INIT;
		break;
	case 2:
		actor->term = TERM_HANDLED;
		actor->term_ms =
			chance(maker, 5000) ? 0 : pick(maker, 10, 15000);
		break;
	case 3:
		actor->exit_ms = chance(maker, 5000) ? 1000000000
						     : pick(maker, 10, 20000);
		actor->held = chance(maker, 7000);
		break;
	default:
		actor->late_ms = pick(maker, 10, 3000);
		break;
	}
	if (chance(maker, 5000))
		actor->max_kib = maker->free_kib * pick(maker, 60, 98) / 100;
	if (chance(maker, 3000))
		set(maker, "victim.grace-for=comm:stuck 2s");
	else if (chance(maker, 3000))
		set(maker, "victim.term-only=comm:stuck");
}

/* Big ones that come and go all the time: who is chosen may be gone. */
static void make_churn(struct maker *maker)
{
	struct actor *actor =
		culprit(maker, "render", "/system.slice/batch.service");

	actor->count = pick(maker, 2, 20);
	actor->life_ms = pick(maker, 200, 3000);
	actor->spawn_ms = pick(maker, 0, 100);
	actor->anon_kib =
		maker->free_kib * pick(maker, 80, 160) / 100 / actor->count;
	maker->scenario->vanish = pick(maker, 20, 300);
}

static void make_restarts(struct maker *maker)
{
	struct actor *actor =
		culprit(maker, "leaky", "/system.slice/leaky.service");

	actor->rate = rate_for(maker, pick(maker, 1000, 10000));
	actor->restart_ms = pick(maker, 50, 2000);
}

static void make_no_swap(struct maker *maker)
{
	struct actor *actor =
		culprit(maker, "locked", "/kubepods.slice/pod1/abc");

	actor->locked = chance(maker, 3000) ? LOCKED_PAGES : LOCKED_CGROUP;
	actor->rate = rate_for(maker, pick(maker, 1000, 15000));
	if (maker->scenario->swap_kib == 0)
		maker->scenario->swap_kib = maker->scenario->total_kib / 2;
}

static void make_calm(struct maker *maker)
{
	(void)innocent(maker, "app", "/system.slice/app.service",
		       part(maker, pick(maker, 1000, 6000)));
	if (chance(maker, 5000))
		add(maker, "backup", "/system.slice/backup.service")
			->read_rate = maker->scenario->total_kib / 10;
}

static const struct class
{
	const char *name;
	void (*make)(struct maker *maker);
	bool has_culprit;
	int64_t plain_ms; /* 0: a minute, as long as random runs at most */
} classes[] = {
	{ "leak", make_leak, true, 0 },
	{ "burst", make_burst, true, 0 },
	{ "beside-big", make_beside_big, true, 0 },
	{ "swarm", make_swarm, true, 0 },
	{ "tmpfs", make_tmpfs, true, 0 },
	{ "warmup", make_warmup, true, 0 },
	{ "thrash", make_thrash, true, 0 },
	{ "fork", make_fork, true, 0 },
	{ "saw", make_saw, false, 0 },
	{ "stubborn", make_stubborn, true, 0 },
	{ "restarts", make_restarts, true, 0 },
	{ "no-swap", make_no_swap, true, 0 },
	{ "churn", make_churn, true, 0 },
	{ "calm", make_calm, false, 0 },
	{ "warmup-slow", make_warmup_slow, true, 300000 },
};

#define CLASSES (sizeof(classes) / sizeof(classes[0]))
#define SHORT_CLASSES (CLASSES - 1) /* the last one takes minutes */

const char *classes_name(size_t index)
{
	return index < CLASSES ? classes[index].name : NULL;
}

static const struct class *find(const char *name, uint64_t seed)
{
	if (!name)
		return &classes[seed % SHORT_CLASSES];
	for (size_t i = 0; i < CLASSES; i++)
		if (strcmp(classes[i].name, name) == 0)
			return &classes[i];
	return NULL;
}

static void make_machine(struct maker *maker)
{
	struct scenario *scenario = maker->scenario;

	scenario->total_kib =
		random_size(&maker->random, 256 * MIB, 64LL * GIB);
	scenario->cpus = random_size(&maker->random, 1, 64);
	if (chance(maker, 4000)) {
		scenario->swap_kib =
			scenario->total_kib * pick(maker, 10, 200) / 100;
		scenario->zram = chance(maker, 4000);
		scenario->zram_ratio = pick(maker, 1500, 11000);
		scenario->swap_rate =
			random_size(&maker->random, 20 * MIB, 2 * GIB);
	}
	scenario->kernel = chance(maker, 3000) ? 601 : 612;
	scenario->psi = !chance(maker, 1500);
	scenario->teller = chance(maker, 5000);
	scenario->cgroups = !chance(maker, 2000);
	scenario->pids = chance(maker, 3000) ? 700 : 30000;
	scenario->descriptors = chance(maker, 1000) ? 320 : 8192;
	scenario->length_ms = pick(maker, 8000, 40000);
}

static void make_noise(struct maker *maker)
{
	struct scenario *scenario = maker->scenario;

	if (chance(maker, 3000))
		scenario->garbage = pick(maker, 1, 500);
	if (scenario->vanish == 0 && chance(maker, 4000))
		scenario->vanish = pick(maker, 1, 100);
	if (chance(maker, 500))
		scenario->failing = pick(maker, 100, 5000);
}

/* Who is always there. */
static void make_crowd(struct maker *maker)
{
	int64_t count = pick(maker, 1, 6);
	struct actor *actor;

	for (int64_t i = 0; i < count; i++) {
		char comm[16], cgroup[64];
		snprintf(comm, sizeof(comm), "svc%d", (int)i);
		snprintf(cgroup, sizeof(cgroup), "/system.slice/svc%d.service",
			 (int)i);
		actor = innocent(maker, comm, cgroup,
				 part(maker, pick(maker, 1, 400)));
		actor->adj = chance(maker, 2000) ? pick(maker, -500, 500) : 0;
		actor->term = chance(maker, 2000) ? TERM_HANDLED : TERM_DEFAULT;
		actor->term_ms = pick(maker, 1, 3000);
		actor->restart_ms = chance(maker, 5000) ? 500 : -1;
		actor->file_kib = part(maker, pick(maker, 1, 50));
	}
	if (chance(maker, 6000)) {
		actor = innocent(maker, "job", "/system.slice/cron.service",
				 MIB);
		actor->count = pick(maker, 2, 20);
		actor->life_ms = pick(maker, 50, 2000);
		actor->spawn_ms = pick(maker, 10, 200);
	}
	if (chance(maker, 1000)) {
		actor = innocent(maker, "threads", "/system.slice/t.service",
				 part(maker, 100));
		actor->leader = 1;
	}
	if (chance(maker, 1000))
		innocent(maker, "vforked", "/system.slice/v.service",
			 part(maker, 100))
			->vfork = 1;
}

static void make_settings(struct maker *maker)
{
	static const char *const lines[] = {
		"protect.units=svc0.service",
		"protect.units=svc*.service",
		"protect.processes=comm:svc1",
		"victim.never=comm:svc0",
		"victim.never=unit:app.service",
		"victim.term-only=comm:svc0",
		"victim.term-only=comm:leak",
		"victim.grace-for=comm:stuck 2s",
		"victim.avoid=comm:svc* 10%",
		"victim.prefer=comm:svc1 10%",
		"guard.mode=observe",
		"protect.last-resort=largest",
		"protect.workers=protect",
		"protect.oom-score-adj=-300",
		"strike.oom-mark=no",
		"memory.kill=1%",
		"protect.units=svc1.service",
	};
	char line[32];

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (chance(maker, 1100))
			set(maker, lines[i]);
	if (chance(maker, 1500)) {
		snprintf(line, sizeof(line), "strike.grace=%ds",
			 (int)pick(maker, 0, 20));
		set(maker, line);
	}
}

static const char *const reloads[] = {
	"memory.term=7%",
	"memory.kill=9%",
	"victim.never=comm:leak",
	"guard.mode=observe",
	"protect.units=svc*.service",
	"protect.units=",
	"protect.oom-score-adj=-400",
	"memory.term=nonsense",
	"victim.never=unit:svc1.service",
};

static void make_event(struct maker *maker)
{
	struct scenario *scenario = maker->scenario;
	struct event *event = &scenario->events[scenario->events_count++];
	size_t which;

	event->at_ms = pick(maker, 100, scenario->length_ms);
	event->kind = pick(maker, EVENT_PAUSE, EVENT_HOLD);
	switch ((enum event_kind)event->kind) {
	case EVENT_PAUSE:
	case EVENT_SUSPEND:
	case EVENT_HOLD:
		event->value = pick(maker, 100, 8000);
		break;
	case EVENT_RELOAD:
		which = (size_t)pick(maker, 0,
				     sizeof(reloads) / sizeof(reloads[0]) - 1);
		snprintf(event->text, sizeof(event->text), "%s",
			 reloads[which]);
		break;
	case EVENT_SWAPON:
		event->value = scenario->total_kib / 4;
		break;
	case EVENT_TELLER:
		event->value = pick(maker, 1, 3);
		break;
	case EVENT_RENAME:
	case EVENT_MOVE:
	case EVENT_RAISE:
		event->value = pick(maker, 0, scenario->actors_count - 1);
		snprintf(event->text, sizeof(event->text), "%s",
			 "/system.slice/moved.service");
		break;
	case EVENT_RESUME:
	case EVENT_CRASH:
		break;
	}
}

static void begin(struct maker *maker, struct scenario *scenario,
		  const struct class *class, uint64_t seed)
{
	maker->scenario = scenario;
	maker->random.state = seed * 0x2545f4914f6cdd1dU;
	scenario_init(scenario);
	snprintf(scenario->class, sizeof(scenario->class), "%s", class->name);
	scenario->noise = random_next(&maker->random);
}

static void fill(struct maker *maker, const struct class *class)
{
	struct scenario *scenario = maker->scenario;

	maker->base_kib = scenario->total_kib;
	scenario->kernel_kib = part(maker, pick(maker, 300, 900));
	scenario->cache_kib = part(maker, pick(maker, 300, 3000));
	maker->free_kib = scenario->total_kib - scenario->kernel_kib;
	make_crowd(maker);
	class->make(maker);
}

int classes_make(struct scenario *scenario, const char *name, uint64_t seed)
{
	const struct class *class = find(name, seed);
	struct maker maker;

	if (!class)
		return -EINVAL;
	begin(&maker, scenario, class, seed);
	make_machine(&maker);
	fill(&maker, class);
	if (chance(&maker, 2000))
		classes[pick(&maker, 0, SHORT_CLASSES - 1)].make(&maker);
	make_noise(&maker);
	if (chance(&maker, 6000))
		make_settings(&maker);
	for (int64_t i = chance(&maker, 6000) ? pick(&maker, 1, 6) : 0; i > 0;
	     i--)
		make_event(&maker);
	return 0;
}

/* On a big machine most of the memory is somebody's for good. */
static void make_plain(struct maker *maker, const struct class *class)
{
	struct scenario *scenario = maker->scenario;
	struct actor *actor;
	int64_t spare_kib = scenario->total_kib - 64LL * GIB;

	maker->base_kib = spare_kib > 0 ? 64LL * GIB : scenario->total_kib;
	scenario->kernel_kib = part(maker, 500);
	scenario->cache_kib = part(maker, pick(maker, 300, 1000));
	maker->free_kib = scenario->total_kib - scenario->kernel_kib;
	if (spare_kib > 0) {
		actor = add(maker, "vm", "/machine.slice/vm.scope");
		actor->count = 16;
		actor->anon_kib = spare_kib / actor->count;
		actor->hot = 10000;
		maker->free_kib -= spare_kib;
	}
	make_crowd(maker);
	class->make(maker);
}

int classes_make_plain(struct scenario *scenario, const char *name,
		       uint64_t seed, int64_t total_kib, int64_t swap_kib,
		       int64_t zram)
{
	const struct class *class = find(name, seed);
	struct maker maker;

	if (!class)
		return -EINVAL;
	begin(&maker, scenario, class, seed);
	scenario->total_kib = total_kib;
	scenario->swap_kib = swap_kib;
	scenario->zram = zram;
	scenario->cpus = 8;
	scenario->length_ms = class->plain_ms ? class->plain_ms : 60000;
	make_plain(&maker, class);
	return 0;
}
