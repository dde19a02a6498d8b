/* The lists. A call that is not on a machine (poll on arm64) has a negative number, and is passed over. */
#include "syscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/if_packet.h>
#include <linux/seccomp.h>

#include "descriptors.h"
#include "syscall_lists.h"

#define EXIT_VIOLATED 1
#if defined(__s390__) || defined(__s390x__)
#define CLONE_FLAGS 1
#else
#define CLONE_FLAGS 0
#endif
#define MOST_DESCRIPTORS 64

/* ---- What happens to a process that asks for something else ---- */

static void on_violation(int number, siginfo_t *info, void *context)
{
    char text[96];
    (void)number;
    (void)context;
    int length = snprintf(text, sizeof text, "sshsniff: system call %d is not one that this process may make; ended\n",
                          info->si_syscall);
    if (length > 0)
        (void)!write(STDERR_FILENO, text, (size_t)length);
    _exit(EXIT_VIOLATED);
}

static bool handle_violations(void)
{
    struct sigaction action = {.sa_sigaction = on_violation, .sa_flags = SA_SIGINFO};
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, SIGSYS);
    return sigaction(SIGSYS, &action, NULL) == 0 && sigprocmask(SIG_UNBLOCK, &one, NULL) == 0;
}

bool syscalls_can_be_limited(void)
{
    uint32_t action = SECCOMP_RET_TRAP;
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

/* ---- Rules ---- */

/* Conditions on an argument, counted from 0. */
static struct scmp_arg_cmp equal(unsigned argument, scmp_datum_t value)
{
    return (struct scmp_arg_cmp){.arg = argument, .op = SCMP_CMP_EQ, .datum_a = value};
}

static struct scmp_arg_cmp differs(unsigned argument, scmp_datum_t value)
{
    return (struct scmp_arg_cmp){.arg = argument, .op = SCMP_CMP_NE, .datum_a = value};
}

static struct scmp_arg_cmp masked(unsigned argument, scmp_datum_t mask, scmp_datum_t value)
{
    return (struct scmp_arg_cmp){.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}

/* One after the other; the first failure is kept. */
struct rules {
    scmp_filter_ctx context;
    int failure;
};

static void add(struct rules *rules, uint32_t action, int call, unsigned count, const struct scmp_arg_cmp *compared)
{
    if (call >= 0 && rules->failure == 0)
        rules->failure = seccomp_rule_add_array(rules->context, action, call, count, compared);
}

static void allow(struct rules *rules, const int *calls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add(rules, SCMP_ACT_ALLOW, calls[i], 0, NULL);
}

static void allow_where(struct rules *rules, int call, struct scmp_arg_cmp compared)
{
    add(rules, SCMP_ACT_ALLOW, call, 1, &compared);
}

/* Memory that holds code is nobody's but the loader's. */
static void allow_memory(struct rules *rules)
{
    const struct scmp_arg_cmp no_code = masked(2, PROT_EXEC, 0);
    allow_where(rules, SCMP_SYS(mmap), no_code);
    allow_where(rules, SCMP_SYS(mmap2), no_code);
    allow_where(rules, SCMP_SYS(mprotect), no_code);
}

/* A thread, and no process. clone3 hides its flags behind a pointer: the C library does without where it is not there.
 */
static void allow_threads(struct rules *rules)
{
    const scmp_datum_t flags = CLONE_THREAD | CLONE_VM | CLONE_SIGHAND;
    allow_where(rules, SCMP_SYS(clone), masked(CLONE_FLAGS, flags, flags));
    add(rules, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0, NULL);
    /* The C library sets up signals of its own with the first thread. */
    allow_where(rules, SCMP_SYS(rt_sigaction), differs(0, SIGSYS));
}

/* To read is denied as any file may be, for libraries look for files that they can do without; to write is fatal. */
static void rule_files(struct rules *rules, bool may_read)
{
    const uint32_t action = may_read ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EACCES);
    const scmp_datum_t writing = O_ACCMODE | O_CREAT | O_TRUNC;
    const struct scmp_arg_cmp openat_reads = masked(2, writing, O_RDONLY);
    const struct scmp_arg_cmp open_reads = masked(1, writing, O_RDONLY);
    static const int looks[] = {SCMP_SYS(access),     SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink),
                                SCMP_SYS(readlinkat), SCMP_SYS(stat),      SCMP_SYS(lstat),      SCMP_SYS(statfs)};
    add(rules, action, SCMP_SYS(openat), 1, &openat_reads);
    add(rules, action, SCMP_SYS(open), 1, &open_reads);
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++)
        add(rules, action, looks[i], 0, NULL);
}

/* ---- Descriptors that may be written to, in a process that holds a socket which must not be ---- */

/* An eventfd, by which a signal handler wakes whoever waits: it is of no kind that files have. */
static bool is_wakeup(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && (status.st_mode & S_IFMT) == 0;
}

static void allow_writing(struct rules *rules, const struct confinement *wanted)
{
    for (int fd = STDOUT_FILENO; fd < MOST_DESCRIPTORS; fd++)
        if (fd <= STDERR_FILENO || fd == wanted->output || is_wakeup(fd)) {
            allow_where(rules, SCMP_SYS(write), equal(0, (scmp_datum_t)fd));
            allow_where(rules, SCMP_SYS(writev), equal(0, (scmp_datum_t)fd));
        }
    if (wanted->output >= 0) {
        allow_where(rules, SCMP_SYS(ftruncate), equal(0, (scmp_datum_t)wanted->output));
        allow_where(rules, SCMP_SYS(ftruncate64), equal(0, (scmp_datum_t)wanted->output));
    }
}

static void allow_channel(struct rules *rules, int channel)
{
    const scmp_datum_t fd = (scmp_datum_t)channel;
    if (channel <= STDIN_FILENO)
        return;
    allow_where(rules, SCMP_SYS(sendto), equal(0, fd));
    allow_where(rules, SCMP_SYS(recvfrom), equal(0, fd));
    allow_where(rules, SCMP_SYS(send), equal(0, fd));
    allow_where(rules, SCMP_SYS(recv), equal(0, fd));
}

/* ---- The kinds of process ---- */

static void refuse_sockets(struct rules *rules)
{
    add(rules, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket), 0, NULL);
    add(rules, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(uname), 0, NULL);
}

static void list_files(struct rules *rules, const struct confinement *wanted)
{
    static const int calls[] = {CALLS_OF_FILES};
    allow(rules, calls, sizeof calls / sizeof *calls);
    allow_threads(rules);
    rule_files(rules, false);
    if (wanted->looks_up)
        refuse_sockets(rules);
}

static void list_live(struct rules *rules, const struct confinement *wanted, bool landlock)
{
    static const int calls[] = {CALLS_OF_LIVE};
    allow(rules, calls, sizeof calls / sizeof *calls);
    allow_writing(rules, wanted);
    allow_channel(rules, wanted->channel);
    allow_channel(rules, wanted->other_channel);
    allow_channel(rules, wanted->third_channel);
    /* The filter is widened while frames come; libpcap lets go of its ring before it closes. */
    const struct scmp_arg_cmp filter[] = {equal(1, SOL_SOCKET), equal(2, SO_ATTACH_FILTER)};
    const struct scmp_arg_cmp ring[] = {equal(1, SOL_PACKET), equal(2, PACKET_RX_RING)};
    add(rules, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 2, filter);
    add(rules, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 2, ring);
    /* libpcap asks what became of an interface that went down. */
    allow_where(rules, SCMP_SYS(ioctl), equal(1, SIOCGIFFLAGS));
    allow_where(rules, SCMP_SYS(ioctl), equal(1, SIOCGIFINDEX));
    allow_where(rules, SCMP_SYS(ioctl), equal(1, SIOCGIFNAME));
    rule_files(rules, landlock);
    if (wanted->looks_up)
        refuse_sockets(rules);
}

/* By all descriptors below those that are given out while others are held, so not by the capture's. To allow a range is
 * safer than to deny a number: the kernel does not look at the upper half of a register, and this does. */
static void allow_sending(struct rules *rules, int capture)
{
    static const int calls[] = {SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(sendto), SCMP_SYS(send),
                                SCMP_SYS(setsockopt)};
    if (capture >= 0 && capture < DESCRIPTORS_HELD)
        rules->failure = -EMFILE;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (capture < 0)
            add(rules, SCMP_ACT_ALLOW, calls[i], 0, NULL);
        else
            allow_where(rules, calls[i], masked(0, ~(scmp_datum_t)(DESCRIPTORS_HELD - 1), 0));
    const struct scmp_arg_cmp ring[] = {equal(1, SOL_PACKET), equal(2, PACKET_RX_RING)};
    add(rules, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 2, ring);
}

static void list_probe(struct rules *rules, int capture)
{
    static const int calls[] = {CALLS_OF_PROBE};
    static const int families[] = {AF_INET, AF_INET6};
    allow(rules, calls, sizeof calls / sizeof *calls);
    allow_sending(rules, capture);
    allow_threads(rules);
    rule_files(rules, false);
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        const struct scmp_arg_cmp stream[] = {equal(0, (scmp_datum_t)families[i]), masked(1, 0xf, SOCK_STREAM)};
        add(rules, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2, stream);
    }
}

static void list_sender(struct rules *rules)
{
    static const int calls[] = {CALLS_OF_SENDER};
    allow(rules, calls, sizeof calls / sizeof *calls);
    allow_threads(rules);
    rule_files(rules, false);
}

/* Its children become processes that probe, so their calls are here, too. */
static void list_opener(struct rules *rules, bool landlock)
{
    static const int probe[] = {CALLS_OF_PROBE}, calls[] = {CALLS_OF_OPENER};
    allow(rules, probe, sizeof probe / sizeof *probe);
    allow_sending(rules, -1);
    allow(rules, calls, sizeof calls / sizeof *calls);
    allow_where(rules, SCMP_SYS(clone), masked(CLONE_FLAGS, CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS, 0));
    add(rules, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0, NULL);
    (void)landlock;
    rule_files(rules, true);
}

static void list_command(struct rules *rules, const struct confinement *wanted)
{
    static const int calls[] = {CALLS_OF_COMMAND};
    allow(rules, calls, sizeof calls / sizeof *calls);
    allow_channel(rules, wanted->channel);
    rule_files(rules, false);
}

/* Modules of the name service are loaded, and each has calls of its own: so what it may not is listed. */
static void list_names(struct rules *rules)
{
    static const int calls[] = {CALLS_NOT_OF_NAMES};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        add(rules, SCMP_ACT_TRAP, calls[i], 0, NULL);
}

/* Tools are run, and each has calls of its own: so what they may not is listed. */
static void list_local(struct rules *rules)
{
    static const int calls[] = {CALLS_NOT_OF_LOCAL};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        add(rules, SCMP_ACT_ERRNO(EPERM), calls[i], 0, NULL);
}

static void list_print(struct rules *rules, const struct confinement *wanted)
{
    static const int calls[] = {CALLS_OF_PRINT};
    allow(rules, calls, sizeof calls / sizeof *calls);
    allow_channel(rules, wanted->channel);
    rule_files(rules, false);
}

/* Those of which what they may not is listed. */
static bool runs_what_others_wrote(enum process_kind kind)
{
    return kind == PROCESS_NAMES || kind == PROCESS_LOCAL;
}

static void list(struct rules *rules, const struct confinement *wanted, bool landlock)
{
    static const int common[] = {CALLS_OF_ALL};
    if (wanted->kind == PROCESS_NAMES) {
        list_names(rules);
        return;
    }
    if (wanted->kind == PROCESS_LOCAL) {
        list_local(rules);
        return;
    }
    allow(rules, common, sizeof common / sizeof *common);
    allow_memory(rules);
    allow_where(rules, SCMP_SYS(ioctl), equal(1, TCGETS)); /* isatty */
    switch (wanted->kind) {
    case PROCESS_FILES:
        list_files(rules, wanted);
        break;
    case PROCESS_LIVE:
        list_live(rules, wanted, landlock);
        break;
    case PROCESS_PROBE:
        list_probe(rules, wanted->capture);
        break;
    case PROCESS_SENDER:
        list_sender(rules);
        break;
    case PROCESS_OPENER:
        list_opener(rules, landlock);
        break;
    case PROCESS_PRINT:
        list_print(rules, wanted);
        break;
    default:
        list_command(rules, wanted);
        break;
    }
}

bool syscalls_limit(const struct confinement *wanted, bool landlock)
{
    struct rules rules = {.context =
                              seccomp_init(runs_what_others_wrote(wanted->kind) ? SCMP_ACT_ALLOW : SCMP_ACT_TRAP)};
    if (rules.context == NULL || !handle_violations())
        return false;
    list(&rules, wanted, landlock);
    if (rules.failure == 0)
        rules.failure = seccomp_attr_set(rules.context, SCMP_FLTATR_CTL_TSYNC, 1);
    if (rules.failure == 0)
        rules.failure = seccomp_load(rules.context);
    seccomp_release(rules.context);
    errno = -rules.failure;
    return rules.failure == 0;
}
