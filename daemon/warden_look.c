/* SPDX-License-Identifier: MIT */
#include "warden_look.h"

#include <string.h>
#include <unistd.h>

#include "door.h"
#include "text.h"
#include "warden_tree.h"

#include "hot.h"

#define LINK_SIZE 1024
#define LOOKS_MOST 4 /* at one cgroup, as long as there are newcomers */

/* The unit that a node belongs to, by the path of its directory. */
static void name_of(struct warden *warden, const struct node *node,
		    char unit[CGROUP_UNIT_SIZE])
{
	char link[WARDEN_PATH_SIZE], path[LINK_SIZE];
	struct text text;
	ssize_t length;

	text_init(&text, link, sizeof(link));
	door_put_path(&text, node->fd);
	length = readlink(link, path, sizeof(path) - 1);
	unit[0] = '\0';
	if (length < (ssize_t)warden->root_length)
		return;
	path[length] = '\0';
	clerk_lock(warden->keeper.clerk);
	(void)protect_path(warden->keeper.settings, path + warden->root_length,
			   unit);
	clerk_unlock(warden->keeper.clerk);
}

/* Considers each pid of cgroup.procs. Returns their number, or -errno. */
static int consider_all(struct warden *warden, int fd,
			const struct claim *claim)
{
	char bytes[512];
	size_t offset = 0;
	int32_t pid = 0;
	int count = 0;
	ssize_t length;

	while ((length = door_read_once(fd, bytes, sizeof(bytes), offset)) >
	       0) {
		for (ssize_t i = 0; i < length; i++) {
			if (bytes[i] >= '0' && bytes[i] <= '9') {
				pid = (pid & 0xfffffff) * 10 + bytes[i] - '0';
				continue;
			}
			if (pid > 0)
				keeper_consider(&warden->keeper, pid, claim);
			count += pid > 0;
			pid = 0;
		}
		offset += (size_t)length;
	}
	return length < 0 ? (int)length : count;
}

/*
 * As long as somebody had to be changed: meanwhile he may have had children,
 * with the old value.
 */
static void look(struct warden *warden, int16_t index)
{
	struct node *node = &warden->nodes[index];
	struct keeper *keeper = &warden->keeper;
	char unit[CGROUP_UNIT_SIZE];
	const struct claim claim = { .is_covered = true, .unit = unit };
	int fd, count = 0;

	node->is_dirty = false;
	if (node->rule < 0)
		return;
	name_of(warden, node, unit);
	fd = door_open(node->fd, "cgroup.procs");
	if (fd < 0) {
		warden_drop(warden, index);
		keeper_forget_dead(keeper, unit);
		return;
	}
	for (int i = 0; i < LOOKS_MOST; i++) {
		keeper->has_written = false;
		keeper->is_again = i > 0;
		count = consider_all(warden, fd, &claim);
		if (!keeper->has_written)
			break;
	}
	keeper->is_again = false;
	(void)close(fd);
	/* Who comes next is none of those who were there before. */
	if (count == 0)
		keeper_forget_dead(keeper, unit);
	node->is_dirty = keeper->must_return;
}

void warden_tend(struct warden *warden)
{
	bool goes_on = true;
	int rounds = 0;

	warden->keeper.now_ticks = keeper_now_ticks();
	warden->keeper.must_return = false;
	while (goes_on && rounds++ < WARDEN_NODES) {
		goes_on = false;
		for (int16_t i = 0; i < WARDEN_NODES; i++) {
			if (warden_is_free(&warden->nodes[i]) ||
			    !warden->nodes[i].is_new)
				continue;
			warden_list(warden, i);
			goes_on = true;
		}
	}
	for (int16_t i = 0; i < WARDEN_NODES; i++)
		if (!warden_is_free(&warden->nodes[i]) &&
		    warden->nodes[i].is_dirty)
			look(warden, i);
}

void warden_tend_all(struct warden *warden)
{
	for (int i = 0; i < WARDEN_NODES; i++)
		warden->nodes[i].is_new = warden->nodes[i].is_dirty =
			!warden_is_free(&warden->nodes[i]);
	warden_tend(warden);
}
