/* What programs print when a login fails, and which causes make them print it. */
#ifndef REPORT_MESSAGES_H
#define REPORT_MESSAGES_H

#include <stddef.h>

#include <sshsniff/cause.h>

/* How far a client's own log says that it came. */
enum log_stage {
    LOG_UNKNOWN = 0,
    LOG_CONNECTING,
    LOG_CONNECTED, /* no word of the server yet */
    LOG_VERSIONS,
    LOG_KEX,
    LOG_LOGIN,
    LOG_SESSION,
    LOG_STAGES
};

/* How much a message says: of several in one log, the strongest is believed, and of those the last. */
enum strength {
    SAYS_THAT = 1, /* that it failed; some other line says why */
    SAYS_HOW,      /* how it failed */
    SAYS_WHY,      /* why, or exactly where in the login */
};

struct message {
    /* Pieces that stand in one line in this order, "*" between them; letters' case does not matter. */
    const char *text;
    const char *program; /* which prints it, first of all */
    const char *says;    /* what it says, in a sentence */
    enum strength strength;
    enum log_stage from, to;  /* only where the log says that it came so far; LOG_UNKNOWN: wherever */
    const enum cause *causes; /* likeliest first; CAUSE_COUNT ends them */
};

/* All of them, file by file; NULL beyond the last. */
const struct message *message_at(size_t index);

/* The lists of messages_*.c; each ends with a row without text. */
extern const struct message messages_openssh[], messages_server[], messages_putty[], messages_python[],
    messages_libraries[], messages_system[];

/* What a line of ssh -v says of how far it came: the last that stands in the log counts. */
struct log_mark {
    const char *text;
    enum log_stage stage;
};
extern const struct log_mark log_marks[]; /* ends with a row without text */

/* Where the log ends there without any message: what says so, and what keeps a login there. */
struct log_end {
    const char *says;
    const enum cause *causes;
};
extern const struct log_end log_ends[LOG_STAGES];

/* How messages name the server: %h and %p stand for host and port, * for what lies between. Ends with NULL. */
extern const char *const server_patterns[];

/* No stage is asked for. */
#define ANYWHERE LOG_UNKNOWN, LOG_UNKNOWN

#define CAUSES(...) ((const enum cause[]){__VA_ARGS__, CAUSE_COUNT})

/* What several programs say in words of their own: what makes them say it, likeliest first. */
#define REFUSED                                                                                                        \
    CAUSE_KERNEL_RST, CAUSE_FIREWALL_RST, CAUSE_FIREWALL_ICMP, CAUSE_FAIL2BAN_BAN, CAUSE_INTERCEPTED,                  \
        CAUSE_ADDRESS_CONFLICT
#define UNANSWERED                                                                                                     \
    CAUSE_SILENT_DROP, CAUSE_FAIL2BAN_BAN, CAUSE_RETURN_PATH_LOSS, CAUSE_MISADDRESSED_REPLY, CAUSE_REPLY_IGNORED,      \
        CAUSE_STALE_CONNECTION, CAUSE_LISTEN_OVERFLOW, CAUSE_KERNEL_RST, CAUSE_ADDRESS_CONFLICT, CAUSE_INTERCEPTED,    \
        CAUSE_NETWORK_UNREACHABLE
#define UNREACHABLE CAUSE_HOST_UNREACHABLE, CAUSE_FIREWALL_ICMP, CAUSE_ROUTING_LOOP, CAUSE_NETWORK_UNREACHABLE
#define RESET_EARLY                                                                                                    \
    CAUSE_CLOSED_BEFORE_BANNER, CAUSE_MAXSTARTUPS, CAUSE_SOURCE_PENALTY, CAUSE_INJECTED_RST, CAUSE_LISTEN_OVERFLOW,    \
        CAUSE_ADDRESS_CONFLICT, CAUSE_INTERCEPTED, CAUSE_SERVER_HANGUP, CAUSE_NOT_SSH, CAUSE_PROTOCOL_MISMATCH
#define CLOSED_EARLY                                                                                                   \
    CAUSE_CLOSED_BEFORE_BANNER, CAUSE_MAXSTARTUPS, CAUSE_NOT_SSH, CAUSE_SOURCE_PENALTY, CAUSE_INTERCEPTED,             \
        CAUSE_PROTOCOL_MISMATCH, CAUSE_SERVER_HANGUP
#define NO_ALGORITHM CAUSE_KEX_MISMATCH, CAUSE_INTERCEPTED
#define ANOTHER_KEY  CAUSE_HOSTKEY_REJECTED, CAUSE_ADDRESS_CONFLICT, CAUSE_INTERCEPTED

#endif
