/* SPDX-License-Identifier: MIT */
#include "finder.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lookup.h"
#include "worker.h"

#define ENTRIES 128 /* 100 KiB; 18 candidates need four each */
#define THREADS 2
#define END_MOST_MS 200
#define LONG_AGO (INT64_MIN / 2)

/* An entry at work belongs to a thread and stays where it is. */
enum state { STATE_KNOWN, STATE_WANTED, STATE_AT_WORK };

struct entry {
	struct question question;
	enum state state;
	uint64_t used; /* the least is given up first */
	int64_t wanted_ms;
	uint64_t seen_ticks; /* the start of whom the answer is about, or 0 */
	char answer[FINDER_ANSWER_SIZE];
};

struct finder {
	pthread_mutex_t lock; /* over all below; never held while waiting */
	pthread_cond_t wanted;
	bool is_ended;
	uint64_t uses;
	int proc;
	int threads_count;
	pthread_t threads[THREADS];
	struct entry entries[ENTRIES];
};

/*
 * How old something may be before it is looked for again. Whoever is between
 * fork and exec, or a name service that starts, has no answer only now.
 */
static int64_t fresh_ms(const struct entry *entry)
{
	if (entry->question.kind == QUESTION_CMDLINE)
		return entry->answer[0] ? 60000 : 1000;
	return entry->answer[0] ? 600000 : 10000;
}

static bool is_about_names(enum question_kind kind)
{
	return kind == QUESTION_USER || kind == QUESTION_RESTART;
}

/*
 * A process may first be asked about before its start is known, and is then
 * told by the start that was seen with the answer.
 */
static bool is_about(const struct entry *entry, const struct question *question)
{
	const struct question *own = &entry->question;
	bool has_started_then = own->start_ticks == question->start_ticks ||
				(own->start_ticks == 0 &&
				 entry->seen_ticks == question->start_ticks);

	return own->kind == question->kind && own->pid == question->pid &&
	       has_started_then && own->uid == question->uid &&
	       strcmp(own->unit, question->unit) == 0;
}

/* One with an answer, where there are two. */
static struct entry *find(struct finder *finder,
			  const struct question *question)
{
	struct entry *found = NULL;

	for (int i = 0; i < ENTRIES; i++) {
		struct entry *entry = &finder->entries[i];
		if (is_about(entry, question) && (!found || !found->answer[0]))
			found = entry;
	}
	return found;
}

/* The one that was not used for the longest time: there always is one. */
static struct entry *give_up(struct finder *finder)
{
	struct entry *oldest = NULL;

	for (int i = 0; i < ENTRIES; i++) {
		struct entry *entry = &finder->entries[i];
		if (entry->state != STATE_AT_WORK &&
		    (!oldest || entry->used < oldest->used))
			oldest = entry;
	}
	return oldest;
}

static struct entry *use(struct finder *finder, const struct question *question)
{
	struct entry *entry = find(finder, question);

	if (!entry) {
		entry = give_up(finder);
		*entry = (struct entry){ .question = *question,
					 .wanted_ms = LONG_AGO };
	}
	entry->used = ++finder->uses;
	return entry;
}

/* Returns the start of the process that it is about, or 0. */
static uint64_t look_up(const struct finder *finder,
			const struct question *question,
			char answer[FINDER_ANSWER_SIZE])
{
	answer[0] = '\0';
	switch (question->kind) {
	case QUESTION_CMDLINE:
		return lookup_cmdline(finder->proc, question->pid,
				      question->start_ticks, answer,
				      FINDER_ANSWER_SIZE);
	case QUESTION_USER:
		lookup_user(question->uid, answer, FINDER_ANSWER_SIZE);
		break;
	case QUESTION_RESTART:
		lookup_restart(question->unit, answer, FINDER_ANSWER_SIZE);
		break;
	case QUESTION_CONTAINER:
	case QUESTION_NONE:
		break;
	}
	return 0;
}

/* The oldest wish of those that this thread is for. */
static struct entry *next_wanted(struct finder *finder, bool about_names)
{
	struct entry *next = NULL;

	for (int i = 0; i < ENTRIES; i++) {
		struct entry *entry = &finder->entries[i];
		if (entry->state == STATE_WANTED &&
		    is_about_names(entry->question.kind) == about_names &&
		    (!next || entry->wanted_ms < next->wanted_ms))
			next = entry;
	}
	return next;
}

static void work(struct finder *finder, struct entry *entry)
{
	char answer[FINDER_ANSWER_SIZE];
	const struct question question = entry->question;
	uint64_t seen_ticks;

	entry->state = STATE_AT_WORK;
	(void)pthread_mutex_unlock(&finder->lock);
	seen_ticks = look_up(finder, &question, answer);
	(void)pthread_mutex_lock(&finder->lock);
	entry->state = STATE_KNOWN;
	if (!answer[0])
		return;
	memcpy(entry->answer, answer, sizeof(answer));
	entry->seen_ticks = seen_ticks;
}

static void run(struct finder *finder, bool about_names)
{
	(void)pthread_mutex_lock(&finder->lock);
	while (!finder->is_ended) {
		struct entry *entry = next_wanted(finder, about_names);
		if (entry)
			work(finder, entry);
		else
			(void)pthread_cond_wait(&finder->wanted, &finder->lock);
	}
	(void)pthread_mutex_unlock(&finder->lock);
}

static void *run_cmdlines(void *finder)
{
	run(finder, false);
	return NULL;
}

static void *run_names(void *finder)
{
	run(finder, true);
	return NULL;
}

static void start_threads(struct finder *finder)
{
	void *(*const runs[THREADS])(void *) = { run_cmdlines, run_names };

	while (finder->threads_count < THREADS &&
	       worker_start(&finder->threads[finder->threads_count],
			    runs[finder->threads_count], finder) == 0)
		finder->threads_count++;
}

struct finder *finder_create(const char *proc)
{
	struct finder *finder = calloc(1, sizeof(*finder));

	if (!finder)
		return NULL;
	finder->proc = open(proc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)pthread_mutex_init(&finder->lock, NULL);
	(void)pthread_cond_init(&finder->wanted, NULL);
	start_threads(finder);
	return finder;
}

static bool have_ended(const struct finder *finder)
{
	struct timespec end;

	(void)clock_gettime(CLOCK_REALTIME, &end); /* Cannot fail. */
	end.tv_nsec += END_MOST_MS * 1000000L;
	end.tv_sec += end.tv_nsec / 1000000000;
	end.tv_nsec %= 1000000000;
	for (int i = 0; i < finder->threads_count; i++)
		if (pthread_timedjoin_np(finder->threads[i], NULL, &end) != 0)
			return false;
	return true;
}

void finder_destroy(struct finder *finder)
{
	(void)pthread_mutex_lock(&finder->lock);
	finder->is_ended = true;
	(void)pthread_cond_broadcast(&finder->wanted);
	(void)pthread_mutex_unlock(&finder->lock);
	if (!have_ended(finder))
		return;
	if (finder->proc >= 0)
		(void)close(finder->proc);
	(void)pthread_cond_destroy(&finder->wanted);
	(void)pthread_mutex_destroy(&finder->lock);
	free(finder);
}

void finder_ask(struct finder *finder, const struct question *question,
		int64_t now_ms, char *answer, size_t size)
{
	struct entry *entry;

	(void)pthread_mutex_lock(&finder->lock);
	entry = use(finder, question);
	if (entry->state == STATE_KNOWN &&
	    now_ms - entry->wanted_ms >= fresh_ms(entry)) {
		entry->state = STATE_WANTED;
		entry->wanted_ms = now_ms;
		(void)pthread_cond_broadcast(&finder->wanted);
	}
	(void)snprintf(answer, size, "%s", entry->answer);
	(void)pthread_mutex_unlock(&finder->lock);
}

void finder_keep(struct finder *finder, const struct question *question,
		 const char *answer)
{
	struct entry *entry;

	(void)pthread_mutex_lock(&finder->lock);
	entry = use(finder, question);
	(void)snprintf(entry->answer, sizeof(entry->answer), "%s", answer);
	(void)pthread_mutex_unlock(&finder->lock);
}

void finder_recall(struct finder *finder, const struct question *question,
		   char *answer, size_t size)
{
	const struct entry *entry;

	(void)pthread_mutex_lock(&finder->lock);
	entry = find(finder, question);
	(void)snprintf(answer, size, "%s", entry ? entry->answer : "");
	(void)pthread_mutex_unlock(&finder->lock);
}
