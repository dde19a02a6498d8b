/* probe: the one room that sends. It asks a single host the questions that packets alone leave open.
 *
 * A plan of probe packets (crafted SYNs, a ping, one UDP datagram) goes out at a bounded rate; what comes back is read
 * through source, decode and track, and filed with the probe packet that it answers. `probe_judge` is a pure function
 * from those facts and the passive verdict on the same packets to a verdict: the same causes, confidence and evidence.
 *
 * Ports and sequence numbers are in host byte order; times are microseconds; 0 means "not seen".
 */
#ifndef SSHSNIFF_PROBE_H
#define SSHSNIFF_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <sshsniff/address.h>
#include <sshsniff/port_set.h>
#include <sshsniff/verdict.h>

#define PROBE_ERROR_SIZE 320

/* ---- The target ---- */

#define PROBE_NAME_SIZE 256

struct probe_target {
    char host[PROBE_NAME_SIZE]; /* as given, without brackets and port */
    uint16_t port;              /* 0: not given */
};

/* Reads HOST, HOST:PORT, [V6] and [V6]:PORT. False with one line in `error`: bad syntax, or a network instead of a
 * host. */
bool probe_target_parse(const char *text, struct probe_target *out, char error[PROBE_ERROR_SIZE]);

/* NULL, or why this address is not probed: one host is one target. */
const char *probe_refuses(const struct address *address);

/* ---- The name ---- */

#define PROBE_ADDRESSES 16

/* What `ssh` would do with the host as given. */
struct probe_name {
    char hostname[PROBE_NAME_SIZE]; /* after ssh_config's HostName */
    char user[64];
    char jump[PROBE_NAME_SIZE];   /* ProxyJump, "" for none; then hostname and port are the first hop's */
    char wanted[PROBE_NAME_SIZE]; /* with a jump: the host behind it */
    char proxy_command[PROBE_NAME_SIZE];
    char control_path[PROBE_NAME_SIZE];
    uint16_t port;
    int family;                              /* AddressFamily: 4, 6; 0: any */
    bool config_read;                        /* `ssh -G` answered */
    struct address address[PROBE_ADDRESSES]; /* in the order in which ssh would try them */
    uint32_t scope[PROBE_ADDRESSES];         /* interface of a link-local address */
    unsigned addresses, ipv4, ipv6;
    int64_t time4_us, time6_us; /* how long each family's look-up took */
    char failure[128];          /* why there is no address; "" where there is one */
};

/* Asks `ssh -G` as the user who called (no shell). */
void probe_name_configured(const struct probe_target *target, struct probe_name *out);
/* Then the resolver, for each family; what it says is better read without any right. `family`: 0, 4 or 6. */
void probe_name_resolve(struct probe_name *name, int family);
/* Bounds what another process has filled in. */
void probe_name_check(struct probe_name *name);

/* Only the first step: what ssh_config makes of `argv` (ssh's own arguments, NULL-terminated). False where ssh could
 * not be asked. */
bool probe_ask_ssh(char *const argv[], struct probe_name *out);

/* ---- The way there ---- */

struct probe_route {
    struct address source;
    char interface[16]; /* "any" where it could not be told */
    unsigned ifindex;
    bool near;   /* the target is on a network of this machine's own */
    bool local;  /* the target is this machine */
    bool others; /* there are more interfaces that answers could come in by */
};

bool probe_route_find(const struct address *target, uint32_t scope, struct probe_route *out,
                      char error[PROBE_ERROR_SIZE]);

/* ---- The facts ---- */

enum probe_kind {
    ASK_MARKED = 0,   /* SYN to the SSH port, TOS 0x28 */
    ASK_OTHER_MARK,   /* the same, TOS 0x58 */
    ASK_PLAIN,        /* the same, TOS 0 */
    ASK_CONTROL,      /* SYN to a port that is surely closed, TOS 0x28 */
    ASK_PING,         /* ICMP echo, TOS 0x28 */
    ASK_SHORT_HEADER, /* SYN whose TCP header claims four words: a kernel drops it, netfilter's reject answers it */
    ASK_CONTROL_SHORT,
    ASK_BAD_SUM,       /* SYN with a wrong TCP checksum: neither kernel nor netfilter answers it */
    ASK_UDP,           /* datagram to a closed port, TOS 0x28: the host's ICMP error quotes what arrived there */
    ASK_SWEEP,         /* SYN to the SSH port with a small TTL */
    ASK_CONTROL_SWEEP, /* SYN to a control port with a small TTL */
    ASK_PING_SWEEP,    /* ICMP echo with a small TTL */
    ASK_STAMP,         /* SYN to the SSH port whose IPv4 timestamp option overflows at the target */
    ASK_CONTROL_STAMP,
    ASK_FRAGMENT, /* the first fragment of a SYN to the SSH port, whose rest never comes */
    ASK_CONTROL_FRAGMENT,
    ASK_FAR_FRAGMENT, /* IPv6: a fragment beyond the longest datagram */
    ASK_OTHER_PORT,   /* SYN to another port that SSH is often found on */
    ASK_KINDS
};

enum reply_kind { REPLY_NONE = 0, REPLY_SYNACK, REPLY_RST, REPLY_ICMP, REPLY_ECHO };

struct probe_reply {
    enum reply_kind kind;
    uint64_t number;
    int64_t ts_us;
    struct address sender;
    uint8_t ttl, tos, tcp_flags;
    bool df, has_options;
    uint16_t ip_id, window;
    uint32_t flow_label, seq, ack;
    uint8_t icmp_type, icmp_code, quoted_ttl, quoted_tos; /* REPLY_ICMP */
};

struct probe_packet {
    enum probe_kind kind;
    uint16_t port;        /* destination */
    uint16_t source_port; /* each probe packet has its own: a reply names it by that */
    uint32_t seq;
    uint8_t tos, ttl;
    uint8_t max_sends, sends;
    bool on_wire;    /* seen leaving */
    uint64_t number; /* its first frame */
    int64_t first_us, last_us, next_us;
    struct probe_reply reply;
};

#define PROBE_PACKETS 224
#define PROBE_HOPS    30
/* Values that no stack writes by itself and no program asks for: not 0 and 0x10, which forged resets carry (netfilter;
 * pf and ipfw), and not OpenSSH's 0x48, 0xb8 and 0x20, which some devices drop or queue apart. */
#define PROBE_MARK       0x28
#define PROBE_OTHER_MARK 0x58
#define PROBE_FULL_TTL   64

struct probe_hop {
    struct address address; /* none: it did not answer */
    int64_t rtt_us;
    uint8_t ttl;
    bool target;   /* the target itself answered here */
    char name[64]; /* "" : none, or not looked up */
};

#define PROBE_SERVICES 32
#define PROBE_MACS     2

/* A port that was connected to, and what it said first. */
struct probe_service {
    uint16_t port;
    bool accepted, closed, refused, is_ssh;
    char banner[SSH_BANNER_SIZE]; /* first line, printable; "" : none */
    int64_t banner_us;            /* after the connection was there */
};

struct probe_facts {
    struct address source, target;
    uint16_t port;
    uint16_t base_port; /* of the probe packets' source ports */
    bool near, local;
    bool elsewhere;    /* a connection was answered, and the interface that was watched has not seen it */
    bool sockets_only; /* no raw sockets: connect(), IP_TTL and IP_RECVERR */
    unsigned packets;
    struct probe_packet packet[PROBE_PACKETS];
    uint32_t neighbour_requests; /* ARP or neighbour solicitations for the target */
    bool neighbour_found;
    unsigned neighbour_macs; /* different ones that answered for the target; no more are kept than have room */
    uint8_t neighbour_mac[PROBE_MACS][6];
    struct probe_service banner_check; /* the one connection to the SSH port */
    unsigned services;
    struct probe_service service[PROBE_SERVICES]; /* other ports that accepted */
    unsigned hops;
    struct probe_hop hop[PROBE_HOPS];
    int64_t started_us, ended_us;
    uint32_t packets_sent;
    int send_error; /* errno of the latest send that failed; EPERM: this machine's own firewall */
};

/* ---- The judgement ---- */

enum probe_echo { PROBE_ECHO_UNKNOWN = 0, PROBE_ECHO_WORKS, PROBE_ECHO_REWRITTEN, PROBE_ECHO_UNUSABLE };

struct probe_verdict {
    struct verdict verdict;
    unsigned hop;               /* where it stops or is forged, counted from 1; 0: not known */
    unsigned host_hop;          /* where the target is; 0: not known */
    struct address hop_address; /* none: not known */
    enum probe_echo echo;       /* whether a copied TOS can be trusted on this path */
    bool patience_settles;      /* what is open here, a minute of waiting may settle */
    char note[256];             /* what could not be used or told, for a person; "" : nothing */
};

/* `passive`: what diagnose() says of the principal attempt, or NULL. Pure: facts to verdict. `facts->hop` is
 * filled first by probe_hops. Evidence points into `facts`. */
void probe_judge(const struct probe_facts *facts, const struct verdict *passive, struct probe_verdict *out);

/* Fills the table of hops from the sweeps. */
void probe_hops(struct probe_facts *facts);

/* ---- All ports ---- */

/* The answer to a SYN must carry this, plus 1: so no table of what was sent is kept, and nothing forged from elsewhere
 * counts. */
struct probe_cookie_key {
    uint64_t k[2];
};
uint32_t probe_cookie(const struct probe_cookie_key *key, const struct address *target, uint16_t port);

/* What a sweep found. */
struct probe_sweep {
    struct port_set open, closed, rejected;
    unsigned open_count, closed_count, rejected_count;
    uint64_t sent, received;
    unsigned rounds;
    int64_t took_us;
};

/* ---- Running it ---- */

struct probe_options {
    unsigned rate;       /* packets a second */
    int64_t deadline_us; /* give up after this */
    int64_t banner_us;   /* how long a banner is waited for */
    bool all_ports, numeric, no_privilege;
    bool patient;              /* a minute more, where only that can tell the last router from the host */
    struct probe_sweep *sweep; /* NULL: only the plan's ports */
    unsigned sweep_rate;       /* at most so many packets a second, beside `rate` */
    bool sweep_last;           /* not before the plan is through */
    uint16_t base_port;        /* 0: random */
    /* Called when all that needs privilege is open, before anything is sent; NULL: nothing to do. `capture`: the
     * descriptor of what is watched, whose number is not given out again; -1: none. False, with one line in `error`,
     * ends the probe. */
    bool (*opened)(void *context, int capture, char error[PROBE_ERROR_SIZE]);
    void *opened_context;
};

/* Called once, with everything that the verdict rests on. `file` may be made up where no packet was ever seen. */
typedef void (*probe_handler)(void *context, const struct probe_facts *facts, const struct case_file *file,
                              const struct probe_verdict *verdict, const char *interface);

/* Probes one address. False with one line in `error` where nothing could be sent. */
bool probe_run(const struct address *target, uint32_t scope, uint16_t port, const struct probe_options *options,
               probe_handler handler, void *context, char error[PROBE_ERROR_SIZE]);

/* Prints every group of packets that would be sent. */
void probe_print_plan(FILE *out, const struct address *target, uint16_t port, const struct probe_options *options);

#endif
