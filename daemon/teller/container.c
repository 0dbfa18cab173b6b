/* SPDX-License-Identifier: MIT */
#include "container.h"

#include <stdbool.h>
#include <string.h>

#define ID_LENGTH 64

/* Not the monitors beside a container: crio-conmon-ID.scope and the like. */
static const char *const prefixes[] = { "", "docker-", "cri-containerd-",
					"crio-", "libpod-" };
#define PREFIXES (sizeof(prefixes) / sizeof(prefixes[0]))

static bool is_id(const char *id, const char *end)
{
	size_t length = (size_t)(end - id);

	if (length > ID_LENGTH && length - ID_LENGTH == strlen(".scope") &&
	    memcmp(id + ID_LENGTH, ".scope", strlen(".scope")) == 0)
		length = ID_LENGTH;
	return length == ID_LENGTH &&
	       strspn(id, "0123456789abcdef") == ID_LENGTH;
}

/* Where the id begins in the component, or NULL. */
static const char *find_id(const char *component, const char *end)
{
	for (size_t i = 0; i < PREFIXES; i++) {
		size_t length = strlen(prefixes[i]);
		if ((size_t)(end - component) > length &&
		    memcmp(component, prefixes[i], length) == 0 &&
		    is_id(component + length, end))
			return component + length;
	}
	return NULL;
}

void container_of_cgroup(const char *cgroup, char *id, size_t size)
{
	const char *found = NULL;

	if (size > 0)
		id[0] = '\0';
	while (*cgroup && !found) {
		const char *end;
		cgroup += *cgroup == '/';
		end = cgroup + strcspn(cgroup, "/");
		found = find_id(cgroup, end);
		cgroup = end;
	}
	if (!found || size <= ID_LENGTH)
		return;
	memcpy(id, found, ID_LENGTH);
	id[ID_LENGTH] = '\0';
}
