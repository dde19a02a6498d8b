/* causes: why a login failed, or that it did not.
 *
 * A cause is one line in the list below and one row, `struct cause_row`, in src/diagnose/causes_*.c. Whatever speaks of
 * causes (names, headlines, advice, what ssh prints, the place, docs/causes.md) reads that row.
 * docs/adding-a-cause.md walks through one. */
#ifndef SSHSNIFF_CAUSE_H
#define SSHSNIFF_CAUSE_H

#include <stdbool.h>

struct case_file;
struct verdict;

/* Each cause: its constant CAUSE_NAME, and its row cause_name. A new one may stand
 * anywhere. */
#define CAUSE_LIST(CAUSE)                                                                                              \
    CAUSE(KERNEL_RST, kernel_rst)                                                                                      \
    CAUSE(FIREWALL_RST, firewall_rst)                                                                                  \
    CAUSE(FIREWALL_ICMP, firewall_icmp)                                                                                \
    CAUSE(SILENT_DROP, silent_drop)                                                                                    \
    CAUSE(FAIL2BAN_BAN, fail2ban_ban)                                                                                  \
    CAUSE(HOST_UNREACHABLE, host_unreachable)                                                                          \
    CAUSE(NETWORK_UNREACHABLE, network_unreachable)                                                                    \
    CAUSE(ROUTING_LOOP, routing_loop)                                                                                  \
    CAUSE(NAME_FAILURE, name_failure)                                                                                  \
    CAUSE(MAXSTARTUPS, maxstartups)                                                                                    \
    CAUSE(SOURCE_PENALTY, source_penalty)                                                                              \
    CAUSE(CLOSED_BEFORE_BANNER, closed_before_banner)                                                                  \
    CAUSE(NO_BANNER, no_banner)                                                                                        \
    CAUSE(TARPIT, tarpit)                                                                                              \
    CAUSE(NOT_SSH, not_ssh)                                                                                            \
    CAUSE(PROTOCOL_MISMATCH, protocol_mismatch)                                                                        \
    CAUSE(KEX_MISMATCH, kex_mismatch)                                                                                  \
    CAUSE(HOSTKEY_REJECTED, hostkey_rejected)                                                                          \
    CAUSE(AUTH_FAILED, auth_failed)                                                                                    \
    CAUSE(LOGIN_TIMEOUT, login_timeout)                                                                                \
    CAUSE(INJECTED_RST, injected_rst)                                                                                  \
    CAUSE(MTU_BLACKHOLE, mtu_blackhole)                                                                                \
    CAUSE(LISTEN_OVERFLOW, listen_overflow)                                                                            \
    CAUSE(RETURN_PATH_LOSS, return_path_loss)                                                                          \
    CAUSE(CLIENT_ABORT, client_abort)                                                                                  \
    CAUSE(IDLE_DROP, idle_drop)                                                                                        \
    CAUSE(SERVER_STALLED, server_stalled)                                                                              \
    CAUSE(SERVER_HANGUP, server_hangup)                                                                                \
    CAUSE(SESSION_REFUSED, session_refused)                                                                            \
    CAUSE(ADDRESS_CONFLICT, address_conflict)                                                                          \
    CAUSE(INTERCEPTED, intercepted)                                                                                    \
    CAUSE(MISADDRESSED_REPLY, misaddressed_reply)                                                                      \
    CAUSE(REPLY_IGNORED, reply_ignored)                                                                                \
    CAUSE(STALE_CONNECTION, stale_connection)                                                                          \
    CAUSE(SCAN, scan)                                                                                                  \
    CAUSE(NONE, none)                                                                                                  \
    CAUSE(UNDETERMINED, undetermined)

#define CAUSE_ENUMERATOR(upper, lower) CAUSE_##upper,
enum cause { CAUSE_LIST(CAUSE_ENUMERATOR) CAUSE_COUNT };

/* Which machine made it fail. */
enum where { WHERE_HOST = 0, WHERE_PATH, WHERE_CLIENT, WHERE_UNKNOWN, WHERE_NULL, WHERE_COUNT };

/* An attempt and what was found of it. */
struct judged_attempt {
    const struct case_file *file;
    const struct verdict *verdict;
};

/* When a text fits: `words` complete "where …". */
struct condition {
    const char *words;
    bool (*holds)(const struct judged_attempt *judged);
};

/* All that are not NULL must hold; none: always. */
enum { CAUSE_CONDITIONS = 3 };

/* A text, for a list of them of which the first that fits is taken; a text of NULL ends the list. %x in a text is a
 * slot: src/report/slots.c has the table of them. */
struct cause_text {
    const struct condition *when[CAUSE_CONDITIONS];
    const char *text;
};

/* For whom a piece of advice is meant. */
enum advice_place {
    ADVISE_SERVER = 0, /* a command for the server */
    ADVISE_CLIENT,
    ADVISE_NETWORK, /* for whoever runs what lies between */
    ADVISE_ANYONE
};

/* A piece of advice, with slots; all that fit are given, in their order. A text of NULL ends the list. */
struct cause_advice {
    const struct condition *when[CAUSE_CONDITIONS];
    enum advice_place place;
    const char *text;
};

/* Scanned: a machine looked at the port, and no login was meant, so nothing failed. */
enum cause_outcome { OUTCOME_FAILED = 1, OUTCOME_LOGGED_IN, OUTCOME_SCANNED, OUTCOME_UNDETERMINED };

/* Where it usually fails, how sure that is (0 to 1), and where the number is from. */
struct cause_place {
    enum where where;
    double confidence;
    const char *source;
};

struct view;      /* of src/diagnose */
struct place_row; /* of src/diagnose */

/* One cause. All strings are static; those without a remark are never NULL. */
struct cause_row {
    const char *id;       /* "kernel-rst": the name of the JSON contract */
    const char *headline; /* "refused: nothing listens on that port", for a list of causes */
    const char *what;     /* what it is, in two sentences */
    const char *recognised;
    const char *looks_like;           /* what else looks like it, and what tells the two apart */
    const char *signs;                /* what shows it to whoever has no capture; NULL of what is no failure */
    const struct cause_advice *proof; /* what to type to see that it is this one; NULL with `signs` */
    enum cause_outcome outcome;
    bool probe_separates;               /* a probe of the target can tell it from what looks like it */
    struct cause_place place;           /* where none of `places` fits */
    const struct place_row *places;     /* NULL: always `place` */
    const struct cause_text *headlines; /* for one attempt; NULL or none fits: `headline` */
    const struct cause_text *errors;    /* what ssh prints; NULL, none fits, or "": nothing of its own */
    const char *errors_when;            /* when it prints that: "at once"; NULL where it prints nothing */
    const char *silence;                /* what a user sees where ssh prints nothing, or NULL */
    const struct cause_advice *advice;  /* NULL: there is nothing to do */
    void (*describe)(const struct view *view, struct verdict *out); /* fills detail and fix; NULL: nothing to add */
};

/* The row of a cause; never NULL for one below CAUSE_COUNT. */
const struct cause_row *cause_row(enum cause cause);

/* True where all of `when` hold for an attempt. */
bool conditions_hold(const struct condition *const when[CAUSE_CONDITIONS], const struct judged_attempt *judged);

/* The first text of `list` that fits, or NULL; `list` may be NULL. */
const char *cause_text(const struct cause_text *list, const struct judged_attempt *judged);

/* "kernel-rst" and so on; the names of the JSON contract. */
const char *cause_name(enum cause cause);
/* True for a cause that means the login failed (not none, not scan, not undetermined). */
bool cause_is_failure(enum cause cause);
/* True for one that means that no login was meant. */
bool cause_is_scan(enum cause cause);

#endif
