/* SPDX-License-Identifier: MIT */
#include "stage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define STAGE_LINK_SIZE 4096

static const char stage_vmstat[] = "pgsteal_kswapd 0\n"
				   "pgsteal_direct 0\n"
				   "pgscan_direct 0\n"
				   "workingset_refault_anon 0\n"
				   "workingset_refault_file 0\n"
				   "pswpout 0\n"
				   "oom_kill 0\n";

static const char stage_pressure[] =
	"some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
	"full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n";

static int stage_write(int directory, const char *name, const char *text)
{
	int fd = openat(directory, name,
			O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	size_t length = strlen(text);
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, length) != (ssize_t)length)
		rc = errno ? -errno : -ENOSPC;
	close(fd);
	return rc;
}

static void stage_empty(DIR *directory);

/* Removes a name: a file, a link, or a directory with all that is in it. */
static void stage_erase(int directory, const char *name)
{
	DIR *inner;
	int fd;

	if (unlinkat(directory, name, 0) == 0)
		return;
	fd = openat(directory, name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	inner = fd < 0 ? NULL : fdopendir(fd);
	if (inner) {
		stage_empty(inner);
		closedir(inner);
	}
	(void)unlinkat(directory, name, AT_REMOVEDIR); /* nothing more to try */
}

static void stage_empty(DIR *directory)
{
	struct dirent *entry;

	while ((entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			stage_erase(dirfd(directory), entry->d_name);
}

static int stage_make(struct stage *stage)
{
	const char *parent = getenv("TMPDIR");
	int length = snprintf(stage->path, sizeof(stage->path),
			      "%s/oomguard-stage-XXXXXX",
			      parent && *parent ? parent : "/tmp");

	if (length >= (int)sizeof(stage->path))
		return -ENAMETOOLONG;
	if (!mkdtemp(stage->path))
		return -errno;
	stage->root = open(stage->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return stage->root < 0 ? -errno : 0;
}

static int stage_furnish(struct stage *stage)
{
	int rc = stage_write(stage->root, "vmstat", stage_vmstat);

	if (rc < 0)
		return rc;
	if (mkdirat(stage->root, "pressure", 0700) < 0)
		return -errno;
	rc = stage_write(stage->root, "pressure/memory", stage_pressure);
	stage->meminfo = openat(stage->root, "meminfo",
				O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (rc == 0 && stage->meminfo < 0)
		rc = -errno;
	return rc < 0 ? rc : stage_update(stage);
}

int stage_open(struct stage *stage, int64_t budget_kib)
{
	int rc;

	*stage = (struct stage){ .root = -1,
				 .meminfo = -1,
				 .budget_kib = budget_kib };
	rc = procfs_open(&stage->real, "/proc");
	if (rc < 0)
		return rc;
	rc = stage_make(stage);
	if (rc == 0)
		rc = stage_furnish(stage);
	if (rc == 0 && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		rc = -errno;
	if (rc < 0)
		stage_close(stage);
	return rc;
}

void stage_close(struct stage *stage)
{
	DIR *directory;

	procfs_close(&stage->real);
	if (stage->meminfo >= 0)
		close(stage->meminfo);
	stage->meminfo = -1;
	if (stage->root < 0)
		return;
	directory = fdopendir(stage->root);
	if (directory) {
		stage_empty(directory);
		closedir(directory);
	}
	stage->root = -1;
	(void)rmdir(stage->path); /* private: nobody else puts anything in */
}

int stage_put(struct stage *stage, const char *name, const char *text)
{
	return stage_write(stage->root, name, text);
}

static int stage_enter(struct stage *stage, pid_t pid, bool is_counted)
{
	if (stage->count == STAGE_ACTORS_MAX)
		return -ENOSPC;
	stage->actors[stage->count++] =
		(struct stage_actor){ .pid = pid, .is_counted = is_counted };
	return 0;
}

static int stage_link(struct stage *stage, pid_t pid, bool is_counted)
{
	char target[32], name[16];
	int rc = stage_enter(stage, pid, is_counted);

	if (rc < 0)
		return rc;
	snprintf(target, sizeof(target), "/proc/%d", (int)pid);
	snprintf(name, sizeof(name), "%d", (int)pid);
	if (symlinkat(target, stage->root, name) == 0)
		return 0;
	rc = -errno;
	stage->count--;
	return rc;
}

int stage_add(struct stage *stage, pid_t pid)
{
	return stage_link(stage, pid, true);
}

int stage_add_uncounted(struct stage *stage, pid_t pid)
{
	return stage_link(stage, pid, false);
}

/* The executable's link is copied: a link to a link reads as the link. */
static int stage_link_files(int directory, pid_t pid)
{
	static const char *const names[] = {
		"status",        "stat", "statm",   "oom_score",
		"oom_score_adj", "comm", "cmdline", "task",
	};
	char target[64], exe[STAGE_LINK_SIZE];
	ssize_t length;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(target, sizeof(target), "/proc/%d/%s", (int)pid,
			 names[i]);
		if (symlinkat(target, directory, names[i]) < 0)
			return -errno;
	}
	snprintf(target, sizeof(target), "/proc/%d/exe", (int)pid);
	length = readlink(target, exe, sizeof(exe) - 1);
	if (length < 0)
		return 0; /* as for a process of somebody else */
	exe[length] = '\0';
	return symlinkat(exe, directory, "exe") < 0 ? -errno : 0;
}

int stage_add_with_cgroup(struct stage *stage, pid_t pid, const char *cgroup)
{
	static const char hidden[] = "new";
	char name[16];
	int directory, rc;

	snprintf(name, sizeof(name), "%d", (int)pid);
	if (mkdirat(stage->root, hidden, 0700) < 0)
		return -errno;
	directory =
		openat(stage->root, hidden, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rc = directory < 0 ? -errno : stage_link_files(directory, pid);
	if (rc == 0)
		rc = stage_write(directory, "cgroup", cgroup);
	if (directory >= 0)
		close(directory);
	if (rc == 0)
		rc = stage_enter(stage, pid, true);
	if (rc == 0 && renameat(stage->root, hidden, stage->root, name) < 0) {
		rc = -errno;
		stage->count--;
	}
	if (rc < 0)
		stage_erase(stage->root, hidden);
	return rc;
}

static void stage_remove(struct stage *stage, pid_t pid)
{
	char name[16];

	for (uint32_t i = 0; i < stage->count; i++) {
		if (stage->actors[i].pid != pid)
			continue;
		snprintf(name, sizeof(name), "%d", (int)pid);
		stage_erase(stage->root, name);
		stage->actors[i] = stage->actors[--stage->count];
		return;
	}
}

static int64_t stage_held_kib(struct stage *stage)
{
	struct process_status status;
	int64_t sum = 0;
	int rc;

	for (uint32_t i = 0; i < stage->count; i++) {
		struct stage_actor *actor = &stage->actors[i];

		if (!actor->is_counted)
			continue;
		rc = procfs_read_status(&stage->real, actor->pid, &status);
		if (rc == 0 && status.has_memory)
			actor->held_kib = status.anon_kib + status.swap_kib +
					  status.tables_kib;
		sum += actor->held_kib;
	}
	return sum;
}

int stage_update(struct stage *stage)
{
	return stage_show(stage, stage->budget_kib - stage_held_kib(stage));
}

/*
 * The two numbers that change come within the first 64 bytes: the page cache
 * is copied at least by cache lines, so even a read in the middle of the write
 * sees them whole.
 */
int stage_show(struct stage *stage, int64_t available_kib)
{
	char bytes[160];
	int length;

	if (available_kib < 0)
		available_kib = 0;
	length =
		snprintf(bytes, sizeof(bytes),
			 "MemAvailable: %12" PRId64 " kB\n"
			 "MemFree:      %12" PRId64 " kB\n"
			 "MemTotal:     %12" PRId64 " kB\n"
			 "SwapTotal:    %12d kB\n"
			 "SwapFree:     %12d kB\n",
			 available_kib, available_kib, stage->budget_kib, 0, 0);
	if (pwrite(stage->meminfo, bytes, (size_t)length, 0) != length)
		return errno ? -errno : -ENOSPC;
	stage->available_kib = available_kib;
	return 0;
}

bool stage_reap(struct stage *stage, siginfo_t *info)
{
	memset(info, 0, sizeof(*info));
	if (waitid(P_ALL, 0, info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
	    info->si_pid == 0)
		return false;
	stage_remove(stage, info->si_pid);
	(void)waitid(P_PID, (id_t)info->si_pid, NULL, WEXITED | WNOHANG);
	return true;
}
