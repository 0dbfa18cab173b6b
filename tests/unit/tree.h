/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_TEST_TREE_H
#define OOMGUARD_TEST_TREE_H

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "fixture.h"

/* A directory that looks like /proc, made of plain files: one for each test. */
static char tree[64];

static inline void tree_begin(void)
{
	(void)snprintf(tree, sizeof(tree), "/tmp/oomguard-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(tree));
}

static inline void tree_end(void)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -r %s", tree);
	ck_assert_int_eq(system(command), 0);
}

/* The path of what is called so in the tree, with its directories made. */
static inline void tree_path(char path[512], const char *name)
{
	(void)snprintf(path, 512, "%s/%s", tree, name);
	for (char *slash = path + strlen(tree) + 1;
	     (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		ck_assert(mkdir(path, 0700) == 0 || errno == EEXIST);
		*slash = '/';
	}
}

static inline void tree_put(const char *name, const char *bytes)
{
	char path[512];
	int fd;

	tree_path(path, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, strlen(bytes)),
			 (ssize_t)strlen(bytes));
	(void)close(fd);
}

static inline void tree_link(const char *name, const char *target)
{
	char path[512];

	tree_path(path, name);
	(void)unlink(path);
	ck_assert_int_eq(symlink(target, path), 0);
}

/* A file of one process. */
__attribute__((format(printf, 3, 4))) static inline void
tree_put_of(int pid, const char *file, const char *format, ...)
{
	char name[64];
	char bytes[4096];
	va_list arguments;

	(void)snprintf(name, sizeof(name), "%d/%s", pid, file);
	va_start(arguments, format);
	(void)vsnprintf(bytes, sizeof(bytes), format, arguments);
	va_end(arguments);
	tree_put(name, bytes);
}

static inline void tree_link_of(int pid, const char *file, const char *target)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%d/%s", pid, file);
	tree_link(name, target);
}

/* Whether users may set attributes there: a tmpfs has them since Linux 6.6. */
static inline bool tree_has_attributes(void)
{
	char path[] = "/tmp/oomguard-test-XXXXXX";
	bool has = mkdtemp(path) && setxattr(path, "user.a", "", 0, 0) == 0;

	(void)rmdir(path);
	return has;
}

#endif
