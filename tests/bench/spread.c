/* SPDX-License-Identifier: MIT */
#include "spread.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup.h"

#define ROOT "/sys/fs/cgroup"

static int open_own(void)
{
	char bytes[CGROUP_PATH_SIZE + 64], path[CGROUP_PATH_SIZE];
	char name[sizeof(ROOT) + CGROUP_PATH_SIZE];
	int file = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
	ssize_t length = read(file, bytes, sizeof(bytes));

	(void)close(file);
	if (length < 0 || cgroup_parse(bytes, (size_t)length, path))
		bench_die("/proc/self/cgroup", EBADMSG);
	snprintf(name, sizeof(name), ROOT "%s", path);
	int directory = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		bench_die(name, errno);
	return directory;
}

static void write_word(int directory, const char *name, const char *word)
{
	int file = openat(directory, name, O_WRONLY | O_CLOEXEC);

	if (file < 0 || write(file, word, strlen(word)) < 0)
		bench_die(name, errno);
	(void)close(file);
}

static void move(int directory, const char *cgroup, pid_t pid)
{
	char name[64], word[16];

	if (mkdirat(directory, cgroup, 0755) && errno != EEXIST)
		bench_die(cgroup, errno);
	snprintf(name, sizeof(name), "%s/cgroup.procs", cgroup);
	snprintf(word, sizeof(word), "%d", (int)pid);
	write_word(directory, name, word);
}

/* Nobody may be in a cgroup that divides its memory. */
void spread_over(const struct crowd *crowd, uint32_t cgroups)
{
	int directory = open_own();
	char name[32];

	move(directory, "own", getpid());
	for (uint32_t i = 0; i < crowd->count; i++)
		move(directory, "own", crowd->pids[i]);
	write_word(directory, "cgroup.subtree_control", "+memory");
	for (uint32_t i = 0; i < crowd->count; i++) {
		snprintf(name, sizeof(name), "c%" PRIu32, i % cgroups);
		move(directory, name, crowd->pids[i]);
	}
	(void)close(directory);
}
