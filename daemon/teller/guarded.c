/* SPDX-License-Identifier: MIT */
#include "guarded.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "door.h"
#include "procfs.h"
#include "varlink.h"

bool guarded_read(const char *path, struct wards *wards)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t length;

	memset(wards, 0, sizeof(*wards));
	if (fd < 0)
		return false;
	length = door_read(fd, (char *)wards, sizeof(*wards), 0);
	(void)close(fd);
	/* Of another boot it cannot be: the directory is gone by then. */
	if (length == sizeof(*wards) && wards_are_valid(wards, wards->boot))
		return true;
	memset(wards, 0, sizeof(*wards));
	return false;
}

static int64_t milliseconds(const struct ward *ward, uint64_t now_ticks)
{
	uint64_t since = ward->start_ticks + ward->since_ticks;
	uint64_t hertz = (uint64_t)sysconf(_SC_CLK_TCK);

	return since < now_ticks ? (int64_t)((now_ticks - since) * 1000 / hertz)
				 : 0;
}

static json_object *encode(const struct wards *wards, const struct ward *ward,
			   const struct process_status *status, int64_t present,
			   uint64_t now_ticks)
{
	json_object *object = json_object_new_object();

	put_int(object, "pid", ward->pid);
	json_object_object_add(
		object, "comm",
		varlink_string(status->comm, sizeof(status->comm)));
	if (ward->unit >= 0)
		put_text(object, "unit", wards->units[ward->unit],
			 WARDS_UNIT_SIZE);
	put_int(object, "former", ward->former);
	put_int(object, "present", present);
	put_bytes(object, "memory",
		  status->anon_kib + status->file_kib + status->shmem_kib);
	put_int(object, "age", milliseconds(ward, now_ticks));
	return object;
}

/* NULL when it is no more. */
static json_object *encode_living(const struct wards *wards,
				  const struct ward *ward, int proc,
				  uint64_t now_ticks)
{
	const struct procfs procfs = { .root = proc };
	struct process_status status;
	struct process_stat stat;
	int64_t present;

	if (procfs_read_stat(&procfs, ward->pid, &stat) != 0 ||
	    stat.start_ticks != ward->start_ticks ||
	    procfs_read_status(&procfs, ward->pid, &status) != 0 ||
	    procfs_read_score_adj(&procfs, ward->pid, &present) != 0)
		return NULL;
	return encode(wards, ward, &status, present, now_ticks);
}

json_object *guarded_list(const struct wards *wards, int proc,
			  uint64_t now_ticks, int64_t *left_out)
{
	json_object *array = json_object_new_array();
	json_object *object;

	*left_out = 0;
	for (int i = 0; i < WARDS_MOST; i++) {
		const struct ward *ward = &wards->wards[i];
		if (ward->pid == 0 || !ward_is_ours(ward))
			continue;
		if (json_object_array_length(array) >= GUARDED_MOST) {
			++*left_out;
			continue;
		}
		object = encode_living(wards, ward, proc, now_ticks);
		if (object)
			json_object_array_add(array, object);
	}
	return array;
}
