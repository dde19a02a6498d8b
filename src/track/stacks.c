/* Who wrote a SYN-ACK, by the order of its options and its IP header. */
#include <stdlib.h>
#include <string.h>

#include <sshsniff/attempt.h>
#include <sshsniff/stack.h>

enum { STARTS_64 = 64, STARTS_128 = 128, STARTS_ANY = 0, ORDER_ROOM = 10 };

static const struct stack_row stacks[STACK_COUNT] = {
    [STACK_UNKNOWN] = {"not known", TOS_EITHER, .may_run_pf = true},
    [STACK_LINUX] = {"Linux", TOS_COPIED, .labels = true, .source = "net/ipv4/tcp_ipv4.c tcp_v4_send_reset"},
    [STACK_WINDOWS] = {"Windows", TOS_ZERO, .source = "nmap-os-db T5; judgement"},
    [STACK_FREEBSD] = {"FreeBSD", TOS_EITHER, .may_run_pf = true,
                       .source = "tcp_subr.c tcp_respond: 11 to 13 copy it, 14 does not"},
    [STACK_APPLE] = {"Apple's kind, or Juniper's", TOS_EITHER, .may_run_pf = true, .labels = true,
                     .source = "xnu tcp_subr.c tcp_respond; nmap-os-db T5"},
    [STACK_OPENBSD] = {"OpenBSD's kind", TOS_ZERO, .may_run_pf = true, .source = "tcp_subr.c tcp_respond"},
    [STACK_NETBSD] = {"NetBSD", TOS_ZERO, .may_run_pf = true, .labels = true, .source = "tcp_subr.c tcp_respond"},
    [STACK_SOLARIS] = {"Solaris", TOS_EITHER, .source = "nmap-os-db OPS"},
    [STACK_EMBEDDED] = {"a router's or an embedded stack", TOS_ZERO, .source = "nmap-os-db T5; lab"},
    [STACK_OTHER] = {"a stack of another kind", TOS_EITHER, .may_run_pf = true},
};

const struct stack_row *stack_row(enum stack stack)
{
    return &stacks[stack];
}

#define M SYN_OPTION_MSS
#define S SYN_OPTION_SACK
#define T SYN_OPTION_TIMESTAMPS
#define W SYN_OPTION_SCALE
#define N SYN_OPTION_NOP
#define E SYN_OPTION_END

/* How stacks order the options of a SYN-ACK, where the SYN offered all of them (nmap-os-db, test OPS, in counts of its
 * fingerprints; lab). Each ends with SYN_OPTION_NONE. */
static const struct {
    uint8_t order[ORDER_ROOM];
    uint8_t ttl_start;
    enum stack stack;
} orders[] = {
    {{M, S, T, N, W}, STARTS_64, STACK_LINUX},               /* 329 of 383 */
    {{M, N, W, S, T}, STARTS_128, STACK_WINDOWS},            /* 95 of 108 */
    {{M, N, W, S, T}, STARTS_64, STACK_FREEBSD},             /* 32 of 32 */
    {{M, N, W, N, N, T, S, E}, STARTS_64, STACK_APPLE},      /* macOS 89 of 110, Junos 18 of 23 */
    {{M, N, N, S, N, W, N, N, T}, STARTS_64, STACK_OPENBSD}, /* 33 of 34, and many printers */
    {{M, N, W, N, N, T, S, N, N}, STARTS_64, STACK_NETBSD},  /* 12 of 27 */
    {{S, T, M, N, W}, STARTS_ANY, STACK_SOLARIS},            /* Solaris 11: 15 of 15 */
    {{M, N, N, T, N, W}, STARTS_ANY, STACK_EMBEDDED},        /* gVisor, in the lab */
    {{M}, STARTS_ANY, STACK_EMBEDDED},                       /* IOS 111 of 141; libslirp, in the lab */
    {{M, N, W}, STARTS_ANY, STACK_EMBEDDED},                 /* lwIP and passt, in the lab */
    {{M, N, N, T}, STARTS_ANY, STACK_EMBEDDED},              /* routers that know time stamps; judgement */
};

static uint64_t packed(const uint8_t *order)
{
    uint64_t options = 0;
    for (size_t i = 0; i < ORDER_ROOM && order[i] != SYN_OPTION_NONE; i++)
        options = options << SYN_OPTION_BITS | order[i];
    return options;
}

static unsigned start_of(uint8_t ttl)
{
    return ttl <= STARTS_64 ? STARTS_64 : ttl <= STARTS_128 ? STARTS_128 : UINT8_MAX;
}

static bool has(uint64_t options, enum syn_option kind)
{
    const struct syn_shape shape = {.options = options};
    return syn_shape_has(&shape, kind);
}

static size_t append(uint8_t *order, const uint8_t *kinds, size_t count)
{
    memcpy(order, kinds, count);
    return count;
}

/* The order in which Linux would write these (tcp_output.c tcp_options_write). */
static uint64_t as_linux(uint64_t options)
{
    static const uint8_t both[] = {S, T}, stamps[] = {N, N, T}, sack[] = {N, N, S}, scale[] = {N, W};
    const bool with_sack = has(options, S), with_stamps = has(options, T);
    uint8_t order[ORDER_ROOM] = {M};
    size_t count = 1;
    count += with_sack && with_stamps ? append(order + count, both, sizeof both)
             : with_stamps            ? append(order + count, stamps, sizeof stamps)
             : with_sack              ? append(order + count, sack, sizeof sack)
                                      : 0;
    if (has(options, W))
        append(order + count, scale, sizeof scale);
    return packed(order);
}

/* Linux's SYN-ACK has ID 0 and DF (ip_output.c ip_build_and_send_pkt). Its TTL begins with 64, unless somebody set
 * net.ipv4.ip_default_ttl: then only its own order of all options tells. */
static bool header_is_linux(const struct synack_look *look)
{
    static const uint8_t whole[ORDER_ROOM] = {M, S, T, N, W};
    if (!look->ipv6 && (!look->df || look->ip_id))
        return false;
    return start_of(look->ttl) == STARTS_64 || (look->whole && look->options == packed(whole));
}

static enum stack by_order(const struct synack_look *look)
{
    for (size_t i = 0; look->whole && look->all_offered && i < sizeof orders / sizeof *orders; i++)
        if (look->options == packed(orders[i].order) &&
            (orders[i].ttl_start == STARTS_ANY || orders[i].ttl_start == start_of(look->ttl)))
            return orders[i].stack;
    return STACK_UNKNOWN;
}

enum stack stack_of_synack(const struct synack_look *look)
{
    const enum stack known = by_order(look);
    if (known != STACK_UNKNOWN && known != STACK_LINUX)
        return known;
    if (!header_is_linux(look))
        return start_of(look->ttl) == STARTS_128 ? STACK_WINDOWS : STACK_OTHER;
    if (!look->whole || has(look->options, SYN_OPTION_OTHER))
        return STACK_UNKNOWN;
    if (look->options != as_linux(look->options))
        return STACK_OTHER;
    const bool all = has(look->options, S) && has(look->options, T) && has(look->options, W);
    return all || (!look->all_offered && has(look->options, S)) ? STACK_LINUX : STACK_UNKNOWN;
}

/* Version strings that name the system: what OpenSSH's packagers and makers of devices append (VersionAddendum). */
static const struct {
    const char *text;
    enum stack stack;
} versions[] = {
    {"Debian", STACK_LINUX},     {"Ubuntu", STACK_LINUX},
    {"Raspbian", STACK_LINUX},   {"OpenSSH_for_Windows", STACK_WINDOWS},
    {"FreeBSD", STACK_FREEBSD},  {"NetBSD", STACK_NETBSD},
    {"-Cisco-", STACK_EMBEDDED}, {"-Comware", STACK_EMBEDDED},
    {"-HUAWEI", STACK_EMBEDDED}, {"ROSSSH", STACK_LINUX},
};

enum stack stack_of_version(const char *version)
{
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
        if (strstr(version, versions[i].text))
            return versions[i].stack;
    return STACK_UNKNOWN;
}

/* OpenSSH 8.2 came with Ubuntu 20.04 and its Linux 5.4; Debian 10 (4.19) had 7.9, RHEL 8 (4.18) has 8.0. */
bool version_is_recent(const char *version)
{
    enum { MAJOR = 8, MINOR = 2 };
    static const char name[] = "OpenSSH_";
    const char *at = strstr(version, name);
    if (!at || at[sizeof name - 1] < '0' || at[sizeof name - 1] > '9')
        return false;
    char *end = NULL;
    const unsigned long major = strtoul(at + sizeof name - 1, &end, 10);
    const unsigned long minor = *end == '.' && end[1] >= '0' && end[1] <= '9' ? strtoul(end + 1, NULL, 10) : 0;
    return major > MAJOR || (major == MAJOR && minor >= MINOR);
}
