/* SPDX-License-Identifier: MIT */
#include "machine.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#define FREE_KIB_MS 16384       /* 60 us for each MiB (measured) */
#define START_KIB_S (3LL << 19) /* by one thread */
#define TABLES 512              /* a page table for so many pages */

struct machine machine;

static const struct actor *actor_of(const struct process *process)
{
	return &machine.scenario->actors[process->actor];
}

struct process *machine_find(int32_t pid)
{
	if (pid <= 0 || pid >= PIDS || machine.by_pid[pid] == 0)
		return NULL;
	return &machine.processes[machine.by_pid[pid] - 1];
}

/* By the number of the process and one; 0: it is free. */
static void give_pid(int32_t pid, int number)
{
	uint64_t bit = 1ULL << pid % 64;

	machine.by_pid[pid] = (int16_t)number;
	machine.pids[pid / 64] &= ~bit;
	machine.pids[pid / 64] |= number ? bit : 0;
}

int32_t machine_next_pid(int32_t pid)
{
	int32_t at = pid / 64;
	uint64_t word = at < PIDS / 64 ? machine.pids[at] >> pid % 64 : 0;

	if (word)
		return pid + __builtin_ctzll(word);
	while (++at < PIDS / 64)
		if (machine.pids[at])
			return at * 64 + __builtin_ctzll(machine.pids[at]);
	return PIDS;
}

int16_t machine_group(const char *path)
{
	int16_t parent = -1;
	char above[sizeof(machine.groups[0].path)];
	char *slash;

	for (int i = 0; i < machine.groups_count; i++)
		if (strcmp(machine.groups[i].path, path) == 0) {
			machine.groups[i].exists = true;
			return (int16_t)i;
		}
	memcpy(above, path, strlen(path) + 1);
	slash = strrchr(above, '/');
	if (slash && path[1]) {
		*(slash == above ? slash + 1 : slash) = '\0';
		parent = machine_group(above);
	}
	if (machine.groups_count == GROUPS)
		return 0;
	struct cgroup *group = &machine.groups[machine.groups_count];
	memset(group, 0, sizeof(*group));
	memcpy(group->path, path, strlen(path) + 1);
	group->parent = parent;
	group->exists = true;
	return (int16_t)machine.groups_count++;
}

static int64_t tables_kib(const struct process *process)
{
	return (process->anon_kib + process->swap_kib) / TABLES;
}

static int64_t shared_kib(const struct process *process)
{
	return process->has_shared ? actor_of(process)->shared_kib : 0;
}

int64_t process_relief_kib(const struct process *process)
{
	return process->anon_kib + process->swap_kib + tables_kib(process);
}

int64_t process_shared_kib(const struct process *process)
{
	bool is_shmem = process->actor >= 0 && actor_of(process)->is_shmem;

	return process->file_kib + (is_shmem ? shared_kib(process) : 0);
}

int64_t process_rss_kib(const struct process *process)
{
	return process->anon_kib + process->file_kib + shared_kib(process);
}

int64_t process_score(const struct process *process)
{
	int64_t all = machine.memory.total_kib + machine.memory.swap_total_kib;
	int64_t points;

	if (process->pid == 1 || process->is_kthread || process->adj == -1000 ||
	    process->life == LIFE_ZOMBIE ||
	    (process->actor >= 0 && actor_of(process)->vfork))
		return 0;
	points = process_rss_kib(process) + process->swap_kib +
		 tables_kib(process) + process->adj * all / 1000;
	points = (1000 + points * 1000 / all) * 2 / 3;
	return points < 0 ? 0 : points;
}

static int32_t new_pid(void)
{
	int64_t most = machine.scenario->pids;

	for (int64_t i = 0; i <= most; i++) {
		if (++machine.last_pid > most)
			machine.last_pid = 500;
		if (machine.by_pid[machine.last_pid] == 0)
			return machine.last_pid;
	}
	return 0;
}

static struct process *place(int32_t pid)
{
	for (int i = 0; pid > 0 && i < PROCESSES; i++) {
		struct process *process = &machine.processes[i];
		if (process->life != LIFE_NONE)
			continue;
		memset(process, 0, sizeof(*process));
		process->life = LIFE_RUNS;
		process->id = ++machine.last_id;
		process->pid = pid;
		process->parent = 1;
		process->actor = -1;
		process->start_us = process->changed_us = machine.now_us;
		process->start_ticks =
			(uint64_t)(machine.now_us + machine.suspended_us +
				   BOOTED_US) /
			(1000000 / HERTZ);
		process->leave_us = process->term_us = process->exit_us =
			process->gone_us = process->late_us = NEVER;
		give_pid(pid, i + 1);
		if (i >= machine.highest)
			machine.highest = i + 1;
		return process;
	}
	return NULL;
}

/* One of the system: it neither grows nor ends. */
static void add_system(int32_t pid, const char *comm, const char *exe,
		       const char *path, int64_t adj, bool is_kthread)
{
	struct process *process = place(pid);

	memcpy(process->comm, comm, strlen(comm) + 1);
	memcpy(process->exe, exe, strlen(exe) + 1);
	process->group = machine_group(path);
	process->parent = pid == 1 || is_kthread ? 0 : 1;
	process->adj = process->natural = adj;
	process->is_kthread = is_kthread;
	process->anon_kib = is_kthread ? 0 : 4096;
	machine.memory.anon_kib += process->anon_kib;
}

/* The oldest of an actor is the parent of the others. */
static struct process *eldest(int16_t actor)
{
	struct process *found = NULL;

	for (int i = 0; i < machine.highest; i++) {
		struct process *process = &machine.processes[i];
		if (process->life == LIFE_RUNS && process->actor == actor &&
		    (!found || process->id < found->id))
			found = process;
	}
	return found;
}

static void spawn(int16_t index)
{
	const struct actor *actor = &machine.scenario->actors[index];
	const struct process *parent = eldest(index);
	struct process *process = place(new_pid());

	if (!process)
		return;
	memcpy(process->comm, actor->comm, sizeof(process->comm));
	memcpy(process->exe, actor->exe, sizeof(process->exe));
	process->actor = index;
	process->group = machine_group(actor->cgroup);
	process->uid = (uint32_t)actor->uid;
	process->adj = process->natural = actor->adj;
	process->is_kthread = actor->kthread;
	process->has_shared = actor->shared_kib > 0;
	if (parent) {
		process->parent = parent->pid;
		process->adj = parent->adj;
		process->natural = parent->natural;
		process->was_adjusted = parent->was_adjusted;
		process->was_nominated = parent->was_nominated;
		process->group = parent->group;
	}
	if (actor->life_ms > 0)
		process->leave_us =
			machine.now_us + random_between(&machine.noise,
							actor->life_ms * 500,
							actor->life_ms * 1500);
	if (process->has_shared && machine.alive[index] == 0)
		*(actor->is_shmem ? &machine.memory.shmem_kib
				  : &machine.memory.shared_kib) +=
			actor->shared_kib;
	machine.alive[index]++;
	machine.spawned[index]++;
}

/* What it shared is free when the last of them is gone. */
static void leave_memory(struct process *process)
{
	const struct actor *actor;

	if (process->actor < 0 || process->has_shared == false)
		return;
	actor = actor_of(process);
	process->has_shared = false;
	for (int i = 0; i < machine.highest; i++)
		if (machine.processes[i].life != LIFE_NONE &&
		    machine.processes[i].actor == process->actor &&
		    machine.processes[i].has_shared)
			return;
	*(actor->is_shmem ? &machine.memory.shmem_kib
			  : &machine.memory.shared_kib) -= actor->shared_kib;
}

static void take_back(struct process *process, int64_t kib)
{
	if (kib > process->anon_kib)
		kib = process->anon_kib;
	process->anon_kib -= kib;
	machine.memory.anon_kib -= kib;
}

static void end_files(struct process *process)
{
	machine.memory.file_kib -= process->file_kib;
	machine.memory.cold_kib += process->file_kib;
	process->file_kib = 0;
	machine.memory.swap_used_kib -= process->swap_kib;
	process->swap_kib = 0;
	leave_memory(process);
}

static void become_zombie(struct process *process)
{
	const struct actor *actor =
		process->actor >= 0 ? actor_of(process) : NULL;

	process->life = LIFE_ZOMBIE;
	process->gone_us =
		machine.now_us + random_between(&machine.noise, 0, 50000);
	if (!actor)
		return;
	machine.alive[process->actor]--;
	bool was_ended = process->is_dying || process->term_us != NEVER;
	machine.tally.lost += actor->role == ROLE_INNOCENT && was_ended;
	if (was_ended && actor->restart_ms >= 0)
		machine.respawn_us[process->actor] =
			machine.now_us + actor->restart_ms * 1000;
}

/* Its end: memory first, or, where it comes back late, afterwards. */
static void step_end(struct process *process, int64_t step_us)
{
	int64_t kib = FREE_KIB_MS * step_us / 1000;
	bool is_late = process->actor >= 0 && actor_of(process)->late_ms > 0;

	if (process->life == LIFE_RUNS && process->is_released)
		take_back(process, kib);
	if (process->life == LIFE_RUNS && machine.now_us >= process->exit_us) {
		process->life = LIFE_EXITS;
		process->late_us = machine.now_us;
		if (is_late) {
			process->late_us += actor_of(process)->late_ms * 1000;
			become_zombie(process);
		}
	}
	if (process->life == LIFE_RUNS || machine.now_us < process->late_us)
		return;
	end_files(process);
	take_back(process, kib);
	if (process->anon_kib > 0)
		return;
	if (process->life == LIFE_EXITS)
		become_zombie(process);
	if (machine.now_us < process->gone_us)
		return;
	give_pid(process->pid, 0);
	process->life = LIFE_NONE;
}

static void die(struct process *process, int64_t delay_us)
{
	if (process->exit_us > machine.now_us + delay_us)
		process->exit_us = machine.now_us + delay_us;
}

int machine_signal(struct process *process, int signal, bool by_guard)
{
	const struct actor *actor;
	int64_t delay_us;

	if (process->life == LIFE_ZOMBIE || process->life == LIFE_NONE)
		return -ESRCH;
	process->by_guard |= by_guard;
	if (signal != SIGTERM && signal != SIGKILL)
		return 0;
	if (process->actor < 0) {
		die(process, 0);
		return 0;
	}
	actor = actor_of(process);
	delay_us = (actor->exit_ms > 0 ? actor->exit_ms : 1) * 1000;
	if (signal == SIGTERM && process->term_us == NEVER)
		process->term_us = machine.now_us;
	if (signal == SIGTERM &&
	    (actor->term == TERM_IGNORED || actor->term == TERM_NAMESPACE_INIT))
		return 0;
	if (signal == SIGTERM && actor->term == TERM_HANDLED) {
		if (actor->term_ms > 0)
			die(process, actor->term_ms * 1000 + delay_us);
		return 0;
	}
	process->is_dying = true;
	die(process, delay_us);
	return 0;
}

void machine_release(struct process *process)
{
	process->is_released |= process->is_dying;
}

struct process *machine_one(int64_t actor)
{
	return actor >= 0 && actor < SCENARIO_ACTORS ? eldest((int16_t)actor)
						     : NULL;
}

void machine_vanish(void)
{
	int from = (int)random_between(&machine.noise, 0, machine.highest - 1);

	for (int i = 0; i < machine.highest; i++) {
		struct process *process =
			&machine.processes[(from + i) % machine.highest];
		if (process->life != LIFE_RUNS || process->leave_us == NEVER)
			continue;
		end_files(process);
		take_back(process, process->anon_kib);
		machine.alive[process->actor]--;
		give_pid(process->pid, 0);
		process->life = LIFE_NONE;
		/* The next one gets its pid at once. */
		machine.last_pid = process->pid - 1;
		spawn(process->actor);
		return;
	}
}

/* What it wants in this step, and what it gives back by itself. */
static void behave(struct process *process, int64_t step_us)
{
	const struct actor *actor = actor_of(process);
	int64_t own = process->anon_kib + process->swap_kib;
	int64_t age_ms = (machine.now_us - process->start_us) / 1000;
	int64_t goal = actor->anon_kib + actor->rate * age_ms / 1000;
	int64_t room = machine.memory.low_kib;
	int64_t most;

	process->wants_kib = process->writes_kib = 0;
	if (actor->period_ms > 0)
		goal = actor->anon_kib +
		       actor->rate * (age_ms % actor->period_ms) / 1000;
	if (actor->max_kib > 0 && goal > actor->max_kib)
		goal = actor->max_kib;
	if (actor->shrinks &&
	    memory_available_kib() < machine.memory.total_kib / 5)
		goal = actor->anon_kib / 4;
	if (own < goal)
		process->wants_kib = goal - own;
	/* What it had to wait for it does not make up for. */
	most = (own < actor->anon_kib ? START_KIB_S : actor->rate) * step_us /
		       1000000 +
	       1;
	if (process->wants_kib > most)
		process->wants_kib = most;
	if (own > goal)
		take_back(process, own - goal);
	if (actor->tmpfs_rate > 0 &&
	    (actor->tmpfs_max == 0 ||
	     machine.tmpfs_kib[process->actor] < actor->tmpfs_max))
		process->writes_kib = actor->tmpfs_rate * step_us / 1000000;
	if (actor->read_rate > 0) {
		int64_t kib = actor->read_rate * step_us / 1000000;
		if (memory_free_kib() - kib > room)
			machine.memory.cold_kib += kib;
		else
			machine.memory.scanned += kib / 4;
	}
}

static void step_actor(int16_t index)
{
	const struct actor *actor = &machine.scenario->actors[index];
	int64_t us = machine.now_us;

	if (us < actor->start_ms * 1000 || us < machine.respawn_us[index])
		return;
	if (machine.respawn_us[index] == 0)
		machine.respawn_us[index] = us;
	while (machine.alive[index] < actor->count) {
		/* Who has ended for good is not there again. */
		if (actor->restart_ms < 0 && actor->life_ms == 0 &&
		    machine.spawned[index] >= actor->count)
			return;
		int64_t before = machine.spawned[index];
		spawn(index);
		if (machine.spawned[index] == before)
			return;
		if (actor->spawn_ms > 0) {
			machine.respawn_us[index] = us + actor->spawn_ms * 1000;
			return;
		}
	}
}

static void step(int64_t step_us)
{
	for (uint32_t i = 0; i < machine.scenario->actors_count; i++)
		step_actor((int16_t)i);
	for (int i = 0; i < machine.highest; i++) {
		struct process *process = &machine.processes[i];
		if (process->life == LIFE_NONE || process->is_kthread)
			continue;
		if (process->life == LIFE_RUNS && process->actor >= 0 &&
		    !process->is_dying) {
			behave(process, step_us);
			if (machine.now_us >= process->leave_us)
				die(process, 0);
		} else {
			process->wants_kib = process->writes_kib = 0;
		}
		if (process->exit_us != NEVER || process->is_released)
			step_end(process, step_us);
	}
	memory_step(step_us);
	if (memory_available_kib() >= machine.warn_kib)
		machine.warned_us = NEVER;
	else if (machine.warned_us == NEVER)
		machine.warned_us = machine.now_us;
}

void machine_advance(int64_t now_us)
{
	while (machine.stepped_us + STEP_US <= now_us) {
		machine.stepped_us += STEP_US;
		machine.now_us = machine.stepped_us;
		step(STEP_US);
	}
	machine.now_us = now_us;
}

/* Who is there from the beginning has what it begins with. */
static void settle(struct process *process)
{
	int64_t room = memory_free_kib() - machine.memory.high_kib;

	if (process->life == LIFE_NONE || process->actor < 0)
		return;
	process->anon_kib = actor_of(process)->anon_kib;
	if (process->anon_kib > room)
		process->anon_kib = room > 0 ? room : 0;
	machine.memory.anon_kib += process->anon_kib;
}

void machine_start(const struct scenario *scenario)
{
	memset(&machine, 0, sizeof(machine));
	machine.scenario = scenario;
	machine.noise.state = scenario->noise;
	machine.last_pid = 500;
	machine.warned_us = NEVER;
	(void)machine_group("/");
	memory_start();
	add_system(1, "systemd", "/usr/lib/systemd/systemd", "/init.scope", 0,
		   false);
	add_system(2, "kthreadd", "", "/", 0, true);
	add_system(PID_GUARD, "oomguardd", "/usr/sbin/oomguardd",
		   "/system.slice/oomguard.service", -1000, false);
	add_system(402, "sshd", "/usr/sbin/sshd", "/system.slice/ssh.service",
		   -1000, false);
	add_system(403, "systemd-journal", "/usr/lib/systemd/systemd-journald",
		   "/system.slice/systemd-journald.service", -250, false);
	for (uint32_t i = 0; i < scenario->actors_count; i++)
		step_actor((int16_t)i);
	for (int i = 0; i < machine.highest; i++)
		settle(&machine.processes[i]);
}
