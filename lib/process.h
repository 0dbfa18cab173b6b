/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_PROCESS_H
#define OOMGUARD_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROCESS_COMM_SIZE 16 /* TASK_COMM_LEN, with the NUL */

/* What the kernel shows for -1000, kernel threads and vfork children. */
#define PROCESS_SCORE_NEVER 0

/*
 * What is used of /proc/PID/status (proc_pid_status(5)). The file takes the
 * siglock of the process for a moment and never its mmap_lock.
 */
struct process_status {
	char comm[PROCESS_COMM_SIZE]; /* as the process set it, any byte */
	char state;                   /* R S D Z T t X I */
	int32_t parent;
	uint32_t uid;       /* the real one */
	bool has_memory;    /* false: the main thread has no memory (left) */
	int64_t anon_kib;   /* RssAnon */
	int64_t file_kib;   /* RssFile */
	int64_t shmem_kib;  /* RssShmem */
	int64_t swap_kib;   /* VmSwap */
	int64_t tables_kib; /* VmPTE */
	uint64_t ignored;   /* SigIgn and SigCgt: bit 14 is SIGTERM */
	uint64_t caught;
	bool is_namespace_init; /* pid 1 of a pid namespace below ours */
};

/*
 * Parses /proc/PID/status. Name, State, PPid and Uid must be there. The name
 * comes unescaped (the kernel writes a newline as \n). Returns 0, or -EBADMSG
 * with *out unchanged.
 */
int process_parse_status(const char *bytes, size_t length,
			 struct process_status *out);

/*
 * What is used of /proc/PID/stat. It takes exec_update_lock and can wait for
 * an execve() of the process: for the census only, never on the way to a
 * signal.
 */
struct process_stat {
	char comm[PROCESS_COMM_SIZE];
	int32_t parent;
	uint64_t start_ticks; /* since boot; with the pid it names a process */
	int64_t rss_pages;
	uint64_t system_ticks; /* what the kernel has worked for it */
	bool is_kernel;        /* a thread of the kernel: PF_KTHREAD */
};

/* The name ends at the last parenthesis. Returns 0 or -EBADMSG, as above. */
int process_parse_stat(const char *bytes, size_t length,
		       struct process_stat *out);

/*
 * oom_score: two thirds of a thousand, of oom_score_adj and of the thousandths
 * of memory and swap that are mapped (proc_oom_score() of the kernel). What is
 * mapped twice counts twice, so that it has no end at 2000.
 */
int process_parse_score(const char *bytes, size_t length, int64_t *out);

/* oom_score_adj, -1000 to 1000. */
int process_parse_adj(const char *bytes, size_t length, int64_t *out);

#endif
