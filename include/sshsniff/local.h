/* local: what this machine itself says about its SSH service and about one client's way in.
 *
 * All of it is read by a process of its own (src/helper/local.c) from the kernel, the service manager, the rules and
 * the logs, and handed over as one struct without pointers; whoever reads it treats each text as a stranger's. Nothing
 * is changed and nothing is sent. Texts end with a NUL and are cut where they are longer. Times are microseconds since
 * 1970 on the wall clock, 0 where they are not known. Ports are in host byte order.
 */
#ifndef SSHSNIFF_LOCAL_H
#define SSHSNIFF_LOCAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshsniff/address.h>

enum { LOCAL_TEXT = 256, LOCAL_NAME = 64, LOCAL_PORTS = 8, LOCAL_LISTENERS = 16, LOCAL_RULES = 8, LOCAL_LACKS = 16 };

/* How a group of facts came to be known, or why not. */
enum local_state {
    LOCAL_NOT_ASKED = 0,
    LOCAL_KNOWN,
    LOCAL_ABSENT,      /* there is no such thing on this machine */
    LOCAL_NOT_ALLOWED, /* another right would allow it: struct local_lack says which */
    LOCAL_TIMED_OUT,
    LOCAL_UNREADABLE /* what was read makes no sense */
};

/* ---- What is asked ---- */

struct local_question {
    struct address client; /* none: not given */
    struct address server; /* the address of this machine that the client uses; none: any */
    uint16_t port;         /* 0: those of sshd's settings, or 22 */
    char user[LOCAL_NAME]; /* "" : not given */
    char interface[16];    /* on which the client's SYN arrives; "" : not known */
};

/* ---- Service ---- */

enum local_server { LOCAL_NO_SERVER = 0, LOCAL_OPENSSH, LOCAL_DROPBEAR, LOCAL_TINYSSH, LOCAL_OTHER_SERVER };
enum local_manager { LOCAL_NO_MANAGER = 0, LOCAL_SYSTEMD, LOCAL_OPENRC };
enum local_run {
    LOCAL_RUN_UNKNOWN = 0,
    LOCAL_RUNNING,
    LOCAL_STOPPED,       /* by somebody, or never started */
    LOCAL_FAILED,        /* it ended by itself: exit_status, last_line */
    LOCAL_START_LIMIT,   /* started too often too quickly, and left alone */
    LOCAL_TRIGGER_LIMIT, /* its socket was closed: too many connections too quickly */
    LOCAL_STARTING,
    LOCAL_SOCKET_WAITS /* its socket listens, and starts it for each connection */
};
enum local_enabled { LOCAL_ENABLED_UNKNOWN = 0, LOCAL_ENABLED, LOCAL_DISABLED, LOCAL_MASKED };

struct local_service {
    enum local_state state;
    enum local_server server; /* what is installed */
    enum local_manager manager;
    enum local_run run;
    enum local_enabled enabled;                 /* starts at boot */
    char package[LOCAL_NAME], unit[LOCAL_NAME]; /* "" : not known */
    int64_t since_us;                           /* in that state */
    bool suspended;                             /* it listens, and is stopped by a signal */
    int exit_status, exit_signal;               /* LOCAL_FAILED */
    char last_line[LOCAL_TEXT];                 /* of its journal or log, that says why */
    char config_error[LOCAL_TEXT];              /* what `sshd -t` complains of */
    char install_command[LOCAL_NAME];           /* where nothing is installed */
    int64_t read_us;
};

/* sshd's own word on its settings, for this client and user (sshd -T -C). */
struct local_settings {
    enum local_state state;
    uint16_t port[LOCAL_PORTS];
    uint8_t ports;
    uint32_t max_startups_begin, max_startups_rate, max_startups_full;
    uint32_t login_grace_s;
    uint32_t per_source_max_startups; /* 0: none */
    char listen[LOCAL_TEXT];          /* ListenAddress lines, with commas */
    char refuses_user[LOCAL_TEXT];    /* the line by which the user may not log in; "" : none, or no user given */
    char methods[LOCAL_TEXT];         /* what may be used to log in */
    int64_t read_us;
};

/* ---- Sockets and room ---- */

struct local_listener {
    struct address address; /* the unspecified address: all of them */
    uint16_t port;
    bool v6_only;
    bool is_ssh;  /* by its program */
    uint32_t pid; /* 0: not known */
    char program[32];
    uint32_t queue, queue_limit; /* connections that wait to be accepted */
    uint64_t socket;             /* the kernel's number for it: a new socket has a new one; 0: not known */
};

struct local_sockets {
    enum local_state state;
    struct local_listener listener[LOCAL_LISTENERS]; /* on the port asked for, and those of SSH servers on others */
    uint8_t listeners;
    bool more;
    int64_t read_us;
};

struct local_room {
    enum local_state state;
    uint64_t listen_overflows, listen_drops; /* of all listeners, since boot */
    uint32_t not_logged_in;                  /* connections to the server that have not logged in yet */
    bool not_logged_in_known;
    uint64_t conntrack, conntrack_max; /* 0: no connection tracking */
    uint64_t conntrack_drops;          /* since boot */
    uint64_t files, files_limit;       /* of the server's process; 0: not known */
    uint64_t processes, processes_limit;
    bool processes_of_unit;             /* those of the server's unit alone: its TasksMax is nearer */
    uint64_t memory_free, memory_total; /* bytes; free: what can be had without swapping */
    int64_t read_us;
};

/* ---- Rules ---- */

enum local_fate {
    LOCAL_PASSES = 0,
    LOCAL_DROPS,
    LOCAL_REJECTS_RST,
    LOCAL_REJECTS_ICMP,
    LOCAL_LIMITS,       /* passes up to a rate */
    LOCAL_LOGS,         /* goes on */
    LOCAL_FATE_UNKNOWN, /* decided by something that cannot be followed here */
    LOCAL_SENT_ON,      /* translated to another address or port: another service answers than the one there */
    LOCAL_CLOSES        /* let in by the kernel, and closed by the server before a word is said: hosts.deny */
};
enum local_owner {
    LOCAL_OWNER_NONE = 0, /* made by hand, or nobody says */
    LOCAL_UFW,
    LOCAL_FIREWALLD,
    LOCAL_FAIL2BAN,
    LOCAL_DOCKER,
    LOCAL_SSHGUARD,
    LOCAL_CROWDSEC,
    LOCAL_HOSTS_ACCESS, /* hosts.allow, hosts.deny */
    LOCAL_SSHD          /* its own penalties */
};
enum local_rules_by { LOCAL_BY_NFT = 0, LOCAL_BY_IPTABLES_LEGACY, LOCAL_BY_FILE };

/* One rule that the client's SYN meets. */
struct local_rule {
    enum local_fate fate;
    enum local_owner owner;
    enum local_rules_by by;
    bool certain; /* false: a condition of it could not be followed, "would match" is all that can be said */
    bool has_counter;
    bool is_policy;   /* of the chain: no rule matched */
    bool outgoing;    /* it stops the answer, not the SYN */
    uint64_t counter; /* packets that matched so far */
    uint64_t handle;  /* nft's; iptables-legacy's: its number in the chain */
    uint32_t number;  /* its place in the chain, from 1 */
    char family[8], table[LOCAL_NAME], chain[LOCAL_NAME];
    char called_from[LOCAL_NAME]; /* the base chain by which it was reached, if another */
    char text[LOCAL_TEXT];        /* as the tool prints it */
    char comment[LOCAL_NAME];
    char set[LOCAL_NAME];        /* that holds the client; "" : none */
    char element[LOCAL_NAME];    /* its element that the client falls under */
    int64_t set_expires_s;       /* in so many seconds; 0: never or not known */
    char log_prefix[LOCAL_NAME]; /* LOCAL_LOGS, or of the log statement in the rule */
    char command[LOCAL_TEXT];    /* by which its owner takes it away or lets the client in */
};

struct local_rules {
    enum local_state state;
    enum local_fate fate; /* of the SYN, in the end */
    struct local_rule
        met[LOCAL_RULES]; /* in the order in which the SYN meets them; the one that decides is `deciding` */
    uint8_t rules;
    int8_t deciding; /* index in met[]; -1: none, it passes by the policies */
    bool certain;    /* nothing that could change `fate` was left open */
    bool not_all_walked;
    uint32_t rules_walked, rules_in_all, set_elements;
    uint32_t generation; /* of nftables, when it was read; 0: not known */
    int64_t read_us;
    char not_walked[LOCAL_TEXT]; /* what, and why */
};

/* ---- The way back ---- */

struct local_way_back {
    enum local_state state;
    bool unreachable;             /* there is no route to the client */
    bool by_other_interface;      /* than the one on which its SYNs arrive */
    bool client_is_behind_bridge; /* a local bridge's network holds the client's address, so replies go there */
    bool bridge_is_silent;        /* and it was asked for there, and did not answer */
    bool client_is_self;
    bool server_is_here;    /* the address asked for is one of this machine */
    char route[LOCAL_TEXT]; /* as `ip route get` prints it */
    char interface[16], gateway[64], source[64], bridge[16];
    char near_interface[16]; /* on whose own network the client's address is, other than the route's; "": none */
    uint32_t unanswered;     /* connections of the client whose SYN-ACK was sent again, and not acknowledged */
    char asked_at[ADDRESS_TEXT_SIZE]; /* this machine's address that they, or others of the client, were made to; "":
                                         none */
    uint32_t mtu;                     /* bytes */
    int rp_filter;                    /* of the interface of arrival; -1: not known */
    int64_t read_us;
};

/* ---- What the logs say of this client ---- */

struct local_log {
    enum local_state state;
    char line[LOCAL_TEXT]; /* sshd's own for the client and, where known, its port */
    int64_t line_us;
    char penalty[LOCAL_TEXT]; /* the one that holds the client now; "" : none */
    int64_t read_us;
};

/* What could not be read, and what would allow it. */
struct local_lack {
    char what[LOCAL_NAME], remedy[LOCAL_TEXT];
};

struct local_facts {
    struct local_question question;
    char host_name[LOCAL_NAME];
    struct local_service service;
    struct local_settings settings;
    struct local_sockets sockets;
    struct local_room room;
    struct local_rules rules;
    struct local_way_back way_back;
    struct local_log log;
    struct local_lack lack[LOCAL_LACKS];
    uint8_t lacks;
};

/* ---- The finding ---- */

/* What keeps the client out, likeliest first. */
enum local_finding_kind {
    LOCAL_NOTHING_FOUND = 0,
    LOCAL_IS_NOT_INSTALLED,
    LOCAL_IS_NOT_RUNNING,
    LOCAL_IS_ON_ANOTHER_PORT,
    LOCAL_IS_ON_OTHER_ADDRESSES, /* 127.0.0.1 only, IPv6 only */
    LOCAL_PORT_IS_ANOTHERS,      /* another program has it */
    LOCAL_RULE_STOPS,
    LOCAL_IS_BANNED,
    LOCAL_HOSTS_DENY_STOPS,
    LOCAL_USER_IS_REFUSED,
    LOCAL_STARTUPS_FULL,
    LOCAL_QUEUE_FULL,
    LOCAL_CONNTRACK_FULL,
    LOCAL_WAY_BACK_WRONG,
    LOCAL_OUT_OF_ROOM, /* file descriptors, processes, memory */
    LOCAL_FINDINGS
};

#endif
