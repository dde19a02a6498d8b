/* One finding, and the words that several kinds need. */
#ifndef LOCAL_FINDING_TEXT_H
#define LOCAL_FINDING_TEXT_H

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

/* Appends "systemctl restart ssh", in the words of what starts the server here; `what` is restart, reload or start. */
void finding_add_control(const struct local_facts *facts, const char *what, char *text);

/* Appends to a text of FINDING_TEXT bytes. */
__attribute__((format(printf, 2, 3))) void finding_add(char *text, const char *format, ...);

#endif
