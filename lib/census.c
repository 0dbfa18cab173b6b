/* SPDX-License-Identifier: MIT */
#include "census.h"

#include <string.h>

#include "cgroup.h"
#include "text.h"

#include "hot.h"

#define YOUNG_TICKS 1000 /* 10 s: until then systemd has moved it */
#define JUDGED_AT_ONCE 64

void census_init(struct census *census)
{
	memset(census, 0, sizeof(*census));
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
}

void census_begin(struct census *census)
{
	if (census->names_used > CENSUS_NAMES_SIZE / 4 * 3)
		forget_names(census);
	census->round++;
	census->left_out = 0;
	census->smallest_kib = 0;
}

bool census_is_known(struct census *census, int32_t pid,
		     const struct process_stat *stat, const struct sizes *sizes)
{
	struct person *person = census_find(census, pid);

	if (!person || person->is_stale || person->is_young ||
	    person->start_ticks != stat->start_ticks ||
	    strcmp(person->comm, stat->comm) != 0)
		return false;
	person->parent = stat->parent;
	if (person->round != census->round)
		person->former_kib = person->rss_kib;
	person->rss_kib = sizes->rss_kib;
	person->shared_kib = sizes->shared_kib;
	person->round = census->round;
	return true;
}

/* The offset of the name, added if it is new; 0 when there is no room. */
static uint32_t name_add(struct census *census, const char *name)
{
	size_t size = strlen(name) + 1;
	uint32_t at = text_hash(name);

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
	person->weight_permyriad = ruling.weight_permyriad;
}

/* A copy-on-write child is as big as its parent, and that is no growth. */
static uint32_t born_with_kib(struct census *census,
			      const struct sighting *sighting, uint32_t rss_kib)
{
	const struct person *parent =
		census_find(census, sighting->stat.parent);

	if (!parent)
		return 0;
	return parent->rss_kib < rss_kib ? parent->rss_kib : rss_kib;
}

void census_add(struct census *census, const struct settings *settings,
		const struct sighting *sighting, const struct sizes *sizes)
{
	struct person *person = census_find(census, sighting->pid);
	uint32_t former_kib =
		person ? person->rss_kib
		       : born_with_kib(census, sighting, sizes->rss_kib);
	bool is_new =
		!person || person->start_ticks != sighting->stat.start_ticks;

	uint32_t cgroup = person && !is_new ? person->cgroup : 0;

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
		.uid = sighting->uid,
		.rss_kib = sizes->rss_kib,
		.former_kib = former_kib,
		.shared_kib = sizes->shared_kib,
		.is_young = is_new,
		.cgroup = sighting->cgroup ? name_add(census, sighting->cgroup)
					   : cgroup,
		.exe = name_add(census, sighting->exe),
		.round = census->round,
	};
	person->is_stale = (!person->cgroup &&
			    !(sighting->cgroup && !*sighting->cgroup)) ||
			   (*sighting->exe && !person->exe);
	memcpy(person->comm, sighting->stat.comm, sizeof(person->comm));
	link_person(census, (uint32_t)(person - census->persons));
	judge(census, settings, person);
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
