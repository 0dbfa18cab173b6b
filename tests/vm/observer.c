/* SPDX-License-Identifier: MIT */
/*
 * Watches a guest that runs out of memory: one static, locked program. The
 * first argument says what it does:
 *   watch           samples every 50 ms: one line each, and the extremes
 *   begin, extremes the extremes start anew; are printed
 *   until SECONDS   then, or when no new program was seen for a minute, what
 *                   the user nobody runs is ended, and that told as a failure
 *   heart, exec     beats into the shared page: touching, starting programs
 *   stamp FIFO FILE copies lines to stdout with the time, and to FILE
 *   note WORD...    one line with the time
 *   ask SOCKET COUNT asks for the status so often, and prints how often it came
 *   run NAME COMMAND... starts it, and tells how it ended (NAME.end, too)
 * All times are CLOCK_MONOTONIC in ms.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_MS 50
#define HEART_MS 50
#define EXEC_MS 250
#define HEART_BYTES (8L << 20)
#define STILL_MS 60000
#define NOBODY 65534
#define SHARED "/run/vm/shared"

struct extremes {
	volatile int64_t least_available_kib;
	volatile int64_t least_at_ms;
	volatile int64_t heart_gap_ms;
	volatile int64_t exec_gap_ms;
	volatile int64_t observer_gap_ms;
	volatile int64_t oom_kills; /* when the scenario began */
	volatile int64_t oom_kills_now;
};

struct shared {
	volatile int64_t heart_ms;
	volatile int64_t exec_ms;
	volatile int64_t begin;
	volatile int64_t until_ms; /* 0 between scenarios */
	struct extremes extremes;
};

/*
 * Who beats, and when; what the observer itself could not run for meanwhile
 * was the machine's that emulates, and counts for nobody.
 */
struct beat {
	int64_t at_ms;
	int64_t lost_ms;
};

struct watched {
	int64_t before_ms;
	int64_t lost_ms;
	struct beat heart;
	struct beat exec;
	int64_t exec_gap_ms;
};

struct files {
	int meminfo;
	int vmstat;
	int pressure;
};

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

static void put(int fd, const char *line, int length)
{
	(void)!write(fd, line, (size_t)length);
}

/* Neither paged out nor killed; before all others where `priority` says so. */
static void be_steady(int priority)
{
	struct sched_param param = { .sched_priority = priority };
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	put(fd, "-1000", 5);
	close(fd);
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		perror("observer: mlockall");
	if (priority)
		sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &param);
}

static struct shared *share(void)
{
	int fd = open(SHARED, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

	if (fd < 0 || ftruncate(fd, sizeof(struct shared)) != 0)
		exit(3);
	struct shared *shared = mmap(NULL, sizeof(*shared),
				     PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (shared == MAP_FAILED)
		exit(3);
	close(fd);
	return shared;
}

static const char *load(int fd)
{
	static char bytes[16384];
	ssize_t length = pread(fd, bytes, sizeof(bytes) - 1, 0);

	bytes[length > 0 ? length : 0] = '\0';
	return bytes;
}

static long field(const char *text, const char *name)
{
	const char *at = text ? strstr(text, name) : NULL;

	return at ? atol(at + strlen(name)) : -1;
}

static void keep_most(volatile int64_t *most, int64_t value)
{
	if (value > *most)
		*most = value;
}

static int64_t gap_ms(const struct watched *watched, struct beat *beat,
		      int64_t at_ms)
{
	if (beat->at_ms != at_ms)
		*beat = (struct beat){ at_ms, watched->lost_ms };
	int64_t gap_ms =
		watched->before_ms - at_ms - (watched->lost_ms - beat->lost_ms);
	return gap_ms > 0 ? gap_ms : 0;
}

static void lose(struct watched *watched, int64_t now)
{
	int64_t late_ms = now - watched->before_ms - PERIOD_MS;

	if (late_ms > PERIOD_MS)
		watched->lost_ms += late_ms;
	watched->before_ms = now;
}

static void start_anew(struct shared *shared, int64_t now,
		       int64_t available_kib, int64_t oom_kills)
{
	if (!shared->begin)
		return;
	shared->extremes = (struct extremes){
		.least_available_kib = available_kib,
		.least_at_ms = now,
		.oom_kills = oom_kills,
	};
	shared->begin = 0;
}

static void observe(struct shared *shared, const struct watched *watched,
		    int64_t late_ms, int64_t available_kib, int64_t oom_kills)
{
	struct extremes *extremes = &shared->extremes;
	int64_t now = watched->before_ms;

	start_anew(shared, now, available_kib, oom_kills);
	if (available_kib < extremes->least_available_kib) {
		extremes->least_available_kib = available_kib;
		extremes->least_at_ms = now;
	}
	keep_most(&extremes->observer_gap_ms, late_ms);
	extremes->oom_kills_now = oom_kills;
}

static int put_memory(char *line, size_t size, int64_t now, const char *text)
{
	return snprintf(line, size,
			"S %ld available %ld free %ld cached %ld swapfree %ld",
			(long)now, field(text, "MemAvailable:"),
			field(text, "MemFree:"), field(text, "\nCached:"),
			field(text, "SwapFree:"));
}

static int put_pressure(char *line, size_t size, const char *text)
{
	return snprintf(line, size, " some %ld full %ld", field(text, "total="),
			field(strstr(text, "full"), "total="));
}

static int put_vmstat(char *line, size_t size, const char *text)
{
	static const char *const names[] = {
		"oom_kill",       "pgscan_direct",
		"pgscan_kswapd",  "pgsteal_direct",
		"pgsteal_kswapd", "workingset_refault_file",
		"pgmajfault",     "pswpin",
		"pswpout",        "workingset_refault_anon",
	};
	int length = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char name[64];
		snprintf(name, sizeof(name), "\n%s ", names[i]);
		length += snprintf(line + length, size - (size_t)length,
				   " %s %ld", names[i], field(text, name));
	}
	return length;
}

static int put_gaps(char *line, size_t size, struct shared *shared,
		    struct watched *watched)
{
	int64_t heart_ms = gap_ms(watched, &watched->heart, shared->heart_ms);
	int64_t exec_ms = gap_ms(watched, &watched->exec, shared->exec_ms);

	keep_most(&shared->extremes.heart_gap_ms, heart_ms);
	keep_most(&shared->extremes.exec_gap_ms, exec_ms);
	watched->exec_gap_ms = exec_ms;
	return snprintf(line, size, " heart %ld exec %ld lost %ld\n",
			(long)heart_ms, (long)exec_ms, (long)watched->lost_ms);
}

/* A process that needs no memory to end them: it is there before. */
static int prepare_end(void)
{
	int ends[2];
	char byte;

	if (pipe2(ends, O_CLOEXEC))
		exit(3);
	if (fork())
		return ends[1];
	be_steady(49);
	if (setresuid(NOBODY, NOBODY, NOBODY))
		exit(3);
	while (read(ends[0], &byte, 1) == 1)
		kill(-1, SIGKILL);
	exit(0);
}

/* A guest that stands still cannot keep its own deadlines. */
static void mind(struct shared *shared, const struct watched *watched, int fd)
{
	int64_t now = watched->before_ms, until_ms = shared->until_ms;
	const char *why = "its deadline passed";
	char line[128];

	if (!until_ms)
		return;
	if (watched->exec_gap_ms > STILL_MS)
		why = "no new program could start for a minute";
	else if (now < until_ms)
		return;
	put(STDOUT_FILENO, line,
	    snprintf(line, sizeof(line), "N %ld R FAILED %s\n", (long)now,
		     why));
	put(fd, "e", 1);
	shared->until_ms = 0;
}

static void set_until(long seconds)
{
	share()->until_ms = seconds ? now_ms() + seconds * 1000 : 0;
}

static _Noreturn void watch(void)
{
	struct shared *shared = share();
	struct files files = {
		open("/proc/meminfo", O_RDONLY | O_CLOEXEC),
		open("/proc/vmstat", O_RDONLY | O_CLOEXEC),
		open("/proc/pressure/memory", O_RDONLY | O_CLOEXEC),
	};
	struct watched watched = { .before_ms = now_ms() };
	int end_fd = prepare_end();
	char line[1024];

	be_steady(50);
	for (;; nap(PERIOD_MS)) {
		int64_t now = now_ms(), late_ms = now - watched.before_ms;
		lose(&watched, now);
		const char *text = load(files.meminfo);
		int64_t available_kib = field(text, "MemAvailable:");
		int length = put_memory(line, sizeof(line), now, text);
		length += put_pressure(line + length,
				       sizeof(line) - (size_t)length,
				       load(files.pressure));
		text = load(files.vmstat);
		observe(shared, &watched, late_ms, available_kib,
			field(text, "\noom_kill "));
		length += put_vmstat(line + length,
				     sizeof(line) - (size_t)length, text);
		length += put_gaps(line + length, sizeof(line) - (size_t)length,
				   shared, &watched);
		put(STDOUT_FILENO, line, length);
		mind(shared, &watched, end_fd);
	}
}

static void begin(void)
{
	struct shared *shared = share();

	shared->begin = 1;
	while (shared->begin)
		nap(PERIOD_MS);
}

static void print_extremes(void)
{
	const struct extremes *extremes = &share()->extremes;

	printf("least_available_kib %ld\nleast_at_ms %ld\nheart_gap_ms %ld\n"
	       "exec_gap_ms %ld\nobserver_gap_ms %ld\noom_kills %ld\n",
	       (long)extremes->least_available_kib, (long)extremes->least_at_ms,
	       (long)extremes->heart_gap_ms, (long)extremes->exec_gap_ms,
	       (long)extremes->observer_gap_ms,
	       (long)(extremes->oom_kills_now - extremes->oom_kills));
}

/* As a service: memory of its own, and code that may be reclaimed. */
static _Noreturn void heart(const char *file)
{
	static char bytes[65536];
	struct shared *shared = share();
	char *own = mmap(NULL, HEART_BYTES, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (own == MAP_FAILED || fd < 0)
		exit(3);
	for (char beat = 0;; beat++) {
		for (long at = 0; at < HEART_BYTES; at += 4096)
			own[at] = beat;
		for (off_t at = 0; pread(fd, bytes, sizeof(bytes), at) > 0;)
			at += (off_t)sizeof(bytes);
		shared->heart_ms = now_ms();
		nap(HEART_MS);
	}
}

static _Noreturn void beat_exec(void)
{
	struct shared *shared = share();

	for (;; nap(EXEC_MS)) {
		int status = 1;
		pid_t child = fork();
		if (child == 0) {
			execl("/bin/true", "true", (char *)NULL);
			_exit(1);
		}
		waitpid(child, &status, 0);
		if (status == 0)
			shared->exec_ms = now_ms();
	}
}

/* Puts out the whole lines in `bytes`; returns how many bytes are left. */
static size_t put_lines(char *bytes, size_t count, int file)
{
	char line[8300];
	long now = (long)now_ms();
	char *end;

	while ((end = memchr(bytes, '\n', count)) || count == 8192) {
		size_t length = end ? (size_t)(end - bytes) + 1 : count;
		int head = snprintf(line, sizeof(line), "G %ld ", now);
		memcpy(line + head, bytes, length);
		put(STDOUT_FILENO, line, head + (int)length);
		put(file, bytes, (int)length);
		count -= length;
		memmove(bytes, bytes + length, count);
	}
	return count;
}

static _Noreturn void stamp(const char *fifo, const char *copy)
{
	static char bytes[8192];
	int fd = open(fifo, O_RDWR | O_CLOEXEC);
	int file = open(copy, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	size_t count = 0;

	be_steady(40);
	for (;;) {
		ssize_t got = read(fd, bytes + count, sizeof(bytes) - count);
		if (got > 0)
			count = put_lines(bytes, count + (size_t)got, file);
		else if (errno != EINTR)
			exit(3);
	}
}

static void note(char **words)
{
	char line[4096];
	int length = snprintf(line, sizeof(line), "N %ld", (long)now_ms());

	for (; *words; words++)
		length += snprintf(line + length, sizeof(line) - (size_t)length,
				   " %.200s", *words);
	line[length] = '\n';
	put(STDOUT_FILENO, line, length + 1);
}

static void tell_end(const char *name, pid_t pid, int status)
{
	char line[256];
	char path[256];
	const char *how = WIFSIGNALED(status) ? "signal" : "exit";
	int code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
	int length = snprintf(line, sizeof(line), "D %ld %s pid %d %s %d\n",
			      (long)now_ms(), name, pid, how, code);

	put(STDOUT_FILENO, line, length);
	snprintf(path, sizeof(path), "/run/vm/%s.end", name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	length = snprintf(line, sizeof(line), "%s %d\n", how, code);
	put(fd, line, length);
	close(fd);
}

static int run(const char *name, char **command)
{
	char line[256];
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
		put(fd, "0", 1);
		execvp(command[0], command);
		_exit(127);
	}
	be_steady(0);
	int length = snprintf(line, sizeof(line), "B %ld %s pid %d\n",
			      (long)now_ms(), name, child);
	put(STDOUT_FILENO, line, length);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	tell_end(name, child, status);
	return 0;
}

/* A message ends with a byte of 0. */
static int ask_once(const char *path)
{
	static const char call[] = "{\"method\":\"io.oomguard.Status\"}";
	static char answer[256 * 1024];
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t length = 0;
	ssize_t got = -1;

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)) &&
	    write(fd, call, sizeof(call)) == sizeof(call))
		do {
			got = read(fd, answer + length,
				   sizeof(answer) - 1 - length);
			length += got > 0 ? (size_t)got : 0;
		} while (got > 0 && answer[length - 1] != '\0');
	close(fd);
	return got > 0 && strstr(answer, "\"guardPid\"");
}

static void ask(const char *path, long count)
{
	long answered = 0;

	while (count-- > 0)
		answered += ask_once(path);
	printf("%ld\n", answered);
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (!strcmp(verb, "watch"))
		watch();
	if (!strcmp(verb, "heart") && argc > 2)
		heart(argv[2]);
	if (!strcmp(verb, "exec"))
		beat_exec();
	if (!strcmp(verb, "stamp") && argc > 3)
		stamp(argv[2], argv[3]);
	if (!strcmp(verb, "run") && argc > 3)
		return run(argv[2], argv + 3);
	if (!strcmp(verb, "ask") && argc > 3)
		ask(argv[2], atol(argv[3]));
	else if (!strcmp(verb, "until") && argc > 2)
		set_until(atol(argv[2]));
	else if (!strcmp(verb, "begin"))
		begin();
	else if (!strcmp(verb, "extremes"))
		print_extremes();
	else if (!strcmp(verb, "note"))
		note(argv + 2);
	else
		return 2;
	return 0;
}
