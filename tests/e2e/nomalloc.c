/* SPDX-License-Identifier: MIT */
/*
 * To be preloaded into the guard: from mlockall() on, whatever allocates or
 * frees in that process aborts. Its children may: they only read files. Before
 * that, memory comes from an arena, so that nothing of libc is needed.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ARENA_SIZE (4 << 20)
#define ALIGNMENT 16
#define ALIGNMENT_MOST 4096

static _Alignas(ALIGNMENT_MOST) char arena[ARENA_SIZE];
static atomic_size_t used;
static atomic_int armed; /* the pid that must not allocate any more */

static void say(const char *words)
{
	(void)!write(STDERR_FILENO, words, strlen(words));
}

static void check(const char *words)
{
	if (atomic_load(&armed) != getpid())
		return;
	say(words);
	abort();
}

int mlockall(int flags)
{
	int nobody = 0;

	if (atomic_compare_exchange_strong(&armed, &nobody, getpid()))
		say("nomalloc: armed\n");
	return (int)syscall(SYS_mlockall, flags);
}

/* The size is kept before the memory, for realloc(). */
static void *take(size_t alignment, size_t size)
{
	size_t whole = size + alignment + ALIGNMENT;

	if (size > ARENA_SIZE || alignment > ALIGNMENT_MOST)
		return NULL;
	size_t at = atomic_fetch_add(&used, (whole + ALIGNMENT - 1) /
						    ALIGNMENT * ALIGNMENT);
	if (at + whole > ARENA_SIZE)
		return NULL;
	at = (at + ALIGNMENT + alignment - 1) / alignment * alignment;
	memcpy(arena + at - sizeof(size), &size, sizeof(size));
	return arena + at;
}

void *malloc(size_t size)
{
	check("nomalloc: malloc\n");
	return take(ALIGNMENT, size);
}

void *calloc(size_t count, size_t size)
{
	check("nomalloc: calloc\n");
	if (size && count > SIZE_MAX / size)
		return NULL;
	return take(ALIGNMENT, count * size); /* Never used before: zeros. */
}

void *realloc(void *old, size_t size)
{
	size_t old_size = 0;

	check("nomalloc: realloc\n");
	void *new = take(ALIGNMENT, size);
	if (!new || !old)
		return new;
	memcpy(&old_size, (char *)old - sizeof(old_size), sizeof(old_size));
	return memcpy(new, old, old_size < size ? old_size : size);
}

void free(void *memory)
{
	if (memory)
		check("nomalloc: free\n");
}

void *aligned_alloc(size_t alignment, size_t size)
{
	check("nomalloc: aligned_alloc\n");
	return take(alignment, size);
}

void *memalign(size_t alignment, size_t size);
void *memalign(size_t alignment, size_t size)
{
	return aligned_alloc(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
	*out = aligned_alloc(alignment, size);
	return *out ? 0 : ENOMEM;
}
