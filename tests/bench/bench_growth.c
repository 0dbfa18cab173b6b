/* SPDX-License-Identifier: MIT */
/*
 * What it costs to watch who grows, from warn on, once a second: the brief look
 * of the census among many processes that rest, and the full one every sixty
 * seconds. Prints `name value` lines; the share is of one core. Of cgroups it
 * reads what is charged to each where they are of version 2, and puts the
 * processes into so many new ones if a second number says so.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "crowd.h"
#include "muster.h"
#include "settings_table.h"
#include "spread.h"

#define LOOKS 80
#define FULL_SECONDS 60

static struct crowd crowd;
static struct census census;
static struct settings settings;
static struct procfs procfs;
static struct cgroupfs cgroupfs;
static struct procfs_walk walk;
static int64_t now_ms;

static int64_t look_us(bool is_brief)
{
	now_ms += 1000;
	const struct muster look = { .procfs = &procfs,
				     .walk = &walk,
				     .census = &census,
				     .settings = &settings,
				     .cgroupfs = &cgroupfs,
				     .is_brief = is_brief,
				     .now_ms = now_ms };
	int64_t begun_ns = bench_cpu_ns();
	int error = muster(&look);

	if (error)
		bench_die("census", error);
	return (bench_cpu_ns() - begun_ns) / 1000;
}

static int64_t median_us(bool is_brief)
{
	static int64_t values[LOOKS];

	for (int i = 0; i < LOOKS; i++)
		values[i] = look_us(is_brief);
	return bench_median(values, LOOKS);
}

int main(int argc, char **argv)
{
	uint32_t count = argc > 1 ? (uint32_t)atoi(argv[1]) : 2000;
	uint32_t cgroups = argc > 2 ? (uint32_t)atoi(argv[2]) : 0;
	int error = procfs_open(&procfs, "/proc");

	if (error)
		bench_die("/proc", error);
	crowd_sleep(&crowd, count);
	if (cgroups > 0)
		spread_over(&crowd, cgroups);
	(void)cgroupfs_open(&cgroupfs, NULL);
	settings_init(&settings);
	census_init(&census, INT64_C(16) << 20);
	(void)look_us(false);
	int64_t full_us = median_us(false);
	int64_t brief_us = median_us(true);
	/* Microseconds a second are 1/1000000; 100 of them are 1/10000. */
	printf("processes %u\n", census.count);
	printf("brief_us %" PRId64 "\nfull_us %" PRId64 "\n", brief_us,
	       full_us);
	printf("growth_permyriad %" PRId64 "\n", (brief_us + 99) / 100);
	printf("warn_permyriad %" PRId64 "\n",
	       (brief_us + full_us / FULL_SECONDS + 99) / 100);
	crowd_end(&crowd);
	return EXIT_SUCCESS;
}
