/* SPDX-License-Identifier: MIT */
/*
 * The guard in this process, a teller beside it, both on a stage: what was
 * looked at in the rehearsal is not published, and the teller, although the
 * largest of all, is never a candidate.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard.h"
#include "settings_table.h"
#include "stage.h"

#define BUDGET_KIB 65536
#define CALM_KIB 60000
#define DIRE_KIB 1000
#define HOG_KIB 8192
#define TELLER_KIB "16384"
#define PATIENCE_MS 10000

static struct guard guard;
static struct stage stage;
static pid_t hog;

static void finish(void)
{
	if (hog > 0)
		(void)kill(hog, SIGKILL); /* Not reaped yet: it is ours. */
	if (guard.link.pid > 0)
		(void)kill(guard.link.pid, SIGKILL);
	stage_close(&stage);
}

static void expect(bool condition, const char *what)
{
	if (condition)
		return;
	printf("FAILED: %s\n", what);
	finish();
	exit(EXIT_FAILURE);
}

/* Something that can be started without arguments, as a teller is. */
static void write_teller(const char *path)
{
	FILE *file = fopen(path, "we");

	expect(file != NULL, "fopen");
	fprintf(file,
		"#!/bin/sh\nexec " PLAYER " sit teller " TELLER_KIB
		" 500 -1 %d >/dev/null\n",
		(int)getpid());
	expect(fclose(file) == 0 && chmod(path, 0755) == 0, "chmod");
}

static long anon_kib(pid_t pid)
{
	struct process_status status = { 0 };

	return procfs_read_status(&stage.real, pid, &status) == 0
		       ? (long)status.anon_kib
		       : 0;
}

/* It has mapped all of its memory when nothing is added any more. */
static void await_size(pid_t pid, long kib)
{
	for (int ms = 0; ms < PATIENCE_MS && anon_kib(pid) < kib; ms += 10)
		(void)poll(NULL, 0, 10);
	expect(anon_kib(pid) >= kib, "a player does not fill its memory");
}

static void cast_hog(void)
{
	hog = fork();
	if (hog == 0) {
		/* What nobody reads a compiler may leave out: not a mapping. */
		(void)mmap(NULL, HOG_KIB * 1024, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		for (;;)
			(void)pause();
	}
	expect(hog > 0, "fork");
	await_size(hog, HOG_KIB);
	expect(stage_add(&stage, hog) == 0, "stage_add");
}

static void start(char *teller)
{
	expect(stage_open(&stage, BUDGET_KIB) == 0, "stage_open");
	snprintf(teller, STAGE_PATH_SIZE + 16, "%s/teller", stage.path);
	write_teller(teller);
	settings_init(&guard.settings);
	guard.settings.mode = MODE_OBSERVE;
	cast_hog();
	expect(stage_show(&stage, CALM_KIB) == 0, "stage_show");
	expect(guard_start(&guard, stage.path, NULL, teller) == 0,
	       "guard_start");
}

/* Written before anything else: nobody has looked at the machine yet. */
static void check_first_snapshot(void)
{
	static struct snapshot snapshot;

	expect(board_get_snapshot(guard.link.board, &snapshot), "a snapshot");
	expect(snapshot.ticks == 0, "it is not the first snapshot");
	expect(snapshot.candidates_count == 0, "candidates of the rehearsal");
	expect(snapshot.candidates_ms == -1, "the rehearsal was a look");
	expect(snapshot.chosen == -1, "somebody is chosen");
}

/* In calm nobody looks: who was a candidate stays, all else is of now. */
static void check_calm_snapshot(int64_t now_ms)
{
	static struct snapshot snapshot;

	expect(stage_show(&stage, CALM_KIB) == 0, "stage_show");
	guard_tick(&guard, now_ms);
	expect(guard.decision.urgency == URGENCY_NONE, "memory is short");
	expect(board_get_snapshot(guard.link.board, &snapshot), "a snapshot");
	expect(snapshot.at_ms == now_ms, "the snapshot is old");
	expect(snapshot.decision.urgency == URGENCY_NONE, "an old urgency");
	expect(snapshot.scans == guard.scans && snapshot.scans > 0 &&
		       snapshot.candidates_count == guard.candidates_count,
	       "the candidates of the last look are gone");
	expect(snapshot.candidates[0].pid == guard.candidates[guard.chosen].pid,
	       "candidates of another look");
}

static void check_candidates(void)
{
	pid_t teller = guard.link.pid;

	expect(teller > 0, "no teller");
	await_size(teller, strtol(TELLER_KIB, NULL, 10));
	expect(stage_add(&stage, teller) == 0, "stage_add");
	expect(stage_show(&stage, DIRE_KIB) == 0, "stage_show");
	guard_tick(&guard, clock_now_ms());
	expect(guard.decision.urgency == URGENCY_KILL, "memory is not short");
	expect(guard.candidates_count == 1, "not one candidate");
	expect(guard.chosen == 0 && guard.candidates[0].pid == hog,
	       "the hog is not chosen");
	/* Without a teller of its own it would be the one. */
	guard.link.pid = 0;
	guard_tick(&guard, clock_now_ms() + PATIENCE_MS + 1000);
	expect(guard.chosen >= 0 &&
		       guard.candidates[guard.chosen].pid == teller,
	       "the teller is not the largest: nothing was shown");
	guard.link.pid = teller;
	check_calm_snapshot(clock_now_ms() + PATIENCE_MS + 2000);
}

int main(void)
{
	static char teller[STAGE_PATH_SIZE + 16];

	start(teller);
	check_first_snapshot();
	check_candidates();
	finish();
	return EXIT_SUCCESS;
}
