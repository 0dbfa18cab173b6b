/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_BENCH_CROWD_H
#define OOMGUARD_BENCH_CROWD_H

#include <stdint.h>
#include <sys/types.h>

#define CROWD_MOST 40000

/* Many children of this program that sleep, or a few that spin. */
struct crowd {
	uint32_t count;
	pid_t pids[CROWD_MOST];
};

/* They end with this program. Ends it where they cannot be started. */
void crowd_sleep(struct crowd *crowd, uint32_t count);
void crowd_spin(struct crowd *crowd, uint32_t count);

/* Ends and reaps them all. */
void crowd_end(struct crowd *crowd);

/* Nanoseconds that a process has run, all its threads; -1: it is gone. */
int64_t crowd_cpu_ns(pid_t pid);

/* The middle one of the values, which it sorts. */
int64_t bench_median(int64_t *values, uint32_t count);

/* Prints the median as NAME_us, and the quartiles as NAME_low_us, _high_us. */
void bench_tell(const char *name, int64_t *values, uint32_t count);

/* CLOCK_MONOTONIC, and CLOCK_THREAD_CPUTIME_ID, in nanoseconds. */
int64_t bench_now_ns(void);
int64_t bench_cpu_ns(void);

/* Says what failed and ends the program, and with it its children. */
_Noreturn void bench_die(const char *what, int error);

#endif
