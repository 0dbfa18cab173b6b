/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_SIM_CALLS_H
#define OOMGUARD_SIM_CALLS_H

/*
 * Included before everything else in the sources of lib/ and daemon/ when they
 * are built for the simulator: what they ask of the kernel, of the clock and of
 * threads is asked of the simulated machine (calls.c). So all of the guard runs
 * as it is: doors, parsers, decisions, loop, clerk, reapers, warden.
 */

/* Checked copies of the calls have other names. */
#undef _FORTIFY_SOURCE

#define clock_gettime sim_clock_gettime
#define close sim_close
#define eventfd sim_eventfd
#define fcntl sim_fcntl
#define fgetxattr sim_fgetxattr
#define flock sim_flock
#define fork sim_fork
#define fsetxattr sim_fsetxattr
#define fstat sim_fstat
#define fstatat sim_fstatat
#define fstatfs sim_fstatfs
#define ftruncate sim_ftruncate
#define getenv sim_getenv
#define geteuid sim_geteuid
#define getpid sim_getpid
#define getrlimit sim_getrlimit
#define getrusage sim_getrusage
#define getuid sim_getuid
#define inotify_add_watch sim_inotify_add_watch
#define inotify_init1 sim_inotify_init1
#define inotify_rm_watch sim_inotify_rm_watch
#define lseek sim_lseek
#define memfd_create sim_memfd_create
#define mmap sim_mmap
#define nanosleep sim_nanosleep
#define open sim_open
#define openat sim_openat
#define poll sim_poll
#define posix_fallocate sim_posix_fallocate
#define ppoll sim_ppoll
#define pread sim_pread
#define pthread_create sim_pthread_create
#define pthread_mutex_lock sim_pthread_mutex_lock
#define pthread_mutex_unlock sim_pthread_mutex_unlock
#define pthread_timedjoin_np sim_pthread_timedjoin_np
#define pwrite sim_pwrite
#define read sim_read
#define readlink sim_readlink
#define readlinkat sim_readlinkat
#define recv sim_recv
#define send sim_send
#define setpriority sim_setpriority
#define setrlimit sim_setrlimit
#define signal sim_signal
#define signalfd sim_signalfd
#define sigprocmask sim_sigprocmask
#define socketpair sim_socketpair
#define syscall sim_syscall
#define sysconf sim_sysconf
#define uname sim_uname
#define unlinkat sim_unlinkat
#define waitpid sim_waitpid
#define write sim_write

#endif
