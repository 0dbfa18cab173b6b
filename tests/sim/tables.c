/* SPDX-License-Identifier: MIT */
#include "tables.h"

#include <stdio.h>
#include <string.h>

#include "classes.h"
#include "run.h"

#define GIB (1024 * 1024)

static const struct {
	const char *name;
	int64_t total_kib, swap_kib, zram;
} machines[] = {
	{ "1 GiB", 1 * GIB, 0, 0 },
	{ "1 GiB, swap", 1 * GIB, GIB / 2, 0 },
	{ "1 GiB, zram", 1 * GIB, GIB / 2, 1 },
	{ "16 GiB", 16 * GIB, 0, 0 },
	{ "16 GiB, swap", 16 * GIB, 8 * GIB, 0 },
	{ "16 GiB, zram", 16 * GIB, 8 * GIB, 1 },
	{ "512 GiB", 512LL * GIB, 0, 0 },
	{ "512 GiB, swap", 512LL * GIB, 8 * GIB, 0 },
	{ "512 GiB, zram", 512LL * GIB, 8 * GIB, 1 },
};

#define MACHINES (sizeof(machines) / sizeof(machines[0]))

static const struct {
	const char *name;
	enum policy policy;
	const char *lines[2];
} policies[] = {
	{ "as it is", POLICY_GUARD, { NULL } },
	{ "earlyoom's rules", POLICY_EARLYOOM, { NULL } },
	{ "systemd-oomd's rules", POLICY_OOMD, { NULL } },
	{ "nobody (the kernel)", POLICY_NONE, { NULL } },
};

#define POLICIES (sizeof(policies) / sizeof(policies[0]))

static const struct {
	const char *name;
	const char *lines[2];
} variations[] = {
	{ "as it is", { NULL } },
	{ "memory.term = 5% or 1G",
	  { "memory.term=5% or 1G", "memory.kill=2% or 512M" } },
	{ "memory.term = 15% or 3G", { "memory.term=15% or 3G" } },
	{ "memory.term = 10%", { "memory.warn=15%", "memory.term=10%" } },
	{ "memory.kill = 2% or 512M", { "memory.kill=2% or 512M" } },
	{ "memory.kill = 8% or 1536M", { "memory.kill=8% or 1536M" } },
	{ "swap.term = 5%", { "swap.term=5%", "swap.kill=2%" } },
	{ "swap.term = 25%", { "swap.term=25%" } },
	{ "swap.kill = 10%", { "swap.kill=10%" } },
	{ "pressure.term-full = 10%", { "pressure.term-full=10%" } },
	{ "pressure.term-full = 50%", { "pressure.term-full=50%" } },
	{ "pressure.term-some = 40%", { "pressure.term-some=40%" } },
	{ "pressure.term-some = 95%", { "pressure.term-some=95%" } },
	{ "pressure.kill-full = 50%", { "pressure.kill-full=50%" } },
	{ "pressure.kill-full = 90%", { "pressure.kill-full=90%" } },
	{ "pressure.term-window = 5s", { "pressure.term-window=5s" } },
	{ "pressure.below = 10%", { "pressure.below=10%" } },
	{ "pressure.below = 50%", { "pressure.below=50%" } },
	{ "strike.grace = 2s", { "strike.grace=2s" } },
	{ "strike.grace = 30s", { "strike.grace=30s" } },
	{ "strike.pressure-grace = 1s", { "strike.pressure-grace=1s" } },
	{ "strike.pressure-grace = 10s", { "strike.pressure-grace=10s" } },
};

#define VARIATIONS (sizeof(variations) / sizeof(variations[0]))

struct sums {
	uint64_t runs;
	uint64_t broken; /* these end early */
	struct tally tally;
	int64_t calm_strikes; /* where nobody is to be struck */
};

static bool has_culprit(const struct scenario *scenario)
{
	for (uint32_t i = 0; i < scenario->actors_count; i++)
		if (scenario->actors[i].role == ROLE_CULPRIT)
			return true;
	return false;
}

int tables_make(struct scenario *scenario, const char *class, uint64_t seed)
{
	size_t at = seed % MACHINES;

	return classes_make_plain(scenario, class, seed, machines[at].total_kib,
				  machines[at].swap_kib, machines[at].zram);
}

static void run_one(struct sums *sums, size_t at, const char *class,
		    uint64_t seed, enum policy policy,
		    const char *const lines[2])
{
	static struct scenario scenario;
	const struct tally *tally;
	struct result result;

	(void)classes_make_plain(&scenario, class, seed, machines[at].total_kib,
				 machines[at].swap_kib, machines[at].zram);
	for (int i = 0; i < 2 && lines[i]; i++)
		snprintf(scenario.sets[scenario.sets_count++],
			 sizeof(scenario.sets[0]), "%s", lines[i]);
	run(&scenario, policy, false, &result);
	tally = &result.tally;
	sums->runs++;
	sums->broken += result.broken != NULL;
	sums->tally.strikes += tally->strikes;
	sums->tally.wrong += tally->wrong;
	sums->tally.lost += tally->lost;
	sums->tally.kernel_kills += tally->kernel_kills > 0;
	sums->tally.kernel_late += tally->kernel_late > 0;
	sums->tally.stalled_us += tally->stalled_us;
	if (!has_culprit(&scenario))
		sums->calm_strikes += tally->strikes;
}

/* Of a hundred runs, with one decimal. */
static void put(int64_t count, uint64_t runs)
{
	int64_t tenths = runs ? count * 1000 / (int64_t)runs : 0;

	printf(" | %lld.%lld", (long long)(tenths / 10),
	       (long long)(tenths % 10));
}

static void put_row(const char *name, const struct sums *sums)
{
	printf("| %s", name);
	put(sums->tally.lost, sums->runs);
	put(sums->tally.wrong, sums->runs);
	put(sums->tally.strikes, sums->runs);
	put(sums->calm_strikes, sums->runs);
	put(sums->tally.kernel_kills, sums->runs);
	printf(" | %lld ms |\n",
	       (long long)(sums->tally.stalled_us / 1000 /
			   (int64_t)(sums->runs ? sums->runs : 1)));
	fflush(stdout);
}

static void put_head(const char *first)
{
	printf("\n| %s | innocents lost | wrong victims | strikes | false "
	       "strikes | kernel first | stalled |\n"
	       "|---|---:|---:|---:|---:|---:|---:|\n",
	       first);
}

static void run_class(struct sums *sums, size_t at, const char *class,
		      uint64_t seeds, enum policy policy,
		      const char *const lines[2])
{
	for (uint64_t seed = 1; seed <= seeds; seed++)
		run_one(sums, at, class, seed, policy, lines);
}

static void run_all(struct sums *sums, size_t at, uint64_t seeds,
		    enum policy policy, const char *const lines[2])
{
	for (size_t i = 0; classes_name(i); i++)
		run_class(sums, at, classes_name(i), seeds, policy, lines);
}

static void by_machine(uint64_t seeds)
{
	for (size_t at = 0; at < MACHINES; at++) {
		put_head(machines[at].name);
		for (size_t i = 0; i < POLICIES; i++) {
			struct sums sums = { 0 };
			run_all(&sums, at, seeds, policies[i].policy,
				policies[i].lines);
			put_row(policies[i].name, &sums);
		}
	}
}

static void of_class(const char *class, uint64_t seeds)
{
	put_head(class);
	for (size_t i = 0; i < POLICIES; i++) {
		struct sums sums = { 0 };
		for (size_t at = 0; at < MACHINES; at++)
			run_class(&sums, at, class, seeds, policies[i].policy,
				  policies[i].lines);
		put_row(policies[i].name, &sums);
	}
}

static void by_class(uint64_t seeds)
{
	for (size_t i = 0; classes_name(i); i++)
		of_class(classes_name(i), seeds);
}

static void by_setting(uint64_t seeds)
{
	put_head("setting");
	for (size_t i = 0; i < VARIATIONS; i++) {
		struct sums sums = { 0 };
		for (size_t at = 0; at < MACHINES; at++)
			run_all(&sums, at, seeds, POLICY_GUARD,
				variations[i].lines);
		put_row(variations[i].name, &sums);
	}
}

/* The right ones ended, and nobody else; not by the kernel. */
static bool is_right(const char *class, uint64_t seed)
{
	static const char *const none[2];
	struct sums sums = { 0 };

	run_one(&sums, seed % MACHINES, class, seed, POLICY_GUARD, none);
	if (sums.tally.lost == 0 && sums.tally.kernel_kills == 0 &&
	    sums.broken == 0)
		return true;
	printf("%s, seed %llu on %s: %lld lost, %lld by the kernel%s\n", class,
	       (unsigned long long)seed, machines[seed % MACHINES].name,
	       (long long)sums.tally.lost, (long long)sums.tally.kernel_kills,
	       sums.broken ? ", a rule was broken" : "");
	return false;
}

bool tables_bar(const char *class, uint64_t seeds)
{
	uint64_t right = 0;

	for (uint64_t seed = 1; seed <= seeds; seed++)
		right += is_right(class, seed);
	printf("%s: %llu of %llu\n", class, (unsigned long long)right,
	       (unsigned long long)seeds);
	return right == seeds;
}

void tables_print(const char *class, uint64_t seeds)
{
	if (class) {
		of_class(class, seeds);
		return;
	}
	by_machine(seeds);
	by_class(seeds);
	by_setting(seeds);
}
