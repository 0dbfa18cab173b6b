/* SPDX-License-Identifier: MIT */
/*
 * Those who make the memory of a guest short. The name that it is called by
 * says how:
 *   ballast KIB            locks memory until so much is available, and waits
 *   leak MIB MIB_S [MODE [COUNT]]
 *                          fills memory, as fast as it can where MIB_S is 0, in
 *                          COUNT processes; SIGTERM by MODE: default, ignore,
 *                          handle (and go on), nap (300 ms, then exit)
 *   toucher MIB            fills, then touches all of it over and over
 *   reread FILE            reads a file in loops
 *   roam FILE              touches a mapped file at random, as programs do
 *   spill FILE MIB         writes a file through the page cache
 */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MIB (1L << 20)
#define PAGE 4096

static uint64_t seed = 88172645463325252ULL;

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void nap(int64_t ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

static _Noreturn void stay(void)
{
	for (;;)
		pause();
}

static uint64_t draw(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* A part of each page cannot be compressed. */
static void fill(char *page)
{
	for (int i = 0; i < PAGE; i += 128) {
		uint64_t word = draw();
		memcpy(page + i, &word, sizeof(word));
	}
}

static char *map(long bytes, int flags)
{
	char *own = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	if (own == MAP_FAILED)
		exit(3);
	return own;
}

static void fill_all(char *own, long bytes)
{
	for (long at = 0; at < bytes; at += PAGE)
		fill(own + at);
}

static long available_kib(void)
{
	static const char name[] = "MemAvailable:";
	char bytes[4096];
	int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
	ssize_t length = read(fd, bytes, sizeof(bytes) - 1);

	close(fd);
	bytes[length > 0 ? length : 0] = '\0';
	const char *at = strstr(bytes, name);
	return at ? atol(at + strlen(name)) : 0;
}

static int ballast(char **words)
{
	while (available_kib() > atol(words[0]))
		map(MIB, MAP_LOCKED | MAP_POPULATE);
	close(open("/run/vm/ballast", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	stay();
}

static void go_on(int number)
{
	(void)number;
}

/* Cleans up for a moment, then exits: what a server does. */
static void finish(int number)
{
	(void)number;
	nap(300);
	_exit(3);
}

static void set_mode(const char *mode)
{
	if (!strcmp(mode, "ignore"))
		signal(SIGTERM, SIG_IGN);
	if (!strcmp(mode, "handle"))
		signal(SIGTERM, go_on);
	if (!strcmp(mode, "nap"))
		signal(SIGTERM, finish);
}

static int leak(char **words)
{
	long mib = atol(words[0]);
	long rate = atol(words[1]);
	long count = words[2] && words[3] ? atol(words[3]) : 1;

	set_mode(words[2] ? words[2] : "default");
	for (long i = 1; i < count; i++)
		if (fork() == 0) {
			seed += (uint64_t)i;
			break;
		}
	int64_t start_ms = now_ms();
	for (long done = 0; done < mib; done++) {
		fill_all(map(MIB, 0), MIB);
		while (rate && (now_ms() - start_ms) * rate < done * 1000)
			nap(5);
	}
	stay();
}

static _Noreturn int touch(char **words)
{
	long bytes = atol(words[0]) * MIB;
	char *own = map(bytes, 0);

	fill_all(own, bytes);
	for (char n = 0;; n++)
		for (long at = 0; at < bytes; at += PAGE)
			own[at] += n;
}

static int reread(char **words)
{
	static char bytes[256 * 1024];

	for (;;) {
		int fd = open(words[0], O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return 3;
		while (read(fd, bytes, sizeof(bytes)) > 0)
			;
		close(fd);
	}
}

static int roam(char **words)
{
	int fd = open(words[0], O_RDONLY | O_CLOEXEC);
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	volatile char *bytes =
		mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, fd, 0);

	if (bytes == MAP_FAILED)
		return 3;
	seed += (uint64_t)getpid();
	for (;;)
		(void)bytes[draw() % (uint64_t)size];
}

static int spill(char **words)
{
	int fd = open(words[0], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	char *bytes = map(MIB, 0);

	fill_all(bytes, MIB);
	for (long i = atol(words[1]); i > 0; i--)
		if (write(fd, bytes, MIB) != MIB)
			return 1;
	return fsync(fd) ? 2 : 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int words;
		int (*act)(char **words);
	} roles[] = {
		{ "ballast", 1, ballast }, { "leak", 2, leak },
		{ "toucher", 1, touch },   { "reread", 1, reread },
		{ "roam", 1, roam },       { "spill", 2, spill },
	};
	const char *slash = strrchr(argv[0], '/');
	const char *name = slash ? slash + 1 : argv[0];

	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++)
		if (!strcmp(name, roles[i].name) && argc > roles[i].words)
			return roles[i].act(argv + 1);
	return 2;
}
