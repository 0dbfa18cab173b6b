/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_HOT_H
#define OOMGUARD_HOT_H

/*
 * Included last in every source on the way from a wake-up to a signal: what
 * allocates, uses stdio or may wait for somebody else does not compile there.
 */
#pragma GCC poison malloc calloc realloc free strdup
#pragma GCC poison printf fprintf sprintf snprintf vsnprintf fopen fgets
#pragma GCC poison opendir readdir getpwnam getpwuid localtime regcomp

#endif
