/* SPDX-License-Identifier: MIT */
#include "self.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int64_t self_cpu_ms(void)
{
	struct timespec time = { 0 };

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int64_t self_memory_kib(int32_t pid)
{
	char path[64];
	int64_t pages = -1;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%" PRId32 "/statm", pid);
	file = fopen(path, "re");
	if (!file)
		return -1;
	if (fscanf(file, "%*d %" SCNd64, &pages) != 1)
		pages = -1;
	(void)fclose(file);
	return pages < 0 ? -1 : pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* "36 35 0:5 / /proc rw,relatime - proc proc rw,hidepid=invisible" */
static bool line_hides(const char *line, bool before)
{
	const char *options = strstr(line, " - proc ");

	if (!options || !strstr(line, " /proc "))
		return before;
	options = strstr(options, "hidepid=");
	if (!options)
		return false;
	options += strlen("hidepid=");
	return *options != '0' && strncmp(options, "off", 3) != 0;
}

bool self_hides_others(FILE *mountinfo)
{
	bool hides = false;
	char *line = NULL;
	size_t size = 0;

	/* What is mounted last lies on top. */
	while (getline(&line, &size, mountinfo) > 0)
		hides = line_hides(line, hides);
	free(line);
	return hides;
}

bool self_proc_hides_others(void)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	bool hides;

	if (!file)
		return true;
	hides = self_hides_others(file);
	(void)fclose(file);
	return hides;
}
