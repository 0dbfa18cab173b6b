/* SPDX-License-Identifier: MIT */
#include "census.h"

#include <string.h>

#include "text.h"

#include "hot.h"

#define YOUNG_TICKS 1000 /* 10 s: until then systemd has moved it */
#define JUDGED_AT_ONCE 64

void census_init(struct census *census, int64_t total_kib)
{
	memset(census, 0, sizeof(*census));
	growth_clock_init(&census->clock, total_kib);
	census->newest_ticks = UINT64_MAX;
	census->names_used = 1; /* Offset 0 is the empty string. */
}

static uint16_t *bucket_of(struct census *census, int32_t pid)
{
	return &census->buckets[(uint32_t)pid % CENSUS_BUCKETS];
}

struct person *census_find(struct census *census, int32_t pid)
{
	uint16_t at = *bucket_of(census, pid);

	while (at) {
		struct person *person = &census->persons[at - 1];
		if (person->pid == pid)
			return person;
		at = person->next;
	}
	return NULL;
}

static void link_person(struct census *census, uint32_t index)
{
	struct person *person = &census->persons[index];
	uint16_t *bucket = bucket_of(census, person->pid);

	person->next = *bucket;
	*bucket = (uint16_t)(index + 1);
}

static void unlink_person(struct census *census, uint32_t index)
{
	uint16_t *at = bucket_of(census, census->persons[index].pid);

	while (*at != index + 1)
		at = &census->persons[*at - 1].next;
	*at = census->persons[index].next;
}

/* Names are not freed one by one. What the rules said about each one stays. */
static void forget_names(struct census *census)
{
	memset(census->names_buckets, 0, sizeof(census->names_buckets));
	census->names_used = 1;
	for (uint32_t i = 0; i < census->count; i++) {
		census->persons[i].cgroup = 0;
		census->persons[i].exe = 0;
		census->persons[i].is_stale = true;
	}
	for (int i = 0; i < LEAVES_MOST; i++)
		census->leaves.leaves[i].name = 0;
}

static void turn(struct census *census)
{
	for (uint32_t i = 0; i < census->count; i++)
		growth_turn(&census->clock, &census->persons[i].growth);
	for (int i = 0; i < LEAVES_MOST; i++)
		growth_turn(&census->clock, &census->leaves.leaves[i].growth);
	growth_turn(&census->clock, &census->unowned);
}

void census_begin(struct census *census, int64_t now_ms)
{
	census->before_ms = census->clock.looked_ms;
	if (growth_clock_look(&census->clock, now_ms))
		turn(census);
	if (census->names_used > CENSUS_NAMES_SIZE / 4 * 3)
		forget_names(census);
	census->round++;
	census->is_under_way = true;
	census->left_out = 0;
	census->smallest_kib = 0;
}

void census_note_unowned(struct census *census, int64_t kib)
{
	census->unowned_kib = (uint32_t)(kib < 0            ? 0
					 : kib < UINT32_MAX ? kib
							    : UINT32_MAX);
	growth_note(&census->clock, &census->unowned, census->unowned_kib);
}

/* What the kernel worked for it since the last look, and less of before. */
static void note_ticks(struct person *person, uint64_t ticks)
{
	uint16_t more = (uint16_t)(ticks - person->ticks);
	unsigned int busy = person->busy / 2U + more;

	person->busy = (uint8_t)(busy < UINT8_MAX ? busy : UINT8_MAX);
	person->ticks = (uint16_t)ticks;
}

uint32_t person_own_kib(const struct person *person)
{
	return person->rss_kib > person->shared_kib
		       ? person->rss_kib - person->shared_kib
		       : 0;
}

uint32_t person_grown_kib(const struct census *census,
			  const struct person *person,
			  enum growth_window window)
{
	return growth_kib(&census->clock, &person->growth, window,
			  person_own_kib(person));
}

bool census_is_known(struct census *census, int32_t pid,
		     const struct process_stat *stat, const struct sizes *sizes)
{
	struct person *person = census_find(census, pid);

	if (!person || person->is_stale || person->is_young ||
	    person->start_ticks != stat->start_ticks ||
	    (!stat->is_kernel && strcmp(person->comm, stat->comm) != 0))
		return false;
	person->parent = stat->parent;
	person->rss_kib = sizes->rss_kib;
	person->shared_kib = sizes->shared_kib;
	growth_note(&census->clock, &person->growth, person_own_kib(person));
	note_ticks(person, stat->system_ticks);
	person->round = census->round;
	return true;
}

/* The offset of the name, added if it is new; 0 when there is no room. */
static uint32_t name_add(struct census *census, const char *name)
{
	size_t size = strlen(name) + 1;
	uint64_t at = text_hash(name);

	if (size == 1)
		return 0;
	for (uint32_t tries = 0; tries < CENSUS_NAMES_BUCKETS; tries++, at++) {
		uint32_t *bucket =
			&census->names_buckets[at % CENSUS_NAMES_BUCKETS];
		if (*bucket && strcmp(census->names + *bucket, name) == 0)
			return *bucket;
		if (*bucket)
			continue;
		if (size > CENSUS_NAMES_SIZE - census->names_used)
			break;
		*bucket = census->names_used;
		memcpy(census->names + *bucket, name, size);
		census->names_used += (uint32_t)size;
		return *bucket;
	}
	return 0;
}

/* The smallest person, to give up its place. */
static uint32_t smallest(const struct census *census)
{
	uint32_t index = 0;

	for (uint32_t i = 1; i < census->count; i++)
		if (census->persons[i].rss_kib < census->persons[index].rss_kib)
			index = i;
	return index;
}

/* A place for somebody of this size, or NULL if all others are larger. */
static struct person *place_for(struct census *census, uint32_t rss_kib)
{
	if (census->count < CENSUS_PROCESSES)
		return &census->persons[census->count++];
	census->left_out++;
	/* The smallest only grows: most are turned away without a search. */
	if (rss_kib <= census->smallest_kib)
		return NULL;
	uint32_t index = smallest(census);
	census->smallest_kib = census->persons[index].rss_kib;
	if (rss_kib <= census->smallest_kib)
		return NULL;
	unlink_person(census, index);
	return &census->persons[index];
}

void census_keep(struct census *census, int32_t pid)
{
	struct person *person = census_find(census, pid);

	if (person)
		person->round = census->round;
}

bool census_wants(struct census *census, uint32_t rss_kib)
{
	if (census->count < CENSUS_PROCESSES || rss_kib > census->smallest_kib)
		return true;
	census->left_out++;
	return false;
}

static int16_t short_of(int32_t value)
{
	if (value < INT16_MIN)
		return INT16_MIN;
	return (int16_t)(value < INT16_MAX ? value : INT16_MAX);
}

static void judge(const struct census *census, const struct settings *settings,
		  struct person *person)
{
	char unit[CGROUP_UNIT_SIZE];
	struct identity identity;
	struct ruling ruling;

	census_identity(census, person, unit, &identity);
	settings_judge(settings, &identity, &ruling);
	person->never = (int16_t)ruling.never;
	person->protect = (int16_t)ruling.protect;
	person->weight_permyriad = short_of(ruling.weight_permyriad);
}

/*
 * A copy-on-write child is as big as its parent, and that is no growth: what
 * the parent was in each window the child was, too. Who was there before
 * anybody looked has not grown yet.
 */
static void begin_growth(struct census *census, struct person *person)
{
	const struct person *parent = census_find(census, person->parent);
	bool is_old = person->start_ticks <= census->newest_ticks;

	if (parent && !is_old)
		growth_inherit(&census->clock, &person->growth, &parent->growth,
			       person_own_kib(parent));
	else
		growth_begin(&census->clock, &person->growth,
			     is_old ? person_own_kib(person) : 0);
}

void census_add(struct census *census, const struct settings *settings,
		const struct sighting *sighting, const struct sizes *sizes)
{
	struct person *person = census_find(census, sighting->pid);
	struct growth growth = { 0 };
	uint32_t cgroup = 0;
	uint16_t ticks = (uint16_t)sighting->stat.system_ticks;
	uint32_t uid = sighting->uid;
	uint8_t busy = 0;
	bool is_new =
		!person || person->start_ticks != sighting->stat.start_ticks;

	/* Its history goes on where it only took another name. */
	if (!is_new) {
		growth = person->growth;
		cgroup = person->cgroup;
		ticks = person->ticks;
		busy = person->busy;
		if (uid == SELECTOR_UID_UNKNOWN)
			uid = person->uid;
	} else if (sighting->stat.start_ticks > census->newest_ticks) {
		ticks = 0;
	}
	if (person)
		unlink_person(census, (uint32_t)(person - census->persons));
	else
		person = place_for(census, sizes->rss_kib);
	if (!person)
		return;
	*person = (struct person){
		.pid = sighting->pid,
		.parent = sighting->stat.parent,
		.start_ticks = sighting->stat.start_ticks,
		.uid = uid,
		.rss_kib = sizes->rss_kib,
		.shared_kib = sizes->shared_kib,
		.growth = growth,
		.ticks = ticks,
		.busy = busy,
		.is_young = is_new,
		.cgroup = sighting->cgroup ? name_add(census, sighting->cgroup)
					   : cgroup,
		.exe = name_add(census, sighting->exe),
		.round = census->round,
	};
	person->is_stale = uid == SELECTOR_UID_UNKNOWN ||
			   (!person->cgroup &&
			    !(sighting->cgroup && !*sighting->cgroup)) ||
			   (*sighting->exe && !person->exe);
	memcpy(person->comm, sighting->stat.comm, sizeof(person->comm));
	if (is_new)
		begin_growth(census, person);
	growth_note(&census->clock, &person->growth, person_own_kib(person));
	note_ticks(person, sighting->stat.system_ticks);
	link_person(census, (uint32_t)(person - census->persons));
	judge(census, settings, person);
}

const struct leaf *census_leaf(const struct census *census,
			       const struct person *person)
{
	return person->leaf ? &census->leaves.leaves[person->leaf - 1] : NULL;
}

bool census_inhabits(const struct census *census, const struct leaf *leaf)
{
	return leaf->round ==
	       (uint16_t)(census->round - (census->is_under_way ? 1 : 0));
}

int census_next_leaf(const struct census *census, int at, bool only_uncharged,
		     char path[CGROUP_PATH_SIZE])
{
	for (; at < LEAVES_MOST; at++) {
		const struct leaf *leaf = &census->leaves.leaves[at];
		const char *name = census->names + leaf->name;

		if (!leaf->name || !census_inhabits(census, leaf) ||
		    (only_uncharged && leaf->is_charged))
			continue;
		memcpy(path, name, strlen(name) + 1);
		return at;
	}
	return -1;
}

int64_t census_shmem_kib(const struct census *census,
			 char path[CGROUP_PATH_SIZE])
{
	const struct leaf *most = NULL;

	for (int i = 0; i < LEAVES_MOST; i++) {
		const struct leaf *leaf = &census->leaves.leaves[i];

		if (leaf->name && leaf->is_charged &&
		    census_inhabits(census, leaf) &&
		    leaf->shmem_kib > (most ? most->shmem_kib : 0))
			most = leaf;
	}
	if (!most)
		return 0;
	memcpy(path, census->names + most->name,
	       strlen(census->names + most->name) + 1);
	return most->shmem_kib;
}

static int64_t rest_kib(int64_t kib, int64_t less_kib)
{
	return kib > less_kib ? kib - less_kib : 0;
}

void census_note_swapless(struct census *census)
{
	int64_t kib = 0, others_kib = 0;
	bool is_known = false;

	for (int i = 0; i < LEAVES_MOST; i++) {
		const struct leaf *leaf = &census->leaves.leaves[i];

		if (!census_inhabits(census, leaf))
			continue;
		is_known |= leaf->is_charged;
		if (!leaf->is_charged)
			others_kib += leaf->own_kib;
		else if (leaf->is_swapless)
			kib += rest_kib(leaf->size_kib, leaf->swap_kib);
		else
			others_kib += rest_kib((int64_t)leaf->own_kib +
						       leaf->shmem_kib,
					       leaf->swap_kib);
	}
	census->swapless_kib = is_known ? kib : INT64_MAX;
	census->swappable_kib = is_known ? others_kib : INT64_MAX;
	census->swappable_ms = census->clock.looked_ms;
}

/* Paths are compared only where somebody is new in his cgroup. */
static void find_leaf(struct census *census, struct person *person,
		      bool has_history)
{
	const char *path = census->names + person->cgroup;
	struct leaf *leaves = census->leaves.leaves;

	if (person->leaf && person->cgroup &&
	    leaves[person->leaf - 1].name == person->cgroup)
		return;
	int at = leaves_find(&census->leaves, path, census->round);
	person->leaf = (uint16_t)(at + 1);
	if (at < 0)
		return;
	/* A free place is empty. */
	if (!leaves[at].round)
		leaves[at].is_newborn = has_history;
	leaves[at].name = person->cgroup;
}

/* A process belongs to its leaf, which grew by it if nobody else tells. */
static void join_leaf(const struct census *census, const struct person *person,
		      struct leaf *leaf)
{
	bool is_first = leaf->round != census->round;

	leaf->round = census->round;
	if (is_first) {
		leaf->members = 0;
		leaf->own_kib = 0;
		leaf->has_exempt = false;
	}
	leaf->members++;
	leaf->own_kib += person_own_kib(person);
	leaf->has_exempt |= person->never >= 0 || person->protect >= 0;
	for (int i = 0; i < GROWTH_WINDOWS && !leaf->is_charged; i++) {
		if (is_first)
			leaf->grown_kib[i] = 0;
		leaf->grown_kib[i] +=
			person_grown_kib(census, person, (enum growth_window)i);
	}
}

static void gather(struct census *census, bool has_history)
{
	for (uint32_t i = 0; i < census->count; i++) {
		struct person *person = &census->persons[i];

		if (person->rss_kib == 0)
			continue;
		find_leaf(census, person, has_history);
		if (person->leaf)
			join_leaf(census, person,
				  &census->leaves.leaves[person->leaf - 1]);
	}
}

static uint64_t newest_ticks(const struct census *census)
{
	uint64_t newest = 0;

	for (uint32_t i = 0; i < census->count; i++)
		if (census->persons[i].start_ticks > newest)
			newest = census->persons[i].start_ticks;
	return newest;
}

void census_end(struct census *census)
{
	uint64_t newest = newest_ticks(census);
	uint32_t kept = 0;

	memset(census->buckets, 0, sizeof(census->buckets));
	for (uint32_t i = 0; i < census->count; i++) {
		struct person *person = &census->persons[i];

		if (person->round != census->round)
			continue;
		/* Who was born long before another was at home by then. */
		if (newest - person->start_ticks >= YOUNG_TICKS)
			person->is_young = false;
		census->persons[kept] = *person;
		link_person(census, kept++);
	}
	census->count = kept;
	gather(census, census->newest_ticks != UINT64_MAX);
	census->is_under_way = false;
	census->newest_ticks = newest;
}

uint32_t census_judge(struct census *census, const struct settings *settings,
		      uint32_t from)
{
	for (uint32_t i = 0; i < JUDGED_AT_ONCE; i++, from++) {
		if (from >= census->count)
			return UINT32_MAX;
		judge(census, settings, &census->persons[from]);
	}
	return from;
}

void census_identity(const struct census *census, const struct person *person,
		     char unit[], struct identity *out)
{
	const char *cgroup = census->names + person->cgroup;

	cgroup_unit(cgroup, unit);
	*out = (struct identity){
		.comm = person->comm,
		.exe = census->names + person->exe,
		.unit = unit,
		.cgroup = cgroup,
		.uid = person->uid,
	};
}
