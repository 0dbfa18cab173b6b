/* SPDX-License-Identifier: MIT */
#include "warden_sweep.h"

#include <string.h>
#include <unistd.h>

#include "door.h"
#include "muster.h"
#include "nominate.h"
#include "text.h"
#include "warden_look.h"

#include "hot.h"

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

	clerk_lock(warden->keeper.clerk);
	person = census_find(census, pid);
	if (person && !person->is_stale && !person->is_young) {
		memcpy(comm, person->comm, PROCESS_COMM_SIZE);
		/* These change their names all the time. */
		known = person->rss_kib ? KNOWN_NAME : KNOWN_KERNEL;
	}
	clerk_unlock(warden->keeper.clerk);
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
 * the next census, one who got that of a kernel thread by one of the next four.
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
	clerk_lock(warden->keeper.clerk);
	person = census_find(keeper->clerk->census, pid);
	if (person)
		mark_matches(warden, person);
	by_itself = is_selected(warden, person);
	is_wanted = person && person->protect >= 0;
	clerk_unlock(warden->keeper.clerk);
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

	clerk_lock(warden->keeper.clerk);
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
	clerk_unlock(warden->keeper.clerk);
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
		if (!ward->pid || !ward_is_ours(ward))
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

void warden_report(struct warden *warden)
{
	struct warden_news news = { .unmatched_rule = -1,
				    .is_complete = true,
				    .left_out = warden->keeper.left_out,
				    .has_overflown = warden->has_overflown };

	warden->has_matched = false;
	clerk_lock(warden->keeper.clerk);
	add_up(warden, &news);
	find_unmatched(warden, &news);
	news.refusal = warden->keeper.refusal;
	/* By settings that came meanwhile nothing was looked at yet. */
	if (!atomic_load(&warden->must_reload))
		warden->news = news;
	clerk_unlock(warden->keeper.clerk);
}

bool warden_sees_birth(struct warden *warden)
{
	char bytes[128];
	ssize_t length = door_read_at(warden->procfs.root, "loadavg", bytes,
				      sizeof(bytes) - 1);
	const char *newest;
	struct text text;
	bool is_same;

	bytes[length > 0 ? length : 0] = '\0';
	newest = strrchr(bytes, ' ');
	if (!newest)
		return true;
	is_same = strcmp(newest, warden->newest) == 0;
	text_init(&text, warden->newest, sizeof(warden->newest));
	text_put(&text, newest);
	return !is_same;
}

void warden_sweep(struct warden *warden)
{
	(void)warden_sees_birth(warden);
	warden->keeper.round++;
	warden->keeper.left_out = 0;
	warden_tend_all(warden);
	nominate_sweep(warden);
	glance_all(warden);
	consider_selected(warden);
	consider_rest(warden);
	warden->is_first = false;
	warden_report(warden);
}
