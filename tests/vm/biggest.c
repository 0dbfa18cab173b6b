/* SPDX-License-Identifier: MIT */
/*
 * Ends the largest process whenever less than a tenth of the memory is
 * available, with SIGKILL: what a guard must not be. It leaves those that are
 * marked -900 or less, and pid 1. Scenarios whose largest process is innocent
 * have to fail with it.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static void nap(long ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

static const char *load(const char *path)
{
	static char bytes[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, bytes, sizeof(bytes) - 1);

	if (fd >= 0)
		close(fd);
	bytes[length > 0 ? length : 0] = '\0';
	return bytes;
}

static int is_short(void)
{
	const char *text = load("/proc/meminfo");
	const char *total = strstr(text, "MemTotal:");
	const char *available = strstr(text, "MemAvailable:");

	return total && available &&
	       atol(available + strlen("MemAvailable:")) <
		       atol(total + strlen("MemTotal:")) / 10;
}

static long resident_pages(const char *pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%.20s/oom_score_adj", pid);
	if (atol(load(path)) <= -900)
		return 0;
	snprintf(path, sizeof(path), "/proc/%.20s/statm", pid);
	const char *resident = strchr(load(path), ' ');
	return resident ? atol(resident) : 0;
}

static void end_largest(void)
{
	DIR *proc = opendir("/proc");
	long most = 0;
	pid_t largest = 0;

	for (struct dirent *entry; proc && (entry = readdir(proc));) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !strcmp(entry->d_name, "1"))
			continue;
		long pages = resident_pages(entry->d_name);
		if (pages > most) {
			most = pages;
			largest = atoi(entry->d_name);
		}
	}
	if (proc)
		closedir(proc);
	if (largest)
		kill(largest, SIGKILL);
}

int main(void)
{
	mlockall(MCL_CURRENT | MCL_FUTURE);
	for (;; nap(50))
		if (is_short()) {
			end_largest();
			nap(1000);
		}
}
