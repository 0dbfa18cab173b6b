/* SPDX-License-Identifier: MIT */
#include "scores.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "hot.h"

void scores_init(struct scores *scores, uint32_t most)
{
	memset(scores, 0, sizeof(*scores));
	scores->most = most < SCORES_MOST ? most : SCORES_MOST;
}

/* The link that leads to the pid, or to 0 at the end of its bucket. */
static uint16_t *link_of(struct scores *scores, int32_t pid)
{
	uint16_t *link = &scores->buckets[(uint32_t)pid % SCORES_BUCKETS];

	while (*link && scores->kept[*link - 1].pid != pid)
		link = &scores->kept[*link - 1].next;
	return link;
}

/* Its index, or -1. */
static int find(struct scores *scores, int32_t pid)
{
	return *link_of(scores, pid) - 1;
}

/* The last one moves into the gap. */
static void drop(struct scores *scores, struct score *score)
{
	struct score *last = &scores->kept[scores->count - 1];

	(void)close(score->fd); /* Nothing was written. */
	*link_of(scores, score->pid) = score->next;
	if (score != last) {
		*link_of(scores, last->pid) =
			(uint16_t)(score - scores->kept + 1);
		*score = *last;
	}
	scores->count--;
}

static struct score *keep(struct scores *scores, int32_t pid, int fd)
{
	uint16_t *bucket = &scores->buckets[(uint32_t)pid % SCORES_BUCKETS];
	struct score *score = &scores->kept[scores->count++];

	*score = (struct score){
		.pid = pid, .fd = fd, .round = scores->round, .next = *bucket
	};
	*bucket = (uint16_t)scores->count;
	return score;
}

void scores_begin(struct scores *scores)
{
	scores->round++;
	/* What was held for the last choice makes room for the next one. */
	while (scores->count > 0 && scores->count + SCORES_SPARE > scores->most)
		drop(scores, &scores->kept[scores->count - 1]);
}

void scores_end(struct scores *scores)
{
	for (uint32_t i = scores->count; i-- > 0;)
		if (scores->kept[i].round != scores->round)
			drop(scores, &scores->kept[i]);
}

void scores_close(struct scores *scores)
{
	while (scores->count > 0)
		drop(scores, &scores->kept[scores->count - 1]);
}

int scores_read(struct scores *scores, const struct procfs *procfs, int32_t pid,
		int64_t *score)
{
	int at = find(scores, pid);

	if (at >= 0 && procfs_read_score(scores->kept[at].fd, score) == 0) {
		scores->kept[at].round = scores->round;
		return 0;
	}
	if (at >= 0)
		drop(scores, &scores->kept[at]);
	int fd = procfs_open_score(procfs, pid);
	if (fd < 0)
		return fd;
	int error = procfs_read_score(fd, score);
	if (error || scores->count + SCORES_SPARE >= scores->most)
		(void)close(fd);
	else
		keep(scores, pid, fd);
	return error;
}

int scores_hold(struct scores *scores, const struct procfs *procfs, int32_t pid)
{
	int at = find(scores, pid);

	if (at >= 0) {
		scores->kept[at].round = scores->round;
		return scores->kept[at].fd;
	}
	if (scores->count >= scores->most)
		return -EMFILE;
	int fd = procfs_open_score(procfs, pid);
	if (fd >= 0)
		keep(scores, pid, fd);
	return fd;
}
