/* SPDX-License-Identifier: MIT */
/*
 * Those who make the memory of a guest short. The name that it is called by
 * says how:
 *   ballast KIB            locks memory until so much is available, and waits
 *   leak MIB MIB_S [MODE [COUNT]]
 *                          fills memory, as fast as it can where MIB_S is 0, in
 *                          COUNT processes; SIGTERM by MODE: default, ignore,
 *                          handle (and go on), nap (300 ms, then exit), save
 *                          (for 3 s, to /run/vm/saved); stop: it is stopped
 *                          when it has filled
 *   hold MIB               fills, and looks at it from time to time
 *   threads MIB MIB_S COUNT [MAIN]
 *                          the same in COUNT threads; the main one exits, or
 *                          waits for a child of vfork(), where MAIN says exit
 *                          or vfork
 *   holes MIB MIB_S        fills, and gives back every other page
 *   named MIB MIB_S        the same as leak, by a name that is no text
 *   family MIB COUNT       fills, and has COUNT children that share it
 *   workers COUNT MIB      keeps COUNT children that fill and are born again
 *   crowd COUNT            that many idle processes
 *   churn COUNT            that many that start processes as fast as they can
 *   spin COUNT             that many that need a CPU
 *   hang DIR               a file system in user space that never answers
 *   stuck MIB FILE         fills, then opens a file
 *   toucher MIB            fills, then touches all of it over and over
 *   reread FILE            reads a file in loops
 *   roam FILE              touches a mapped file at random, as programs do
 *   spill FILE MIB [MIB_S] writes a file through the page cache; at that rate,
 *                          and then it stays
 *   rewrite FILE MIB SECONDS
 *                          writes it again and again
 */
#include <fcntl.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
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

/* As an editor does: what it has is on the disk before it exits. */
static void save(int number)
{
	int fd = open("/run/vm/saved", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	(void)number;
	for (int i = 0; i < 30; i++) {
		(void)!write(fd, "100 ms\n", 7);
		nap(100);
	}
	_exit(fsync(fd) || write(fd, "saved\n", 6) != 6);
}

static void set_mode(const char *mode)
{
	if (!strcmp(mode, "save"))
		signal(SIGTERM, save);
	if (!strcmp(mode, "ignore"))
		signal(SIGTERM, SIG_IGN);
	if (!strcmp(mode, "handle"))
		signal(SIGTERM, go_on);
	if (!strcmp(mode, "nap"))
		signal(SIGTERM, finish);
}

static void grow(long mib, long rate)
{
	int64_t start_ms = now_ms();

	for (long done = 0; done < mib; done++) {
		fill_all(map(MIB, 0), MIB);
		while (rate && (now_ms() - start_ms) * rate < done * 1000)
			nap(5);
	}
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
	grow(mib, rate);
	if (words[2] && !strcmp(words[2], "stop"))
		raise(SIGSTOP);
	stay();
}

static _Noreturn int hold(char **words)
{
	long bytes = atol(words[0]) * MIB;
	volatile char *own = map(bytes, 0);

	fill_all((char *)own, bytes);
	for (;; nap(1000))
		for (long at = 0; at < bytes; at += PAGE)
			(void)own[at];
}

static void *grow_thread(void *words)
{
	char **word = words;
	long count = atol(word[2]);

	grow(atol(word[0]) / count, (atol(word[1]) + count - 1) / count);
	stay();
}

static int threads(char **words)
{
	const char *end = words[3] ? words[3] : "";
	pthread_t thread;

	for (long i = atol(words[2]); i > 0; i--)
		if (pthread_create(&thread, NULL, grow_thread, words))
			return 3;
	if (!strcmp(end, "exit"))
		pthread_exit(NULL);
	/* The child of vfork() may only do what does not return. */
	if (!strcmp(end, "vfork") && vfork() == 0)
		for (;;)
			pause();
	stay();
}

static int holes(char **words)
{
	long mib = atol(words[0]) * 2;
	long rate = atol(words[1]) * 2;
	int64_t start_ms = now_ms();

	for (long done = 0; done < mib; done++) {
		char *own = map(MIB, 0);
		fill_all(own, MIB);
		for (long at = 0; at < MIB; at += 2 * PAGE)
			madvise(own + at, PAGE, MADV_DONTNEED);
		while (rate && (now_ms() - start_ms) * rate < done * 1000)
			nap(5);
	}
	stay();
}

static int named(char **words)
{
	prctl(PR_SET_NAME, "x) S 1\n\"\033[2J\xff");
	return leak(words);
}

static _Noreturn int family(char **words)
{
	long bytes = atol(words[0]) * MIB;
	volatile char *own = map(bytes, 0);

	fill_all((char *)own, bytes);
	signal(SIGCHLD, SIG_IGN);
	for (long i = atol(words[1]); i > 0; i--)
		if (fork() == 0)
			break;
	for (;; nap(500))
		for (long at = 0; at < bytes; at += PAGE)
			(void)own[at];
}

static _Noreturn void work(long bytes)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fill_all(map(bytes, 0), bytes);
	nap(20000);
	_exit(0);
}

static int workers(char **words)
{
	long count = atol(words[0]);
	long bytes = atol(words[1]) * MIB;

	for (long alive = 0;;) {
		if (alive < count && fork() == 0)
			work(bytes);
		if (alive < count)
			alive++;
		nap(300);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			alive--;
	}
}

static int crowd(char **words)
{
	for (long i = atol(words[0]); i > 0; i--)
		if (fork() == 0)
			stay();
	close(open("/run/vm/crowd", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	stay();
}

static _Noreturn int churn(char **words)
{
	for (long i = atol(words[0]); i > 1; i--)
		if (fork() == 0)
			break;
	for (;;) {
		if (fork() == 0)
			execl("/bin/true", "true", (char *)NULL);
		while (waitpid(-1, NULL, 0) > 0)
			;
	}
}

static _Noreturn int spin(char **words)
{
	for (long i = atol(words[0]); i > 1; i--)
		if (fork() == 0)
			break;
	for (;;)
		(void)draw();
}

/* It is mounted and says hello, so that who asks waits for the answer. */
static int hang(char **words)
{
	static _Alignas(8) char bytes[1 << 20];
	struct {
		struct fuse_out_header head;
		struct fuse_init_out init;
	} hello = { .head.len = sizeof(hello),
		    .init = { .major = FUSE_KERNEL_VERSION,
			      .minor = FUSE_KERNEL_MINOR_VERSION,
			      .max_write = PAGE } };
	const char *options = "fd=%d,rootmode=40000,user_id=0,group_id=0,"
			      "allow_other";
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	snprintf(bytes, sizeof(bytes), options, fd);
	if (fd < 0 || mount("hang", words[0], "fuse", 0, bytes) ||
	    read(fd, bytes, sizeof(bytes)) < (ssize_t)sizeof(hello.head))
		return 3;
	hello.head.unique = ((struct fuse_in_header *)(void *)bytes)->unique;
	if (write(fd, &hello, sizeof(hello)) != sizeof(hello))
		return 3;
	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
	return 0;
}

static int stuck(char **words)
{
	grow(atol(words[0]), 0);
	return open(words[1], O_RDONLY | O_CLOEXEC);
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
	long mib = atol(words[1]);
	long rate = words[2] ? atol(words[2]) : 0;
	char *bytes = map(MIB, 0);
	int64_t start_ms = now_ms();

	fill_all(bytes, MIB);
	for (long done = 0; done < mib; done++) {
		if (write(fd, bytes, MIB) != MIB)
			return 1;
		while (rate && (now_ms() - start_ms) * rate < done * 1000)
			nap(5);
	}
	if (rate)
		stay();
	return fsync(fd) ? 2 : 0;
}

static int rewrite(char **words)
{
	int64_t until_ms = now_ms() + 1000 * atol(words[2]);
	char *bytes = map(MIB, 0);
	long mib = atol(words[1]);

	fill_all(bytes, MIB);
	for (long done = 0; now_ms() < until_ms; done++) {
		int fd = open(words[0], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		if (pwrite(fd, bytes, MIB, done % mib * MIB) != MIB)
			return 1;
		close(fd);
		if (done % 500 == 499)
			printf("N %ld rewrite %ld MiB\n", (long)now_ms(),
			       done + 1);
		fflush(stdout);
	}
	return 0;
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
		{ "hold", 1, hold },       { "threads", 3, threads },
		{ "holes", 2, holes },     { "named", 2, named },
		{ "family", 2, family },   { "workers", 2, workers },
		{ "crowd", 1, crowd },     { "churn", 1, churn },
		{ "spin", 1, spin },       { "hang", 1, hang },
		{ "stuck", 2, stuck },     { "rewrite", 3, rewrite },
	};
	const char *slash = strrchr(argv[0], '/');
	const char *name = slash ? slash + 1 : argv[0];

	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++)
		if (!strcmp(name, roles[i].name) && argc > roles[i].words)
			return roles[i].act(argv + 1);
	return 2;
}
