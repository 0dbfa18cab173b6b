/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_PROGRAM_H
#define OOMGUARD_PROGRAM_H

#include <stddef.h>

/*
 * Runs a program (found by PATH) without standard input and error, in the
 * locale C, and keeps the first bytes of its output, NUL-terminated. It is
 * ended when `timeout_ms` are over. Returns its exit status, or -errno:
 * -ETIMEDOUT, -ENOENT, -ECHILD when a signal ended it.
 */
int program_read(const char *const arguments[], int timeout_ms, char *bytes,
		 size_t size);

#endif
