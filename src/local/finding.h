/* What keeps SSH, or one client, from getting in: conclusions from struct local_facts, the likeliest first. Pure
 * functions: no clock but the facts' own, no I/O. */
#ifndef LOCAL_FINDING_H
#define LOCAL_FINDING_H

#include <sshsniff/cause.h>
#include <sshsniff/local.h>

enum { FINDING_TEXT = 640 };

struct local_finding {
    enum local_finding_kind kind;
    enum cause cause;         /* whose advice fits; CAUSE_NONE: nothing was found */
    bool stops;               /* it keeps SSH from working; false: it may */
    char text[FINDING_TEXT];  /* a sentence */
    char mend[FINDING_TEXT];  /* the command that mends it; "": there is no one command */
    char check[FINDING_TEXT]; /* by which a person checks it */
};

/* Fills `out`, and returns how many there are: at least one, which may be LOCAL_NOTHING_FOUND. */
unsigned local_find(const struct local_facts *facts, struct local_finding out[LOCAL_FINDINGS]);

/* The name of a kind in JSON. */
const char *local_finding_name(enum local_finding_kind kind);

/* The port that is spoken of: the one that was asked for, or the first of sshd's settings, or 22. */
uint16_t local_port(const struct local_facts *facts);

/* Whether a listener takes connections to `port` that `client` (none: anybody from another machine) makes to `server`
 * (none: any of this machine's addresses). */
bool local_takes(const struct local_listener *listener, uint16_t port, const struct address *client,
                 const struct address *server);

/* The unspecified address of either family, or none. */
bool local_is_any_address(const struct address *address);

/* "sshd", "dropbear": the server's program, in a sentence. */
const char *local_server_name(const struct local_facts *facts);

/* A moment on this machine's clock: "02:13" where it is of the day of `now_us`, or "2026-11-29 02:13". */
enum { MOMENT_SIZE = 32 };
const char *local_moment(int64_t then_us, int64_t now_us, char out[MOMENT_SIZE]);

#endif
