/* SPDX-License-Identifier: MIT */
#include "scene.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define USUAL_ADJ 500

extern char **environ;

const struct part scene_hog = { .role = "sit",
				.comm = "hog",
				.amount_kib = 12288 };
const struct part scene_stubborn = { .role = "stubborn",
				     .comm = "hog",
				     .amount_kib = 12288 };

pid_t scene_spawn(struct scene *scene, const struct part *part)
{
	char amount[24], adj[24], uid[24], parent[24];
	char copy[STAGE_PATH_SIZE + 16];
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	pid_t pid;

	snprintf(amount, sizeof(amount), "%ld", part->amount_kib);
	snprintf(adj, sizeof(adj), "%d", USUAL_ADJ + part->adj);
	snprintf(uid, sizeof(uid), "%ld", part->uid ? part->uid : -1);
	snprintf(parent, sizeof(parent), "%d", (int)getpid());
	snprintf(copy, sizeof(copy), "%s/player", scene->stage.path);
	const char *path = part->is_copied ? copy : PLAYER;
	const char *const argv[] = {
		path,   part->role, part->comm ? part->comm : part->role,
		amount, adj,        uid,
		parent, NULL
	};
	(void)sigemptyset(&none);
	(void)posix_spawnattr_init(&attributes);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_adddup2(&actions, scene->notes[1],
					       STDOUT_FILENO);
	scene_expect(scene, posix_spawn(&pid, path, &actions, &attributes,
					(char *const *)argv, environ) == 0);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)posix_spawnattr_destroy(&attributes);
	return pid;
}

/* The copy is there for selectors of executables. */
static void copy_player(struct scene *scene)
{
	char bytes[65536];
	int from = open(PLAYER, O_RDONLY | O_CLOEXEC);
	int to = openat(scene->stage.root, "player",
			O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	ssize_t length;

	scene_expect(scene, from >= 0 && to >= 0);
	while ((length = read(from, bytes, sizeof(bytes))) > 0)
		scene_expect(scene, write(to, bytes, (size_t)length) == length);
	(void)close(from);
	(void)close(to);
}

static void show_member(struct scene *scene, const struct member *member,
			const struct part *part)
{
	bool is_crowd = strcmp(part->role, "crowd") == 0;
	int error = part->cgroup
			    ? stage_add_with_cgroup(&scene->stage, member->pid,
						    part->cgroup)
			    : stage_add(&scene->stage, member->pid);

	if (!error && member->child && !is_crowd)
		error = stage_add(&scene->stage, member->child);
	for (size_t i = 0; is_crowd && i < scene->crowd_count && !error; i++)
		error = stage_add_uncounted(&scene->stage, scene->crowd[i]);
	scene_expect(scene, error == 0);
}

struct member *scene_cast(struct scene *scene, const struct part *part)
{
	struct member *member = &scene->cast[scene->count++];
	int64_t from_ns = scene_now_ns();

	scene_expect(scene, scene->count <= SCENE_CAST_MAX);
	if (part->is_copied)
		copy_player(scene);
	memset(member, 0, sizeof(*member));
	member->pid = scene_spawn(scene, part);
	while (!member->is_ready) {
		scene_expect(scene, !member->ended_ns);
		scene_turn(scene, from_ns, "a player to be ready");
	}
	show_member(scene, member, part);
	return member;
}
