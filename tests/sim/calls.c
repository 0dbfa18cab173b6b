/* SPDX-License-Identifier: MIT */
/*
 * The system calls that the guard makes, answered by the simulated machine.
 * Their prototypes are those of the system, by other names (calls.h).
 */
#include "calls.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "board.h"
#include "calls_inside.h"
#include "fibers.h"
#include "files.h"
#include "invariants.h"
#include "link.h"
#include "machine.h"
#include "reading.h"
#include "wards.h"

#define FIRST 1000 /* of the simulated descriptors */
#define HANDLES 1200
#define REQUESTS 8
#define NOTICES 64
#define WATCHES 256
#define CALL_US 2
#define TEXT_SIZE 8192

enum kind {
	KIND_FREE,
	KIND_PROC,
	KIND_SYS,
	KIND_GROUP,
	KIND_RUN,
	KIND_PROCESS,
	KIND_TASK,
	KIND_FILE,
	KIND_TRIGGER,
	KIND_EVENT,
	KIND_PIDFD,
	KIND_INOTIFY,
	KIND_SIGNALS,
	KIND_SOCKET,
	KIND_MEMORY,
	KIND_STATE,
	KIND_RELOAD,
};

struct handle {
	enum kind kind;
	enum file file;
	int group;
	int slot; /* of the process with this id */
	uint32_t id;
	int64_t offset;
	int64_t length; /* of the file when it was read last */
	uint64_t count;
	int64_t some_us; /* TRIGGER */
	bool is_blocking;
	bool is_writable;
};

struct watch_on {
	int group; /* and one */
	int what;  /* 0 directory, 1 cgroup.events, 2 cgroup.procs */
};

struct notice {
	int wd;
	uint32_t mask;
	char name[96];
};

static struct {
	struct handle handles[HANDLES];
	int next;
	int open;
	bool must_end;
	int64_t teller; /* what is wrong with it */
	int requests_count;
	struct {
		int64_t at_us;
		struct request request;
		size_t length;
	} requests[REQUESTS];
	bool is_reloading;
	bool has_mistakes;
	int64_t reload_us;
	struct settings settings;
	int64_t hold_us;
	int64_t sampled_us;
	int notices_count;
	struct notice notices[NOTICES];
	struct watch_on watches[WATCHES];
	size_t state_length; /* and one; 0: there is no file */
} outside;

static struct wards state_file;
static _Alignas(4096) char board_memory[(sizeof(struct board) | 4095) + 1];

void calls_reset(bool with_files)
{
	size_t length = outside.state_length;

	memset(&outside, 0, sizeof(outside));
	outside.sampled_us = -1;
	if (!with_files)
		outside.state_length = length;
}

int64_t calls_sampled_us(void)
{
	return outside.sampled_us;
}

static int fail(int error)
{
	errno = error;
	return -1;
}

/* Each call takes its time, and meanwhile somebody may be gone. */
static void pass(void)
{
	machine_advance(machine.now_us + CALL_US);
	if (random_chance(&machine.noise, (int32_t)machine.scenario->vanish))
		machine_vanish();
	fiber_pass();
}

static bool is_spoilt(int rarely)
{
	return !machine.is_clear &&
	       random_chance(&machine.noise,
			     (int32_t)machine.scenario->garbage / rarely);
}

static struct handle *handle_of(int fd)
{
	if (fd < FIRST || fd >= FIRST + HANDLES ||
	    outside.handles[fd - FIRST].kind == KIND_FREE)
		return NULL;
	return &outside.handles[fd - FIRST];
}

int64_t calls_descriptors(void)
{
	return outside.open;
}

static int add(struct handle handle)
{
	if (outside.open >= machine.scenario->descriptors)
		return fail(EMFILE);
	for (int i = 0; i < HANDLES; i++) {
		int at = (outside.next + i) % HANDLES;
		if (outside.handles[at].kind != KIND_FREE)
			continue;
		outside.handles[at] = handle;
		outside.next = at + 1;
		outside.open++;
		return FIRST + at;
	}
	return fail(EMFILE);
}

static struct process *process_of(const struct handle *handle)
{
	struct process *process = &machine.processes[handle->slot];

	return process->life != LIFE_NONE && process->id == handle->id ? process
								       : NULL;
}

static struct handle of_process(enum kind kind, enum file file,
				const struct process *process)
{
	return (struct handle){ .kind = kind,
				.file = file,
				.slot = (int)(process - machine.processes),
				.id = process->id };
}

/* The guard's own thread reads nothing that may wait for somebody else. */
static void check_hot(enum file file)
{
	bool is_slow = file == FILE_STAT ||
		       (file == FILE_CGROUP && machine.scenario->kernel < 608);

	invariants_expect(fiber_current() != FIBER_GUARD || !is_slow ||
				  !invariants_has_begun(),
			  "8 the guard reads a file that can block");
}

static int open_of_process(const struct process *process, const char *name,
			   int flags)
{
	enum file file = files_of_process(name);
	struct process copy = *process;

	if (strcmp(name, "task") == 0)
		return add(of_process(KIND_TASK, FILE_NONE, process));
	if (file == FILE_NONE)
		return fail(ENOENT);
	check_hot(file);
	if (file == FILE_CGROUP && machine.scenario->kernel < 608 &&
	    machine.now_us < outside.hold_us)
		(void)fiber_wait(NULL, 0, outside.hold_us);
	/* It may be somebody else by now: the name was looked up before. */
	process = machine_find(copy.pid);
	if (!process || process->id != copy.id)
		return fail(ENOENT);
	struct handle handle = of_process(KIND_FILE, file, process);
	handle.is_writable =
		file == FILE_ADJ && (flags & O_ACCMODE) != O_RDONLY;
	return add(handle);
}

static int open_of_proc(const char *path, int flags)
{
	static const struct {
		const char *name;
		enum file file;
	} names[] = { { "meminfo", FILE_MEMINFO },
		      { "vmstat", FILE_VMSTAT },
		      { "swaps", FILE_SWAPS } };
	char *rest;
	long pid = strtol(path, &rest, 10);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(path, names[i].name) == 0)
			return add((struct handle){ .kind = KIND_FILE,
						    .file = names[i].file });
	if (strcmp(path, "pressure/memory") == 0 && machine.scenario->psi)
		return add((struct handle){
			.kind = (flags & O_ACCMODE) == O_RDONLY ? KIND_FILE
								: KIND_TRIGGER,
			.file = FILE_PRESSURE });
	struct process *process = machine_find((int32_t)pid);
	if (!process || (*rest && *rest != '/'))
		return fail(ENOENT);
	return *rest ? open_of_process(process, rest + 1, flags)
		     : add(of_process(KIND_PROCESS, FILE_NONE, process));
}

/* Below a cgroup: a path of others, and at its end perhaps a file. */
static int open_of_group(int group, const char *path)
{
	char whole[256];
	struct text text;
	char *last;

	text_init(&text, whole, sizeof(whole));
	text_put(&text, machine.groups[group].path);
	if (whole[1])
		text_put(&text, "/");
	text_put(&text, path);
	for (int i = 0; i < machine.groups_count; i++)
		if (machine.groups[i].exists &&
		    strcmp(machine.groups[i].path, whole) == 0)
			return add((struct handle){ .kind = KIND_GROUP,
						    .group = i });
	last = strrchr(whole, '/');
	if (!last || files_of_group(last + 1) == FILE_NONE)
		return fail(ENOENT);
	enum file file = files_of_group(last + 1);
	*(last == whole ? last + 1 : last) = '\0';
	for (int i = 0; i < machine.groups_count; i++)
		if (machine.groups[i].exists &&
		    strcmp(machine.groups[i].path, whole) == 0)
			return add((struct handle){
				.kind = KIND_FILE, .file = file, .group = i });
	return fail(ENOENT);
}

static int open_state(int flags)
{
	if (outside.state_length == 0 && !(flags & O_CREAT))
		return fail(ENOENT);
	if (outside.state_length == 0)
		outside.state_length = 1;
	return add((struct handle){ .kind = KIND_STATE });
}

int openat(int directory, const char *path, int flags, ...)
{
	const struct handle *handle = handle_of(directory);

	pass();
	if (directory == AT_FDCWD)
		return strcmp(path, "/proc/sys/kernel/random/boot_id") == 0
			       ? add((struct handle){ .kind = KIND_FILE,
						      .file = FILE_BOOT })
			       : fail(ENOENT);
	if (!handle)
		return fail(EBADF);
	switch (handle->kind) {
	case KIND_PROC:
		return open_of_proc(path, flags);
	case KIND_PROCESS: {
		const struct process *process = process_of(handle);
		if (!process)
			return fail(ESRCH);
		return open_of_process(process, path, flags);
	}
	case KIND_TASK: {
		const struct process *process = process_of(handle);
		return process ? add(of_process(KIND_FILE, FILE_THREAD,
						process))
			       : fail(ENOENT);
	}
	case KIND_SYS:
		return machine.scenario->zram &&
				       strcmp(path, "block/zram0/mm_stat") == 0
			       ? add((struct handle){ .kind = KIND_FILE,
						      .file = FILE_ZRAM })
			       : fail(ENOENT);
	case KIND_GROUP:
		if (!machine.groups[handle->group].exists)
			return fail(ENOENT);
		return open_of_group(handle->group, path);
	case KIND_RUN:
		return open_state(flags);
	default:
		return fail(ENOTDIR);
	}
}

int open(const char *path, int flags, ...)
{
	pass();
	(void)flags;
	if (strcmp(path, "/proc") == 0)
		return add((struct handle){ .kind = KIND_PROC });
	if (strcmp(path, "/sys") == 0)
		return add((struct handle){ .kind = KIND_SYS });
	if (strcmp(path, "/sys/fs/cgroup") == 0 && machine.scenario->cgroups)
		return add((struct handle){ .kind = KIND_GROUP });
	if (strcmp(path, "/run/oomguard") == 0)
		return add((struct handle){ .kind = KIND_RUN });
	if (strncmp(path, "/proc/self/fd/", 14) == 0)
		return add((struct handle){ .kind = KIND_MEMORY });
	return fail(ENOENT);
}

int close(int fd)
{
	struct handle *handle = handle_of(fd);

	if (!handle)
		return fail(EBADF);
	handle->kind = KIND_FREE;
	outside.open--;
	outside.next = fd - FIRST;
	return 0;
}

/* What a read of the file gives from this offset on, or an error. */
static ssize_t read_file(struct handle *handle, char *bytes, size_t size,
			 int64_t offset)
{
	static char whole[TEXT_SIZE];
	const struct process *process = NULL;
	struct text text;

	if (handle->file >= FILE_PROCESS && handle->file < FILE_GROUP) {
		process = process_of(handle);
		if (!process)
			return fail(ESRCH);
	}
	if (handle->file >= FILE_GROUP && !machine.groups[handle->group].exists)
		return fail(ENODEV);
	if (offset > 0 && offset == handle->length)
		return 0;
	text_init(&text, whole, sizeof(whole));
	files_put(&text, handle->file, process, handle->group);
	if (fiber_current() == FIBER_GUARD) {
		if (handle->file == FILE_MEMINFO)
			outside.sampled_us = machine.now_us;
		if (handle->file == FILE_STATUS)
			machine.processes[handle->slot].was_seen = true;
	}
	if (is_spoilt(1)) {
		/* A cgroup that is none of systemd's looks like garbage. */
		if (handle->file == FILE_CGROUP ||
		    random_chance(&machine.noise, 3000))
			return fail(ENOMEM);
		if (handle->file != FILE_BOOT)
			files_spoil(&text, &machine.noise);
	}
	handle->length = (int64_t)text.length;
	if (offset >= handle->length)
		return 0;
	if (size > text.length - (size_t)offset)
		size = text.length - (size_t)offset;
	memcpy(bytes, whole + offset, size);
	return (ssize_t)size;
}

ssize_t pread(int fd, void *bytes, size_t size, off_t offset)
{
	struct handle *handle = handle_of(fd);

	pass();
	if (!handle)
		return fail(EBADF);
	if (handle->kind == KIND_STATE) {
		size_t there = outside.state_length - 1;
		if ((size_t)offset >= there)
			return 0;
		if (size > there - (size_t)offset)
			size = there - (size_t)offset;
		memcpy(bytes, (const char *)&state_file + offset, size);
		return (ssize_t)size;
	}
	if (handle->kind != KIND_FILE)
		return fail(EINVAL);
	return read_file(handle, bytes, size, offset);
}

static ssize_t read_notices(char *bytes, size_t size)
{
	size_t at = 0;
	int taken = 0;

	for (; taken < outside.notices_count; taken++) {
		const struct notice *notice = &outside.notices[taken];
		struct inotify_event event = { .wd = notice->wd,
					       .mask = notice->mask };
		if (notice->name[0])
			event.len = sizeof(notice->name);
		if (at + sizeof(event) + event.len > size)
			break;
		memcpy(bytes + at, &event, sizeof(event));
		memcpy(bytes + at + sizeof(event), notice->name, event.len);
		at += sizeof(event) + event.len;
	}
	outside.notices_count -= taken;
	memmove(outside.notices, outside.notices + taken,
		(size_t)outside.notices_count * sizeof(struct notice));
	return at > 0 ? (ssize_t)at : fail(EAGAIN);
}

ssize_t read(int fd, void *bytes, size_t size)
{
	struct handle *handle = handle_of(fd);

	pass();
	if (!handle)
		return fail(EBADF);
	if (handle->kind == KIND_INOTIFY)
		return read_notices(bytes, size);
	if (handle->kind == KIND_SIGNALS) {
		struct signalfd_siginfo info = { .ssi_signo = SIGTERM };
		if (outside.must_end) {
			outside.must_end = false;
		} else if (outside.is_reloading && outside.reload_us == 0) {
			info.ssi_signo = SIGHUP;
			outside.reload_us = -1;
		} else {
			return fail(EAGAIN);
		}
		memcpy(bytes, &info, sizeof(info));
		return sizeof(info);
	}
	if (handle->kind != KIND_EVENT)
		return fail(EINVAL);
	invariants_expect(fiber_current() != FIBER_GUARD || handle->count > 0 ||
				  !handle->is_blocking,
			  "8 the guard waits for a thread");
	while (handle->count == 0) {
		struct pollfd polled = { .fd = fd, .events = POLLIN };
		if (!handle->is_blocking)
			return fail(EAGAIN);
		(void)fiber_wait(&polled, 1, NEVER);
	}
	memcpy(bytes, &handle->count, sizeof(handle->count));
	handle->count = 0;
	return sizeof(handle->count);
}

static ssize_t write_adj(const struct handle *handle, const char *bytes,
			 size_t size)
{
	struct process *process = process_of(handle);
	char copy[16] = "";

	if (!process || process->life == LIFE_ZOMBIE)
		return fail(ESRCH);
	if (size >= sizeof(copy))
		return fail(EINVAL);
	if (random_chance(&machine.noise, (int32_t)machine.scenario->failing))
		return fail(EACCES);
	memcpy(copy, bytes, size);
	invariants_adjusted(process, strtol(copy, NULL, 10));
	process->adj = strtol(copy, NULL, 10);
	process->was_adjusted |= process->adj < process->natural;
	process->was_nominated |= process->adj == WARDS_NOMINATED;
	return (ssize_t)size;
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
	const struct handle *handle = handle_of(fd);

	if (handle && handle->is_writable)
		return write_adj(handle, bytes, size);
	if (!handle || handle->kind != KIND_STATE ||
	    (size_t)offset + size > sizeof(state_file))
		return fail(EBADF);
	memcpy((char *)&state_file + offset, bytes, size);
	if (outside.state_length < (size_t)offset + size + 1)
		outside.state_length = (size_t)offset + size + 1;
	return (ssize_t)size;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
	struct handle *handle = handle_of(fd);

	(void)bytes;
	pass();
	if (!handle)
		return fail(EBADF);
	switch (handle->kind) {
	case KIND_EVENT:
		handle->count++;
		return (ssize_t)size;
	case KIND_TRIGGER:
		handle->some_us = machine.memory.some_us;
		return (ssize_t)size;
	default:
		return fail(EBADF);
	}
}

off_t lseek(int fd, off_t offset, int whence)
{
	struct handle *handle = handle_of(fd);

	if (!handle || whence != SEEK_SET)
		return fail(EINVAL);
	handle->offset = offset;
	return offset;
}

ssize_t readlink(const char *path, char *bytes, size_t size)
{
	const struct handle *handle =
		strncmp(path, "/proc/self/fd/", 14) == 0
			? handle_of((int)strtol(path + 14, NULL, 10))
			: NULL;
	char whole[160];
	struct text text;

	if (!handle || handle->kind != KIND_GROUP)
		return fail(ENOENT);
	text_init(&text, whole, sizeof(whole));
	text_put(&text, "/sys/fs/cgroup");
	if (handle->group > 0)
		text_put(&text, machine.groups[handle->group].path);
	size = text.length < size ? text.length : size;
	memcpy(bytes, whole, size);
	return (ssize_t)size;
}

ssize_t readlinkat(int directory, const char *path, char *bytes, size_t size)
{
	const char *answer = "mnt:[4026531840]";
	const struct process *process;
	char self[16];
	struct text text;
	char *rest;

	(void)directory;
	pass();
	text_init(&text, self, sizeof(self));
	text_put_int(&text, PID_GUARD);
	process = machine_find((int32_t)strtol(path, &rest, 10));
	if (strcmp(path, "self") == 0)
		answer = self;
	else if (!process)
		return fail(ENOENT);
	else if (strcmp(rest, "/exe") == 0)
		answer = process->exe;
	if (!*answer)
		return fail(ENOENT);
	size = strlen(answer) < size ? strlen(answer) : size;
	memcpy(bytes, answer, size);
	return (ssize_t)size;
}

int fstat(int fd, struct stat *out)
{
	memset(out, 0, sizeof(*out));
	out->st_mode = S_IFREG | 0600;
	if (!handle_of(fd))
		return fail(EBADF);
	return 0;
}

int fstatat(int directory, const char *path, struct stat *out, int flags)
{
	(void)directory, (void)path, (void)out, (void)flags;
	return fail(ENOENT);
}

int fstatfs(int fd, struct statfs *out)
{
	const struct handle *handle = handle_of(fd);

	memset(out, 0, sizeof(*out));
	if (!handle)
		return fail(EBADF);
	out->f_type = handle->kind == KIND_PROC ? PROC_SUPER_MAGIC
						: CGROUP2_SUPER_MAGIC;
	return 0;
}

/* One entry of a directory; false where there is no room. */
static bool put_entry(char *bytes, size_t size, size_t *at, const char *name,
		      bool is_directory)
{
	size_t header = offsetof(struct dirent64, d_name);
	size_t length = (header + strlen(name) + 1 + 7) & ~(size_t)7;
	unsigned short reclen = (unsigned short)length;

	if (*at + length > size)
		return false;
	memset(bytes + *at, 0, length);
	memcpy(bytes + *at + offsetof(struct dirent64, d_reclen), &reclen,
	       sizeof(reclen));
	bytes[*at + offsetof(struct dirent64, d_type)] =
		is_directory ? DT_DIR : DT_REG;
	memcpy(bytes + *at + header, name, strlen(name) + 1);
	*at += length;
	return true;
}

static bool put_pid(char *bytes, size_t size, size_t *at, int64_t pid)
{
	char name[16];
	struct text text;

	text_init(&text, name, sizeof(name));
	text_put_int(&text, pid);
	return put_entry(bytes, size, at, name, true);
}

static size_t list_proc(struct handle *handle, char *bytes, size_t size)
{
	size_t at = 0;

	if (handle->offset == 0) {
		(void)put_entry(bytes, size, &at, "meminfo", false);
		(void)put_entry(bytes, size, &at, "self", true);
	}
	for (;;) {
		handle->offset = machine_next_pid((int32_t)handle->offset);
		if (handle->offset == PIDS ||
		    !put_pid(bytes, size, &at, handle->offset))
			return at;
		handle->offset++;
	}
}

static size_t list_task(struct handle *handle, char *bytes, size_t size)
{
	const struct process *process = process_of(handle);
	size_t at = 0;

	if (handle->offset++ > 0 || !process)
		return 0;
	(void)put_pid(bytes, size, &at, process->pid);
	(void)put_pid(bytes, size, &at, process->pid + 40000);
	return at;
}

static size_t list_group(struct handle *handle, char *bytes, size_t size)
{
	size_t at = 0;

	if (handle->offset == 0)
		(void)put_entry(bytes, size, &at, "cgroup.procs", false);
	for (; handle->offset < machine.groups_count; handle->offset++) {
		const struct cgroup *group = &machine.groups[handle->offset];
		if (group->parent == handle->group && group->exists &&
		    !put_entry(bytes, size, &at, strrchr(group->path, '/') + 1,
			       true))
			break;
	}
	return at;
}

static long list(int fd, char *bytes, size_t size)
{
	struct handle *handle = handle_of(fd);

	if (!handle)
		return fail(EBADF);
	if (is_spoilt(8))
		return fail(ENOMEM);
	switch (handle->kind) {
	case KIND_PROC:
		return (long)list_proc(handle, bytes, size);
	case KIND_TASK:
		return (long)list_task(handle, bytes, size);
	case KIND_GROUP:
		return (long)list_group(handle, bytes, size);
	default:
		return fail(ENOTDIR);
	}
}

static long open_pidfd(int32_t pid)
{
	const struct process *process = machine_find(pid);

	return process ? add(of_process(KIND_PIDFD, FILE_NONE, process))
		       : fail(ESRCH);
}

static long send_signal(int fd, int signal)
{
	const struct handle *handle = handle_of(fd);
	struct process *process;
	int error;

	if (!handle || handle->kind != KIND_PIDFD)
		return fail(EBADF);
	process = process_of(handle);
	if (!process)
		return fail(ESRCH);
	if (random_chance(&machine.noise, (int32_t)machine.scenario->failing))
		return fail(EPERM);
	invariants_signal(process, signal);
	error = machine_signal(process, signal, true);
	return error ? fail(-error) : 0;
}

static long release(int fd)
{
	const struct handle *handle = handle_of(fd);
	struct process *process = handle ? process_of(handle) : NULL;

	invariants_expect(fiber_current() != FIBER_GUARD,
			  "8 the guard itself releases memory");
	if (!process || process->life != LIFE_RUNS)
		return fail(ESRCH);
	if (!process->is_dying)
		return fail(EINVAL);
	/* Somebody holds its mmap_lock: it waits without bound. */
	while (process_of(handle) == process && process->life == LIFE_RUNS &&
	       process->actor >= 0 &&
	       machine.scenario->actors[process->actor].held)
		(void)fiber_wait(NULL, 0, machine.now_us + 5000);
	machine_release(process);
	return 0;
}

long syscall(long number, ...)
{
	va_list list_of;
	long a, b, c;

	va_start(list_of, number);
	a = va_arg(list_of, long);
	b = va_arg(list_of, long);
	c = va_arg(list_of, long);
	va_end(list_of);
	pass();
	switch (number) {
	case SYS_getdents64:
		return list((int)a, (char *)b, (size_t)c);
	case SYS_pidfd_open:
		return open_pidfd((int32_t)a);
	case SYS_pidfd_send_signal:
		return send_signal((int)a, (int)b);
	case SYS_process_mrelease:
		return release((int)a);
	default:
		return fail(ENOSYS);
	}
}

int fcntl(int fd, int command, ...)
{
	const struct handle *handle = handle_of(fd);

	if (!handle)
		return fail(EBADF);
	if (command == F_DUPFD_CLOEXEC || command == F_DUPFD) {
		struct handle copy = *handle;
		copy.offset = 0;
		return add(copy);
	}
	return 0;
}

/* A stall of a tenth of a second wakes, at most once a second. */
static short trigger_ready(struct handle *handle)
{
	if (machine.memory.some_us - handle->some_us < 100000 ||
	    machine.now_us < handle->offset + 1000000)
		return 0;
	handle->offset = machine.now_us;
	handle->some_us = machine.memory.some_us;
	return POLLPRI;
}

static bool has_request(void)
{
	return outside.teller == 2 ||
	       (outside.requests_count > 0 &&
		outside.requests[0].at_us <= machine.now_us);
}

short calls_ready(int fd, short events)
{
	struct handle *handle = handle_of(fd);
	const struct process *process;

	if (!handle)
		return POLLNVAL;
	switch (handle->kind) {
	case KIND_EVENT:
		return handle->count > 0 ? events & POLLIN : 0;
	case KIND_PIDFD:
		process = process_of(handle);
		return !process || process->life == LIFE_ZOMBIE ? POLLIN : 0;
	case KIND_TRIGGER:
		return trigger_ready(handle);
	case KIND_INOTIFY:
		return outside.notices_count > 0 ? POLLIN : 0;
	case KIND_SIGNALS:
		return outside.must_end || (outside.is_reloading &&
					    outside.reload_us == 0)
			       ? POLLIN
			       : 0;
	case KIND_SOCKET:
		return has_request() ? POLLIN : 0;
	case KIND_RELOAD:
		return machine.now_us >= outside.reload_us ? POLLIN : 0;
	default:
		return 0;
	}
}

int poll(struct pollfd *polled, nfds_t count, int timeout)
{
	pass();
	if (count == 1 && polled->fd == STDERR_FILENO) {
		polled->revents = POLLOUT;
		return 1;
	}
	/* For a mark, on the way to SIGTERM. */
	invariants_expect(fiber_current() != FIBER_GUARD || timeout <= 30,
			  "8 the guard waits outside of its loop");
	return fiber_wait(polled, (int)count,
			  timeout < 0 ? NEVER
				      : machine.now_us + timeout * 1000LL);
}

int ppoll(struct pollfd *polled, nfds_t count, const struct timespec *timeout,
	  const sigset_t *mask)
{
	int64_t us = timeout->tv_sec * 1000000LL + timeout->tv_nsec / 1000;

	(void)mask;
	invariants_tick(us);
	int ready = fiber_wait(polled, (int)count, machine.now_us + us);
	invariants_wake();
	return ready;
}

int nanosleep(const struct timespec *time, struct timespec *left)
{
	int64_t us = time->tv_sec * 1000000LL + time->tv_nsec / 1000;

	(void)left;
	invariants_expect(fiber_current() != FIBER_GUARD ||
				  !invariants_has_begun(),
			  "8 the guard sleeps outside of its loop");
	(void)fiber_wait(NULL, 0, machine.now_us + us);
	return 0;
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
	int64_t us = machine.now_us + BOOTED_US;

	if (clock == CLOCK_BOOTTIME)
		us += machine.suspended_us;
	if (clock == CLOCK_REALTIME)
		us += 1700000000LL * 1000000;
	*out = (struct timespec){ .tv_sec = us / 1000000,
				  .tv_nsec = us % 1000000 * 1000 };
	return 0;
}

int eventfd(unsigned int count, int flags)
{
	return add((struct handle){ .kind = KIND_EVENT,
				    .count = count,
				    .is_blocking = !(flags & EFD_NONBLOCK) });
}

int inotify_init1(int flags)
{
	(void)flags;
	return add((struct handle){ .kind = KIND_INOTIFY });
}

int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	const char *prefix = "/proc/self/fd/";
	const struct handle *handle;
	char *rest;
	int what = 0;

	(void)fd, (void)mask;
	handle = handle_of((int)strtol(path + strlen(prefix), &rest, 10));
	if (!handle || handle->kind != KIND_GROUP ||
	    !machine.groups[handle->group].exists)
		return fail(ENOENT);
	if (*rest)
		what = strcmp(rest, "/cgroup.procs") == 0 ? 2 : 1;
	for (int i = 0; i < WATCHES; i++) {
		if (outside.watches[i].group)
			continue;
		outside.watches[i].group = handle->group + 1;
		outside.watches[i].what = what;
		return i + 1;
	}
	return fail(ENOSPC);
}

static void notice(int wd, uint32_t mask, const char *name)
{
	if (outside.notices_count == NOTICES - 1) {
		wd = -1;
		mask = IN_Q_OVERFLOW;
	}
	if (outside.notices_count == NOTICES)
		return;
	struct notice *added = &outside.notices[outside.notices_count++];
	*added = (struct notice){ .wd = wd, .mask = mask };
	if (name)
		memcpy(added->name, name, strlen(name) + 1);
}

int inotify_rm_watch(int fd, int wd)
{
	(void)fd;
	if (wd < 1 || wd > WATCHES || !outside.watches[wd - 1].group)
		return fail(EINVAL);
	outside.watches[wd - 1].group = 0;
	notice(wd, IN_IGNORED, NULL);
	return 0;
}

void calls_moved(int group)
{
	for (int i = 0; i < WATCHES; i++)
		if (outside.watches[i].group == group + 1 &&
		    outside.watches[i].what > 0)
			notice(i + 1, IN_MODIFY, NULL);
}

void calls_group(int group, bool came)
{
	const struct cgroup *its = &machine.groups[group];

	for (int i = 0; i < WATCHES; i++) {
		if (outside.watches[i].group == its->parent + 1 &&
		    outside.watches[i].what == 0)
			notice(i + 1, IN_ISDIR | (came ? IN_CREATE : IN_DELETE),
			       strrchr(its->path, '/') + 1);
		if (!came && outside.watches[i].group == group + 1) {
			outside.watches[i].group = 0;
			notice(i + 1, IN_IGNORED, NULL);
		}
	}
}

void calls_hold(int64_t until_us)
{
	outside.hold_us = until_us;
}

int memfd_create(const char *name, unsigned int flags)
{
	(void)name, (void)flags;
	return add((struct handle){ .kind = KIND_MEMORY });
}

void *mmap(void *at, size_t size, int protection, int flags, int fd,
	   off_t offset)
{
	(void)at, (void)size, (void)protection, (void)flags, (void)fd;
	(void)offset;
	return board_memory;
}

int ftruncate(int fd, off_t size)
{
	const struct handle *handle = handle_of(fd);

	if (handle && handle->kind == KIND_STATE)
		outside.state_length = (size_t)size + 1;
	return 0;
}

int posix_fallocate(int fd, off_t offset, off_t size)
{
	(void)fd, (void)offset, (void)size;
	return 0;
}

int flock(int fd, int operation)
{
	(void)fd, (void)operation;
	return 0;
}

int unlinkat(int directory, const char *path, int flags)
{
	(void)directory, (void)path, (void)flags;
	outside.state_length = 0;
	return 0;
}

ssize_t fgetxattr(int fd, const char *name, void *value, size_t size)
{
	const struct handle *handle = handle_of(fd);
	char bytes[24];
	struct text text;

	if (!handle || handle->kind != KIND_GROUP)
		return fail(EBADF);
	text_init(&text, bytes, sizeof(bytes));
	text_put_int(&text, machine.groups[handle->group]
				    .marks[strstr(name, "kill") != NULL]);
	size = text.length < size ? text.length : size;
	memcpy(value, bytes, size);
	return (ssize_t)size;
}

int fsetxattr(int fd, const char *name, const void *value, size_t size,
	      int flags)
{
	const struct handle *handle = handle_of(fd);
	char copy[24] = "";

	(void)flags;
	if (!handle || handle->kind != KIND_GROUP || size >= sizeof(copy))
		return fail(EBADF);
	memcpy(copy, value, size);
	machine.groups[handle->group].marks[strstr(name, "kill") != NULL] =
		strtol(copy, NULL, 10);
	return 0;
}

pid_t fork(void)
{
	outside.requests_count = 0;
	outside.teller = 0;
	calls_request(REQUEST_HELLO, 0);
	return PID_TELLER;
}

int socketpair(int domain, int type, int protocol, int ends[2])
{
	(void)domain, (void)type, (void)protocol;
	ends[0] = add((struct handle){ .kind = KIND_SOCKET });
	ends[1] = add((struct handle){ .kind = KIND_SOCKET });
	return ends[0] < 0 || ends[1] < 0 ? -1 : 0;
}

void calls_request(enum request_kind kind, int64_t pause_ms)
{
	if (outside.requests_count == REQUESTS)
		return;
	outside.requests[outside.requests_count].at_us =
		machine.now_us + random_between(&machine.noise, 0, 300000);
	outside.requests[outside.requests_count].length =
		sizeof(struct request);
	outside.requests[outside.requests_count++].request =
		(struct request){ .magic = REQUEST_MAGIC,
				  .kind = kind,
				  .cookie = 1,
				  .pause_ms = pause_ms };
}

void calls_teller(int64_t what)
{
	outside.teller = what;
	while (what == 3 && outside.requests_count < REQUESTS) {
		calls_request(REQUEST_PAUSE, 1000);
		int last = outside.requests_count - 1;
		if (random_chance(&machine.noise, 5000))
			outside.requests[last].length =
				(size_t)random_between(&machine.noise, 1, 20);
		else
			outside.requests[last].request.kind =
				(uint32_t)random_between(&machine.noise, 5,
							 100);
	}
}

ssize_t recv(int fd, void *bytes, size_t size, int flags)
{
	(void)fd, (void)flags;
	pass();
	if (outside.teller == 2)
		return 0;
	if (!has_request())
		return fail(EAGAIN);
	if (size > outside.requests[0].length)
		size = outside.requests[0].length;
	memcpy(bytes, &outside.requests[0].request, size);
	memmove(outside.requests, outside.requests + 1,
		sizeof(outside.requests[0]) * (size_t)--outside.requests_count);
	return (ssize_t)size;
}

ssize_t send(int fd, const void *bytes, size_t size, int flags)
{
	if (fd == STDERR_FILENO) {
		invariants_told(bytes, size);
		return (ssize_t)size;
	}
	invariants_expect(flags & MSG_DONTWAIT,
			  "8 the guard waits for the teller");
	return outside.teller > 0 ? fail(EAGAIN) : (ssize_t)size;
}

void calls_end_guard(void)
{
	outside.must_end = true;
}

void calls_reload(const struct settings *settings, bool has_mistakes)
{
	outside.is_reloading = true;
	outside.reload_us = 0;
	outside.settings = *settings;
	outside.has_mistakes = has_mistakes;
}

int reading_start(const char *file, bool users)
{
	(void)file, (void)users;
	outside.reload_us =
		machine.now_us + random_between(&machine.noise, 1000, 500000);
	return add((struct handle){ .kind = KIND_RELOAD });
}

int reading_take(int fd, struct reading *reading, uint32_t *length)
{
	(void)fd, (void)length;
	if (machine.now_us < outside.reload_us)
		return 0;
	outside.is_reloading = false;
	reading->settings = outside.settings;
	reading->mistakes = outside.has_mistakes;
	reading->text[0] = '\0';
	return 1;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
		   void *(*run)(void *), void *argument)
{
	int fiber = fiber_start(run, argument);

	(void)attributes;
	*thread = (pthread_t)fiber;
	return fiber < 0 ? EAGAIN : 0;
}

int pthread_mutex_lock(pthread_mutex_t *lock)
{
	(void)lock;
	fiber_lock();
	return 0;
}

int pthread_mutex_unlock(pthread_mutex_t *lock)
{
	(void)lock;
	fiber_unlock();
	return 0;
}

int pthread_timedjoin_np(pthread_t thread, void **result,
			 const struct timespec *until)
{
	int64_t until_us = until->tv_sec * 1000000LL + until->tv_nsec / 1000 -
			   BOOTED_US - 1700000000LL * 1000000;

	(void)result;
	while (!fiber_is_done((int)thread) && machine.now_us < until_us)
		(void)fiber_wait(NULL, 0, machine.now_us + 1000);
	return fiber_is_done((int)thread) ? 0 : ETIMEDOUT;
}

pid_t getpid(void)
{
	return PID_GUARD;
}

uid_t getuid(void)
{
	return 0;
}

uid_t geteuid(void)
{
	return 0;
}

char *getenv(const char *name)
{
	static char directory[] = "/run/oomguard";

	return strcmp(name, "RUNTIME_DIRECTORY") == 0 ? directory : NULL;
}

int getrlimit(__rlimit_resource_t resource, struct rlimit *out)
{
	(void)resource;
	out->rlim_cur = out->rlim_max = (rlim_t)machine.scenario->descriptors;
	return 0;
}

int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
	(void)resource, (void)limit;
	return fail(EPERM);
}

int setpriority(__priority_which_t which, id_t who, int priority)
{
	(void)which, (void)who, (void)priority;
	return fail(EACCES);
}

int getrusage(__rusage_who_t who, struct rusage *out)
{
	(void)who;
	memset(out, 0, sizeof(*out));
	return 0;
}

__sighandler_t signal(int number, __sighandler_t handler)
{
	(void)number;
	return handler;
}

int signalfd(int fd, const sigset_t *mask, int flags)
{
	(void)fd, (void)mask, (void)flags;
	return add((struct handle){ .kind = KIND_SIGNALS });
}

int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	(void)how, (void)set, (void)old;
	return 0;
}

long sysconf(int name)
{
	switch (name) {
	case _SC_PAGESIZE:
		return 4096;
	case _SC_CLK_TCK:
		return HERTZ;
	case _SC_NPROCESSORS_ONLN:
		return machine.scenario->cpus;
	default:
		return 32768;
	}
}

int uname(struct utsname *name)
{
	struct text text;

	memset(name, 0, sizeof(*name));
	text_init(&text, name->release, sizeof(name->release));
	text_put_int(&text, machine.scenario->kernel / 100);
	text_put(&text, ".");
	text_put_int(&text, machine.scenario->kernel % 100);
	text_put(&text, ".0");
	return 0;
}

pid_t waitpid(pid_t pid, int *status, int options)
{
	(void)pid, (void)status, (void)options;
	return fail(ECHILD);
}
