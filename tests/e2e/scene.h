/* SPDX-License-Identifier: MIT */
#ifndef SCENE_H
#define SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "stage.h"

#define SCENE_CAST_MAX 16
#define SCENE_CROWD_MAX 2500
#define SCENE_TRANSCRIPT_SIZE 65536

/* What the guard is to see. Between CALM and SHORT no level is in doubt. */
#define SCENE_BUDGET_KIB 65536
#define SCENE_CALM_KIB 62000
#define SCENE_SHORT_KIB 12000 /* below term, above kill */
#define SCENE_DIRE_KIB 1000   /* below kill */
#define SCENE_LEVELS                                                           \
	"[memory]\nwarn = 45%\nterm = 40%\nkill = 5%\n"                        \
	"[strike]\ngrace = 300ms\n"

/* The same, but so that one of 12 MiB covers any gap, also raised levels. */
#define SCENE_LOW_LEVELS                                                       \
	"[memory]\nwarn = 10%\nterm = 8%\nkill = 5%\n"                         \
	"[strike]\ngrace = 300ms\n"

/* One who stands on the stage; see player.c for the roles. */
struct part {
	const char *role;
	const char *comm; /* NULL: the role */
	long amount_kib;
	int adj;            /* oom_score_adj is 500 and this */
	long uid;           /* 0: that of the test */
	const char *cgroup; /* NULL: the real one */
	bool is_copied;     /* runs a copy of the program, on the stage */
};

/* One of 12 MiB that SIGTERM ends, and one that it does not. */
extern const struct part scene_hog;
extern const struct part scene_stubborn;

struct member {
	pid_t pid;
	bool is_ready;
	pid_t child;      /* 0: it has none that it told of */
	int64_t asked_ns; /* 0: SIGTERM did not reach it, or not noticed */
	int64_t ended_ns; /* 0: it lives */
	int code;         /* as in siginfo_t: CLD_EXITED, CLD_KILLED */
	int status;
};

/* Where the guard's stderr leads. */
enum hearing {
	HEARING_LINES,  /* into the transcript */
	HEARING_STUCK,  /* a full pipe that nobody reads */
	HEARING_SOCKET, /* a full stream socket that nobody reads */
	HEARING_FULL,   /* /dev/full */
	HEARING_CLOSED, /* nowhere, and nothing is open at all */
};

/* A stage, its cast, and a real guard that guards it. */
struct scene {
	struct stage stage;
	int notes[2];
	int chld;  /* signalfd */
	int looks; /* inotify */
	int looks_count;
	const char *preload;       /* for the guard, or NULL */
	const char *teller;        /* likewise: it has none */
	const char *const *tracer; /* a program before the guard's, or NULL */
	const char *name;          /* of what is tried, or NULL */
	bool has_cgroups;          /* in the directory "cgroup" of the stage */
	pid_t guard;               /* 0: not started, or ended */
	int guard_code;            /* as in siginfo_t */
	int guard_status;
	bool guard_may_end;
	int output;
	int briefs; /* of those that live for 3 ms, so many at any time */
	int briefs_alive;
	int64_t back_kib; /* shown when somebody ends; 0: nothing is */
	size_t count;
	struct member cast[SCENE_CAST_MAX];
	size_t crowd_count;
	pid_t crowd[SCENE_CROWD_MAX];
	pid_t lost; /* one of the crowd that has exited */
	size_t length;
	size_t heard; /* up to here lines were awaited */
	char transcript[SCENE_TRANSCRIPT_SIZE];
};

/*
 * Every function here ends the test when it fails, or when what it awaits does
 * not happen within 20 s, and then shows what the guard has said.
 */
void scene_open(struct scene *scene);

/* Ends guard and cast, and takes the stage away. */
void scene_close(struct scene *scene);

/* Writes the guard's configuration anew, after SCENE_LEVELS. */
void scene_configure(struct scene *scene, const char *config);

/* Exactly this text. */
void scene_configure_raw(struct scene *scene, const char *config);

/* Starts one and waits until it is ready, then shows it to the guard. */
struct member *scene_cast(struct scene *scene, const struct part *part);

/* Starts one and does not wait. */
pid_t scene_spawn(struct scene *scene, const struct part *part);

/* Starts the guard; when it is heard, waits until it says that it guards. */
void scene_guard(struct scene *scene, enum hearing hearing);

/* The same without waiting for it. */
void scene_guard_unheard(struct scene *scene, enum hearing hearing);

/* Shows so much available memory. */
void scene_show(struct scene *scene, int64_t available_kib);

/* Overwrites a file of the stage with this text, until it is shown anew. */
void scene_spoil(struct scene *scene, const char *file, const char *text,
		 size_t length);

/* Makes meminfo readable again, with so much available memory. */
void scene_mend(struct scene *scene, int64_t available_kib);

/* Lets things happen for a moment; `what` is awaited since `from_ns`. */
void scene_turn(struct scene *scene, int64_t from_ns, const char *what);

/* A line that contains this, after the last one that was awaited. */
void scene_await_line(struct scene *scene, const char *words);
void scene_await_end(struct scene *scene, const struct member *member);

/* All is as it should be: a hog is struck when memory is short. */
void scene_check_strike(struct scene *scene, const struct member *member);

void scene_await_asked(struct scene *scene, const struct member *member);
void scene_await_state(struct scene *scene, pid_t pid, char state);

/* Until the guard has read meminfo so often. */
void scene_await_looks(struct scene *scene, int count);

/* Sends it to the guard and waits until that has ended. */
void scene_end_guard(struct scene *scene, int signal);

/* How many lines of the guard contain this. */
int scene_count(const struct scene *scene, const char *words);

/* The same with a pid: scene_count_of(scene, "SIGTERM to", pid). */
int scene_count_of(const struct scene *scene, const char *words, pid_t pid);

/*
 * Whether memory was seen to be back too late, so that the guard had to take
 * the strike for futile: then the stage has failed, and is played again.
 */
bool scene_was_late(const struct scene *scene);
#define SCENE_TRIES 5

/* Whether it is there and no zombie. */
bool scene_lives(struct scene *scene, pid_t pid);

/* Ends the test with this and all that the guard has said. */
_Noreturn void scene_fail(const struct scene *scene, const char *what);

#define scene_expect(scene, condition)                                         \
	do {                                                                   \
		if (!(condition))                                              \
			scene_fail(scene, __FILE__ ": not true: " #condition); \
	} while (0)

int64_t scene_now_ns(void);

#endif
