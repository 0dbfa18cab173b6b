/* SPDX-License-Identifier: MIT */
#include "warden.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "adj.h"
#include "fixture.h"
#include "stage.h"
#include "ward_file.h"

/*
 * Raising is all that is permitted everywhere, so everybody begins at 500, and
 * what is given here is 300: to go back to what was never below needs no right.
 */
#define OWN 500
#define OURS 300
#define CALM_MS 400      /* so long nothing may happen; all else takes 20 ms */
#define BY_EVENT_MS 4000 /* a sweep comes later */
#define BIRTHS_MS 4000   /* so often it is asked whether anybody was born */

/* In a directory, or in a hierarchy of the kernel's own. */
enum ground { GROUND_FILES, GROUND_KERNEL, GROUNDS };

static enum ground ground;
static struct stage stage;
static struct settings settings;
static struct clerk clerk;
static struct census census;
static struct warden warden;
static const struct cgroupfs nowhere = { .root = -1 };
static char root[STAGE_PATH_SIZE + 16];
static char runtime[STAGE_PATH_SIZE + 16];

/* A child that obeys: one letter each, answered with one number. */
struct child {
	pid_t pid;
	int orders;
	int answers;
};

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	ck_assert_msg(file != NULL, "%s", path);
	(void)fputs(text, file);
	ck_assert_msg(fclose(file) == 0, "%s: %s", path, text);
}

static void set_adj(pid_t pid, int value)
{
	char path[64], text[16];

	(void)snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", pid);
	(void)snprintf(text, sizeof(text), "%d", value);
	write_file(path, text);
}

/* How long it took until it has this value. */
static int64_t adj_after_ms(pid_t pid, int value)
{
	int64_t from_ms = now_ms();

	await_adj(pid, value);
	return now_ms() - from_ms;
}

static void expect_for(pid_t pid, int value, int64_t ms)
{
	int64_t until_ms = now_ms() + ms;
	int waited_ms = 0;

	while (now_ms() < until_ms) {
		ck_assert_int_eq(adj_of(pid), value);
		fixture_wait(&waited_ms);
	}
}

static void expect_calm(pid_t pid, int value)
{
	expect_for(pid, value, CALM_MS);
}

static _Noreturn void obey(int orders, int answers)
{
	char order;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (read(orders, &order, 1) == 1) {
		int32_t answer = 0;

		if (order == 'f')
			answer = fork();
		if (order == 'f' && answer == 0)
			for (;;)
				(void)pause();
		if (order == 'w') {
			answer = fork();
			if (answer == 0) {
				set_adj(getpid(), 700);
				for (;;)
					(void)pause();
			}
		}
		if (order == 'n')
			(void)prctl(PR_SET_NAME, "renamed");
		(void)!write(answers, &answer, sizeof(answer));
	}
	_exit(0);
}

static void show(pid_t pid, const char *cgroup)
{
	char text[256];

	if (ground == GROUND_KERNEL) {
		ck_assert_int_eq(stage_add_uncounted(&stage, pid), 0);
		return;
	}
	(void)snprintf(text, sizeof(text), "0::%s\n", cgroup);
	ck_assert_int_eq(stage_add_with_cgroup(&stage, pid, text), 0);
}

static struct child child_begin(void)
{
	struct child child;
	int orders[2], answers[2];

	ck_assert_int_eq(pipe2(orders, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(answers, O_CLOEXEC), 0);
	child.pid = fork();
	if (child.pid == 0) {
		set_adj(getpid(), OWN);
		obey(orders[0], answers[1]);
	}
	await_adj(child.pid, OWN);
	child.orders = orders[1];
	child.answers = answers[0];
	return child;
}

static int32_t ask(const struct child *child, char order)
{
	int32_t answer;

	ck_assert_int_eq(write(child->orders, &order, 1), 1);
	ck_assert_int_eq(read(child->answers, &answer, sizeof(answer)),
			 sizeof(answer));
	return answer;
}

/* The file of a cgroup, for reading or for writing. */
static void put_path(char path[1024], const char *cgroup, const char *file)
{
	(void)snprintf(path, 1024, "%s%s%s", root, cgroup, file);
}

static void make_cgroup(const char *cgroup)
{
	char path[1024];

	put_path(path, cgroup, "");
	ck_assert_msg(mkdir(path, 0700) == 0 || errno == EEXIST, "%s", path);
	if (ground == GROUND_KERNEL)
		return;
	put_path(path, cgroup, "/cgroup.events");
	write_file(path, "populated 0\n");
	put_path(path, cgroup, "/cgroup.procs");
	write_file(path, "");
}

/* Whoever was in it last may still be on the way out. */
static void remove_empty(const char *path)
{
	const struct timespec moment = { .tv_nsec = 1000000 };

	for (int left = 10000; rmdir(path) != 0; left--) {
		ck_assert_int_eq(errno, EBUSY);
		ck_assert_int_gt(left, 0);
		(void)nanosleep(&moment, NULL);
	}
}

static void remove_cgroup(const char *cgroup)
{
	char path[1024];

	if (ground == GROUND_FILES) {
		put_path(path, cgroup, "/cgroup.events");
		(void)unlink(path);
		put_path(path, cgroup, "/cgroup.procs");
		(void)unlink(path);
	}
	put_path(path, cgroup, "");
	remove_empty(path);
}

/* Its processes are these; on the kernel's ground they are moved there. */
static void fill(const char *cgroup, const pid_t *pids, int count)
{
	char path[1024], text[256] = "";
	size_t length = 0;

	put_path(path, cgroup, "/cgroup.procs");
	for (int i = 0; i < count; i++) {
		if (ground == GROUND_KERNEL) {
			(void)snprintf(text, sizeof(text), "%d\n", pids[i]);
			write_file(path, text);
			continue;
		}
		length += (size_t)snprintf(text + length, sizeof(text) - length,
					   "%d\n", pids[i]);
	}
	if (ground == GROUND_FILES)
		write_file(path, text);
}

static void move(pid_t pid, const char *from, const char *to)
{
	char name[512], text[256];

	if (ground == GROUND_FILES) {
		(void)snprintf(name, sizeof(name), "%s/%d/cgroup", stage.path,
			       pid);
		(void)snprintf(text, sizeof(text), "0::%s\n", to);
		write_file(name, text);
		fill(from, NULL, 0);
	}
	fill(to, &pid, 1);
}

static void rule(enum rule_effect effect, enum selector_kind kind,
		 const char *pattern)
{
	struct rule *added = &settings.rules[settings.rules_count++];

	memset(added, 0, sizeof(*added));
	added->effect = effect;
	added->selector.kind = kind;
	(void)snprintf(added->selector.pattern, sizeof(added->selector.pattern),
		       "%s", pattern);
}

static void protect(const char *unit)
{
	rule(RULE_PROTECT_UNIT, SELECTOR_UNIT, unit);
}

/* A private hierarchy of version 2, if that is permitted. */
static bool mount_kernel(void)
{
	int fd;

	if (unshare(CLONE_NEWNS) != 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("none", root, "cgroup2", 0, NULL) != 0)
		return false;
	/* There is one such hierarchy: who tests beside us has to wait. */
	fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	return true;
}

static bool set_up(int which)
{
	ground = (enum ground)which;
	memset(&settings, 0, sizeof(settings));
	settings.protect_adj = OURS;
	census_init(&census, 16 << 20);
	ck_assert_int_eq(stage_open(&stage, 65536), 0);
	(void)snprintf(root, sizeof(root), "%s/cg", stage.path);
	(void)snprintf(runtime, sizeof(runtime), "%s/run", stage.path);
	ck_assert_int_eq(mkdir(root, 0700), 0);
	ck_assert_int_eq(mkdir(runtime, 0700), 0);
	ck_assert_int_eq(setenv("RUNTIME_DIRECTORY", runtime, 1), 0);
	if (ground == GROUND_KERNEL && !mount_kernel()) {
		(void)fputs("skipped: no cgroups to be mounted\n", stderr);
		return false;
	}
	make_cgroup("/ogt.slice");
	make_cgroup("/ogt.slice/a.service");
	return true;
}

static int open_root(void)
{
	return open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void start_with(int cgroups)
{
	ck_assert_int_eq(clerk_start(&clerk, stage.path, &nowhere, &census,
				     &settings, now_ms()),
			 0);
	ck_assert(clerk_wait(&clerk, DEADLINE_MS));
	ck_assert_int_eq(
		warden_start(&warden, stage.path, cgroups, &clerk, &settings),
		0);
}

static void start(void)
{
	start_with(open_root());
}

/* Changes under the lock, as a reload does. */
static void reload(void)
{
	warden_reload(&warden);
}

static struct warden_news news_now(void)
{
	struct warden_news news;

	clerk_lock(&clerk);
	news = warden.news;
	clerk_unlock(&clerk);
	return news;
}

static struct warden_news await_news(void)
{
	struct warden_news news = { 0 };
	int waited_ms = 0;

	while (!news.is_complete) {
		fixture_wait(&waited_ms);
		news = news_now();
	}
	return news;
}

static void tear_down(void)
{
	static const char *const made[] = {
		"/ogt.slice/ogt-b.slice/b.service",
		"/ogt.slice/ogt-b.slice",
		"/ogt.slice/a.service/sub",
		"/ogt.slice/a.service",
		"/ogt.slice/b.service",
		"/ogt.slice/session-1.scope",
		"/ogt.slice",
	};
	siginfo_t info;
	char path[1024];

	while (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT | WNOHANG) == 0) {
		const struct timespec moment = { 0, 2000000 };

		for (uint32_t i = 0; i < stage.count; i++)
			(void)kill(stage.actors[i].pid, SIGKILL);
		while (stage_reap(&stage, &info))
			;
		(void)nanosleep(&moment, NULL);
	}
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		put_path(path, made[i], "");
		if (access(path, F_OK) == 0)
			remove_cgroup(made[i]);
	}
	if (ground == GROUND_KERNEL)
		(void)umount2(root, MNT_DETACH);
	(void)snprintf(path, sizeof(path), "rm -rf %s/cg %s/run", stage.path,
		       stage.path);
	(void)!system(path);
	stage_close(&stage);
}

/* Ends the test where the machine has no such ground. */
#define set_up_or_return(which)                                                \
	do {                                                                   \
		if (!set_up(which)) {                                          \
			tear_down();                                           \
			return;                                                \
		}                                                              \
	} while (0)

/* One in a.service, which is protected, and known to the warden. */
static struct child given_one(void)
{
	struct child one = child_begin();

	show(one.pid, "/ogt.slice/a.service");
	fill("/ogt.slice/a.service", &one.pid, 1);
	protect("a.service");
	await_adj(one.pid, OWN);
	start();
	await_adj(one.pid, OURS);
	return one;
}

static void stop(void)
{
	char path[1024];

	warden_stop(&warden, DEADLINE_MS);
	(void)snprintf(path, sizeof(path), "%s/" WARD_FILE, runtime);
	ck_assert_int_ne(access(path, F_OK), 0);
}

START_TEST(test_start_and_stop)
{
	struct warden_news news;
	struct child other;
	struct child one;

	set_up_or_return(_i);
	make_cgroup("/ogt.slice/b.service");
	other = child_begin();
	show(other.pid, "/ogt.slice/b.service");
	fill("/ogt.slice/b.service", &other.pid, 1);
	one = given_one();
	news = await_news();
	ck_assert_uint_eq(news.count, 1);
	ck_assert_uint_eq(news.unmatched, 0);
	ck_assert_int_eq(adj_of(other.pid), OWN);
	stop();
	ck_assert_int_eq(adj_of(one.pid), OWN);
	ck_assert_int_eq(adj_of(other.pid), OWN);
	tear_down();
}
END_TEST

/* Its unit comes again, with another process. */
static void restart(struct child *one)
{
	struct child next = child_begin();
	int waited_ms = 0;
	siginfo_t info;

	(void)kill(one->pid, SIGKILL);
	fill("/ogt.slice/a.service", NULL, 0);
	while (!stage_reap(&stage, &info))
		fixture_wait(&waited_ms);
	remove_cgroup("/ogt.slice/a.service");
	make_cgroup("/ogt.slice/a.service");
	show(next.pid, "/ogt.slice/a.service");
	fill("/ogt.slice/a.service", &next.pid, 1);
	*one = next;
}

/* A start, again and again: each is seen at once. */
START_TEST(test_restart)
{
	struct child one;

	set_up_or_return(_i);
	one = given_one();
	for (int i = 0; i < 5; i++) {
		restart(&one);
		ck_assert_int_lt(adj_after_ms(one.pid, OURS), BY_EVENT_MS);
	}
	stop();
	ck_assert_int_eq(adj_of(one.pid), OWN);
	tear_down();
}
END_TEST

static long queue_length(void)
{
	FILE *file = fopen("/proc/sys/fs/inotify/max_queued_events", "re");
	long most = 0;

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fscanf(file, "%ld", &most), 1);
	(void)fclose(file);
	return most;
}

/* More than the kernel keeps: whoever does not listen loses what comes next. */
static void make_noise(void)
{
	char path[1024];

	put_path(path, "/ogt.slice/noise", "");
	for (long left = queue_length() + 256; left > 0; left -= 2) {
		ck_assert_int_eq(mkdir(path, 0700), 0);
		ck_assert_int_eq(rmdir(path), 0);
	}
}

/* A restart of which it was told nothing, because the queue was full. */
START_TEST(test_overflow)
{
	struct child one;

	set_up_or_return(_i);
	one = given_one();
	(void)await_news();
	clerk_lock(&clerk);
	make_noise();
	restart(&one);
	clerk_unlock(&clerk);
	await_adj(one.pid, OURS);
	stop();
	ck_assert_int_eq(adj_of(one.pid), OWN);
	tear_down();
}
END_TEST

START_TEST(test_move_in_and_out)
{
	struct child one, other;

	set_up_or_return(_i);
	one = given_one();
	other = child_begin();
	show(other.pid, "/");
	pid_t both[] = { one.pid, other.pid };
	fill("/ogt.slice/a.service", both, 2);
	ck_assert_int_lt(adj_after_ms(other.pid, OURS), BY_EVENT_MS);
	/* A login: the scope is made, and the process moves there. */
	make_cgroup("/ogt.slice/session-1.scope");
	move(other.pid, "/ogt.slice/a.service", "/ogt.slice/session-1.scope");
	if (ground == GROUND_FILES)
		fill("/ogt.slice/a.service", &one.pid, 1);
	await_adj(other.pid, OWN);
	ck_assert_int_eq(adj_of(one.pid), OURS);
	stop();
	tear_down();
}
END_TEST

START_TEST(test_below)
{
	struct child one, other;

	set_up_or_return(_i);
	one = given_one();
	other = child_begin();
	show(other.pid, "/ogt.slice/a.service/sub");
	make_cgroup("/ogt.slice/a.service/sub");
	fill("/ogt.slice/a.service/sub", &other.pid, 1);
	ck_assert_int_lt(adj_after_ms(other.pid, OURS), BY_EVENT_MS);
	stop();
	ck_assert_int_eq(adj_of(one.pid), OWN);
	ck_assert_int_eq(adj_of(other.pid), OWN);
	tear_down();
}
END_TEST

/* A slice that is made later, and a unit in it. */
START_TEST(test_slice)
{
	struct child one, other;

	set_up_or_return(_i);
	protect("ogt-b.slice");
	one = given_one();
	other = child_begin();
	show(other.pid, "/ogt.slice/ogt-b.slice/b.service");
	make_cgroup("/ogt.slice/ogt-b.slice");
	make_cgroup("/ogt.slice/ogt-b.slice/b.service");
	fill("/ogt.slice/ogt-b.slice/b.service", &other.pid, 1);
	ck_assert_int_lt(adj_after_ms(other.pid, OURS), BY_EVENT_MS);
	stop();
	ck_assert_int_eq(adj_of(one.pid), OWN);
	ck_assert_int_eq(adj_of(other.pid), OWN);
	tear_down();
}
END_TEST

/* Born with our value, without a word to anybody; and its parent is gone. */
START_TEST(test_children_are_put_back)
{
	struct child one;
	pid_t orphan, child;

	set_up_or_return(_i);
	one = given_one();
	child = ask(&one, 'f');
	orphan = ask(&one, 'f');
	ck_assert_int_eq(adj_of(orphan), OURS);
	show(child, "/ogt.slice/a.service");
	show(orphan, "/ogt.slice/a.service");
	pid_t all[] = { one.pid, child, orphan };
	fill("/ogt.slice/a.service", all, _i == GROUND_FILES ? 3 : 0);
	stop();
	ck_assert_int_eq(adj_of(one.pid), OWN);
	ck_assert_int_eq(adj_of(child), OWN);
	ck_assert_int_eq(adj_of(orphan), OWN);
	tear_down();
}
END_TEST

/* A job of a protected parent in another cgroup, with our value. */
START_TEST(test_job_is_undone)
{
	struct child one;
	pid_t job;

	set_up_or_return(_i);
	one = given_one();
	job = ask(&one, 'f');
	ck_assert_int_eq(adj_of(job), OURS);
	show(job, "/ogt.slice/session-1.scope");
	make_cgroup("/ogt.slice/session-1.scope");
	fill("/ogt.slice/session-1.scope", &job, 1);
	await_adj(job, OWN);
	expect_calm(one.pid, OURS);
	ck_assert_int_eq(adj_of(job), OWN);
	stop();
	tear_down();
}
END_TEST

/* As sshd does: it lowers its value, and a session gets what it had noted. */
START_TEST(test_job_of_one_that_lowered_itself)
{
	struct child one;
	pid_t job;

	set_up_or_return(_i);
	one = given_one();
	set_adj(one.pid, OURS - 1);
	fill("/ogt.slice/a.service", &one.pid, 1);
	expect_calm(one.pid, OURS - 1);
	job = ask(&one, 'f');
	set_adj(job, OURS);
	show(job, "/ogt.slice/session-1.scope");
	make_cgroup("/ogt.slice/session-1.scope");
	fill("/ogt.slice/session-1.scope", &job, 1);
	await_adj(job, OWN);
	stop();
	ck_assert_int_eq(adj_of(job), OWN);
	ck_assert_int_eq(adj_of(one.pid), OURS - 1);
	tear_down();
}
END_TEST

/* As /proc/loadavg tells it: the last pid that was given to anybody. */
static void tell_newest(pid_t pid)
{
	char path[STAGE_PATH_SIZE + 16], text[64];

	(void)snprintf(path, sizeof(path), "%s/loadavg", stage.path);
	(void)snprintf(text, sizeof(text), "0.00 0.01 0.05 1/99 %d\n", pid);
	write_file(path, text);
}

/* Into a cgroup that was there before: there is no event, but a birth. */
START_TEST(test_job_in_another_unit)
{
	struct child one;
	int64_t took_ms;
	pid_t job;

	set_up_or_return(_i);
	make_cgroup("/ogt.slice/b.service");
	one = given_one();
	(void)await_news();
	job = ask(&one, 'f');
	ck_assert_int_eq(adj_of(job), OURS);
	show(job, "/ogt.slice/b.service");
	fill("/ogt.slice/b.service", &job, 1);
	tell_newest(job);
	took_ms = adj_after_ms(job, OWN);
	ck_assert_msg(took_ms < 5500, "%lld ms", (long long)took_ms);
	ck_assert_int_eq(adj_of(one.pid), OURS);
	stop();
	tear_down();
}
END_TEST

/* Where nobody was born, nobody is looked at: that is what calm costs. */
START_TEST(test_no_birth)
{
	struct child one;
	pid_t job;

	set_up_or_return(GROUND_FILES);
	tell_newest(1);
	one = given_one();
	(void)await_news();
	job = ask(&one, 'f');
	show(job, "/ogt.slice/b.service");
	expect_for(job, OURS, BIRTHS_MS + CALM_MS);
	tell_newest(job);
	await_adj(job, OWN);
	stop();
	tear_down();
}
END_TEST

static const struct {
	const char *name;
	uint32_t workers;
	int expected;
} workers[] = {
	{ "keep", WORKERS_KEEP, 700 },
	{ "protect", WORKERS_PROTECT, OURS },
};

/* It must be seen to be younger than the protection of its parent. */
static pid_t given_worker(struct child *one)
{
	*one = given_one();
	expect_calm(one->pid, OURS);

	pid_t both[] = { one->pid, ask(one, 'w') };

	await_adj(both[1], 700);
	show(both[1], "/ogt.slice/a.service");
	fill("/ogt.slice/a.service", both, 2);
	return both[1];
}

START_TEST(test_workers)
{
	struct child one;
	pid_t worker;

	set_up_or_return(GROUND_FILES);
	settings.workers = workers[_i].workers;
	worker = given_worker(&one);
	await_adj(worker, workers[_i].expected);
	expect_calm(worker, workers[_i].expected);
	stop();
	ck_assert_int_eq(adj_of(worker), 700);
	tear_down();
}
END_TEST

static void reload_workers(enum workers value)
{
	clerk_lock(&clerk);
	settings.workers = value;
	reload();
	clerk_unlock(&clerk);
}

/* A wish that was overruled counts again, for as long as it is to be kept. */
START_TEST(test_workers_again)
{
	struct child one;
	pid_t worker;

	set_up_or_return(GROUND_FILES);
	worker = given_worker(&one);
	for (int i = 0; i < 2; i++) {
		reload_workers(WORKERS_PROTECT);
		await_adj(worker, OURS);
		reload_workers(WORKERS_KEEP);
		await_adj(worker, 700);
		expect_calm(worker, 700);
	}
	ck_assert_int_eq(adj_of(one.pid), OURS);
	stop();
	ck_assert_int_eq(adj_of(worker), 700);
	tear_down();
}
END_TEST

/* What matched nothing is forgotten by a reload, and once it is there. */
START_TEST(test_unmatched)
{
	struct child one, other;
	int waited_ms = 0;

	set_up_or_return(_i);
	protect("b.service");
	one = given_one();
	ck_assert_uint_eq(await_news().unmatched, 1);
	other = child_begin();
	show(other.pid, "/ogt.slice/b.service");
	make_cgroup("/ogt.slice/b.service");
	fill("/ogt.slice/b.service", &other.pid, 1);
	while (news_now().unmatched != 0)
		fixture_wait(&waited_ms);
	clerk_lock(&clerk);
	warden.news.unmatched = 1;
	reload();
	ck_assert(!warden.news.is_complete);
	clerk_unlock(&clerk);
	ck_assert_uint_eq(await_news().unmatched, 0);
	stop();
	ck_assert_int_eq(adj_of(one.pid), OWN);
	tear_down();
}
END_TEST

START_TEST(test_lower_stays)
{
	struct child one, other;

	set_up_or_return(_i);
	one = given_one();
	other = child_begin();
	set_adj(other.pid, OURS - 1);
	show(other.pid, "/ogt.slice/a.service");
	pid_t both[] = { one.pid, other.pid };
	fill("/ogt.slice/a.service", both, 2);
	expect_calm(other.pid, OURS - 1);
	stop();
	ck_assert_int_eq(adj_of(other.pid), OURS - 1);
	tear_down();
}
END_TEST

START_TEST(test_choom_stays)
{
	struct child one;

	set_up_or_return(_i);
	one = given_one();
	set_adj(one.pid, 600);
	fill("/ogt.slice/a.service", &one.pid, 1);
	expect_calm(one.pid, 600);
	stop();
	ck_assert_int_eq(adj_of(one.pid), 600);
	tear_down();
}
END_TEST

START_TEST(test_reload)
{
	struct child one;
	pid_t child;

	set_up_or_return(_i);
	one = given_one();
	child = ask(&one, 'f');
	show(child, "/ogt.slice/a.service");
	clerk_lock(&clerk);
	settings.rules_count = 0;
	reload();
	clerk_unlock(&clerk);
	await_adj(one.pid, OWN);
	await_adj(child, OWN);
	clerk_lock(&clerk);
	settings.protect_adj = OURS + 50;
	protect("ogt.slice");
	if (_i == GROUND_FILES) {
		pid_t both[] = { one.pid, child };
		fill("/ogt.slice/a.service", both, 2);
	}
	reload();
	clerk_unlock(&clerk);
	await_adj(one.pid, OURS + 50);
	await_adj(child, OURS + 50);
	clerk_lock(&clerk);
	settings.protect_adj = OURS;
	reload();
	clerk_unlock(&clerk);
	await_adj(child, OURS);
	stop();
	ck_assert_int_eq(adj_of(one.pid), OWN);
	ck_assert_int_eq(adj_of(child), OWN);
	tear_down();
}
END_TEST

START_TEST(test_selectors)
{
	struct child one, other;
	struct warden_news news;
	int64_t took_ms;

	set_up_or_return(GROUND_FILES);
	rule(RULE_PROTECT_PROCESS, SELECTOR_COMM, "renamed");
	rule(RULE_PROTECT_PROCESS, SELECTOR_COMM, "nobody");
	one = child_begin();
	(void)ask(&one, 'n');
	other = child_begin();
	show(one.pid, "/ogt.slice/a.service");
	show(other.pid, "/ogt.slice/b.service");
	await_adj(other.pid, OWN);
	start();
	await_adj(one.pid, OURS);
	news = await_news();
	ck_assert_uint_eq(news.unmatched, 1);
	ck_assert_int_eq(news.unmatched_rule, 1);
	ck_assert_int_eq(adj_of(other.pid), OWN);
	(void)ask(&other, 'n');
	took_ms = adj_after_ms(other.pid, OURS);
	ck_assert_msg(took_ms < 5500, "%lld ms", (long long)took_ms);
	stop();
	ck_assert_int_eq(adj_of(one.pid), OWN);
	ck_assert_int_eq(adj_of(other.pid), OWN);
	tear_down();
}
END_TEST

/* Known for long, by files that nobody else reads: so they can be counted. */
static void make_old(pid_t pid, const char *comm)
{
	char path[STAGE_PATH_SIZE + 32], text[256];

	(void)snprintf(path, sizeof(path), "%s/%d/comm", stage.path, pid);
	(void)snprintf(text, sizeof(text), "%s\n", comm);
	(void)unlink(path);
	write_file(path, text);
	(void)snprintf(path, sizeof(path), "%s/%d/stat", stage.path, pid);
	(void)snprintf(text, sizeof(text),
		       "%d (%s) S 1 %d %d 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 1 "
		       "4096000 1000\n",
		       pid, comm, pid, pid);
	(void)unlink(path);
	write_file(path, text);
}

struct count {
	int inotify;
	int names; /* how often its name was read */
	int stats; /* how often what else it is */
};

static void count_begin(struct count *count, pid_t pid)
{
	char path[STAGE_PATH_SIZE + 16];

	(void)snprintf(path, sizeof(path), "%s/%d", stage.path, pid);
	*count = (struct count){ .inotify = inotify_init1(IN_CLOEXEC |
							  IN_NONBLOCK) };
	ck_assert_int_ge(count->inotify, 0);
	ck_assert_int_ge(inotify_add_watch(count->inotify, path, IN_ACCESS), 0);
}

static void count_read(struct count *count)
{
	_Alignas(8) char bytes[4096];
	ssize_t length;

	while ((length = read(count->inotify, bytes, sizeof(bytes))) > 0)
		for (ssize_t at = 0; at < length;) {
			const struct inotify_event *event =
				(const void *)(bytes + at);
			at += (ssize_t)(sizeof(*event) + event->len);
			if (event->len == 0)
				continue;
			count->names += strcmp(event->name, "comm") == 0;
			count->stats += strcmp(event->name, "stat") == 0;
		}
}

/* Of whom is known, only the name is read: it is another one after exec(). */
START_TEST(test_reads_only_new)
{
	struct child old, next;
	struct count count;
	int waited_ms = 0;

	set_up_or_return(GROUND_FILES);
	rule(RULE_PROTECT_PROCESS, SELECTOR_COMM, "renamed");
	old = child_begin();
	next = child_begin();
	show(old.pid, "/ogt.slice/a.service");
	make_old(old.pid, "one");
	show(next.pid, "/ogt.slice/a.service");
	start();
	(void)await_news();
	count_begin(&count, old.pid);
	for (int i = 0; i < 2; i++) {
		next = child_begin();
		(void)ask(&next, 'n');
		show(next.pid, "/ogt.slice/a.service");
		await_adj(next.pid, OURS);
	}
	count_read(&count);
	ck_assert_int_eq(count.stats, 0);
	ck_assert_int_ge(count.names, 1);
	make_old(old.pid, "another");
	while (count.stats == 0) {
		fixture_wait(&waited_ms);
		count_read(&count);
	}
	(void)close(count.inotify);
	stop();
	tear_down();
}
END_TEST

/* No hierarchy of version 2: units, too, are found by a look. */
START_TEST(test_without_cgroups)
{
	struct child one;

	set_up_or_return(GROUND_FILES);
	protect("a.service");
	one = child_begin();
	show(one.pid, "/ogt.slice/a.service");
	start_with(-1);
	await_adj(one.pid, OURS);
	stop();
	ck_assert_int_eq(adj_of(one.pid), OWN);
	tear_down();
}
END_TEST

/* A guard in a process of its own, which is then killed. */
static void crash(const struct child *one)
{
	pid_t guard = fork();

	if (guard == 0) {
		start();
		for (;;)
			(void)pause();
	}
	await_adj(one->pid, OURS);
	expect_calm(one->pid, OURS);
	ck_assert_int_eq(kill(guard, SIGKILL), 0);
	(void)fixture_reap(guard);
	ck_assert_int_eq(adj_of(one->pid), OURS);
}

enum after { AFTER_START, AFTER_PUT_BACK, AFTER_CHANGE, AFTERS };

START_TEST(test_crash)
{
	struct child one;
	pid_t child;

	set_up_or_return(GROUND_FILES);
	protect("a.service");
	one = child_begin();
	show(one.pid, "/ogt.slice/a.service");
	fill("/ogt.slice/a.service", &one.pid, 1);
	crash(&one);
	child = ask(&one, 'f');
	show(child, "/ogt.slice/a.service");
	if (_i == AFTER_CHANGE)
		set_adj(one.pid, 400);
	if (_i == AFTER_START) {
		start();
		await_news();
		ck_assert_int_eq(adj_of(one.pid), OURS);
		stop();
	} else {
		ck_assert_int_eq(
			warden_put_back(&warden, stage.path, &settings),
			_i == AFTER_CHANGE ? 1 : 2);
	}
	ck_assert_int_eq(adj_of(one.pid), _i == AFTER_CHANGE ? 400 : OWN);
	ck_assert_int_eq(adj_of(child), OWN);
	tear_down();
}
END_TEST

/* Until nothing fits into it any more. */
static void fill_up(const char *directory)
{
	static const char bytes[4096] = { 1 };
	char path[STAGE_PATH_SIZE + 32];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/other", directory);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	while (write(fd, bytes, sizeof(bytes)) > 0)
		;
	ck_assert_int_eq(errno, ENOSPC);
	(void)close(fd);
}

/* A full /run: what is changed then is known, too. */
START_TEST(test_full)
{
	struct child one;
	pid_t guard;

	set_up_or_return(GROUND_KERNEL);
	ck_assert_int_eq(mount("none", runtime, "tmpfs", 0, "size=64k"), 0);
	protect("a.service");
	one = child_begin();
	show(one.pid, "/ogt.slice/a.service");
	guard = fork();
	if (guard == 0) {
		start();
		fill_up(runtime);
		fill("/ogt.slice/a.service", &one.pid, 1);
		for (;;)
			(void)pause();
	}
	await_adj(one.pid, OURS);
	ck_assert_int_eq(kill(guard, SIGKILL), 0);
	(void)fixture_reap(guard);
	ck_assert_int_eq(warden_put_back(&warden, stage.path, &settings), 1);
	ck_assert_int_eq(adj_of(one.pid), OWN);
	(void)umount2(runtime, MNT_DETACH);
	tear_down();
}
END_TEST

enum spoil {
	SPOIL_BYTES,
	SPOIL_SHORT,
	SPOIL_START,
	SPOIL_LINK,
	SPOIL_MODE,
	SPOILS
};

static void spoil(enum spoil how, const struct child *one)
{
	static struct wards wards;
	char path[1024], other[1024];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/" WARD_FILE, runtime);
	(void)snprintf(other, sizeof(other), "%s/other", runtime);
	file = fopen(path, "r+e");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fread(&wards, 1, sizeof(wards), file), sizeof(wards));
	ck_assert_int_eq(wards.wards[0].pid, one->pid);
	switch (how) {
	case SPOIL_BYTES:
		wards.wards[5].former = 2000;
		wards.wards[5].pid = 7;
		break;
	case SPOIL_SHORT:
		ck_assert_int_eq(truncate(path, 100), 0);
		break;
	case SPOIL_START:
		wards.wards[0].start_ticks++;
		break;
	case SPOIL_LINK:
		ck_assert_int_eq(rename(path, other), 0);
		ck_assert_int_eq(symlink(other, path), 0);
		break;
	case SPOIL_MODE:
		ck_assert_int_eq(chmod(path, 0622), 0);
		break;
	case SPOILS:
		break;
	}
	if (how == SPOIL_BYTES || how == SPOIL_START) {
		rewind(file);
		ck_assert_uint_eq(fwrite(&wards, 1, sizeof(wards), file),
				  sizeof(wards));
	}
	(void)fclose(file);
}

START_TEST(test_hostile_file)
{
	struct child one;

	set_up_or_return(GROUND_FILES);
	protect("a.service");
	one = child_begin();
	show(one.pid, "/ogt.slice/a.service");
	fill("/ogt.slice/a.service", &one.pid, 1);
	crash(&one);
	spoil((enum spoil)_i, &one);
	(void)warden_put_back(&warden, stage.path, &settings);
	ck_assert_int_eq(adj_of(one.pid), OURS);
	tear_down();
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("warden");

	tcase_add_loop_test(cases, test_start_and_stop, 0, GROUNDS);
	tcase_add_loop_test(cases, test_restart, 0, GROUNDS);
	tcase_add_loop_test(cases, test_overflow, 0, GROUNDS);
	tcase_add_loop_test(cases, test_move_in_and_out, 0, GROUNDS);
	tcase_add_loop_test(cases, test_below, 0, GROUNDS);
	tcase_add_loop_test(cases, test_slice, 0, GROUNDS);
	tcase_add_loop_test(cases, test_children_are_put_back, 0, GROUNDS);
	tcase_add_loop_test(cases, test_job_is_undone, 0, GROUNDS);
	tcase_add_loop_test(cases, test_workers, 0, ROWS(workers));
	tcase_add_test(cases, test_workers_again);
	tcase_add_loop_test(cases, test_unmatched, 0, GROUNDS);
	tcase_add_loop_test(cases, test_job_of_one_that_lowered_itself, 0,
			    GROUNDS);
	tcase_add_loop_test(cases, test_lower_stays, 0, GROUNDS);
	tcase_add_loop_test(cases, test_choom_stays, 0, GROUNDS);
	tcase_add_loop_test(cases, test_reload, 0, GROUNDS);
	tcase_add_test(cases, test_selectors);
	tcase_add_loop_test(cases, test_job_in_another_unit, 0, GROUNDS);
	tcase_add_test(cases, test_no_birth);
	tcase_add_test(cases, test_reads_only_new);
	tcase_add_test(cases, test_without_cgroups);
	tcase_add_loop_test(cases, test_crash, 0, AFTERS);
	tcase_add_test(cases, test_full);
	tcase_add_loop_test(cases, test_hostile_file, 0, SPOILS);
	return fixture_run(cases, "warden");
}
