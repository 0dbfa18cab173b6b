/* SPDX-License-Identifier: MIT */
#include "tracer.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#ifdef __x86_64__

/* The kernel does nothing for this number, but stops at its exit. */
#define NO_CALL (-1L)

static void poke(pid_t pid, size_t offset, long value)
{
	(void)ptrace(PTRACE_POKEUSER, pid, offset, value);
}

static void replace_call(pid_t pid)
{
	poke(pid, offsetof(struct user_regs_struct, orig_rax), NO_CALL);
}

static void set_result(pid_t pid, long result)
{
	poke(pid, offsetof(struct user_regs_struct, rax), result);
}

/* Waits for a stop. Returns its signal as in waitpid(2), or -ESRCH. */
static int wait_for_stop(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, __WALL) < 0)
		if (errno != EINTR)
			return -ESRCH;
	return WIFSTOPPED(status) ? status >> 8 : -ESRCH;
}

int tracer_attach(struct tracer *tracer, pid_t pid)
{
	*tracer = (struct tracer){ .pid = pid };
	if (ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACESYSGOOD) != 0 ||
	    ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) != 0)
		return -errno;
	return wait_for_stop(pid) < 0 ? -ESRCH : 0;
}

/* Lets it run to its next stop in a call. Returns PTRACE_SYSCALL_INFO_*. */
static int run_to_stop(struct tracer *tracer, int64_t *number)
{
	struct __ptrace_syscall_info info = { 0 };
	long signal = 0;
	int stop;

	do {
		(void)ptrace(PTRACE_SYSCALL, tracer->pid, NULL, signal);
		stop = wait_for_stop(tracer->pid);
		if (stop < 0)
			return stop;
		/* Signals for the guard get through. */
		signal = stop >> 8 ? 0 : stop & 0x7f;
	} while (stop != (SIGTRAP | 0x80));
	if (ptrace(PTRACE_GET_SYSCALL_INFO, tracer->pid, sizeof(info), &info) <=
	    0)
		return -errno;
	*number = (int64_t)info.entry.nr;
	return info.op;
}

int64_t tracer_next(struct tracer *tracer)
{
	for (;;) {
		int64_t number = 0;
		int op = run_to_stop(tracer, &number);

		if (op < 0)
			return op;
		if (op == PTRACE_SYSCALL_INFO_ENTRY)
			return number;
		if (op == PTRACE_SYSCALL_INFO_EXIT && tracer->error)
			set_result(tracer->pid, -tracer->error);
		tracer->error = 0;
	}
}

void tracer_fail(struct tracer *tracer, int error, bool is_done)
{
	tracer->error = error;
	if (!is_done)
		replace_call(tracer->pid);
}

void tracer_detach(struct tracer *tracer)
{
	if (tracer->error)
		(void)tracer_next(tracer);
	(void)ptrace(PTRACE_DETACH, tracer->pid, NULL, NULL);
}

#else

int tracer_attach(struct tracer *tracer, pid_t pid)
{
	*tracer = (struct tracer){ .pid = pid };
	return -ENOSYS;
}

int64_t tracer_next(struct tracer *tracer)
{
	(void)tracer;
	return -ESRCH;
}

void tracer_fail(struct tracer *tracer, int error, bool is_done)
{
	tracer->error = error;
	(void)is_done;
}

void tracer_detach(struct tracer *tracer)
{
	(void)tracer;
}

#endif
