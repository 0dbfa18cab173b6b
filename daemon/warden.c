/* SPDX-License-Identifier: MIT */
#include "warden.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "door.h"
#include "muster.h"
#include "reaper.h"
#include "text.h"
#include "ward_file.h"
#include "warden_tree.h"

#include "hot.h"

#define PROCESSES_MS 5000
#define UNITS_MS 30000
#define STRANGER_MS 300 /* after a birth of a cgroup: so long a move takes */
#define SWEEP_LEAST_MS 1000
#define AGAIN_MS 100 /* what was about to exec has done so */
#define BREATH_MS 20 /* between two rounds: many events are one */

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* Cannot fail. */
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void lock(struct warden *warden)
{
	clerk_lock(warden->keeper.clerk);
}

static void unlock(struct warden *warden)
{
	clerk_unlock(warden->keeper.clerk);
}

static void take_settings(struct warden *warden)
{
	const struct settings *settings = warden->keeper.settings;

	uint32_t at = 0;

	/* The clerk will do it, too, but not at once. */
	while (at != UINT32_MAX) {
		lock(warden);
		at = census_judge(warden->keeper.clerk->census, settings, at);
		unlock(warden);
	}
	lock(warden);
	warden->news.is_complete = false;
	unlock(warden);
	memset(warden->matched, 0, sizeof(warden->matched));
	warden->has_units = warden->has_processes = false;
	warden->is_first = true;
	warden->sweep_ms = 0;
	lock(warden);
	warden->keeper.wanted = settings->protect_adj;
	for (uint32_t i = 0; i < settings->rules_count; i++) {
		enum rule_effect effect = settings->rules[i].effect;
		warden->has_units |= effect == RULE_PROTECT_UNIT;
		warden->has_processes |= effect == RULE_PROTECT_PROCESS;
	}
	unlock(warden);
	warden_plant(warden);
}

/* Which selectors match it, so that one that matches nothing can be told. */
static void mark_matches(struct warden *warden, const struct person *person)
{
	const struct settings *settings = warden->keeper.settings;
	struct census *census = warden->keeper.clerk->census;
	char unit[CGROUP_UNIT_SIZE];
	struct identity identity;

	census_identity(census, person, unit, &identity);
	for (uint32_t i = 0; i < settings->rules_count; i++) {
		const struct rule *rule = &settings->rules[i];
		if (warden->matched[i] ||
		    (rule->effect != RULE_PROTECT_PROCESS &&
		     (rule->effect != RULE_PROTECT_UNIT ||
		      warden->cgroups >= 0)))
			continue;
		warden->matched[i] =
			rule->effect == RULE_PROTECT_UNIT
				? protect_matches(rule->selector.pattern,
						  identity.cgroup)
				: selector_matches(&rule->selector, &identity);
	}
}

/* Protected by itself, or by its unit where units cannot be watched. */
static bool is_selected(const struct warden *warden,
			const struct person *person)
{
	const struct settings *settings = warden->keeper.settings;
	int16_t rule = person ? person->protect : -1;

	return rule >= 0 && (uint32_t)rule < settings->rules_count &&
	       settings->rules[rule].effect == RULE_PROTECT_PROCESS;
}

/* What the census knew of a process before this look. */
enum known { KNOWN_NOT, KNOWN_NAME, KNOWN_KERNEL };

static enum known recall(struct warden *warden, int32_t pid,
			 char comm[PROCESS_COMM_SIZE])
{
	struct census *census = warden->keeper.clerk->census;
	enum known known = KNOWN_NOT;
	const struct person *person;

	lock(warden);
	person = census_find(census, pid);
	if (person && !person->is_stale && !person->is_young) {
		memcpy(comm, person->comm, PROCESS_COMM_SIZE);
		/* These change their names all the time. */
		known = person->rss_kib ? KNOWN_NAME : KNOWN_KERNEL;
	}
	unlock(warden);
	return known;
}

static bool has_name(const struct warden *warden, int32_t pid, const char *comm)
{
	char path[32], bytes[PROCESS_COMM_SIZE + 1];
	struct text text;
	ssize_t length;

	text_init(&text, path, sizeof(path));
	text_put_int(&text, pid);
	text_put(&text, "/comm");
	length = door_read_at(warden->procfs.root, path, bytes, sizeof(bytes));
	return length > 0 && (size_t)length == strlen(comm) + 1 &&
	       memcmp(bytes, comm, (size_t)length - 1) == 0;
}

/*
 * Looks at one pid. By its name it is seen that it is new or has called exec();
 * one who got the pid of another with the same name within seconds is found by
 * the next census.
 */
static void glance(struct warden *warden, int32_t pid)
{
	struct keeper *keeper = &warden->keeper;
	char comm[PROCESS_COMM_SIZE];
	enum known known = recall(warden, pid, comm);
	const struct person *person;
	bool is_new, by_itself, is_wanted;

	is_new = known == KNOWN_NOT ||
		 (known == KNOWN_NAME && !has_name(warden, pid, comm));
	if (!is_new && !warden->is_first)
		return;
	if (is_new)
		muster_look(&warden->procfs, keeper->clerk->census,
			    keeper->settings, &keeper->clerk->lock, pid);
	lock(warden);
	person = census_find(keeper->clerk->census, pid);
	if (person)
		mark_matches(warden, person);
	by_itself = is_selected(warden, person);
	is_wanted = person && person->protect >= 0;
	unlock(warden);
	if (is_wanted || keeper_gave(keeper, pid))
		keeper_consider_anywhere(keeper, pid, by_itself);
}

/* Where all units are watched, only who has our value and nobody knows yet. */
static void glance_at_stranger(struct warden *warden, int32_t pid)
{
	const struct ward *ward = wards_peek(&warden->wards, pid);
	char comm[PROCESS_COMM_SIZE];

	if ((ward && ward->round == warden->keeper.round) ||
	    recall(warden, pid, comm) != KNOWN_NOT ||
	    !keeper_gave(&warden->keeper, pid))
		return;
	keeper_consider_anywhere(&warden->keeper, pid, false);
}

static void glance_all(struct warden *warden)
{
	struct door_walk walk = { .directory = warden->procfs.root,
				  .size = sizeof(warden->bytes),
				  .bytes = warden->bytes };
	int32_t pid;

	(void)lseek(walk.directory, 0, SEEK_SET);
	while ((pid = door_walk_next(&walk)) > 0) {
		if (warden->has_processes || warden->cgroups < 0)
			glance(warden, pid);
		else
			glance_at_stranger(warden, pid);
	}
}

/* The next of the census that a selector matches, or 0. */
static int32_t next_selected(struct warden *warden, uint32_t *at,
			     bool *by_itself)
{
	const struct census *census = warden->keeper.clerk->census;
	int32_t pid = 0;

	lock(warden);
	while (pid == 0 && *at < census->count) {
		const struct person *person = &census->persons[(*at)++];
		const struct ward *ward;
		*by_itself = is_selected(warden, person);
		if (!*by_itself &&
		    (person->protect < 0 || warden->cgroups >= 0))
			continue;
		ward = wards_peek(&warden->wards, person->pid);
		if (!ward || ward->round != warden->keeper.round)
			pid = person->pid;
	}
	unlock(warden);
	return pid;
}

static void consider_selected(struct warden *warden)
{
	uint32_t at = 0;
	bool by_itself;
	int32_t pid;

	while ((pid = next_selected(warden, &at, &by_itself)) > 0)
		keeper_consider_anywhere(&warden->keeper, pid, by_itself);
}

/* Wards that were seen in no unit and by no selector: moved, or no more. */
static void consider_rest(struct warden *warden)
{
	for (int i = 0; i < WARDS_MOST; i++) {
		const struct ward *ward = &warden->wards.wards[i];
		if (ward->pid && ward->round != warden->keeper.round)
			keeper_consider_anywhere(&warden->keeper, ward->pid,
						 false);
	}
	keeper_forget_dead(&warden->keeper, NULL);
}

/* What several share, like the buffers of a database, is there once. */
static void add_up(struct warden *warden, struct warden_news *news)
{
	struct census *census = warden->keeper.clerk->census;
	uint32_t shared_kib = 0;

	for (int i = 0; i < WARDS_MOST; i++) {
		const struct ward *ward = &warden->wards.wards[i];
		const struct person *person;
		if (!ward->pid || ward->state != WARD_OURS)
			continue;
		news->count++;
		person = census_find(census, ward->pid);
		if (!person || person->rss_kib < person->shared_kib)
			continue;
		news->memory_kib += person->rss_kib - person->shared_kib;
		if (person->shared_kib > shared_kib)
			shared_kib = person->shared_kib;
	}
	news->memory_kib += shared_kib;
}

static void find_unmatched(const struct warden *warden,
			   struct warden_news *news)
{
	const struct settings *settings = warden->keeper.settings;

	for (uint32_t i = 0; i < settings->rules_count; i++) {
		enum rule_effect effect = settings->rules[i].effect;
		if ((effect != RULE_PROTECT_UNIT &&
		     effect != RULE_PROTECT_PROCESS) ||
		    warden->matched[i])
			continue;
		if (!news->unmatched++)
			news->unmatched_rule = (int16_t)i;
	}
}

static void report(struct warden *warden)
{
	struct warden_news news = { .unmatched_rule = -1,
				    .is_complete = true,
				    .left_out = warden->keeper.left_out,
				    .has_overflown = warden->has_overflown };

	lock(warden);
	add_up(warden, &news);
	find_unmatched(warden, &news);
	news.refusal = warden->keeper.refusal;
	/* By settings that came meanwhile nothing was looked at yet. */
	if (!atomic_load(&warden->must_reload))
		warden->news = news;
	unlock(warden);
}

static bool has_work(const struct warden *warden)
{
	return warden->has_units || warden->has_processes ||
	       warden->wards.count > 0;
}

/*
 * Everything. First the units, so that whoever has left one is found; what such
 * a one has forked before that is found after him.
 */
static void sweep(struct warden *warden)
{
	warden->keeper.round++;
	warden->keeper.left_out = 0;
	warden_tend_all(warden);
	glance_all(warden);
	consider_selected(warden);
	consider_rest(warden);
	warden->is_first = false;
	report(warden);
}

static int64_t period_ms(const struct warden *warden)
{
	return warden->has_processes || warden->cgroups < 0 ||
			       warden->has_overflown
		       ? PROCESSES_MS
		       : UNITS_MS;
}

static void sweep_when_due(struct warden *warden)
{
	int64_t now = now_ms();

	if (!has_work(warden) || now < warden->sweep_ms)
		return;
	sweep(warden);
	warden->swept_ms = now;
	warden->sweep_ms =
		now +
		(warden->keeper.must_return ? STRANGER_MS : period_ms(warden));
}

static void sweep_soon(struct warden *warden)
{
	int64_t soon_ms = now_ms() + STRANGER_MS;

	if (soon_ms < warden->swept_ms + SWEEP_LEAST_MS)
		soon_ms = warden->swept_ms + SWEEP_LEAST_MS;
	if (warden->wards.count > 0 && warden->sweep_ms > soon_ms)
		warden->sweep_ms = soon_ms;
}

static void sleep_ms(int64_t ms)
{
	const struct timespec time = { .tv_nsec = ms * 1000000 };

	(void)nanosleep(&time, NULL);
}

/* Until something happens, or it is time. */
static void await(struct warden *warden)
{
	struct pollfd polled[] = {
		{ .fd = warden->wake, .events = POLLIN },
		{ .fd = warden->inotify, .events = POLLIN },
	};
	int64_t left_ms = warden->sweep_ms - now_ms();
	int timeout = !has_work(warden) ? -1 : left_ms > 0 ? (int)left_ms : 0;
	uint64_t count;

	if (warden->keeper.must_return && (timeout < 0 || timeout > AGAIN_MS))
		timeout = AGAIN_MS;
	(void)poll(polled, 2, timeout);
	if (polled[0].revents)
		(void)!read(warden->wake, &count, sizeof(count));
	if (polled[1].revents & POLLIN) {
		sleep_ms(BREATH_MS);
		if (warden_hear(warden))
			sweep_soon(warden);
	}
}

static void end(struct warden *warden)
{
	(void)keeper_put_back(&warden->keeper);
	if (keeper_has_all_back(&warden->keeper) && warden->keeper.file >= 0)
		ward_file_remove(warden->keeper.file);
}

static void *run(void *argument)
{
	struct warden *warden = argument;

	take_settings(warden);
	while (!atomic_load(&warden->must_end)) {
		if (atomic_exchange(&warden->must_reload, false))
			take_settings(warden);
		sweep_when_due(warden);
		await(warden);
		warden_tend(warden);
	}
	end(warden);
	return NULL;
}

/* Says why there is no file, where that is worth to be known. */
static void open_file(struct warden *warden)
{
	bool was_spoilt;

	warden->keeper.file = ward_file_open(&warden->wards, &was_spoilt);
	if (was_spoilt)
		warden->trouble = "what a guard before has left in the state "
				  "file is not valid: it is not put back";
	else if (warden->keeper.file == -ENOENT)
		warden->trouble = "no runtime directory (RUNTIME_DIRECTORY): "
				  "after a crash nothing is put back";
	else if (warden->keeper.file < 0)
		warden->trouble = "no state file in the runtime directory: "
				  "after a crash nothing is put back";
}

static int init(struct warden *warden, const char *proc,
		const struct settings *settings)
{
	warden->keeper = (struct keeper){ .procfs = &warden->procfs,
					  .settings = settings,
					  .wards = &warden->wards,
					  .file = -1,
					  .self = getpid() };
	return procfs_open(&warden->procfs, proc);
}

static void measure_root(struct warden *warden)
{
	char link[32], path[512];
	struct text text;
	ssize_t length;

	if (warden->cgroups < 0)
		return;
	text_init(&text, link, sizeof(link));
	text_put(&text, "/proc/self/fd/");
	text_put_int(&text, warden->cgroups);
	length = readlink(link, path, sizeof(path));
	warden->root_length = length > 0 ? (size_t)length : 0;
}

int warden_start(struct warden *warden, const char *proc, int cgroups,
		 struct clerk *clerk, const struct settings *settings)
{
	int error = init(warden, proc, settings);

	if (error)
		return error;
	for (int i = 0; i < WARDEN_NODES; i++)
		warden->nodes[i].fd = -1;
	warden->keeper.clerk = clerk;
	warden->cgroups = cgroups;
	measure_root(warden);
	open_file(warden);
	warden->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	warden->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (warden->wake < 0)
		return -errno;
	error = thread_start(&warden->thread, run, warden);
	warden->runs = !error;
	return error;
}

static void wake(struct warden *warden)
{
	const uint64_t one = 1;

	/* Cannot block: the counter is far from its maximum. */
	(void)!write(warden->wake, &one, sizeof(one));
}

void warden_reload(struct warden *warden)
{
	if (!warden->runs)
		return;
	atomic_store(&warden->must_reload, true);
	wake(warden);
}

void warden_stop(struct warden *warden, int most_ms)
{
	struct timespec until;

	if (!warden->runs)
		return;
	warden->runs = false;
	atomic_store(&warden->must_end, true);
	wake(warden);
	(void)clock_gettime(CLOCK_REALTIME, &until); /* Cannot fail. */
	until.tv_sec += most_ms / 1000;
	/* One that hangs in /proc leaves the rest to ExecStopPost=. */
	(void)pthread_timedjoin_np(warden->thread, NULL, &until);
}

int warden_put_back(struct warden *warden, const char *proc,
		    const struct settings *settings)
{
	bool was_spoilt;
	int count, file;
	int error = init(warden, proc, settings);

	if (error)
		return error;
	file = ward_file_open(&warden->wards, &was_spoilt);
	if (file < 0)
		return file;
	warden->keeper.file = file;
	count = keeper_put_back(&warden->keeper);
	if (!keeper_has_all_back(&warden->keeper))
		return -EPERM;
	ward_file_remove(file);
	return was_spoilt ? -EBADMSG : count;
}
