/* The system calls of each kind of process, without those whose arguments matter: syscalls.c has these. */
#ifndef OS_SYSCALL_LISTS_H
#define OS_SYSCALL_LISTS_H

/* clang-format off */

/* Memory, time, locks, what is open already, to wait for a helper, and to end. */
#define CALLS_OF_ALL                                                                                                   \
    SCMP_SYS(read), SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(fstat64), SCMP_SYS(newfstatat), SCMP_SYS(statx),        \
    SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(brk), SCMP_SYS(madvise),                                              \
    SCMP_SYS(futex), SCMP_SYS(futex_time64), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(ppoll_time64),                  \
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64), SCMP_SYS(gettimeofday), SCMP_SYS(time),                        \
    SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep), SCMP_SYS(clock_nanosleep_time64), SCMP_SYS(sched_yield),           \
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigreturn), SCMP_SYS(restart_syscall),                  \
    SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(tgkill), SCMP_SYS(sched_getaffinity),            \
    SCMP_SYS(sysinfo), SCMP_SYS(wait4), SCMP_SYS(waitid), SCMP_SYS(exit), SCMP_SYS(exit_group)

/* Files that are open; threads that read ahead and decompress. */
#define CALLS_OF_FILES                                                                                                 \
    SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(pread64), SCMP_SYS(lseek), SCMP_SYS(_llseek), SCMP_SYS(ftruncate),     \
    SCMP_SYS(ftruncate64), SCMP_SYS(fcntl), SCMP_SYS(fcntl64), SCMP_SYS(fadvise64), SCMP_SYS(fadvise64_64),            \
    SCMP_SYS(arm_fadvise64_64), SCMP_SYS(eventfd2), SCMP_SYS(set_robust_list), SCMP_SYS(rseq)

/* Frames and counts of a socket that is open. It is written to nowhere. */
#define CALLS_OF_LIVE SCMP_SYS(recvfrom), SCMP_SYS(recv), SCMP_SYS(recvmsg), SCMP_SYS(getsockopt), SCMP_SYS(getsockname), \
    SCMP_SYS(lseek)

#define CALLS_OF_PROBE                                                                                                 \
    SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(getsockname), SCMP_SYS(getsockopt), SCMP_SYS(recvfrom),                \
    SCMP_SYS(recv), SCMP_SYS(recvmsg), SCMP_SYS(shutdown), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(lseek)

/* Sends by sockets that are open. */
#define CALLS_OF_SENDER                                                                                                \
    SCMP_SYS(write), SCMP_SYS(sendto), SCMP_SYS(send), SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg),\
 SCMP_SYS(recvfrom), SCMP_SYS(recv), SCMP_SYS(set_robust_list), SCMP_SYS(rseq)

/* Opens what a probe needs, and starts it. */
#define CALLS_OF_OPENER                                                                                                \
    SCMP_SYS(socket), SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg), SCMP_SYS(ioctl), SCMP_SYS(fcntl), SCMP_SYS(fcntl64), SCMP_SYS(eventfd2), SCMP_SYS(vfork), SCMP_SYS(rt_sigaction), SCMP_SYS(prctl), SCMP_SYS(capget), SCMP_SYS(capset),    \
    SCMP_SYS(setresuid), SCMP_SYS(setresuid32), SCMP_SYS(setresgid), SCMP_SYS(setresgid32), SCMP_SYS(seccomp),         \
    SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getuid32),                      \
    SCMP_SYS(geteuid32), SCMP_SYS(getgid32), SCMP_SYS(getegid32), SCMP_SYS(setgroups), SCMP_SYS(setgroups32),          \
    SCMP_SYS(landlock_create_ruleset), SCMP_SYS(landlock_add_rule), SCMP_SYS(landlock_restrict_self),                  \
    SCMP_SYS(uname), SCMP_SYS(getdents64), SCMP_SYS(close_range), SCMP_SYS(prlimit64), SCMP_SYS(ugetrlimit), SCMP_SYS(socketpair), SCMP_SYS(dup), SCMP_SYS(pread64)

/* Waits for the command of `run`, and passes signals on to it. */
#define CALLS_OF_COMMAND                                                                                               \
    SCMP_SYS(write), SCMP_SYS(kill)

/* What no module of the name service has any business with. */
#define CALLS_NOT_OF_NAMES                                                                                             \
    SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),   \
    SCMP_SYS(pidfd_getfd), SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(bpf),      \
    SCMP_SYS(perf_event_open), SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(kexec_load), SCMP_SYS(keyctl),  \
    SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup), SCMP_SYS(setuid),       \
    SCMP_SYS(setresuid), SCMP_SYS(setgid), SCMP_SYS(setresgid), SCMP_SYS(setgroups), SCMP_SYS(kill), SCMP_SYS(tkill)

/* What neither a look at this machine nor the tools that are run for it have any business with: each such call is
 * refused, and not fatal, for a tool can do without. */
#define CALLS_NOT_OF_LOCAL                                                                                             \
    SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(pidfd_getfd),                  \
    SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot),    \
    SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(delete_module),  \
    SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(reboot), SCMP_SYS(swapon), SCMP_SYS(swapoff),            \
    SCMP_SYS(keyctl), SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup),       \
    SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(mkdir),  \
    SCMP_SYS(mkdirat), SCMP_SYS(rmdir), SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(symlink), SCMP_SYS(symlinkat),      \
    SCMP_SYS(chmod), SCMP_SYS(fchmodat), SCMP_SYS(chown), SCMP_SYS(lchown), SCMP_SYS(fchownat), SCMP_SYS(truncate)

/* What another process found comes by its channel, and is written to standard output. */
#define CALLS_OF_PRINT SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(lseek)

/* clang-format on */

#endif
