/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SANDBOX_H
#define OOMGUARD_SANDBOX_H

#define SANDBOX_MEMORY (64L * 1024 * 1024)
#define SANDBOX_DESCRIPTORS 64

/*
 * Gives up what the teller does not need, for good: capabilities, new
 * privileges, descriptors above `last_fd`, and more memory and descriptors
 * than it can use without a mistake. Returns 0 or -errno.
 */
int sandbox_enter(int last_fd);

#endif
