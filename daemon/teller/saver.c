/* SPDX-License-Identifier: MIT */
#include "saver.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "worker.h"

struct saver {
	pthread_mutex_t lock; /* over all below; never held while writing */
	pthread_cond_t wanted;
	pthread_t thread;
	bool is_ended;
	int result;
	struct history copy; /* the thread's while -EINPROGRESS */
};

static void *run(void *given)
{
	struct saver *saver = given;

	(void)pthread_mutex_lock(&saver->lock);
	while (!saver->is_ended || saver->result == -EINPROGRESS) {
		if (saver->result != -EINPROGRESS) {
			(void)pthread_cond_wait(&saver->wanted, &saver->lock);
			continue;
		}
		(void)pthread_mutex_unlock(&saver->lock);
		int result = history_save(&saver->copy);
		(void)pthread_mutex_lock(&saver->lock);
		saver->result = result;
	}
	(void)pthread_mutex_unlock(&saver->lock);
	return NULL;
}

struct saver *saver_create(void)
{
	struct saver *saver = calloc(1, sizeof(*saver));

	if (!saver)
		return NULL;
	(void)pthread_mutex_init(&saver->lock, NULL);
	(void)pthread_cond_init(&saver->wanted, NULL);
	if (worker_start(&saver->thread, run, saver) == 0)
		return saver;
	free(saver);
	return NULL;
}

void saver_destroy(struct saver *saver)
{
	(void)pthread_mutex_lock(&saver->lock);
	saver->is_ended = true;
	(void)pthread_cond_signal(&saver->wanted);
	(void)pthread_mutex_unlock(&saver->lock);
	(void)pthread_join(saver->thread, NULL);
	(void)pthread_cond_destroy(&saver->wanted);
	(void)pthread_mutex_destroy(&saver->lock);
	free(saver);
}

void saver_start(struct saver *saver, const struct history *history)
{
	(void)pthread_mutex_lock(&saver->lock);
	/* What never was in use is not touched here either. */
	memcpy(saver->copy.records, history->records,
	       history->count * sizeof(history->records[0]));
	saver->copy.directory = history->directory;
	saver->copy.count = history->count;
	saver->copy.next = history->next;
	saver->copy.is_dirty = history->is_dirty;
	saver->result = -EINPROGRESS;
	(void)pthread_cond_signal(&saver->wanted);
	(void)pthread_mutex_unlock(&saver->lock);
}

int saver_result(struct saver *saver)
{
	int result;

	(void)pthread_mutex_lock(&saver->lock);
	result = saver->result;
	(void)pthread_mutex_unlock(&saver->lock);
	return result;
}
