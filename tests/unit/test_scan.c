/* SPDX-License-Identifier: MIT */
#include "scan.h"

#include "given.h"
#include "tree.h"

/*
 * Whom a scan sees on a machine of 10 GiB that is made of files: what the
 * census knows is put into it by hand.
 */

#define TOTAL_KIB (10 * GIB)
#define OWN_UID 1000

static struct settings settings;
static struct strikes strikes;
static struct census census;
static struct scores scores;
static struct procfs procfs;
static struct procfs_walk walk;
static struct candidate candidates[SHORTLIST_SIZE];
static uint32_t count;
static struct scan scan;

static void set_up(void)
{
	given_settings(&settings);
	strikes_init(&strikes);
	census_init(&census, 16 * GIB);
	scores_init(&scores, 1000);
	tree_begin();
	tree_put("meminfo", "MemTotal: 9 kB\n");
	ck_assert_int_eq(procfs_open(&procfs, tree), 0);
	scan = (struct scan){ .procfs = &procfs,
			      .settings = &settings,
			      .strikes = &strikes,
			      .census = &census,
			      .scores = &scores,
			      .walk = &walk,
			      .quest = { .self = 2,
					 .uid = OWN_UID,
					 .base_kib = TOTAL_KIB,
					 .total_kib = TOTAL_KIB } };
}

static void tear_down(void)
{
	scores_close(&scores);
	procfs_close(&procfs);
	tree_end();
}

static void add_never(enum selector_kind kind, const char *pattern)
{
	struct rule *rule = &settings.rules[settings.rules_count++];

	*rule = (struct rule){ .effect = RULE_NEVER,
			       .selector = { .kind = kind } };
	given_name(rule->selector.pattern, pattern);
}

struct actor {
	int32_t pid;
	int32_t parent;
	const char *comm;
	uint32_t uid;
	int64_t anon_kib;
	int64_t shared_kib;
	const char *cgroup; /* NULL: it has no such file */
};

/* Its files; oom_score as the kernel would count it. */
static void put_actor(const struct actor *actor)
{
	int64_t held_kib = actor->anon_kib + actor->shared_kib;

	tree_put_of(actor->pid, "oom_score", "%d\n",
		    (int)((1000 + held_kib * 1000 / TOTAL_KIB) * 2 / 3));
	tree_put_of(actor->pid, "oom_score_adj", "0\n");
	tree_put_of(actor->pid, "status",
		    "Name:\t%s\nState:\tS (sleeping)\nPPid:\t%d\n"
		    "Uid:\t%u\t%u\t%u\t%u\nRssAnon:\t%lld kB\n"
		    "RssFile:\t0 kB\nRssShmem:\t%lld kB\nVmSwap:\t0 kB\n",
		    actor->comm, actor->parent, actor->uid, actor->uid,
		    actor->uid, actor->uid, (long long)actor->anon_kib,
		    (long long)actor->shared_kib);
	if (actor->cgroup)
		tree_put_of(actor->pid, "cgroup", "0::%s\n", actor->cgroup);
}

/* The census has seen it, in this cgroup. */
static void know(const struct actor *actor, const char *cgroup)
{
	struct sighting sighting = { .pid = actor->pid,
				     .uid = actor->uid,
				     .stat = { .parent = actor->parent,
					       .start_ticks = 77 },
				     .cgroup = cgroup,
				     .exe = "" };
	struct sizes sizes = {
		.rss_kib = (uint32_t)(actor->anon_kib + actor->shared_kib),
		.shared_kib = (uint32_t)actor->shared_kib,
	};

	given_name(sighting.stat.comm, actor->comm);
	census_add(&census, &settings, &sighting, &sizes);
}

/* The pid of the victim, or -1. */
static int32_t choose(void)
{
	int chosen = scan_choose(&scan, candidates, &count);

	return chosen < 0 ? -1 : candidates[chosen].pid;
}

static const struct candidate *find(int32_t pid)
{
	for (uint32_t i = 0; i < count; i++)
		if (candidates[i].pid == pid)
			return &candidates[i];
	ck_abort_msg("%d was not looked at", (int)pid);
	return NULL;
}

static const struct actor init = { .pid = 1, .comm = "systemd" };
static const struct actor manager = {
	.pid = 40, .parent = 1, .comm = "db", .anon_kib = GIB
};

/* A stranger that holds 4 GiB; somebody known holds 1. */
/* Where somebody else has a kernel thread's pid by now it is found out. */
START_TEST(test_who_held_nothing)
{
	const struct actor thread = { .pid = 9, .parent = 2, .comm = "kswapd" };
	const struct actor hog = {
		.pid = 9, .parent = 1, .anon_kib = GIB, .comm = "hog"
	};

	know(&thread, "");
	put_actor(&hog);
	scan.is_calm = true;
	ck_assert_int_eq(choose(), -1);
	ck_assert_uint_eq(count, 0);
	scan.is_calm = false;
	ck_assert_int_eq(choose(), 9);
}
END_TEST

static const struct {
	const char *name;
	int32_t parent;
	const char *never; /* a unit */
	bool is_fast;
	const char *cgroup;
	const char *unit;
	bool is_vague;
	bool is_exempt;
	const char *was_in; /* under another name; NULL: nobody knew it */
} strangers[] = {
	{ "a service that pid 1 has just started", 1, "init.scope", false,
	  "/system.slice/leak.service", "", true, false, NULL },
	{ "the same, its cgroup can be read", 1, "init.scope", true,
	  "/system.slice/leak.service", "leak.service", false, false, NULL },
	{ "the same, its cgroup cannot be read", 1, "init.scope", true, NULL,
	  "", true, false, NULL },
	{ "a worker of a unit that is known", 40, "db.service", false,
	  "/system.slice/db.service", "db.service", true, true, NULL },
	{ "a worker of another unit", 40, "other.service", false,
	  "/system.slice/db.service", "db.service", true, false, NULL },
	{ "whose parent nobody knows", 41, "db.service", false,
	  "/system.slice/db.service", "", true, false, NULL },
	{ "on the list, its cgroup can be read", 1, "leak.service", true,
	  "/system.slice/leak.service", "leak.service", false, true, NULL },
	{ "a service that has taken another name", 1, "db.service", false, NULL,
	  "db.service", true, true, "/system.slice/db.service" },
	{ "a worker whose pid was known elsewhere", 40, "db.service", false,
	  NULL, "db.service", true, true, "/system.slice/leak.service" },
};

START_TEST(test_stranger)
{
	struct actor stranger = { .pid = 50,
				  .parent = strangers[_i].parent,
				  .comm = "young",
				  .anon_kib = 4 * GIB,
				  .cgroup = strangers[_i].cgroup };
	const char *name = strangers[_i].name;
	const struct candidate *candidate;

	know(&init, "/init.scope");
	know(&manager, "/system.slice/db.service");
	if (strangers[_i].was_in)
		know(&(struct actor){ .pid = 50, .comm = "old" },
		     strangers[_i].was_in);
	put_actor(&manager);
	put_actor(&stranger);
	add_never(SELECTOR_UNIT, strangers[_i].never);
	scan.cgroup_is_fast = strangers[_i].is_fast;
	(void)choose();
	candidate = find(50);
	ck_assert_msg(strcmp(candidate->unit, strangers[_i].unit) == 0,
		      "%s: %s", name, candidate->unit);
	ck_assert_msg(candidate->is_vague == strangers[_i].is_vague, "%s",
		      name);
	ck_assert_msg((candidate->exemption == EXEMPT_NEVER) ==
			      strangers[_i].is_exempt,
		      "%s", name);
	if (!strangers[_i].is_exempt)
		ck_assert_msg(choose() == 50, "%s", name);
}
END_TEST

START_TEST(test_who_is_known_is_not_vague)
{
	know(&init, "/init.scope");
	know(&manager, "/system.slice/db.service");
	put_actor(&manager);
	ck_assert_int_eq(choose(), 40);
	ck_assert(!find(40)->is_vague);
	ck_assert_str_eq(find(40)->unit, "db.service");
	ck_assert_uint_eq(find(40)->start_ticks, 77);
}
END_TEST

/* The path of an executable, by a stranger. */
static const struct {
	const char *name;
	const char *namespace;
	bool is_exempt;
} executables[] = {
	{ "sshd as we know it", "mnt:[1]", true },
	{ "what it is called in a container", "mnt:[2]", false },
	{ "its namespace cannot be read", NULL, false },
};

START_TEST(test_executable_of_a_stranger)
{
	const struct actor stranger = {
		.pid = 50, .parent = 40, .comm = "sshd", .anon_kib = 4 * GIB
	};

	tree_link("1/ns/mnt", "mnt:[1]");
	put_actor(&stranger);
	tree_link("50/exe", "/usr/sbin/sshd");
	if (executables[_i].namespace)
		tree_link("50/ns/mnt", executables[_i].namespace);
	add_never(SELECTOR_EXE, "/usr/sbin/sshd");
	ck_assert_msg(choose() == (executables[_i].is_exempt ? -1 : 50), "%s",
		      executables[_i].name);
}
END_TEST

/* `crowd` processes, of which the census knows all. */
static void put_crowd(int32_t crowd, const struct actor *like)
{
	for (int32_t i = 0; i < crowd; i++) {
		struct actor actor = *like;

		actor.pid = 1000 + i;
		put_actor(&actor);
		know(&actor, "/system.slice/crowd.service");
	}
}

/* Each backend shows the shared buffers; the leak is smaller than that. */
START_TEST(test_backends_with_shared_memory_do_not_hide_a_leak)
{
	const struct actor backend = { .parent = 1,
				       .comm = "postgres",
				       .anon_kib = 130 * MIB,
				       .shared_kib = 6 * GIB };
	const struct actor leak = {
		.pid = 50, .parent = 1, .comm = "backup", .anon_kib = 3 * GIB
	};

	put_crowd(100, &backend);
	put_actor(&leak);
	know(&leak, "/system.slice/backup.service");
	ck_assert_int_eq(choose(), 50);
	ck_assert_int_eq(find(50)->relief_kib, 3 * GIB);
}
END_TEST

/* Without CAP_KILL: whom it may not end does not fill the shortlist. */
START_TEST(test_only_own_processes)
{
	const struct actor foreign = { .parent = 1,
				       .comm = "root",
				       .anon_kib = 4 * GIB };
	const struct actor own = { .pid = 50,
				   .parent = 1,
				   .comm = "own",
				   .uid = OWN_UID,
				   .anon_kib = GIB };
	const struct actor stranger = {
		.pid = 51, .parent = 1, .comm = "new", .anon_kib = 5 * GIB
	};

	put_crowd(100, &foreign);
	put_actor(&own);
	know(&own, "/user.slice/own.scope");
	put_actor(&stranger); /* Only a look tells whose it is. */
	ck_assert_int_eq(choose(), 51);
	scan.quest.only_own = true;
	ck_assert_int_eq(choose(), 50);
	ck_assert_int_eq(find(51)->exemption, EXEMPT_FOREIGN);
}
END_TEST

/* Our raised value says nothing of the culprit, nor of what it has forked. */
START_TEST(test_nominated)
{
	static struct wards wards;
	const char boot[WARDS_BOOT_SIZE] = "";
	const struct actor culprit = {
		.pid = 50, .parent = 1, .comm = "leak", .anon_kib = GIB
	};
	const struct actor copy = {
		.pid = 51, .parent = 50, .comm = "leak", .anon_kib = GIB
	};
	const struct ward ward = { .pid = 50,
				   .start_ticks = 77,
				   .former = -17,
				   .ours = WARDS_NOMINATED };

	wards_init(&wards, boot);
	scan.wards = &wards;
	put_actor(&culprit);
	put_actor(&copy);
	tree_put_of(50, "oom_score_adj", "%d\n", WARDS_NOMINATED);
	tree_put_of(51, "oom_score_adj", "%d\n", WARDS_NOMINATED);
	know(&culprit, "/a.service");
	(void)choose();
	ck_assert_int_eq(find(50)->score_adj, WARDS_NOMINATED);
	ck_assert_ptr_nonnull(wards_put(&wards, &ward));
	(void)choose();
	ck_assert_int_eq(find(50)->score_adj, -17);
	ck_assert_int_eq(find(51)->score_adj, -17);
	ck_assert_int_eq(find(50)->exemption, EXEMPT_NOT);
	ck_assert(!find(50)->is_ward);
}
END_TEST

/* As many descriptors as a shortlist may need, and many more processes. */
START_TEST(test_few_descriptors)
{
	const struct actor small = { .parent = 1,
				     .comm = "worker",
				     .anon_kib = 300 * MIB };
	struct actor leak = { .parent = 1, .comm = "leak" };

	scores_init(&scores, SHORTLIST_SIZE);
	put_crowd(200, &small);
	for (int32_t round = 0; round < 5; round++) {
		leak.pid = 50 + round;
		leak.anon_kib = (1 + round) * GIB;
		put_actor(&leak);
		ck_assert_int_eq(choose(), leak.pid);
		ck_assert_uint_eq(count, SHORTLIST_SIZE);
		/* It is still bound to what was looked at. */
		ck_assert_int_ge(scores_hold(&scores, &procfs, leak.pid), 0);
	}
}
END_TEST

static int32_t choose_again(void)
{
	int chosen = scan_choose_again(&scan, candidates, count);

	return chosen < 0 ? -1 : candidates[chosen].pid;
}

static void strike(int32_t pid)
{
	const struct decision decision = { .urgency = URGENCY_KILL };
	const struct target target = { .pid = pid, .start_ticks = 77 };

	(void)strike_begin(&settings, &decision, &strikes, &target, 1000);
}

/* One look for several victims: who is struck is out, and the gap is less. */
START_TEST(test_choice_without_another_look)
{
	static const struct actor actors[] = {
		{ .pid = 50, .parent = 1, .comm = "a", .anon_kib = 4 * GIB },
		{ .pid = 51, .parent = 1, .comm = "b", .anon_kib = 3 * GIB },
		{ .pid = 52, .parent = 1, .comm = "c", .anon_kib = GIB - 4 },
	};
	struct actor late = { .pid = 53, .parent = 1, .comm = "d" };

	for (int i = 0; i < 3; i++) {
		put_actor(&actors[i]);
		know(&actors[i], "/a.service");
	}
	scan.quest.gap_kib = 5 * GIB;
	ck_assert_int_eq(choose(), 50);
	ck_assert_int_eq(find(52)->exemption, EXEMPT_NO_RELIEF);
	late.anon_kib = 9 * GIB;
	put_actor(&late);
	strike(50);
	scan.quest.gap_kib = GIB;
	ck_assert_int_eq(choose_again(), 51);
	ck_assert_int_eq(find(50)->exemption, EXEMPT_STRUCK);
	ck_assert_int_eq(find(52)->exemption, EXEMPT_NO_RELIEF);
	strike(51);
	scan.quest.gap_kib = 0;
	ck_assert_int_eq(choose_again(), 52);
	strike(52);
	ck_assert_int_eq(choose_again(), -1);
	ck_assert_int_eq(choose(), 53);
}
END_TEST

/* The kernel had no memory for its answer; here it is a directory. */
START_TEST(test_whose_unit_cannot_be_told_is_left_for_later)
{
	const struct actor stranger = {
		.pid = 50, .parent = 1, .comm = "young", .anon_kib = 4 * GIB
	};
	char path[512];

	know(&manager, "/system.slice/db.service");
	put_actor(&manager);
	put_actor(&stranger);
	tree_path(path, "50/cgroup");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	scan.cgroup_is_fast = true;
	ck_assert_int_eq(choose(), manager.pid);
	ck_assert_int_eq(rmdir(path), 0);
	tree_put_of(50, "cgroup", "0::/system.slice/young.service\n");
	ck_assert_int_eq(choose(), 50);
}
END_TEST

static const struct {
	const char *name;
	const char *cgroup;
	bool is_fast;
	bool is_there;
} places[] = {
	{ "where it was", "0::/system.slice/a.service\n", true, true },
	{ "somewhere else", "0::/system.slice/ab.service\n", true, false },
	{ "it is gone", NULL, true, false },
	{ "cannot be read without waiting", "0::/b.service\n", false, true },
	{ "the kernel had no memory", "", true, true },
};

START_TEST(test_still_in_its_group)
{
	const struct actor member = { .pid = 50 };
	uint64_t leaf = leaf_hash("/system.slice/a.service");
	const char *cgroup = places[_i].cgroup;
	char path[512];

	put_actor(&member);
	tree_path(path, "50/cgroup");
	if (cgroup && *cgroup)
		tree_put_of(50, "cgroup", "%s", cgroup);
	else if (cgroup)
		ck_assert_int_eq(mkdir(path, 0700), 0);
	scan.cgroup_is_fast = places[_i].is_fast;
	ck_assert_msg(scan_is_there(&scan, 50, leaf) == places[_i].is_there,
		      "%s", places[_i].name);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("scan");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_loop_test(cases, test_stranger, 0, ROWS(strangers));
	tcase_add_test(cases, test_who_held_nothing);
	tcase_add_test(cases, test_who_is_known_is_not_vague);
	tcase_add_test(cases, test_whose_unit_cannot_be_told_is_left_for_later);
	tcase_add_loop_test(cases, test_executable_of_a_stranger, 0,
			    ROWS(executables));
	tcase_add_test(cases,
		       test_backends_with_shared_memory_do_not_hide_a_leak);
	tcase_add_test(cases, test_only_own_processes);
	tcase_add_test(cases, test_nominated);
	tcase_add_test(cases, test_few_descriptors);
	tcase_add_test(cases, test_choice_without_another_look);
	tcase_add_loop_test(cases, test_still_in_its_group, 0, ROWS(places));
	return fixture_run(cases, "scan");
}
