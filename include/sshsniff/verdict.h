/* verdict: an attempt and its hosts to a verdict. diagnose() is a pure function: no clock, no I/O, no state, no
 * allocation.
 *
 * The stage reached leaves a short list of causes with priors; each row of the evidence table multiplies the odds; the
 * verdict is the likeliest cause and `confidence` its probability. Units: probabilities 0 to 1, times in microseconds.
 */
#ifndef SSHSNIFF_VERDICT_H
#define SSHSNIFF_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include <sshsniff/cause.h>
#include <sshsniff/evidence.h>
#include <sshsniff/host.h>
#include <sshsniff/local.h>

/* Where the capture was taken. */
enum vantage { VANTAGE_UNKNOWN = 0, VANTAGE_CLIENT, VANTAGE_SERVER, VANTAGE_BETWEEN };

/* At which end another capture would tell. */
enum capture_side { CAPTURE_NOWHERE = 0, CAPTURE_AT_CLIENT, CAPTURE_AT_SERVER };

/* The parts of a login that one can have to wait for. */
enum login_part {
    PART_NAME = 0,
    PART_TCP,
    PART_BANNER,
    PART_KEX,
    PART_FIRST, /* the answer to the first login request */
    PART_CHECK, /* the answer to a later one */
    PART_TYPED, /* the client's pause before a password */
    PART_CLIENT,
    PART_OPENING,
    PART_COUNT
};

/* What a slow login waited for, what usually makes that slow, and what to do, with slots; static texts. NULL: it was
 * not slow. */
struct slow_part {
    const char *name, *causes, *remedy;
    int64_t us;
};

/* Algorithms, versions and stage times of an attempt that got as far as the version strings. */
struct ssh_report {
    bool present;
    const char *client_version, *server_version; /* point into the dialogue; NULL: not seen */
    char hassh[33], hassh_server[33];            /* "" : KEXINIT not seen */
    bool negotiated;
    struct ssh_negotiation negotiation;
    /* Microseconds; -1: not seen. */
    int64_t tcp_us, banner_us, kex_us, auth_us, name_us;
    int64_t opening_us;        /* from success to the first answer after it; 0: not seen */
    int64_t session_us;        /* from success to the end; 0: no success, or no end seen */
    bool left_at_first_answer; /* after a login: the client heard one answer and left */
    struct slow_part slow;     /* of a login that went through slowly */
    uint32_t login_tries;      /* failed tries inferred; 0 where unknown */
    const char *login_method;  /* "publickey", "password", "keyboard-interactive" where sizes tell; or NULL */
};

struct verdict {
    enum cause cause;
    enum where where;
    enum stage stage;
    enum vantage vantage;
    double confidence;
    double where_confidence;
    struct alternative alternatives[VERDICT_ALTERNATIVES]; /* rivals of at least EVIDENCE_NAMED, likeliest first */
    uint8_t alternatives_count;
    /* What speaks for or against it and its best rival, heaviest first; then what separates it from other causes alone.
     */
    struct evidence evidence[VERDICT_EVIDENCE];
    uint8_t evidence_count;
    bool not_all_kept; /* a table was full, or memory was out, while it was watched: at most EVIDENCE_NOT_ALL_KEPT */
    uint64_t deciding_packet;        /* 0: none alone */
    char reason[EVIDENCE_TEXT_SIZE]; /* undetermined: what the capture lacks; "" otherwise */
    const char *would_decide;        /* undetermined: what the lacking packets would have shown; NULL otherwise */
    enum capture_side capture_again; /* undetermined: where to capture them */
    /* what was found, for a person: the list that has nothing in common, the protocol that answered… */
    char detail[512];
    char fix[2][256];        /* exact option for the client, for the server; "" where none */
    bool fix_is_weak;        /* the client's enables an algorithm that is weak */
    enum ssh_offer offer[2]; /* by side, where the two have no algorithm in common: why */
    bool probe_tells;        /* probe_would_tell, as diagnose() found it */
    char text_lacks[384]; /* what a pasted text does not print and would matter, and how to capture it; "" otherwise */
    const char *settle;   /* what would settle it where two causes stay close; NULL otherwise */
    /* The command by which this machine lets the attempt in, as its own facts show (struct local_evidence); "": none */
    char local_command[LOCAL_TEXT];
    bool local_command_at_client;
    struct ssh_report ssh;
};

void diagnose(const struct case_file *file, struct verdict *out);

/* What the server runs on: by its version string in this attempt, else by an earlier one of the same address. */
enum platform platform_of_server(const struct case_file *file);

/* Whose address range this is, where it is that of a web cache, which takes web ports only; NULL: not known to be. */
const char *web_cache_of(const struct address *address);

/* Another address of the name that the client looked up: one at whose same port a connection was accepted, or else one
 * that was not tried yet; NULL: none. */
const struct other_address *other_to_try(const struct case_file *file);

/* How long before this attempt the same port accepted a connection (microseconds); 0: it was not seen to. */
int64_t accepted_before_us(const struct case_file *file);

/* The largest MTU (bytes) that an ICMP error told or that acknowledged segments show to pass; 0: none is known. */
unsigned mtu_that_passes(const struct case_file *file);

/* Whether a probe of the server would tell more: which of two causes it was, or where it failed. `verdict` has its
 * cause, rivals and place. */
bool probe_would_tell(const struct verdict *verdict);

/* The names of the JSON contract. */
const char *where_name(enum where where); /* NULL for WHERE_NULL */
const char *stage_name(enum stage stage);
const char *vantage_name(enum vantage vantage);

#endif
