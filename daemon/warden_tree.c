/* SPDX-License-Identifier: MIT */
#include "warden_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "door.h"
#include "text.h"

#include "hot.h"

#define ROOT 0

#define DIRECTORY_EVENTS                                                       \
	(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR)

static void drop_watches(struct warden *warden, struct node *node)
{
	for (int i = 0; i < 3; i++)
		if (node->watches[i] >= 0)
			(void)inotify_rm_watch(warden->inotify,
					       node->watches[i]);
}

/* A parent's place in the array may be any. */
void warden_drop(struct warden *warden, int16_t index)
{
	bool is_gone[WARDEN_NODES] = { 0 };
	bool goes_on = true;

	is_gone[index] = true;
	while (goes_on) {
		goes_on = false;
		for (int16_t i = 0; i < WARDEN_NODES; i++) {
			const struct node *node = &warden->nodes[i];
			if (warden_is_free(node) || is_gone[i] ||
			    node->parent < 0 || !is_gone[node->parent])
				continue;
			is_gone[i] = goes_on = true;
		}
	}
	for (int16_t i = 0; i < WARDEN_NODES; i++) {
		struct node *node = &warden->nodes[i];
		if (!is_gone[i])
			continue;
		drop_watches(warden, node);
		(void)close(node->fd);
		node->fd = -1;
	}
}

/* Other threads may not open files by our descriptors: it is our own path. */
static int watch(struct warden *warden, int fd, const char *file,
		 uint32_t events)
{
	char path[WARDEN_PATH_SIZE];
	struct text text;
	int added;

	text_init(&text, path, sizeof(path));
	door_put_path(&text, fd);
	text_put(&text, file);
	added = inotify_add_watch(warden->inotify, path, events);
	if (added < 0 && errno != ENOENT)
		warden->has_overflown = true;
	return added;
}

/* First the watches, then a look: so that nothing falls in between. */
static void add_watches(struct warden *warden, struct node *node)
{
	node->watches[0] = watch(warden, node->fd, "", DIRECTORY_EVENTS);
	node->watches[1] = node->watches[2] = -1;
	if (node->rule < 0)
		return;
	node->watches[1] = watch(warden, node->fd, "/cgroup.events", IN_MODIFY);
	node->watches[2] = watch(warden, node->fd, "/cgroup.procs", IN_MODIFY);
}

static struct node *free_node(struct warden *warden)
{
	for (int i = 0; i < WARDEN_NODES; i++)
		if (warden_is_free(&warden->nodes[i]))
			return &warden->nodes[i];
	warden->has_overflown = true;
	return NULL;
}

static void add(struct warden *warden, int fd, const struct node *model)
{
	struct node *node = free_node(warden);

	if (!node) {
		(void)close(fd);
		return;
	}
	*node = *model;
	node->fd = fd;
	node->is_new = true;
	node->is_dirty = true;
	add_watches(warden, node);
}

/* The rule of protect.units for a component, or -1; all that match count. */
static int16_t find_rule(struct warden *warden, enum cgroup_place place,
			 const char *name)
{
	const struct settings *settings = warden->keeper.settings;
	size_t length = strlen(name);
	int16_t found = -1;

	clerk_lock(warden->keeper.clerk);
	for (uint32_t i = 0; i < settings->rules_count; i++) {
		const struct rule *rule = &settings->rules[i];
		if (rule->effect != RULE_PROTECT_UNIT ||
		    !protect_name(rule->selector.pattern, place, name, length))
			continue;
		warden->has_matched |= !warden->matched[i];
		warden->matched[i] = true;
		found = found < 0 ? (int16_t)i : found;
	}
	clerk_unlock(warden->keeper.clerk);
	return found;
}

static int16_t find_child(const struct warden *warden, int16_t parent,
			  uint32_t hash)
{
	for (int16_t i = 0; i < WARDEN_NODES; i++) {
		const struct node *node = &warden->nodes[i];
		if (!warden_is_free(node) && node->parent == parent &&
		    node->hash == hash)
			return i;
	}
	return -1;
}

/* A directory in a cgroup. Returns whether it is one of ours to be watched. */
static bool visit(struct warden *warden, int16_t parent, const char *name)
{
	const struct node *above = &warden->nodes[parent];
	struct node node = { .parent = parent,
			     .hash = (uint32_t)text_hash(name) };
	int16_t own;
	int fd;

	node.place = (uint8_t)cgroup_step((enum cgroup_place)above->place, name,
					  strlen(name));
	own = find_rule(warden, (enum cgroup_place)node.place, name);
	node.rule = above->rule >= 0 ? above->rule : own;
	if (node.rule < 0 &&
	    (node.place == CGROUP_UNIT || node.place == CGROUP_INSIDE))
		return false;
	if (find_child(warden, parent, node.hash) >= 0)
		return true;
	fd = openat(above->fd, name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		add(warden, fd, &node);
	else if (errno == EMFILE)
		warden->has_overflown = true;
	return true;
}

static void visit_entries(struct warden *warden, int16_t index, long length)
{
	for (long at = 0; at < length;) {
		const struct dirent64 *entry =
			(const struct dirent64 *)(warden->bytes + at);
		at += entry->d_reclen;
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			(void)visit(warden, index, entry->d_name);
	}
}

/* A cgroup has dozens of files: its links tell whether there is anything. */
static bool has_children(int fd)
{
	struct stat directory;

	return fstat(fd, &directory) == 0 && directory.st_nlink != 2;
}

void warden_list(struct warden *warden, int16_t index)
{
	struct node *node = &warden->nodes[index];
	long length;

	node->is_new = false;
	if (!has_children(node->fd))
		return;
	(void)lseek(node->fd, 0, SEEK_SET);
	while ((length = syscall(SYS_getdents64, node->fd, warden->bytes,
				 sizeof(warden->bytes))) > 0)
		visit_entries(warden, index, length);
}

void warden_plant(struct warden *warden)
{
	const struct node root = { .parent = -1,
				   .rule = -1,
				   .place = CGROUP_SLICE };
	int fd;

	for (int16_t i = 0; i < WARDEN_NODES; i++)
		if (!warden_is_free(&warden->nodes[i]))
			warden_drop(warden, i);
	warden->has_overflown = false;
	if (!warden->has_units || warden->cgroups < 0 || warden->inotify < 0)
		return;
	fd = fcntl(warden->cgroups, F_DUPFD_CLOEXEC, 0);
	if (fd >= 0)
		add(warden, fd, &root);
}

static struct node *find_watch(struct warden *warden, int wanted, int *which)
{
	for (int i = 0; i < WARDEN_NODES; i++)
		for (*which = 0; *which < 3; ++*which)
			if (!warden_is_free(&warden->nodes[i]) &&
			    warden->nodes[i].watches[*which] == wanted)
				return &warden->nodes[i];
	return NULL;
}

static bool take_event(struct warden *warden, const struct inotify_event *event)
{
	int which;
	struct node *node = find_watch(warden, event->wd, &which);
	int16_t index, child;

	if (!node)
		return false;
	if (event->mask & IN_IGNORED) {
		node->watches[which] = -1;
		return false;
	}
	if (which > 0) {
		node->is_dirty = true;
		return false;
	}
	if (!(event->mask & IN_ISDIR) || event->len == 0)
		return false;
	index = (int16_t)(node - warden->nodes);
	if (event->mask & (IN_CREATE | IN_MOVED_TO))
		return !visit(warden, index, event->name);
	child = find_child(warden, index, (uint32_t)text_hash(event->name));
	if (child >= 0) {
		warden_drop(warden, child);
		keeper_forget_dead(&warden->keeper, event->name);
	}
	return false;
}

/*
 * The events are copied away from the buffer that directories are listed in:
 * none is listed before all are taken. Where some are lost, what is held may be
 * of cgroups that are no more.
 */
bool warden_hear(struct warden *warden)
{
	const size_t least = sizeof(struct inotify_event);
	bool has_stranger = false, has_lost = false;
	ssize_t length;

	while ((length = read(warden->inotify, warden->bytes,
			      sizeof(warden->bytes))) >= (ssize_t)least) {
		for (ssize_t at = 0; at < length;) {
			const struct inotify_event *event =
				(const void *)(warden->bytes + at);
			at += (ssize_t)(least + event->len);
			if (event->mask & IN_Q_OVERFLOW)
				has_lost = true;
			else if (take_event(warden, event))
				has_stranger = true;
		}
	}
	if (has_lost) {
		warden_plant(warden);
		warden->sweep_ms = 0;
	}
	return has_stranger;
}
